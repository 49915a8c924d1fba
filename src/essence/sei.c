/* SPDX-License-Identifier: ISC */
#include "essence/sei.h"

#include <string.h>

#include "base/bytes.h"
#include "essence/bits.h"

enum {
	SEI_TIMING = 1,
	SEI_PAN_SCAN = 2,
	SEI_FILLER = 3,
	SEI_T35 = 4,
	SEI_FREEZE = 13,
	SEI_FREEZE_RELEASE = 14,
	SEI_FILM_GRAIN = 19,
	SEI_STEREO = 21,
	SEI_POST_FILTER = 22,
	SEI_TONE_MAPPING = 23,
	SEI_PACKING = 45,
	SEI_DISPLAY = 47,
	SEI_MASTERING = 137,
	SEI_PACKED_REGIONS = 138,
	SEI_CHROMA_FILTER = 142,
	SEI_KNEE = 143,
	SEI_LIGHT = 144,
	SEI_REMAPPING = 146,
	SEI_TRANSFER = 147,
	SEI_AMBIENT = 148,
	SEI_CONTENT_VOLUME = 149,
	SEI_EQUIRECT = 150,
	SEI_CUBE = 151,
	SEI_SPHERE_ROTATION = 154,
	SEI_REGIONS = 155,
	SEI_VIEWPORT = 156,
	SEI_ALPHA = 165,
	SEI_ACTIVE_FORMAT = 0x10001 /* beyond every type: in user data */
};

/* What stays in force until it is said otherwise. */
static const uint32_t kinds[SEI_KINDS] = { SEI_PAN_SCAN, SEI_FREEZE,
	SEI_FREEZE_RELEASE, SEI_FILM_GRAIN, SEI_STEREO, SEI_POST_FILTER,
	SEI_TONE_MAPPING, SEI_PACKING, SEI_DISPLAY, SEI_MASTERING,
	SEI_PACKED_REGIONS, SEI_CHROMA_FILTER, SEI_KNEE, SEI_LIGHT,
	SEI_REMAPPING, SEI_TRANSFER, SEI_AMBIENT, SEI_CONTENT_VOLUME,
	SEI_EQUIRECT, SEI_CUBE, SEI_SPHERE_ROTATION, SEI_REGIONS, SEI_VIEWPORT,
	SEI_ALPHA };

struct message {
	uint32_t type;
	prov_span data;
};

void
sei_open(struct sei *s, struct track *t)
{
	*s = (struct sei){ .t = t };
}

void
sei_clear(struct sei *s)
{
	buf_free(&s->rbsp);
	sha256_free(s->hdr);
	sha256_free(s->captions);
	sha256_free(s->structs);
	*s = (struct sei){ 0 };
}

/* Takes the emulation prevention bytes out: 00 00 03 becomes 00 00. */
static prov_status
unescape(struct buf *out, prov_span in, prov_err *err)
{
	unsigned zeros = 0;
	uint8_t *p;

	out->len = 0;
	if ((p = buf_grow(out, in.len + 1)) == NULL)
		return (buf_done(out, err));
	out->len = 0;
	for (size_t i = 0; i < in.len; i++) {
		if (zeros >= 2 && in.p[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = in.p[i] == 0 ? zeros + 1 : 0;
		p[out->len++] = in.p[i];
	}
	return (PROV_OK);
}

/* A digest over messages, which is begun where there is a first one. */
static prov_status
digest_add(struct sha256 **h, uint32_t type, prov_span bytes, prov_err *err)
{
	uint8_t head[8];
	prov_status st;

	if (*h == NULL) {
		if ((st = sha256_new(h, err)) != PROV_OK)
			return (st);
		sha256_init(*h);
	}
	put_be32(head, type);
	put_be32(head + 4, (uint32_t)bytes.len);
	sha256_add(*h, head, sizeof(head));
	sha256_add(*h, bytes.p, bytes.len);
	return (PROV_OK);
}

prov_status
sei_dynamic(struct sei *s, uint32_t type, prov_span bytes, prov_err *err)
{
	return (digest_add(&s->hdr, type, bytes, err));
}

/* What waits is of no picture: it is bound as it is. */
static prov_status
timing(struct sei *s, prov_span data, prov_err *err)
{
	prov_status st = PROV_OK;

	if (s->timed)
		st = digest_add(&s->structs, UINT32_MAX,
		    span(s->timing, s->timing_len), err);
	s->timed = true;
	s->timing_len = data.len < SEI_TIMING_MAX ? data.len : SEI_TIMING_MAX;
	memcpy(s->timing, data.p, s->timing_len);
	return (st);
}

prov_status
sei_picture(struct sei *s, size_t skip, unsigned n, prov_err *err)
{
	struct bits b;
	uint8_t shown;

	if (!s->timed)
		return (PROV_OK);
	s->timed = false;
	if (n == 0)
		return (PROV_OK);
	bits_init(&b, span(s->timing, s->timing_len), false);
	bits_skip(&b, skip);
	shown = (uint8_t)bits_u(&b, n);
	s->fields |= shown != 0;
	return (digest_add(&s->structs, 0, span(&shown, 1), err));
}

static void
present_display(struct sei *s, struct bits *b)
{
	unsigned flips, angle;

	if (bits_u(b, 1))
		return; /* cancelled */
	flips = bits_u(b, 2);
	angle = bits_u(b, 16);
	if (!b->over)
		track_present(s->t, PROV_DISPLAY_SEI, angle << 2 | flips);
}

static void
present_packing(struct sei *s, struct bits *b)
{
	unsigned type;

	(void)bits_ue(b);
	if (bits_u(b, 1))
		return;
	type = bits_u(b, 7);
	if (!b->over)
		track_present(s->t, PROV_PACKING, type + 1);
}

static prov_status
present_mastering(struct sei *s, prov_span data, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	if (data.len < 24)
		return (PROV_OK);
	if ((st = sha256_of(digest, span(data.p, 24), err)) != PROV_OK)
		return (st);
	track_present(s->t, PROV_MASTERING, digest63(digest));
	return (PROV_OK);
}

/* A message that stays in force, for the first time. */
static prov_status
present(struct sei *s, const struct message *m, prov_err *err)
{
	struct bits b;

	bits_init(&b, m->data, false);
	switch (m->type) {
	case SEI_DISPLAY:
		present_display(s, &b);
		return (PROV_OK);
	case SEI_MASTERING:
		return (present_mastering(s, m->data, err));
	case SEI_LIGHT:
		if (m->data.len >= 4)
			track_present(s->t, PROV_LIGHT, be32(m->data.p));
		return (PROV_OK);
	case SEI_PACKING:
		present_packing(s, &b);
		break;
	case SEI_EQUIRECT:
	case SEI_CUBE:
		if (bits_u(&b, 1) == 0 && !b.over)
			track_present(s->t, PROV_PROJECTION,
			    m->type == SEI_EQUIRECT ? 1 : 2);
		break;
	default:
		break;
	}
	/* Which eye is left, which part is where: more than a field says. */
	return (sei_dynamic(s, m->type, m->data, err));
}

/* A kind that renders: its first value has a field, changes are hashed. */
static prov_status
lasting(struct sei *s, size_t kind, const struct message *m, prov_err *err)
{
	bool first = !s->last_set[kind];
	uint8_t digest[32];
	prov_status st;

	if ((st = sha256_of(digest, m->data, err)) != PROV_OK)
		return (st);
	if (!first && memcmp(s->last[kind], digest, 32) == 0)
		return (PROV_OK);
	s->last_set[kind] = true;
	memcpy(s->last[kind], digest, 32);
	if (first)
		return (present(s, m, err));
	return (sei_dynamic(s, m->type, m->data, err));
}

prov_status
sei_atsc(struct sei *s, prov_span data, prov_err *err)
{
	if (data.len < 5)
		return (PROV_OK);
	if (memcmp(data.p, "GA94\3", 5) == 0 || memcmp(data.p, "CC\1", 3) == 0)
		return (digest_add(&s->captions, 0, data, err));
	if (memcmp(data.p, "DTG1", 4) != 0 ||
	    (s->format_len == data.len &&
		memcmp(s->format, data.p, s->format_len) == 0))
		return (PROV_OK);
	s->format_len = data.len < sizeof(s->format) ? data.len : 0;
	memcpy(s->format, data.p, s->format_len);
	return (sei_dynamic(s, SEI_ACTIVE_FORMAT, data, err));
}

/*
 * HDR metadata by ITU-T T.35: HDR10+ (provider 003C), SL-HDR (003A), Dolby
 * (003B), all of the United States. Captions (0031) render nothing else.
 */
static bool
is_hdr(const struct message *m)
{
	static const uint8_t us = 0xb5;

	if (m->type != SEI_T35 || m->data.len < 3 || m->data.p[0] != us)
		return (false);
	return (
	    m->data.p[1] == 0 && m->data.p[2] >= 0x3a && m->data.p[2] <= 0x3c);
}

static prov_status
user_data(struct sei *s, const struct message *m, prov_err *err)
{
	if (is_hdr(m))
		return (sei_dynamic(s, m->type, m->data, err));
	if (m->type != SEI_T35 || m->data.len < 3 ||
	    memcmp(m->data.p, "\xb5\0\x31", 3) != 0)
		return (PROV_OK);
	return (sei_atsc(s, span(m->data.p + 3, m->data.len - 3), err));
}

static prov_status
ancillary(struct sei *s, const struct message *m, prov_err *err)
{
	uint8_t head[8];
	prov_status st;

	put_be32(head, m->type);
	put_be32(head + 4, (uint32_t)m->data.len);
	st = track_ancillary(s->t, span(head, sizeof(head)), err);
	if (st == PROV_OK)
		st = track_ancillary(s->t, m->data, err);
	return (st);
}

/* Sets *is where this message stood at the start; at the start, keeps it. */
static prov_status
repeats(struct sei *s, const struct message *m, bool first, bool *is,
    prov_err *err)
{
	struct sei_repeat r = { m->type, (uint32_t)m->data.len, { 0 }, { 0 } };
	bool hashed = false;
	prov_status st;

	*is = false;
	memcpy(r.head, m->data.p, r.len < 8 ? r.len : 8);
	for (size_t i = 0; i < s->n_repeats; i++) {
		const struct sei_repeat *seen = &s->repeats[i];

		if (seen->type != r.type || seen->len != r.len ||
		    memcmp(seen->head, r.head, 8) != 0)
			continue;
		st = hashed ? PROV_OK : sha256_of(r.digest, m->data, err);
		if (st != PROV_OK)
			return (st);
		hashed = true;
		*is |= memcmp(seen->digest, r.digest, 32) == 0;
	}
	if (*is || !first || s->n_repeats == SEI_REPEATS_MAX)
		return (PROV_OK);
	if (!hashed && (st = sha256_of(r.digest, m->data, err)) != PROV_OK)
		return (st);
	s->repeats[s->n_repeats++] = r;
	return (PROV_OK);
}

static size_t
kind_of(const struct message *m)
{
	size_t i = 0;

	while (i < SEI_KINDS && kinds[i] != m->type)
		i++;
	return (i);
}

static prov_status
message(struct sei *s, const struct message *m, bool first, prov_err *err)
{
	size_t kind = kind_of(m);
	prov_status st;
	bool again;

	if (m->type == SEI_FILLER)
		return (PROV_OK);
	if (m->type == SEI_TIMING && (st = timing(s, m->data, err)) != PROV_OK)
		return (st);
	if ((st = user_data(s, m, err)) != PROV_OK)
		return (st);
	if (kind < SEI_KINDS && (st = lasting(s, kind, m, err)) != PROV_OK)
		return (st);
	if ((st = repeats(s, m, first, &again, err)) != PROV_OK)
		return (st);
	return (again ? PROV_OK : ancillary(s, m, err));
}

/* One ff-coded number: type or size, 7.3.2.3.1. */
static bool
get_number(prov_span *s, uint32_t *v)
{
	*v = 0;
	while (s->len > 0) {
		uint8_t byte = *s->p++;

		s->len--;
		*v += byte;
		if (byte != 0xff)
			return (true);
	}
	return (false);
}

prov_status
sei_unit(struct sei *s, prov_span nal, bool first, prov_err *err)
{
	prov_status st;
	prov_span left;

	if ((st = unescape(&s->rbsp, nal, err)) != PROV_OK)
		return (st);
	left = buf_span(&s->rbsp);
	for (int i = 0; left.len > 1; i++) {
		struct message m;
		uint32_t len;

		/* What stands behind could turn the picture, and be unseen. */
		if (i == SEI_MESSAGES_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "limit.packet: more than %d SEI messages",
			    SEI_MESSAGES_MAX));
		if (!get_number(&left, &m.type) || !get_number(&left, &len))
			break;
		m.data = span(left.p, len < left.len ? len : left.len);
		if ((st = message(s, &m, first, err)) != PROV_OK)
			return (st);
		left.p += m.data.len;
		left.len -= m.data.len;
	}
	return (PROV_OK);
}

static prov_status
finish(struct sei *s, struct sha256 *h, prov_field field, prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	if (h == NULL)
		return (PROV_OK);
	if ((st = sha256_done(h, digest, err)) != PROV_OK)
		return (st);
	track_present(s->t, field, digest63(digest));
	return (PROV_OK);
}

prov_status
sei_finish(struct sei *s, prov_err *err)
{
	prov_status st;

	if ((st = finish(s, s->hdr, PROV_HDR, err)) != PROV_OK ||
	    (st = finish(s, s->captions, PROV_CAPTIONS, err)) != PROV_OK ||
	    !s->fields)
		return (st);
	return (finish(s, s->structs, PROV_STRUCTS, err));
}
