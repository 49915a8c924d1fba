/* SPDX-License-Identifier: ISC */
#include "pictures.h"

/* 64x48, version 0, shown: a frame tag, a start code, sizes, data. */
static const uint8_t key[] = { 0x10, 2, 0, 0x9d, 1, 0x2a, 64, 0, 48, 0, 0xaa };
static const uint8_t inter[] = { 0x11, 2, 0, 0xbb };
static const uint8_t hidden[] = { 0x01, 2, 0, 0xcc };

#define PUT(v, a, ms) video_put((v), span((a), sizeof(a)), (ms))

static void
leaves_are_as_documented(void **state)
{
	struct unit setup = raw_unit(key + 6, 4);
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	video_begin(&v, "vp8", span(NULL, 0));
	PUT(&v, key, 0);
	PUT(&v, hidden, 35);
	PUT(&v, inter, 40);
	PUT(&v, key, 80);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_string_equal("vp8/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	/* What is not shown is bound and has no time. */
	assert_int_equal(3, s->frames);
	assert_int_equal(120000000, s->duration_ns);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(setup.p, setup.len), NULL));
	put_leaf_head(&first, "vp8/1", config);
	put_record(&first, 0x10, key, sizeof(key));
	put_record(&first, 0x10, hidden, sizeof(hidden));
	put_record(&first, 0x10, inter, sizeof(inter));
	put_leaf_head(&second, "vp8/1", config);
	put_record(&second, 0x10, key, sizeof(key));
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	assert_part(s, "header", &setup);
	video_close(&v);
}

static void
presentation(void **state)
{
	uint8_t big[sizeof(key)];
	const struct stream *s;
	struct video_in v;

	(void)state;
	/* 60 by 5/4 and 48 by 2. */
	memcpy(big, key, sizeof(key));
	big[6] = 60;
	big[7] = 0x40;
	big[9] = 0xc0;
	video_begin(&v, "vp8", span(NULL, 0));
	PUT(&v, big, 0);
	s = video_end(&v);
	assert_int_equal(60, presented(s, PROV_WIDTH));
	assert_int_equal(48, presented(s, PROV_HEIGHT));
	assert_int_equal(75, presented(s, PROV_DISPLAY_W));
	assert_int_equal(96, presented(s, PROV_DISPLAY_H));
	assert_int_equal(5, presented(s, PROV_MATRIX));
	video_close(&v);
}

/* A new size is a new configuration, recorded at its key frame. */
static void
size_may_change(void **state)
{
	uint8_t other[sizeof(key)], config[32];
	AUTO_BUF second = { 0 };
	const struct stream *s;
	struct video_in v;

	(void)state;
	memcpy(other, key, sizeof(key));
	other[6] = 32;
	video_begin(&v, "vp8", span(NULL, 0));
	PUT(&v, key, 0);
	PUT(&v, other, 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(PROV_OK, sha256_of(config, span(other + 6, 4), NULL));
	put_leaf_head(&second, "vp8/1", config);
	put_record(&second, 0x10, other, sizeof(other));
	assert_leaf(s, 1, &second);
	assert_int_equal(64, presented(s, PROV_WIDTH));
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	static const struct {
		const uint8_t *p;
		size_t len;
		const char *code;
	} rows[] = {
		{ inter, sizeof(inter), "config.unresolved" },
		{ key, 9, "config.unresolved" },
		{ key, 2, "essence.noncanonical" },
	};
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		video_begin(&v, "vp8", span(NULL, 0));
		video_put(&v, span(rows[i].p, rows[i].len), 0);
		PUT(&v, key, 40);
		s = video_end(&v);
		assert_string_equal(rows[i].code, s->refused);
		video_close(&v);
	}
	/* An empty frame is one that was dropped: the last one stays. */
	video_begin(&v, "vp8", span(NULL, 0));
	PUT(&v, key, 0);
	video_put(&v, span(NULL, 0), 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(2, s->frames);
	video_close(&v);
}

static void
segments_are_capped(void **state)
{
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "vp8", span(NULL, 0));
	PUT(&v, key, 0);
	for (int i = 1; i < 700; i++) {
		PUT(&v, inter, i * 40);
		PUT(&v, hidden, i * 40 + 20);
	}
	s = video_end(&v);
	assert_int_equal(3, s->segments);
	assert_int_equal(300, s->tl->units[0]);
	assert_int_equal(300, s->tl->units[1]);
	assert_int_equal(100, s->tl->units[2]);
	video_close(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(presentation),
		cmocka_unit_test(size_may_change),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(segments_are_capped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
