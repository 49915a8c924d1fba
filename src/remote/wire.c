/* SPDX-License-Identifier: ISC */
#include "remote/wire.h"

#include "base/bytes.h"

void
wire_put(struct buf *b, const struct wire *w)
{
	buf_put_be32(b, WIRE_MAGIC);
	buf_put_be32(b, w->kind);
	buf_put_be32(b, w->id);
	buf_put_be32(b, w->code);
	buf_put_be32(b, w->time_ms);
	buf_put_be64(b, w->max);
	buf_put_be32(b, (uint32_t)w->text.len);
	buf_put_be32(b, (uint32_t)w->type.len);
	buf_put_be64(b, w->body.len);
	buf_put_span(b, w->text);
	buf_put_span(b, w->type);
	buf_put_span(b, w->body);
}

static bool
http_status(uint32_t code)
{
	return (code >= 100 && code <= 599);
}

/* What a kind has; anything else in a head is zero. */
static bool
head_fits(const struct wire *w)
{
	bool asks = w->kind == WIRE_GET || w->kind == WIRE_POST;
	size_t body = w->body.len;

	if (w->text.len > WIRE_TEXT_MAX || w->type.len > WIRE_TYPE_MAX ||
	    w->time_ms > (asks ? WIRE_TIME_MAX : 0) ||
	    w->max > (asks ? WIRE_BODY_MAX : 0))
		return (false);
	switch (w->kind) {
	case WIRE_GET:
		return (w->code == 0 && w->type.len == 0 && body == 0);
	case WIRE_POST:
	case WIRE_QUERY:
		return (w->code == 0 && body <= WIRE_SENT_MAX);
	case WIRE_ANSWER:
		return (http_status(w->code) && w->text.len == 0 &&
			body <= WIRE_BODY_MAX);
	case WIRE_REPLY:
		return (http_status(w->code) && w->text.len == 0 &&
			body <= WIRE_SENT_MAX);
	case WIRE_FAILED:
		return (w->code >= WIRE_RETRY && w->code <= WIRE_REFUSED &&
			w->type.len == 0 && body == 0);
	case WIRE_READY:
		return (w->code == 0 && w->type.len == 0 && body == 0);
	default:
		return (false);
	}
}

prov_status
wire_head(struct wire *out, const uint8_t head[WIRE_HEAD], prov_err *err)
{
	uint64_t body = be64(head + 36);
	struct wire w = { .kind = be32(head + 4),
		.id = be32(head + 8),
		.code = be32(head + 12),
		.time_ms = be32(head + 16),
		.max = be64(head + 20),
		.text = { NULL, be32(head + 28) },
		.type = { NULL, be32(head + 32) },
		.body = { NULL,
		    body > WIRE_BODY_MAX ? SIZE_MAX : (size_t)body } };

	if (be32(head) != WIRE_MAGIC || !head_fits(&w))
		return (prov_fail(err, PROV_EFORMAT,
		    "a frame of kind %u that makes no sense", be32(head + 4)));
	*out = w;
	return (PROV_OK);
}

size_t
wire_rest(const struct wire *w)
{
	return (w->text.len + w->type.len + w->body.len);
}

/* One line: it becomes part of URLs, headers and messages. */
static bool
is_line(prov_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return (false);
	return (true);
}

prov_status
wire_point_text(struct wire *w, const uint8_t *rest, prov_err *err)
{
	w->text.p = rest;
	w->type.p = rest + w->text.len;
	if (!is_line(w->text) || !is_line(w->type))
		return (prov_fail(err, PROV_EFORMAT,
		    "a frame of kind %u with a control character", w->kind));
	return (PROV_OK);
}

prov_status
wire_point(struct wire *w, const uint8_t *rest, prov_err *err)
{
	w->body.p = rest + w->text.len + w->type.len;
	return (wire_point_text(w, rest, err));
}
