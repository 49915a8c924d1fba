/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_PICTURES_H
#define PROV_TESTS_PICTURES_H

/*
 * H.264 and HEVC streams made by hand: units bit by bit, packets in either
 * framing, one stream's identity out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "essence/identity.h"
#include "hash/sha256.h"

#define UNIT_MAX 512

/* Bits of one unit, most significant first, before emulation prevention. */
struct unit_bits {
	uint8_t p[UNIT_MAX];
	size_t n; /* bits */
};

static inline void
put_u(struct unit_bits *b, unsigned n, uint32_t v)
{
	while (n-- > 0) {
		assert_true(b->n / 8 < UNIT_MAX);
		if (v >> n & 1)
			b->p[b->n / 8] |= (uint8_t)(0x80 >> b->n % 8);
		b->n++;
	}
}

static inline void
put_ue(struct unit_bits *b, uint32_t v)
{
	unsigned len = 0;

	while ((v + 1) >> (len + 1) != 0)
		len++;
	put_u(b, len, 0);
	put_u(b, len + 1, v + 1);
}

/* A whole unit: header and payload, as it stands in a stream. */
struct unit {
	uint8_t p[2 * UNIT_MAX];
	size_t len;
};

/* Ends the payload (rbsp_trailing_bits) and puts emulation prevention in. */
static inline struct unit
end_unit(struct unit_bits *b)
{
	struct unit u = { .len = 0 };
	unsigned zeros = 0;

	put_u(b, 1, 1);
	for (size_t i = 0; i < (b->n + 7) / 8; i++) {
		if (zeros == 2 && b->p[i] <= 3) {
			u.p[u.len++] = 3;
			zeros = 0;
		}
		zeros = b->p[i] == 0 ? zeros + 1 : 0;
		u.p[u.len++] = b->p[i];
	}
	return (u);
}

static inline struct unit
raw_unit(const void *p, size_t len)
{
	struct unit u = { .len = len };

	assert_true(len <= sizeof(u.p));
	memcpy(u.p, p, len);
	return (u);
}

/* One packet, in both framings. */
struct framed {
	struct buf lengths, codes;
};

static inline void
frame_unit(struct framed *f, const struct unit *u)
{
	static const uint8_t code[] = { 0, 0, 0, 1 };

	buf_put_be32(&f->lengths, (uint32_t)u->len);
	buf_put(&f->lengths, u->p, u->len);
	/* The first code of a packet has four bytes, later ones three. */
	if (f->codes.len == 0)
		buf_put(&f->codes, code, 4);
	else
		buf_put(&f->codes, code + 1, 3);
	buf_put(&f->codes, u->p, u->len);
}

static inline void
frame_reset(struct framed *f)
{
	buf_free(&f->lengths);
	buf_free(&f->codes);
}

/* One video stream that is fed; times count milliseconds. */
struct video_in {
	prov_essence *e;
	unsigned index;
	prov_identity *id;
};

static inline void
video_begin(struct video_in *v, const char *codec, prov_span extradata)
{
	prov_config config = { .kind = PROV_VIDEO,
		.codec = codec,
		.extradata = extradata,
		.tb_num = 1,
		.tb_den = 1000 };
	prov_err err = { 0 };

	*v = (struct video_in){ 0 };
	if (prov_essence_new(&v->e, "test", &err) != PROV_OK ||
	    prov_essence_stream(v->e, &config, &v->index, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static inline void
video_put(struct video_in *v, prov_span data, int64_t ms)
{
	prov_packet packet = { .data = data, .pts = ms, .dts = PROV_NO_TIME };
	prov_err err = { 0 };

	if (prov_essence_packet(v->e, v->index, &packet, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static inline const struct stream *
video_end(struct video_in *v)
{
	prov_err err = { 0 };

	if (prov_essence_finish(v->e, &v->id, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(1, v->id->n);
	return (&v->id->streams[0]);
}

static inline void
video_close(struct video_in *v)
{
	prov_identity_free(v->id);
	prov_essence_free(v->e);
	*v = (struct video_in){ 0 };
}

/* The documented record: type, length, bytes or their digest. */
static inline void
put_record(struct buf *b, uint8_t type, const void *p, size_t len)
{
	uint8_t digest[32];

	buf_put_byte(b, len < 16384 ? type : type + 0x80);
	buf_put_be32(b, (uint32_t)len);
	if (len < 16384) {
		buf_put(b, p, len);
		return;
	}
	assert_int_equal(PROV_OK, sha256_of(digest, span(p, len), NULL));
	buf_put(b, digest, sizeof(digest));
}

/* The start of every leaf. */
static inline void
put_leaf_head(struct buf *b, const char *form, const uint8_t config[32])
{
	buf_put_byte(b, 0x00);
	put_record(b, 0x01, form, strlen(form));
	put_record(b, 0x02, config, 32);
}

static inline void
assert_leaf(const struct stream *s, uint64_t k, const struct buf *records)
{
	uint8_t digest[32];

	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(records), NULL));
	assert_true(k < s->tl->n);
	assert_memory_equal(digest, s->tl->leaves + 32 * k, 32);
}

static inline const struct part *
find_part(const struct stream *s, const char *name)
{
	for (size_t i = 0; i < s->n_parts; i++)
		if (strcmp(s->parts[i].name, name) == 0)
			return (&s->parts[i]);
	fail_msg("no part %s", name);
	return (NULL);
}

/* The part that one set alone comes to: its length and its bytes. */
static inline void
assert_part(const struct stream *s, const char *name, const struct unit *u)
{
	AUTO_BUF b = { 0 };
	uint8_t digest[32];

	buf_put_be32(&b, (uint32_t)u->len);
	buf_put(&b, u->p, u->len);
	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(&b), NULL));
	assert_memory_equal(digest, find_part(s, name)->digest, 32);
}

static inline int64_t
presented(const struct stream *s, prov_field f)
{
	if ((s->present.known >> f & 1) == 0)
		return (-1);
	return (s->present.v[f]);
}

#endif
