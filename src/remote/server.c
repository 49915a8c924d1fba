/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "remote/process.h"
#include "remote/remote.h"

/* Resolving a name may take a while. */
#define READY_MS 30000U

struct remote_server {
	struct program net;
	char *address;
	struct buf small, body; /* of the request that is lent */
};

const char *
remote_server_address(const struct remote_server *s)
{
	return (s->address);
}

void
remote_server_close(struct remote_server *s)
{
	if (s == NULL)
		return;
	program_stop(&s->net);
	buf_free(&s->small);
	buf_free(&s->body);
	free(s->address);
	free(s);
}

/* The front's first words: where it listens, or why it does not. */
static prov_status
wait_ready(struct remote_server *s, prov_err *err)
{
	uint64_t until_ms = process_clock_ms() + READY_MS;
	struct wire w;
	prov_status st;

	do
		st = process_receive(&s->net, &w, &s->small, &s->body, until_ms,
		    err);
	while (st == PROV_EBUSY && process_clock_ms() < until_ms);
	if (st == PROV_EBUSY)
		return (prov_fail(err, PROV_EIO,
		    "the network program does not answer"));
	if (st != PROV_OK)
		return (st);
	if (w.kind == WIRE_FAILED)
		return (prov_fail(err, PROV_EOPEN, "%.*s",
		    (int)(w.text.len < 400 ? w.text.len : 400),
		    (const char *)w.text.p));
	if (w.kind != WIRE_READY)
		return (prov_fail(err, PROV_EIO,
		    "the network program's answer makes no sense"));
	s->address = strndup((const char *)w.text.p, w.text.len);
	if (s->address == NULL)
		return (prov_fail(err, PROV_ENOMEM, "address"));
	return (PROV_OK);
}

prov_status
remote_listen(struct remote_server **out, const char *path, const char *addr,
    prov_err *err)
{
	struct remote_server *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "prov-net"));
	st = process_start(&s->net, path, "serve", addr, err);
	if (st == PROV_OK)
		st = wait_ready(s, err);
	if (st != PROV_OK) {
		remote_server_close(s);
		return (st);
	}
	*out = s;
	return (PROV_OK);
}

prov_status
remote_accept(struct remote_server *s, struct remote_query *q, unsigned wait_ms,
    prov_err *err)
{
	struct wire w;
	prov_status st;

	s->body.len = 0;
	st = process_receive(&s->net, &w, &s->small, &s->body,
	    process_clock_ms() + wait_ms, err);
	if (st != PROV_OK)
		return (st);
	if (w.kind != WIRE_QUERY)
		return (prov_fail(err, PROV_EIO,
		    "the network program's answer makes no sense"));
	*q = (struct remote_query){ .id = w.id,
		.method = w.type,
		.path = w.text,
		.body = w.body };
	return (PROV_OK);
}

prov_status
remote_reply(struct remote_server *s, uint32_t id, unsigned status,
    const char *type, prov_span body, prov_err *err)
{
	struct wire w = { .kind = WIRE_REPLY,
		.id = id,
		.code = status,
		.type = span(type, strlen(type)),
		.body = body };

	if (w.type.len > WIRE_TYPE_MAX || body.len > WIRE_SENT_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "an answer of %zu bytes, more than %zu", body.len,
		    WIRE_SENT_MAX));
	return (process_send(&s->net, &w, err));
}
