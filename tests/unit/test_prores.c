/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#define FRAME_LEN 48

/* 64x48, 4:2:2, top field first, BT.709, and something behind the header. */
static void
make_frame(uint8_t p[FRAME_LEN], uint8_t salt)
{
	static const uint8_t head[] = { 0, 0, 0, FRAME_LEN, 'i', 'c', 'p', 'f',
		0, 20, 0, 0, 't', 'e', 's', 't', 0, 64, 0, 48, 0x84, 0x14, 1, 1,
		1, 0x20, 0, 0 };

	memset(p, salt, FRAME_LEN);
	memcpy(p, head, sizeof(head));
}

static void
leaves_are_as_documented(void **state)
{
	uint8_t frame[2][FRAME_LEN], config[32];
	const struct stream *s;
	struct unit setup;
	struct video_in v;

	(void)state;
	make_frame(frame[0], 1);
	make_frame(frame[1], 2);
	setup = raw_unit(frame[0] + 16, 10);
	video_begin(&v, "prores", span("apch", 4));
	video_put(&v, span(frame[0], FRAME_LEN), 0);
	video_put(&v, span(frame[1], FRAME_LEN), 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_string_equal("prores/1", s->canon);
	assert_int_equal(2, s->segments);
	assert_int_equal(2, s->frames);
	assert_int_equal(PROV_OK, sha256_of(config, span(setup.p, 10), NULL));
	for (unsigned i = 0; i < 2; i++) {
		AUTO_BUF want = { 0 };

		put_leaf_head(&want, "prores/1", config);
		put_record(&want, 0x10, frame[i], FRAME_LEN);
		assert_leaf(s, i, &want);
	}
	assert_part(s, "header", &setup);
	video_close(&v);
}

static void
presentation(void **state)
{
	uint8_t frame[FRAME_LEN];
	const struct stream *s;
	struct video_in v;

	(void)state;
	make_frame(frame, 1);
	video_begin(&v, "prores", span(NULL, 0));
	video_put(&v, span(frame, FRAME_LEN), 0);
	s = video_end(&v);
	assert_int_equal(64, presented(s, PROV_WIDTH));
	assert_int_equal(48, presented(s, PROV_HEIGHT));
	assert_int_equal(10, presented(s, PROV_BITS));
	assert_int_equal(2, presented(s, PROV_CHROMA));
	assert_int_equal(1, presented(s, PROV_FIELDS));
	assert_int_equal(1, presented(s, PROV_PRIMARIES));
	assert_int_equal(1, presented(s, PROV_TRANSFER));
	assert_int_equal(1, presented(s, PROV_MATRIX));
	assert_int_equal(-1, presented(s, PROV_ALPHA));
	video_close(&v);
	/* 4:4:4 with alpha, progressive, no colours. */
	frame[20] = 0xc0;
	memset(frame + 22, 0, 3);
	frame[25] = 0x22;
	video_begin(&v, "prores", span(NULL, 0));
	video_put(&v, span(frame, FRAME_LEN), 0);
	s = video_end(&v);
	assert_int_equal(12, presented(s, PROV_BITS));
	assert_int_equal(3, presented(s, PROV_CHROMA));
	assert_int_equal(0, presented(s, PROV_FIELDS));
	assert_int_equal(1, presented(s, PROV_ALPHA));
	assert_int_equal(-1, presented(s, PROV_MATRIX));
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t frame[FRAME_LEN];
		size_t len = FRAME_LEN;
		const struct stream *s;
		struct video_in v;

		make_frame(frame, 1);
		if (i == 0)
			frame[4] = 'I';
		else if (i == 1)
			len = 27;
		else
			frame[9] = i == 2 ? 19 : FRAME_LEN - 7;
		video_begin(&v, "prores", span(NULL, 0));
		video_put(&v, span(frame, len), 0);
		s = video_end(&v);
		assert_string_equal("config.unresolved", s->refused);
		assert_int_equal(1, s->frames);
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
