/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SOUND_H
#define PROV_TESTS_SOUND_H

/* What the tests of sound's canonical forms share: packets in, stream out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "essence/identity.h"
#include "hash/sha256.h"

/* Numbers that are the same in every run (xorshift64*). */
static inline uint64_t
next_number(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(2685821657736338717));
}

static inline void
fill(uint8_t *p, size_t len, uint64_t seed)
{
	seed = seed * 2 + 1;
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(next_number(&seed) >> 56);
}

/* One sound stream, fed by packet; times count samples. */
struct sound {
	prov_essence *e;
	unsigned index;
	prov_identity *id;
};

static inline prov_config
sound_config(const char *codec, uint32_t rate, uint32_t channels)
{
	return ((prov_config){ .kind = PROV_AUDIO,
	    .codec = codec,
	    .tb_num = 1,
	    .tb_den = rate == 0 ? 48000 : rate,
	    .rate = rate,
	    .channels = channels });
}

static inline void
sound_open(struct sound *s, const prov_config *config)
{
	prov_err err = { 0 };

	*s = (struct sound){ 0 };
	if (prov_essence_new(&s->e, "test", &err) != PROV_OK ||
	    prov_essence_stream(s->e, config, &s->index, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static inline void
sound_put(struct sound *s, const void *p, size_t len, int64_t pts)
{
	prov_packet packet = { .data = { p, len },
		.pts = pts,
		.dts = PROV_NO_TIME };
	prov_err err = { 0 };

	if (prov_essence_packet(s->e, s->index, &packet, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static inline void
sound_put_extradata(struct sound *s, const void *p, size_t len,
    prov_span extradata)
{
	prov_packet packet = { .data = { p, len },
		.extradata = extradata,
		.pts = PROV_NO_TIME,
		.dts = PROV_NO_TIME };
	prov_err err = { 0 };

	if (prov_essence_packet(s->e, s->index, &packet, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

/* The finished stream, until sound_close. */
static inline const struct stream *
sound_done(struct sound *s)
{
	prov_err err = { 0 };

	if (prov_essence_finish(s->e, &s->id, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(1, s->id->n);
	return (&s->id->streams[0]);
}

static inline void
sound_close(struct sound *s)
{
	prov_identity_free(s->id);
	prov_essence_free(s->e);
	*s = (struct sound){ 0 };
}

/* Hexadecimal digits as bytes, blanks between them or not. */
static inline prov_span
from_hex(uint8_t *out, const char *hex)
{
	size_t len = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_true(hex_decode(out + len++, 1, hex++, 2));
	}
	return (span(out, len));
}

/* What the only leaf is to be made of: name, configuration, then records. */
static inline void
want_record(struct buf *b, uint8_t type, prov_span data)
{
	buf_put_byte(b, type);
	buf_put_be32(b, (uint32_t)data.len);
	buf_put_span(b, data);
}

static inline void
want_leaf(struct buf *b, const char *form, prov_span config)
{
	uint8_t digest[SHA256_LEN];

	buf_put_byte(b, 0);
	want_record(b, 0x01, span(form, strlen(form)));
	assert_int_equal(PROV_OK, sha256_of(digest, config, NULL));
	want_record(b, 0x02, span(digest, sizeof(digest)));
}

static inline void
assert_leaf(const struct stream *s, const struct buf *want)
{
	uint8_t digest[SHA256_LEN];

	assert_int_equal(1, s->segments);
	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(want), NULL));
	assert_memory_equal(digest, s->root, sizeof(digest));
}

/* The one part, "head" or as said, over this content. */
static inline void
assert_head(const struct stream *s, const char *name, prov_span content)
{
	uint8_t digest[SHA256_LEN];

	assert_int_equal(1, s->n_parts);
	assert_string_equal(name, s->parts[0].name);
	assert_int_equal(PROV_OK, sha256_of(digest, content, NULL));
	assert_memory_equal(digest, s->parts[0].digest, sizeof(digest));
}

static inline void
assert_same_essence(const struct stream *a, const struct stream *b)
{
	assert_string_equal(a->canon, b->canon);
	assert_string_equal(a->codec, b->codec);
	assert_string_equal(a->refused, "");
	assert_string_equal(b->refused, "");
	assert_memory_equal(a->config, b->config, 32);
	assert_int_equal(a->segments, b->segments);
	assert_int_equal(a->samples, b->samples);
	assert_int_equal(a->rate, b->rate);
	assert_memory_equal(a->root, b->root, 32);
}

static inline int
present_is(const struct stream *s, prov_field f, int64_t v)
{
	return ((s->present.known >> f & 1) != 0 && s->present.v[f] == v);
}

#define assert_present(s, f, v) assert_true(present_is(s, f, v))
#define assert_absent(s, f)     assert_false((s)->present.known >> (f)&1)

#endif
