/* SPDX-License-Identifier: ISC */
#include "pictures.h"

static const uint8_t intra[] = { 0xff, 0, 1 }, inter[] = { 0x10, 0, 2 };

#define PUT(v, a, ms) video_put((v), span((a), sizeof(a)), (ms))

static void
put_text(struct buf *b, const char *text, size_t len)
{
	buf_put_be32(b, (uint32_t)len);
	buf_put(b, text, len);
}

static void
leaves_are_as_documented(void **state)
{
	AUTO_BUF first = { 0 }, second = { 0 }, content = { 0 };
	const struct stream *s;
	struct video_in v;
	struct unit setup;
	uint8_t config[32];

	(void)state;
	video_begin(&v, "ffv1", span("tables", 6));
	PUT(&v, intra, 0);
	PUT(&v, inter, 40);
	video_put(&v, span(NULL, 0), 80);
	PUT(&v, intra, 120);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_string_equal("ffv1", s->codec);
	assert_string_equal("frame/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	assert_int_equal(4, s->frames);
	put_text(&content, "ffv1", 4);
	put_text(&content, "tables", 6);
	assert_int_equal(PROV_OK, sha256_of(config, buf_span(&content), NULL));
	put_leaf_head(&first, "frame/1", config);
	put_record(&first, 0x10, intra, sizeof(intra));
	put_record(&first, 0x10, inter, sizeof(inter));
	put_record(&first, 0x10, NULL, 0);
	put_leaf_head(&second, "frame/1", config);
	put_record(&second, 0x10, intra, sizeof(intra));
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	setup = raw_unit(content.p, content.len);
	assert_part(s, "extradata", &setup);
	video_close(&v);
}

/* Digests of one packet's stream under a codec and a configuration. */
static void
digest(uint8_t config[32], uint8_t root[32], const char *codec, prov_span extra)
{
	const struct stream *s;
	struct video_in v;

	video_begin(&v, codec, extra);
	PUT(&v, intra, 0);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	memcpy(config, s->config, 32);
	memcpy(root, s->root, 32);
	video_close(&v);
}

static void
assert_configs(bool same, const char *x, prov_span a, const char *y,
    prov_span b)
{
	uint8_t config[2][32], root[2][32];

	digest(config[0], root[0], x, a);
	digest(config[1], root[1], y, b);
	assert_int_equal(same, memcmp(config[0], config[1], 32) == 0);
	assert_int_equal(same, memcmp(root[0], root[1], 32) == 0);
}

#define S(a) span((a), sizeof(a) - 1)

static void
what_decodes_is_bound(void **state)
{
	(void)state;
	/* Extradata decides, or says nothing. */
	assert_configs(false, "ffv1", S("a"), "ffv1", S("b"));
	assert_configs(false, "huffyuv", S("a"), "ffvhuff", S("a"));
	assert_configs(true, "hap", S("a"), "hap", S(""));
	/* DNxHD: of all QuickTime keeps there only the range. */
	assert_configs(true, "dnxhd",
	    S("\0\0\0\x18"
	      "ACLRACLR0001\0\0\0\1xx"),
	    "dnxhd", S("entry ACLRACLR0001\0\0\0\1"));
	assert_configs(false, "dnxhd", S("ACLRACLR0001\0\0\0\1"), "dnxhd",
	    S("ACLRACLR0001\0\0\0\2"));
	/* Theora: both ways to write three headers; comments may change. */
	assert_configs(true, "theora", S("\0\2id\0\3com\0\3set"), "theora",
	    S("\2\2\5idotherset"));
	assert_configs(false, "theora", S("\0\2id\0\3com\0\3set"), "theora",
	    S("\2\2\5idothernew"));
}

/* QuickTime's depth turns colours into a palette's, or into grey. */
static void
a_palette_is_bound(void **state)
{
	static const uint32_t bits[] = { 24, 0, 12, 32, 8, 1, 40 };
	uint8_t roots[7][32];

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		prov_config config = { .kind = PROV_VIDEO,
			.codec = "cinepak",
			.tb_num = 1,
			.tb_den = 1000,
			.bits = bits[i] };
		struct video_in v = { 0 };

		assert_int_equal(PROV_OK, prov_essence_new(&v.e, "x", NULL));
		assert_int_equal(PROV_OK,
		    prov_essence_stream(v.e, &config, &v.index, NULL));
		PUT(&v, intra, 0);
		memcpy(roots[i], video_end(&v)->root, 32);
		video_close(&v);
		for (size_t k = 0; k < i; k++)
			assert_int_equal(i < 4,
			    memcmp(roots[i], roots[k], 32) == 0);
	}
}

/* Where a packet refers to no other, by each codec's own header. */
static void
key_frames_are_found(void **state)
{
	static const struct {
		const char *codec;
		uint8_t key[11], other[11];
	} rows[] = {
		{ "ffv1", { 0x7f, 0x80 }, { 0x7f, 0x7f } },
		{ "snow", { 0xff, 0 }, { 0, 0xff } },
		{ "theora", { 0x3f }, { 0x40 } },
		{ "msmpeg4v3", { 0x3f }, { 0x7f } },
		{ "wmv2", { 0x7f }, { 0x80 } },
		/* Start code, reference 0, 5 bits, format 2 (QCIF), type. */
		{ "h263", { 0, 0, 0x80, 2, 8 }, { 0, 0, 0x80, 2, 0xa } },
		/* Format 7: UFEP 1, 18 bits, then the type. */
		{ "h263", { 0, 0, 0x80, 2, 0x1c, 0x80, 0, 0, 0 },
		    { 0, 0, 0x80, 2, 0x1c, 0x80, 0, 0x04, 0 } },
		/* Format 7, UFEP 0. */
		{ "h263", { 0, 0, 0x80, 2, 0x1c, 0x0f },
		    { 0, 0, 0x80, 2, 0x1c, 0x1f } },
		/* Sizes that have a name, of one byte, of two. */
		{ "flv1", { 0, 0, 0x80, 1, 0x1f }, { 0, 0, 0x80, 1, 0x3f } },
		{ "flv1", { 0, 0, 0x80, 0, 0, 0, 0x1f },
		    { 0, 0, 0x80, 0, 0, 0, 0x3f } },
		{ "flv1", { 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0x1f },
		    { 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0x3f } },
		{ "cinepak", { [10] = 0x10 }, { [10] = 0x11 } },
		{ "svq1", { 0, 0, 0x80, 0 }, { 0, 0, 0x80, 1 } },
	};
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool theora = strcmp(rows[i].codec, "theora") == 0;

		video_begin(&v, rows[i].codec,
		    theora ? S("\0\2id\0\3com\0\3set") : S("x"));
		PUT(&v, rows[i].key, 0);
		PUT(&v, rows[i].other, 40);
		PUT(&v, rows[i].key, 80);
		PUT(&v, rows[i].key, 120);
		PUT(&v, rows[i].other, 160);
		s = video_end(&v);
		if (s->segments != 3 || strcmp(s->canon, "frame/1") != 0)
			fail_msg("row %zu, %s: %s, %llu segments", i,
			    rows[i].codec, s->canon,
			    (unsigned long long)s->segments);
		video_close(&v);
	}
}

static void
headers_that_do_not_add_up_are_refused(void **state)
{
	static const struct {
		const char *p;
		size_t len;
	} rows[] = { { "", 0 }, { "\2", 1 }, { "\2\1", 2 }, { "\2\1\5id", 5 },
		{ "\0\2id\0\3com", 9 }, { "\0\2id\0\3com\0\4set", 14 },
		{ "\2\xff", 2 } };
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		video_begin(&v, "theora", span(rows[i].p, rows[i].len));
		PUT(&v, intra, 0);
		assert_string_equal("config.unresolved",
		    video_end(&v)->refused);
		video_close(&v);
	}
}

static void
a_new_configuration_is_recorded(void **state)
{
	prov_packet packet = { .data = span(inter, sizeof(inter)),
		.extradata = S("new"),
		.pts = 40,
		.dts = PROV_NO_TIME };
	uint8_t plain[32], root[32];
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (int i = 0; i < 2; i++) {
		if (i == 1)
			packet.extradata = S("old");
		video_begin(&v, "ffv1", S("old"));
		PUT(&v, intra, 0);
		assert_int_equal(PROV_OK,
		    prov_essence_packet(v.e, v.index, &packet, NULL));
		s = video_end(&v);
		memcpy(i == 0 ? root : plain, s->root, 32);
		video_close(&v);
	}
	assert_memory_not_equal(plain, root, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(what_decodes_is_bound),
		cmocka_unit_test(a_palette_is_bound),
		cmocka_unit_test(key_frames_are_found),
		cmocka_unit_test(headers_that_do_not_add_up_are_refused),
		cmocka_unit_test(a_new_configuration_is_recorded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
