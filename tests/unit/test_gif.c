/* SPDX-License-Identifier: ISC */
#include "picture.h"

#include "pictures.h"

#define SCREEN  "\4\0\2\0\x80\1\0" /* 4 by 2, a palette of 2, background 1 */
#define COLOURS "abcdef"
#define COMMENT "\x21\xfe\2hi\0"
#define LOOP    "\x21\xff\13NETSCAPE2.0\3\1\2\0\0"
#define OTHER   "\x21\xff\13SOMETHING42\2xy\0"

enum change {
	AS_IS,
	NEWER,
	SPLIT,
	COMMENTED,
	XMP,
	LOOPS,
	DELAY,
	LAST,
	DISPOSE,
	TRANSPARENT,
	PALETTE,
	DATA,
	UNKNOWN,
	PROFILE,
	CHANGES
};

static void
put(struct picture *f, const char *p, size_t len)
{
	picture_put(f, p, len, false);
}

#define PUT(f, s) put(f, s, sizeof(s) - 1)

/* Two images of 30 ms and 50 ms, the second with a palette of its own. */
static struct picture
gif(enum change what)
{
	struct picture f = { .len = 0 };

	picture_put(&f, what == NEWER ? "GIF87a" : "GIF89a", 6, false);
	f.loose[4] = true;
	PUT(&f, SCREEN);
	if (what == PALETTE)
		PUT(&f, "abcdeg");
	else
		PUT(&f, COLOURS);
	if (what != LOOPS)
		PUT(&f, LOOP);
	if (what == COMMENTED)
		picture_put(&f, COMMENT, sizeof(COMMENT) - 1, true);
	if (what == XMP)
		PUT(&f, "\x21\xff\13XMP DataXMP\1<\0");
	if (what == UNKNOWN)
		PUT(&f, OTHER);
	if (what == PROFILE)
		PUT(&f, "\x21\xff\13ICCRGBG1012\3abc\1d\0");
	if (what == DELAY)
		PUT(&f, "\x21\xf9\4\4\4\0\0\0");
	else if (what == TRANSPARENT)
		PUT(&f, "\x21\xf9\4\5\3\0\1\0");
	else
		PUT(&f, "\x21\xf9\4\4\3\0\0\0");
	PUT(&f, "\x2c\0\0\0\0\4\0\2\0\0\2");
	if (what == SPLIT)
		PUT(&f, "\1\x44\1\1\0");
	else
		PUT(&f, "\2\x44\1\0");
	if (what == DISPOSE)
		PUT(&f, "\x21\xf9\4\x8\5\0\0\0");
	else if (what == LAST)
		PUT(&f, "\x21\xf9\4\0\6\0\0\0");
	else
		PUT(&f, "\x21\xf9\4\0\5\0\0\0");
	PUT(&f, "\x2c\1\0\0\0\3\0\2\0\xc0ghijkl\2");
	if (what == DATA)
		PUT(&f, "\2\x45\1\0\x3b");
	else
		PUT(&f, "\2\x44\1\0\x3b");
	return (f);
}

/* What prov-manifest(5) says. */
static void
images_are_segments(void **state)
{
	struct picture f = gif(AS_IS);
	prov_identity *id = picture_any(gif_identify, picture_span(&f));
	const struct stream *s = &id->streams[0];
	uint8_t parts[64], config[32];
	AUTO_BUF one = { 0 };
	AUTO_BUF two = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    sha256_of(parts, span("\4\0\2\0\1\0", 6), NULL));
	assert_int_equal(PROV_OK,
	    sha256_of(parts + 32, span(COLOURS, 6), NULL));
	assert_int_equal(PROV_OK, sha256_of(config, span(parts, 64), NULL));
	assert_memory_equal(parts, find_part(s, "screen")->digest, 32);
	assert_memory_equal(parts + 32, find_part(s, "palette")->digest, 32);
	put_leaf_head(&one, "gif/1", config);
	put_record(&one, 0x12, "\0\0\0\0\4\0\2\0\0\4\0", 11);
	put_record(&one, 0x10, "\2\x44\1", 3);
	put_leaf_head(&two, "gif/1", config);
	put_record(&two, 0x12, "\1\0\0\0\3\0\2\0\x40\0\0", 11);
	put_record(&two, 0x11, "ghijkl", 6);
	put_record(&two, 0x10, "\2\x44\1", 3);
	assert_int_equal(2, s->segments);
	assert_leaf(s, 0, &one);
	assert_leaf(s, 1, &two);
	assert_int_equal(30000000, timeline_at(s->tl, 1));
	assert_int_equal(80000000, s->duration_ns);
	assert_int_equal(50000000, presented(s, PROV_LASTS));
	assert_int_equal(3, presented(s, PROV_LOOPS));
	assert_int_equal(4, presented(s, PROV_WIDTH));
	assert_int_equal(2, presented(s, PROV_HEIGHT));
	assert_int_equal(0, id->uncovered);
	prov_identity_free(id);
}

static void
changes_show(void **state)
{
	static const struct same same[CHANGES] = {
		[NEWER] = { true, true, true, 0 },
		[SPLIT] = { true, true, true, 0 },
		[COMMENTED] = { true, true, true, 6 },
		[XMP] = { true, true, true, 17 },
		[LOOPS] = { true, true, false, 0 },
		[DELAY] = { true, false, true, 0 },
		[LAST] = { true, true, false, 0 },
		[DISPOSE] = { false, false, true, 0 },
		[TRANSPARENT] = { false, false, false, 0 },
		[PALETTE] = { false, false, true, 0 },
		[DATA] = { false, false, true, 0 },
		[UNKNOWN] = { false, false, true, 0 },
		[PROFILE] = { true, true, false, 0 },
	};
	struct picture f = gif(AS_IS);
	prov_identity *a = picture_any(gif_identify, picture_span(&f));

	(void)state;
	for (enum change what = NEWER; what < CHANGES; what++) {
		struct picture g = gif(what);
		prov_identity *b = picture_any(gif_identify, picture_span(&g));

		assert_same(&same[what], a, b);
		prov_identity_free(b);
	}
	prov_identity_free(a);
}

/* One image alone has no time, whatever its delay. */
static void
still(void **state)
{
	struct picture f = { .len = 0 };
	prov_identity *id;

	(void)state;
	PUT(&f, "GIF89a" SCREEN COLOURS "\x21\xf9\4\0\5\0\0\0"
		"\x2c\0\0\0\0\4\0\2\0\0\2\2\x44\1\0\x3bzip");
	id = picture_identity(gif_identify, picture_span(&f));
	assert_true(id->streams[0].tl->untimed);
	assert_int_equal(0, id->streams[0].duration_ns);
	assert_int_equal(3, id->uncovered);
	prov_identity_free(id);
}

static void
refused(void **state)
{
#define B(s) s, sizeof(s) - 1
	static const struct {
		const char *p;
		size_t len;
		prov_status want;
	} rows[] = {
		{ B("GIF88a" SCREEN COLOURS), PROV_EFORMAT },
		{ B("GIF89a" SCREEN "abc"), PROV_EFORMAT },
		{ B("GIF89a" SCREEN COLOURS "\x3b"), PROV_EUNSUPPORTED },
		{ B("GIF89a" SCREEN COLOURS "\x2c\0\0"), PROV_EFORMAT },
		{ B("GIF89a" SCREEN COLOURS "\x2d"), PROV_EFORMAT },
		{ B("GIF89a" SCREEN COLOURS "\x21"), PROV_EFORMAT },
#define IMAGE "\x2c\0\0\0\0\4\0\2\0\0\2\1x\0"
		{ B("GIF89a" SCREEN COLOURS IMAGE), PROV_EFORMAT },
		{ B("GIF89a" SCREEN COLOURS
		    "\x21\xf9\4\0\1\0\0\0\x21\xf9\4\0\1\0\0\0" IMAGE "\x3b"),
		    PROV_EUNSUPPORTED },
		{ B("GIF89a" SCREEN COLOURS IMAGE "\x21\xf9\4\0\1\0\0\0\x3b"),
		    PROV_EUNSUPPORTED },
		{ B("GIF89a" SCREEN COLOURS "\x21\xf9\3\0\1\0\0" IMAGE "\x3b"),
		    PROV_EFORMAT },
		{ B("GIF89a" SCREEN COLOURS "\x21\xf9\4\0\1\0\0\0"
		    "\x21\1\1x\0" IMAGE "\x3b"),
		    PROV_EUNSUPPORTED },
		{ B("GIF89a" SCREEN COLOURS LOOP LOOP IMAGE "\x3b"),
		    PROV_EUNSUPPORTED },
		{ B("GIF89a" SCREEN COLOURS
		    "\x21\xff\13NETSCAPE2.0\3\2\2\0\0" IMAGE "\x3b"),
		    PROV_EUNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };

		put(&f, rows[i].p, rows[i].len);
		assert_picture_refused(gif_identify, &f, rows[i].want);
	}
}

static void
flips(void **state)
{
	struct picture f = gif(COMMENTED);

	(void)state;
	/* Bits that say nothing: of the screen's flags, of controls. */
	f.loose[10] = true;
	for (size_t at = 13; at + 8 < f.len; at++)
		if (memcmp(f.p + at, "\x21\xf9\4", 3) == 0)
			f.loose[at + 3] = f.loose[at + 6] = true;
	for (size_t at = 13; at + 10 < f.len; at++)
		if (f.p[at] == 0x2c)
			f.loose[at + 9] = true;
	assert_flips_show(gif_identify, &f);
}

static void
cuts(void **state)
{
	struct picture f = gif(COMMENTED);

	(void)state;
	picture_put(&f, "trailer", 7, true);
	assert_cuts_refused(gif_identify, &f, f.len - 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_segments),
		cmocka_unit_test(changes_show),
		cmocka_unit_test(still),
		cmocka_unit_test(refused),
		cmocka_unit_test(flips),
		cmocka_unit_test(cuts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
