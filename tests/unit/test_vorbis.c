/* SPDX-License-Identifier: ISC */
#include "sound.h"

/*
 * Identification: version 0, 2 channels, 44100 Hz, bit rates 0, windows of
 * 256 and 2048, framing bit.
 */
#define MAGIC   "766f72626973" /* vorbis */
#define ID      "01" MAGIC "00000000 02 44ac0000 00000000 00000000 00000000 b8 01"
#define COMMENT "03" MAGIC "00000000 00000000 01"

/*
 * Setup: whatever comes before the modes; then, least significant bit first,
 * 6 bits of their number less 1; of each blockflag, 16 + 16 bits of 0 and 8
 * bits of mapping; a framing bit. Two modes: short with mapping 0, long with
 * mapping 1. The number begins at a byte's bit 2.
 *   ff: ..111111, number 000001b -> bits 2-7 of the first byte.
 */
static size_t
setup_of(uint8_t *out, unsigned modes, uint64_t longs)
{
	size_t at;

	(void)from_hex(out, "05" MAGIC "ffffffffffffff");
	at = (7 + 7) * 8;
	memset(out + 7 + 7, 0, 400);
#define PUT(v, n)                                \
	for (unsigned k = 0; k < (n); k++, at++) \
	out[at / 8] |= (uint8_t)((((uint64_t)(v)) >> k & 1) << at % 8)
	PUT(3, 2);
	PUT(modes - 1, 6);
	for (unsigned m = 0; m < modes; m++) {
		PUT(longs >> m & 1, 1);
		PUT(0, 32);
		PUT(m % 2, 8);
	}
	PUT(1, 1);
	return ((at + 7) / 8);
}

struct headers {
	uint8_t id[32], comment[32], setup[512];
	size_t id_len, comment_len, setup_len;
	struct buf laced, sized;
};

static void
put_sized(struct buf *b, const uint8_t *p, size_t len)
{
	buf_put_be16(b, (uint16_t)len);
	buf_put(b, p, len);
}

static void
make_headers(struct headers *h, const char *comment, unsigned modes,
    uint64_t longs)
{
	*h = (struct headers){ .id_len = 0 };
	h->id_len = from_hex(h->id, ID).len;
	h->comment_len = from_hex(h->comment, comment).len;
	h->setup_len = setup_of(h->setup, modes, longs);
	buf_put_byte(&h->laced, 2);
	buf_put_byte(&h->laced, (uint8_t)h->id_len);
	buf_put_byte(&h->laced, (uint8_t)h->comment_len);
	buf_put(&h->laced, h->id, h->id_len);
	buf_put(&h->laced, h->comment, h->comment_len);
	buf_put(&h->laced, h->setup, h->setup_len);
	put_sized(&h->sized, h->id, h->id_len);
	put_sized(&h->sized, h->comment, h->comment_len);
	put_sized(&h->sized, h->setup, h->setup_len);
}

static void
free_headers(struct headers *h)
{
	buf_free(&h->laced);
	buf_free(&h->sized);
}

static void
open_vorbis(struct sound *s, prov_span extradata)
{
	prov_config config = sound_config("vorbis", 44100, 2);

	config.extradata = extradata;
	sound_open(s, &config);
}

/* What the form's configuration is made of. */
static void
content_of(struct buf *b, const struct headers *h)
{
	buf_put_be32(b, (uint32_t)h->id_len);
	buf_put(b, h->id, h->id_len);
	buf_put_be32(b, (uint32_t)h->setup_len);
	buf_put(b, h->setup, h->setup_len);
}

/* Short, long, long, short: 128, 64 + 512, 1024, 512 + 64 samples. */
static void
leaf_is_as_documented(void **state)
{
	static const uint8_t packets[4][4] = { { 0x00, 1, 2, 3 },
		{ 0x02, 4, 5, 6 }, { 0x06, 7, 8, 9 }, { 0x04, 0, 1, 2 } };
	AUTO_BUF want = { 0 }, content = { 0 };
	struct headers h;

	(void)state;
	make_headers(&h, COMMENT, 2, 2);
	content_of(&content, &h);
	want_leaf(&want, "vorbis/1", buf_span(&content));
	for (size_t i = 0; i < 4; i++)
		want_record(&want, 0x10, span(packets[i], 4));
	/* Laced, sized, and in the stream itself. */
	for (unsigned way = 0; way < 3; way++) {
		const struct stream *got;
		struct sound s;

		open_vorbis(&s, way == 0   ? buf_span(&h.laced)
				: way == 1 ? buf_span(&h.sized)
					   : span(NULL, 0));
		if (way == 2) {
			sound_put(&s, h.id, h.id_len, 0);
			sound_put(&s, h.comment, h.comment_len, 0);
			sound_put(&s, h.setup, h.setup_len, 0);
		}
		for (size_t i = 0; i < 4; i++)
			sound_put(&s, packets[i], 4, i == 0 ? 0 : PROV_NO_TIME);
		got = sound_done(&s);
		assert_string_equal("", got->refused);
		assert_string_equal("vorbis/1", got->canon);
		assert_leaf(got, &want);
		assert_head(got, "head", buf_span(&content));
		assert_int_equal(128 + 576 + 1024 + 576, got->samples);
		assert_present(got, PROV_RATE, 44100);
		assert_present(got, PROV_CHANNELS, 2);
		sound_close(&s);
	}
	free_headers(&h);
}

/* Of so many modes the number has so many bits. */
static void
modes(void **state)
{
	static const struct {
		unsigned modes;
		uint64_t longs;
		uint8_t packet;
		uint32_t samples; /* 0: refused */
	} rows[] = {
		{ 1, 0, 0x00, 128 }, { 1, 1, 0xfe, 1024 }, { 3, 4, 0x04, 1024 },
		{ 3, 4, 0x06, 0 }, /* mode 3 of three */
		{ 4, 8, 0x06, 1024 }, { 64, UINT64_C(1) << 63, 0x7e, 1024 },
		{ 64, UINT64_C(1) << 63, 0x7c, 128 },
		{ 2, 2, 0x01, 0 }, /* no audio packet */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stream *got;
		struct headers h;
		struct sound s;

		make_headers(&h, COMMENT, rows[i].modes, rows[i].longs);
		open_vorbis(&s, buf_span(&h.laced));
		sound_put(&s, &rows[i].packet, 1, 0);
		got = sound_done(&s);
		if (rows[i].samples == 0)
			assert_string_equal("essence.noncanonical",
			    got->refused);
		else if (got->samples != rows[i].samples ||
			 got->refused[0] != '\0')
			fail_msg("row %zu: %llu %s", i,
			    (unsigned long long)got->samples, got->refused);
		sound_close(&s);
		free_headers(&h);
	}
}

static const struct stream *
one(struct sound *s, const struct headers *h)
{
	open_vorbis(s, buf_span(&h->laced));
	sound_put(s, "\0abc", 4, 0);
	return (sound_done(s));
}

/* Comments are free; each byte of the other headers is bound. */
static void
headers_are_bound(void **state)
{
	struct sound a, b;
	struct headers h, x;
	const struct stream *want, *got;

	(void)state;
	make_headers(&h, COMMENT, 2, 2);
	want = one(&a, &h);
	make_headers(&x, "03" MAGIC "01000000 78 00000000 01", 2, 2);
	got = one(&b, &x);
	assert_same_essence(want, got);
	sound_close(&b);
	for (size_t at = 0; at < h.id_len + h.setup_len; at++) {
		size_t k = 3 + at;

		if (at >= h.id_len)
			k += h.comment_len;
		h.laced.p[k] ^= 1;
		got = one(&b, &h);
		if (memcmp(want->config, got->config, 32) == 0 ||
		    memcmp(want->root, got->root, 32) == 0)
			fail_msg("byte %zu of the headers is free", at);
		sound_close(&b);
		h.laced.p[k] ^= 1;
	}
	sound_close(&a);
	free_headers(&h);
	free_headers(&x);
}

/* Nothing to decode with, in all the ways that can be. */
static void
unresolved(void **state)
{
	static const char *const rows[] = { "", "02", "0201ff", "02ffff",
		"0005 0102", "001e" ID "ffff", "02 1e 00" ID,
		"02 1e 11" ID COMMENT "05" MAGIC,
		"02 1e 11" ID COMMENT "05" MAGIC "00000000000000000000" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[256];
		struct sound s;

		open_vorbis(&s, from_hex(bytes, rows[i]));
		sound_put(&s, "\0abc", 4, 0);
		if (sound_done(&s)->refused[0] == '\0')
			fail_msg("row %zu passed", i);
		sound_close(&s);
	}
}

/* Another setup in mid-stream is recorded where it stands. */
static void
chained(void **state)
{
	AUTO_BUF want = { 0 }, first = { 0 }, second = { 0 };
	uint8_t digest[SHA256_LEN];
	struct headers h, x;
	const struct stream *got;
	struct sound s;

	(void)state;
	make_headers(&h, COMMENT, 2, 2);
	make_headers(&x, COMMENT, 2, 1);
	content_of(&first, &h);
	content_of(&second, &x);
	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(&second), NULL));
	want_leaf(&want, "vorbis/1", buf_span(&first));
	want_record(&want, 0x10, span("\0ab", 3));
	want_record(&want, 0x02, span(digest, sizeof(digest)));
	want_record(&want, 0x10, span("\0cd", 3));
	open_vorbis(&s, buf_span(&h.laced));
	sound_put(&s, "\0ab", 3, 0);
	sound_put_extradata(&s, "\0cd", 3, buf_span(&x.sized));
	got = sound_done(&s);
	assert_string_equal("", got->refused);
	assert_leaf(got, &want);
	assert_int_equal(128 + 1024, got->samples);
	sound_close(&s);
	free_headers(&h);
	free_headers(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_as_documented),
		cmocka_unit_test(modes),
		cmocka_unit_test(headers_are_bound),
		cmocka_unit_test(unresolved),
		cmocka_unit_test(chained),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
