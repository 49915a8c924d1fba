/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "boxes.h"
#include "demux/bmff.h"
#include "demux/facts.h"
#include "demux/present.h"

#define ONE 0x10000

struct scanned {
	struct buf bytes;
	struct source *s;
	struct bmff *b;
};

static prov_status
scan_bytes(struct scanned *x)
{
	x->s = malloc(sizeof(*x->s));
	x->b = malloc(sizeof(*x->b));
	assert_non_null(x->s);
	assert_non_null(x->b);
	source_mem(x->s, buf_span(&x->bytes));
	return (bmff_scan(x->b, x->s, NULL));
}

static void
scan(struct scanned *x, const struct movie *m)
{
	*x = (struct scanned){ 0 };
	put_movie(&x->bytes, m);
	BOX(&x->bytes, "mdat", 1, 2, 3);
	assert_int_equal(scan_bytes(x), PROV_OK);
	assert_int_equal(x->b->n, m->twice ? 2 : 1);
}

static void
done(struct scanned *x)
{
	buf_free(&x->bytes);
	free(x->s);
	free(x->b);
}

static prov_config
shown(const struct scanned *x)
{
	prov_config c = { .kind = PROV_VIDEO, .codec = "h264" };

	assert_int_equal(present_bmff(&c, x->b, &x->b->tracks[0], true, NULL),
	    PROV_OK);
	return (c);
}

static int64_t
value(const prov_config *c, prov_field f, int64_t absent)
{
	return (c->present.known >> f & 1 ? c->present.v[f] : absent);
}

static void
reads_a_track(void **state)
{
	const struct movie m = { .a = ONE, .d = ONE, .dref = 1 };
	struct scanned x;
	prov_config c;

	(void)state;
	scan(&x, &m);
	assert_false(x.b->incomplete);
	assert_false(x.b->ambiguous);
	assert_int_equal(x.b->tracks[0].id, 1);
	assert_int_equal(x.b->tracks[0].timescale, 12800);
	assert_int_equal(x.b->tracks[0].samples, 10);
	assert_int_equal(x.b->tracks[0].descriptions, 1);
	assert_int_equal(x.b->tracks[0].coded_w, 640);
	assert_true(x.b->tracks[0].span.known);
	assert_int_equal(x.b->tracks[0].span.first, 1024);
	assert_int_equal(x.b->tracks[0].span.last, 9 * 512 + 1536);
	c = shown(&x);
	assert_int_equal(c.shift_ns, 0);
	assert_int_equal(value(&c, PROV_ROTATION, -1), 0);
	assert_int_equal(value(&c, PROV_DISPLAY_W, -1), -1);
	assert_int_equal(value(&c, PROV_EDITED, 0), 0);
	done(&x);
}

static void
turns_and_mirrors(void **state)
{
	static const struct {
		int32_t a, b, c, d;
		int64_t rotation, flip;
	} rows[] = {
		{ ONE, 0, 0, ONE, 0, 0 },
		{ 0, ONE, -ONE, 0, 90, 0 },
		{ -ONE, 0, 0, -ONE, 180, 0 },
		{ 0, -ONE, ONE, 0, 270, 0 },
		{ -ONE, 0, 0, ONE, 0, 1 },
		{ ONE, 0, 0, -ONE, 0, 2 },
		{ 0, ONE, ONE, 0, 90, 2 },
		{ 0, -ONE, -ONE, 0, 90, 1 },
		{ 46341, 46341, -46341, 46341, 45, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct movie m = { .a = rows[i].a,
			.b = rows[i].b,
			.c = rows[i].c,
			.d = rows[i].d,
			.dref = 1 };
		struct scanned x;
		prov_config c;

		scan(&x, &m);
		c = shown(&x);
		assert_int_equal(value(&c, PROV_ROTATION, -1),
		    rows[i].rotation);
		assert_int_equal(value(&c, PROV_FLIP, -1), rows[i].flip);
		done(&x);
	}
}

/* Frames are from 1024 to 6144 media ticks: 80 to 480 ms, the last 40. */
static void
follows_edits(void **state)
{
	static const struct {
		uint32_t n, edits[4][3];
		int64_t shift_ms, from_ms, to_ms, edited;
	} rows[] = {
		{ 1, { { 440, 1024, ONE } }, -80, 0, 440, 0 },
		{ 1, { { 0, 1024, ONE } }, -80, 0, -1, 1 },
		{ 2, { { 100, UINT32_MAX, ONE }, { 440, 1024, ONE } }, 20, 100,
		    540, 0 },
		/* Pictures that are not shown. */
		{ 1, { { 400, 2048, ONE } }, -160, 0, 400, 2 },
		{ 1, { { 200, 1024, ONE } }, -80, 0, 200, 2 },
		/* What is not followed: rate, dwell, repetition, nothing. */
		{ 1, { { 440, 1024, 2 * ONE } }, -80, -1, -1, 1 },
		{ 1, { { 440, 1024, 0 } }, -80, -1, -1, 1 },
		{ 2, { { 440, 1024, ONE }, { 440, 1024, ONE } }, -80, -1, -1,
		    1 },
		{ 1, { { 440, UINT32_MAX, ONE } }, 0, -1, -1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct movie m = { .a = ONE,
			.d = ONE,
			.dref = 1,
			.n_edits = rows[i].n };
		struct scanned x;
		prov_config c;

		memcpy(m.edits, rows[i].edits, sizeof(m.edits));
		scan(&x, &m);
		c = shown(&x);
		assert_int_equal(c.shift_ns, rows[i].shift_ms * 1000000);
		assert_int_equal(value(&c, PROV_SHOWN_FROM, -1000000),
		    rows[i].from_ms * 1000000);
		assert_int_equal(value(&c, PROV_SHOWN_TO, -1000000),
		    rows[i].to_ms * 1000000);
		assert_int_equal(value(&c, PROV_EDITED, 0), rows[i].edited);
		done(&x);
	}
}

static void
refuses_by_name(void **state)
{
	static const struct {
		struct movie m;
		const char *why;
	} rows[] = {
		{ { .dref = 1 }, NULL },
		{ { .dref = 0 }, "format.external" },
		{ { .dref = 1, .n_entries = 1 }, "format.descriptions" },
		{ { .dref = 1, .format = "encv" }, "format.encrypted" },
		{ { .dref = 1, .extra = "sinf" }, "format.encrypted" },
		{ { .dref = 1, .twice = true }, "essence.noncanonical" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct facts f = { 0 };
		struct scanned x;

		scan(&x, &rows[i].m);
		f.bmff = x.b;
		if (rows[i].why == NULL)
			assert_null(facts_refusal(&f));
		else
			assert_string_equal(facts_refusal(&f), rows[i].why);
		done(&x);
	}
}

static void
shows_the_entry(void **state)
{
	static const uint32_t pasp[] = { 4, 3 };
	static const uint32_t clap[] = { 600, 1, 340, 1, 10, 1, 0, 1 };
	static const uint32_t st3d[] = { 0, 0x02000000 };
	static const uint32_t eyes[] = { 24, 0x65796573, 16, 0x73747269, 0,
		0x03000000 };
	static const uint32_t half[] = { 24, 0x70726f6a, 16, 0x70726a69, 0,
		0x68657175 };
	static const uint32_t ball[] = { 36, 0x70726f6a, 28, 0x65717569, 0, 0,
		0, 0, 0 };
	static const uint32_t clli[] = { 1000 << 16 | 400 };
	static const uint32_t nclx[] = { 0x6e636c78, 9 << 16 | 16,
		9 << 16 | 0x8000 };
	static const struct {
		const char *box;
		const uint32_t *words;
		size_t n;
		prov_field field;
		int64_t want;
	} rows[] = {
		{ "pasp", pasp, 2, PROV_DISPLAY_W, 853 },
		{ "pasp", pasp, 2, PROV_DISPLAY_H, 360 },
		{ "clap", clap, 8, PROV_CROP_LEFT, 30 },
		{ "clap", clap, 8, PROV_CROP_RIGHT, 10 },
		{ "clap", clap, 8, PROV_CROP_TOP, 10 },
		{ "st3d", st3d, 2, PROV_STEREO, 1 },
		{ "vexu", eyes, 6, PROV_STEREO, 13 },
		{ "vexu", half, 6, PROV_PROJECTION, 4 },
		{ "sv3d", ball, 9, PROV_PROJECTION, 1 },
		{ "sv3d", ball, 9, PROV_SPHERE, -1 },
		{ "colr", nclx, 3, PROV_TRANSFER, 16 },
		{ "colr", nclx, 3, PROV_RANGE, 2 },
		{ "clli", clli, 1, PROV_LIGHT, 1000 << 16 | 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct movie m = { .a = ONE,
			.d = ONE,
			.dref = 1,
			.extra = rows[i].box,
			.words = rows[i].words,
			.n_words = rows[i].n };
		struct scanned x;
		prov_config c;

		scan(&x, &m);
		c = shown(&x);
		assert_int_equal(value(&c, rows[i].field, -1), rows[i].want);
		done(&x);
	}
}

/* The number that stands for something in the sample entry; 0: none. */
static int64_t
number_of(const char *box, const uint32_t *words, size_t n, prov_field f)
{
	const struct movie m = { .a = ONE,
		.d = ONE,
		.dref = 1,
		.extra = box,
		.words = words,
		.n_words = n };
	struct scanned x;
	int64_t v;
	prov_config c;

	scan(&x, &m);
	c = shown(&x);
	v = value(&c, f, 0);
	done(&x);
	return (v);
}

static void
tells_spheres_apart(void **state)
{
	uint32_t pose[] = { 60, 0x70726f6a, 24, 0x70726864, 0, 0, 0, 0, 28,
		0x65717569, 0, 0, 0, 0, 0 };
	uint32_t dovi[] = { 0x01000a25, 0x10000000, 0, 0, 0, 0 };
	int64_t turned, part, one;

	(void)state;
	assert_int_equal(number_of("sv3d", pose, 15, PROV_SPHERE), 0);
	pose[5] = 90 * ONE;
	turned = number_of("sv3d", pose, 15, PROV_SPHERE);
	assert_int_not_equal(turned, 0);
	pose[13] = 1 << 30;
	part = number_of("sv3d", pose, 15, PROV_SPHERE);
	assert_int_not_equal(part, 0);
	assert_int_not_equal(part, turned);
	one = number_of("dvcC", dovi, 6, PROV_DOVI);
	assert_int_not_equal(one, 0);
	dovi[0] ^= 0x10;
	assert_int_not_equal(number_of("dvvC", dovi, 6, PROV_DOVI), one);
}

/* Every shorter file is known to be short, or to have lost its mdat alone. */
static void
knows_what_is_cut(void **state)
{
	const struct movie m = { .a = ONE, .d = ONE, .dref = 1 };
	struct scanned x;
	size_t whole, movie;

	(void)state;
	scan(&x, &m);
	whole = x.bytes.len;
	movie = whole - 20;
	for (size_t len = 24; len < whole; len++) {
		x.bytes.len = len;
		source_mem(x.s, buf_span(&x.bytes));
		assert_int_equal(bmff_scan(x.b, x.s, NULL), PROV_OK);
		if (len > movie + 7 || (len < movie && len >= 28))
			assert_true(x.b->incomplete || !x.b->has_movie);
	}
	x.bytes.len = whole;
	done(&x);
}

/* Boxes that hold themselves as often as bytes allow come to an end. */
static void
ends_in_depth(void **state)
{
	struct scanned x = { 0 };
	struct bmff_span *span;

	(void)state;
	for (size_t i = 0; i < 10000; i++)
		(void)box_begin(&x.bytes, i == 0 ? "moov" : "trak");
	assert_int_equal(scan_bytes(&x), PROV_OK);
	done(&x);

	/* 2^32 samples of 2^32 ticks, and one more: no overflow, no loop. */
	x = (struct scanned){ 0 };
	put_movie(&x.bytes, &(const struct movie){ .dref = 1 });
	for (size_t i = 0; i + 4 < x.bytes.len; i++)
		if (memcmp(x.bytes.p + i, "stts", 4) == 0)
			memset(x.bytes.p + i + 12, 0xff, 8);
	assert_int_equal(scan_bytes(&x), PROV_OK);
	span = &x.b->tracks[0].span;
	assert_true(x.b->incomplete || !span->known);
	done(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_track),
		cmocka_unit_test(turns_and_mirrors),
		cmocka_unit_test(follows_edits),
		cmocka_unit_test(refuses_by_name),
		cmocka_unit_test(shows_the_entry),
		cmocka_unit_test(tells_spheres_apart),
		cmocka_unit_test(knows_what_is_cut),
		cmocka_unit_test(ends_in_depth),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
