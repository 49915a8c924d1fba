/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "verify/present.h"

/* A pair of streams in their containers, alike until a test changes one. */
struct two {
	struct stream was, is;
	struct findings f;
};

static void
two_init(struct two *t, prov_kind kind)
{
	memset(t, 0, sizeof(*t));
	t->was.kind = kind;
	strcpy(t->was.canon, kind == PROV_AUDIO ? "aac/1" : "h264/1");
	t->was.rate = kind == PROV_AUDIO ? 48000 : 0;
	t->was.duration_ns = INT64_C(10000000000);
	if (kind == PROV_AUDIO) {
		prov_present_set(&t->was.present, PROV_RATE, 48000);
		prov_present_set(&t->was.present, PROV_CHANNELS, 2);
	} else {
		prov_present_set(&t->was.present, PROV_WIDTH, 720);
		prov_present_set(&t->was.present, PROV_HEIGHT, 576);
	}
	t->is = t->was;
}

/* The first reason, or "" if nothing differs; in and to name containers. */
static const char *
look(struct two *t, const char *in, const char *to)
{
	const struct shown a = { in, &t->was, NULL }, b = { to, &t->is, NULL };

	memset(&t->f, 0, sizeof(t->f));
	present_compare(&t->f, &a, &b);
	return (t->f.n == 0 ? "" : t->f.at[0].code);
}

static void
same(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_VIDEO);
	assert_string_equal(look(&t, "mp4", "mpegts"), "");
	assert_int_equal(t.f.n_skipped, 0);
	two_init(&t, PROV_AUDIO);
	assert_string_equal(look(&t, "mp4", "mpegts"), "");
	assert_int_equal(t.f.n_skipped, 0);
}

/* What is seen may neither change nor get lost nor appear, in any container. */
static void
seen(void **state)
{
	static const struct {
		prov_field field;
		int64_t v;
		const char *code;
	} table[] = {
		{ PROV_WIDTH, 722, "presentation.size" },
		{ PROV_HEIGHT, 574, "presentation.size" },
		{ PROV_DISPLAY_W, 1024, "presentation.aspect" },
		{ PROV_ROTATION, 90, "presentation.rotation" },
		{ PROV_FLIP, 1, "presentation.flip" },
		{ PROV_CROP_LEFT, 8, "presentation.crop" },
		{ PROV_CROP_TOP, 8, "presentation.crop" },
		{ PROV_CROP_RIGHT, 8, "presentation.crop" },
		{ PROV_CROP_BOTTOM, 8, "presentation.crop" },
		{ PROV_PRIMARIES, 9, "presentation.colour" },
		{ PROV_TRANSFER, 16, "presentation.colour" },
		{ PROV_MATRIX, 0, "presentation.colour" },
		{ PROV_RANGE, 2, "presentation.colour" },
		{ PROV_STEREO, 1, "presentation.stereo" },
		{ PROV_PACKING, 4, "presentation.stereo" },
		{ PROV_PROJECTION, 1, "presentation.projection" },
		{ PROV_ALPHA, 1, "presentation.alpha" },
		{ PROV_EDITED, 1, "presentation.edited" },
		{ PROV_ICC, 12345, "presentation.icc" },
		{ PROV_GAMMA, 45455, "presentation.gamma" },
		{ PROV_CHRM, 12345, "presentation.gamma" },
		{ PROV_SRGB, 1, "presentation.gamma" },
		{ PROV_DENSITY_X, 300, "presentation.density" },
		{ PROV_DENSITY_Y, 300, "presentation.density" },
		{ PROV_DENSITY_UNIT, 1, "presentation.density" },
		{ PROV_TRANSFORM, 1, "presentation.transform" },
		{ PROV_MASTERING, 99, "presentation.hdr" },
		{ PROV_LIGHT, 99, "presentation.hdr" },
		{ PROV_HDR, 99, "presentation.hdr" },
		{ PROV_STRUCTS, 99, "presentation.fields" },
		{ PROV_CAPTIONS, 99, "presentation.captions" },
		{ PROV_DISPLAY_SEI, 4, "presentation.rotation" },
		{ PROV_SPHERE, 99, "presentation.projection" },
	};
	static const char *const formats[] = { "mp4", "mov", "matroska",
		"mpegts", "png" };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t k = 0; k < 5; k++) {
			struct two t;

			two_init(&t, PROV_VIDEO);
			prov_present_set(&t.is.present, table[i].field,
			    table[i].v);
			assert_string_equal(look(&t, "mp4", formats[k]),
			    table[i].code);
			two_init(&t, PROV_VIDEO);
			prov_present_set(&t.was.present, table[i].field,
			    table[i].v);
			assert_string_equal(look(&t, "mp4", formats[k]),
			    table[i].code);
		}
	}
}

/* Absent and the default are the same. */
static void
defaults(void **state)
{
	static const struct {
		prov_field field;
		int64_t v;
	} table[] = { { PROV_ROTATION, 0 }, { PROV_PRIMARIES, 2 },
		{ PROV_TRANSFER, 2 }, { PROV_MATRIX, 2 }, { PROV_RANGE, 0 },
		{ PROV_RANGE, 1 }, { PROV_DISPLAY_W, 720 },
		{ PROV_DISPLAY_H, 576 }, { PROV_EDITED, 0 }, { PROV_FLIP, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct two t;

		two_init(&t, PROV_VIDEO);
		prov_present_set(&t.is.present, table[i].field, table[i].v);
		assert_string_equal(look(&t, "mp4", "mp4"), "");
	}
}

static void
size_unknown(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_VIDEO);
	t.is.present.known = 0;
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.size");
}

/* 16:11 pixels of 720 x 576: 1047.3 wide, rounded either way. */
static void
aspect(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_VIDEO);
	prov_present_set(&t.was.present, PROV_DISPLAY_W, 1047);
	prov_present_set(&t.is.present, PROV_DISPLAY_W, 1048);
	assert_string_equal(look(&t, "mp4", "matroska"), "");
	/* The same shape at twice the size. */
	prov_present_set(&t.is.present, PROV_DISPLAY_W, 2094);
	prov_present_set(&t.is.present, PROV_DISPLAY_H, 1152);
	assert_string_equal(look(&t, "mp4", "matroska"), "");
	prov_present_set(&t.is.present, PROV_DISPLAY_W, 2094 + 16);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.aspect");
	prov_present_set(&t.is.present, PROV_DISPLAY_W, INT64_MAX);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.aspect");
	prov_present_set(&t.is.present, PROV_DISPLAY_W, -1);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.aspect");
}

static void
edits_never(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_VIDEO);
	prov_present_set(&t.was.present, PROV_EDITED, 1);
	prov_present_set(&t.is.present, PROV_EDITED, 1);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.edited");
}

static void
sound(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.is.present, PROV_RATE, 44100);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.rate");
	/* HE-AAC, by its core's rate or its output's. */
	prov_present_set(&t.is.present, PROV_RATE, 24000);
	assert_string_equal(look(&t, "mp4", "mpegts"), "");
	strcpy(t.was.canon, "pcm/1");
	strcpy(t.is.canon, "pcm/1");
	assert_string_equal(look(&t, "wav", "wav"), "presentation.rate");
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.is.present, PROV_SBR, 1);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.sbr");
	/* Explicitly off, and lost on the way through a transport stream. */
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.was.present, PROV_SBR, 1);
	prov_present_set(&t.is.present, PROV_SBR, 0);
	assert_string_equal(look(&t, "mp4", "mp4"), "");
	prov_present_set(&t.is.present, PROV_SBR, 2);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.sbr");
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.is.present, PROV_CHANNELS, 6);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.channels");
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.is.present, PROV_LAYOUT, 0x3);
	assert_string_equal(look(&t, "mp4", "mp4"), "");
	prov_present_set(&t.is.present, PROV_LAYOUT, 0x30);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.channels");
	/* Bits that a container writes beside coded sound mean nothing. */
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.was.present, PROV_BITS, 16);
	prov_present_set(&t.is.present, PROV_BITS, 32);
	assert_string_equal(look(&t, "mp4", "mp4"), "");
	strcpy(t.was.canon, "pcm/1");
	strcpy(t.is.canon, "pcm/1");
	assert_string_equal(look(&t, "mp4", "mp4"), "config.changed");
}

static bool
skips(const struct two *t, const char *what)
{
	return (findings_skipped(&t->f, what));
}

/* What a container cannot carry is not checked; where it can, it differs. */
static void
not_carried(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_AUDIO);
	strcpy(t.was.canon, "opus/1");
	strcpy(t.is.canon, "opus/1");
	prov_present_set(&t.was.present, PROV_GAIN, 256);
	assert_string_equal(look(&t, "ogg", "mpegts"), "");
	assert_true(skips(&t, "presentation.gain"));
	assert_string_equal(look(&t, "ogg", "matroska"), "presentation.gain");
	prov_present_set(&t.is.present, PROV_GAIN, 512);
	assert_string_equal(look(&t, "ogg", "mpegts"), "presentation.gain");
	two_init(&t, PROV_VIDEO);
	prov_present_set(&t.was.present, PROV_FIELDS, 1);
	assert_string_equal(look(&t, "mov", "mpegts"), "");
	assert_true(skips(&t, "presentation.fields"));
	assert_string_equal(look(&t, "mov", "matroska"), "presentation.fields");
	two_init(&t, PROV_VIDEO);
	prov_present_set(&t.is.present, PROV_FIELDS, 1);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.fields");
}

static void
trimmed(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.was.present, PROV_DELAY, 1024);
	assert_string_equal(look(&t, "matroska", "mpegts"), "");
	assert_true(skips(&t, "presentation.delay"));
	prov_present_set(&t.is.present, PROV_DELAY, 1025);
	assert_string_equal(look(&t, "matroska", "matroska"), "");
	assert_int_equal(t.f.n_skipped, 0);
	prov_present_set(&t.is.present, PROV_DELAY, 2048);
	assert_string_equal(look(&t, "matroska", "matroska"),
	    "presentation.shown");
	/* Ten seconds of padding would hide all of it. */
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.is.present, PROV_PADDING, 480000);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.shown");
	prov_present_set(&t.is.present, PROV_PADDING, INT64_MIN);
	assert_string_equal(look(&t, "mp4", "matroska"), "presentation.shown");
}

static void
shown_interval(void **state)
{
	struct two t;

	(void)state;
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.was.present, PROV_SHOWN_FROM, 0);
	prov_present_set(&t.was.present, PROV_SHOWN_TO, 9900000000);
	assert_string_equal(look(&t, "mp4", "mpegts"), "");
	assert_int_equal(t.f.n_skipped, 0);
	prov_present_set(&t.is.present, PROV_SHOWN_TO, 5000000000);
	assert_string_equal(look(&t, "mp4", "mp4"), "presentation.shown");
	two_init(&t, PROV_AUDIO);
	prov_present_set(&t.was.present, PROV_SHOWN_FROM, 3000000000);
	assert_string_equal(look(&t, "mp4", "mpegts"), "");
	assert_true(skips(&t, "presentation.shown_from"));
	assert_string_equal(look(&t, "mp4", "mov"), "presentation.shown");
	prov_present_set(&t.is.present, PROV_SHOWN_FROM, INT64_MIN);
	prov_present_set(&t.was.present, PROV_SHOWN_FROM, INT64_MAX);
	assert_string_equal(look(&t, "mp4", "mov"), "presentation.shown");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same),
		cmocka_unit_test(seen),
		cmocka_unit_test(defaults),
		cmocka_unit_test(size_unknown),
		cmocka_unit_test(aspect),
		cmocka_unit_test(edits_never),
		cmocka_unit_test(sound),
		cmocka_unit_test(not_carried),
		cmocka_unit_test(trimmed),
		cmocka_unit_test(shown_interval),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
