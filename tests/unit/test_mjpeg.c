/* SPDX-License-Identifier: ISC */
#include "pictures.h"

/* JFIF of aspect 4:3, 64x48 as 4:2:0, a scan of three bytes. */
static const uint8_t picture[] = { 0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I',
	'F', 0, 1, 2, 0, 0, 4, 0, 3, 0, 0, 0xff, 0xc0, 0, 17, 8, 0, 48, 0, 64,
	3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xda, 0, 12, 3, 1, 0, 2,
	0x11, 3, 0x11, 0, 63, 0, 1, 2, 3, 0xff, 0xd9 };

#define AT_SOF  21 /* the marker's second byte */
#define SOF_LEN 18

static void
leaves_are_as_documented(void **state)
{
	struct unit setup = raw_unit(picture + AT_SOF, SOF_LEN);
	AUTO_BUF want = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	assert_int_equal(0xc0, picture[AT_SOF]);
	video_begin(&v, "mjpeg", span(NULL, 0));
	video_put(&v, span(picture, sizeof(picture)), 0);
	video_put(&v, span(picture, sizeof(picture)), 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_string_equal("mjpeg/1", s->canon);
	assert_int_equal(2, s->segments);
	assert_int_equal(2, s->frames);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(setup.p, setup.len), NULL));
	put_leaf_head(&want, "mjpeg/1", config);
	put_record(&want, 0x10, picture, sizeof(picture));
	assert_leaf(s, 0, &want);
	assert_leaf(s, 1, &want);
	assert_part(s, "header", &setup);
	video_close(&v);
}

static void
presentation(void **state)
{
	uint8_t other[sizeof(picture)];
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "mjpeg", span(NULL, 0));
	video_put(&v, span(picture, sizeof(picture)), 0);
	s = video_end(&v);
	assert_int_equal(64, presented(s, PROV_WIDTH));
	assert_int_equal(48, presented(s, PROV_HEIGHT));
	assert_int_equal(85, presented(s, PROV_DISPLAY_W));
	assert_int_equal(48, presented(s, PROV_DISPLAY_H));
	assert_int_equal(8, presented(s, PROV_BITS));
	assert_int_equal(1, presented(s, PROV_CHROMA));
	assert_int_equal(2, presented(s, PROV_RANGE));
	assert_int_equal(5, presented(s, PROV_MATRIX));
	video_close(&v);
	memcpy(other, picture, sizeof(other));
	other[31] = 0x21;
	video_begin(&v, "mjpeg", span(NULL, 0));
	video_put(&v, span(other, sizeof(other)), 0);
	s = video_end(&v);
	assert_int_equal(2, presented(s, PROV_CHROMA));
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		const char *what;
	} rows[] = {
		{ 1, 0xd7, "no SOI" },
		{ 20, 0xfe, "no marker" },
		{ 21, 0xc4, "no frame header" },
		{ 23, 16, "a length that is not that of three components" },
		{ 23, 1, "a length below its own" },
		{ 22, 0xff, "a length beyond the end" },
		{ 29, 5, "five components" },
		{ 26, 0, "no height" },
	};
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bad[sizeof(picture)];

		memcpy(bad, picture, sizeof(bad));
		bad[rows[i].at] = rows[i].byte;
		video_begin(&v, "mjpeg", span(NULL, 0));
		video_put(&v, span(bad, sizeof(bad)), 0);
		s = video_end(&v);
		if (strcmp(s->refused, "config.unresolved") != 0)
			fail_msg("%s: '%s'", rows[i].what, s->refused);
		video_close(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(presentation),
		cmocka_unit_test(damage_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
