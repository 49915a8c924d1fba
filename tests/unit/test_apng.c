/* SPDX-License-Identifier: ISC */
#include "pngs.h"

#include "pictures.h"

#define IHDR  "\0\0\0\4\0\0\0\2\10\0\0\0\0" /* 4 by 2, 8 bits, grey */
#define WHOLE "\0\0\0\4\0\0\0\2\0\0\0\0\0\0\0\0"
#define PART  "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\0"

static const char first[] = WHOLE "\0\1\0\12\0\0"; /* 1/10 s */
static const char second[] = PART "\0\3\0\0\1\1";  /* 3/100 s, drawn over */

/* One frame's control; its number is in front. */
static void
frame(struct picture *f, uint32_t n, const char *what)
{
	uint8_t d[26];

	put_be32(d, n);
	memcpy(d + 4, what, 22);
	chunk(f, "fcTL", d, sizeof(d), false);
}

static void
more(struct picture *f, uint32_t n, const char *data)
{
	uint8_t d[64];

	put_be32(d, n);
	memcpy(d + 4, data, strlen(data));
	chunk(f, "fdAT", d, 4 + strlen(data), false);
}

static void
begin(struct picture *f, const char *control)
{
	*f = (struct picture){ .len = 0 };
	picture_put(f, "\x89PNG\r\n\x1a\n", 8, false);
	chunk(f, "IHDR", IHDR, 13, false);
	if (control != NULL)
		chunk(f, "acTL", control, 8, false);
}

enum change {
	AS_IS,
	SPLIT,
	TEXT,
	LOOPS,
	DELAY,
	DISPOSE,
	DATA,
	SWAPPED,
	HIDDEN, /* the still is no frame */
	CHANGES
};

/* Three frames, the first of them the still. */
static struct picture
apng(enum change what)
{
	const char *delayed = PART "\0\4\0\0\1\1", *kept = PART "\0\3\0\0\0\1";
	struct picture f;
	uint32_t n = 0;

	begin(&f, what == LOOPS ? "\0\0\0\3\0\0\0\0" : "\0\0\0\3\0\0\0\7");
	if (what == HIDDEN)
		f.len -= 20, chunk(&f, "acTL", "\0\0\0\2\0\0\0\7", 8, false);
	else
		frame(&f, n++, first);
	if (what == SPLIT)
		chunk(&f, "IDAT", "on", 2, false);
	chunk(&f, "IDAT", &"one"[what == SPLIT ? 2 : 0], what == SPLIT ? 1 : 3,
	    false);
	frame(&f, n++,
	    what == DELAY     ? delayed
	    : what == DISPOSE ? kept
			      : second);
	if (what == SPLIT)
		more(&f, n++, "t");
	more(&f, n++,
	    what == SPLIT     ? "wo"
	    : what == DATA    ? "tow"
	    : what == SWAPPED ? "three"
			      : "two");
	if (what == TEXT)
		chunk(&f, "tEXt", "a\0b", 3, true);
	frame(&f, n++, second);
	more(&f, n++, what == SWAPPED ? "two" : "three");
	chunk(&f, "IEND", "", 0, false);
	return (f);
}

static void
put_frame(struct buf *b, const char *where, const char *how, const char *data)
{
	uint8_t record[18];

	memcpy(record, where, 16);
	memcpy(record + 16, how, 2);
	put_record(b, 0x12, record, sizeof(record));
	put_record(b, 0x10, data, strlen(data));
}

/* What prov-manifest(5) says. */
static void
frames_are_segments(void **state)
{
	struct picture f = apng(AS_IS);
	prov_identity *id = picture_any(png_identify, picture_span(&f));
	const struct stream *s = &id->streams[0];
	static const char *const data[] = { "one", "two", "three" };
	uint8_t config[32];

	(void)state;
	assert_int_equal(PROV_OK, sha256_of(config, span(IHDR, 13), NULL));
	assert_int_equal(3, s->segments);
	assert_int_equal(3, s->frames);
	for (unsigned i = 0; i < 3; i++) {
		AUTO_BUF b = { 0 };

		put_leaf_head(&b, "png/1", config);
		put_frame(&b, i == 0 ? WHOLE : PART, i == 0 ? "\0\0" : "\1\1",
		    data[i]);
		assert_leaf(s, i, &b);
	}
	assert_int_equal(0, timeline_at(s->tl, 0));
	assert_int_equal(100000000, timeline_at(s->tl, 1));
	assert_int_equal(130000000, timeline_at(s->tl, 2));
	assert_int_equal(160000000, s->duration_ns);
	assert_int_equal(7, presented(s, PROV_LOOPS));
	assert_int_equal(30000000, presented(s, PROV_LASTS));
	assert_int_equal(0, id->uncovered);
	prov_identity_free(id);
}

/* Which of root, timeline and presentation each change shows in. */
static void
changes_show(void **state)
{
	static const struct same same[CHANGES] = {
		[SPLIT] = { true, true, true, 0 },
		[TEXT] = { true, true, true, 15 },
		[LOOPS] = { true, true, false, 0 },
		[DELAY] = { true, false, true, 0 },
		[DISPOSE] = { false, false, true, 0 },
		[DATA] = { false, false, true, 0 },
		[SWAPPED] = { false, false, true, 0 },
		[HIDDEN] = { false, false, true, 0 },
	};
	struct picture f = apng(AS_IS);
	prov_identity *a = picture_any(png_identify, picture_span(&f));

	(void)state;
	for (enum change what = SPLIT; what < CHANGES; what++) {
		struct picture g = apng(what);
		prov_identity *b = picture_any(png_identify, picture_span(&g));

		assert_same(&same[what], a, b);
		prov_identity_free(b);
	}
	prov_identity_free(a);
}

/* Without acTL nothing moves, and what is left over is bound as it stands. */
static void
without_control(void **state)
{
	struct picture f = apng(AS_IS), g = apng(AS_IS), still;
	prov_identity *id;

	(void)state;
	memmove(g.p + 33, g.p + 53, g.len - 53);
	g.len -= 20;
	id = picture_identity(png_identify, picture_span(&g));
	assert_true(id->streams[0].tl->untimed);
	prov_identity_free(id);
	begin(&still, NULL);
	chunk(&still, "IDAT", "one", 3, false);
	chunk(&still, "IEND", "", 0, false);
	assert_pictures(png_identify, &still, &g, false, true);
	(void)f;
}

static void
refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct picture f;
		char bad[23] = PART "\0\3\0\0\1\1";

		begin(&f, i == 0 ? "\0\0\0\3\0\0\0\0" : "\0\0\0\2\0\0\0\0");
		frame(&f, 0, i == 1 ? second : first); /* not of the canvas */
		if (i == 2)
			frame(&f, 1, first); /* without data between */
		chunk(&f, "IDAT", "one", 3, false);
		if (i == 3)
			more(&f, 1, "x"); /* without a frame */
		bad[20] = i == 4 ? 3 : 1;
		bad[21] = i == 5 ? 2 : 1;
		bad[3] = i == 6 ? 0 : 1; /* width */
		bad[11] = i == 7 ? 4 : 3;
		frame(&f, i == 8 ? 2 : i == 3 ? 2 : 1, bad);
		if (i != 9)
			more(&f, i == 10 ? 1 : i == 3 ? 3 : 2, "two");
		if (i == 11) { /* one too many */
			frame(&f, 3, second);
			more(&f, 4, "three");
		}
		chunk(&f, "IEND", "", 0, false);
		assert_picture_refused(png_identify, &f, PROV_EFORMAT);
	}
}

static void
flips(void **state)
{
	struct picture f = apng(TEXT);

	(void)state;
	picture_put(&f, "zip", 3, true);
	assert_flips_show(png_identify, &f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_segments),
		cmocka_unit_test(changes_show),
		cmocka_unit_test(without_control),
		cmocka_unit_test(refused),
		cmocka_unit_test(flips),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
