/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "essence/timeline.h"

#define MS INT64_C(1000000)

static struct timeline *
new_timeline(void)
{
	struct timeline *tl = calloc(1, sizeof(*tl));

	assert_non_null(tl);
	return (tl);
}

/* Fits times and checks each against what comes back. */
static struct timeline *
fitted(const int64_t *ns, uint64_t n)
{
	struct timeline *tl = new_timeline();
	prov_err err = { 0 };

	if (timeline_set_times(tl, ns, n, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(n, tl->total);
	for (uint64_t i = 0; i < n && !tl->untimed; i++) {
		int64_t off = timeline_at(tl, i) - ns[i];

		if (off < -TIMELINE_FIT_NS || off > TIMELINE_FIT_NS)
			fail_msg("frame %llu is off by %lld ns",
			    (unsigned long long)i, (long long)off);
	}
	return (tl);
}

static void
constant_rate_is_one_run(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[250];

	(void)state;
	for (int i = 0; i < 250; i++)
		ns[i] = -40 * MS + i * 40 * MS;
	tl = fitted(ns, 250);
	assert_int_equal(1, tl->n_runs);
	assert_int_equal(-40 * MS, tl->runs[0].start);
	assert_int_equal(40 * MS, tl->runs[0].num);
	assert_int_equal(1, tl->runs[0].den);
	assert_int_equal(250, tl->runs[0].count);
	assert_null(tl->order);
	for (uint64_t i = 0; i < 250; i++)
		assert_int_equal(ns[i], timeline_at(tl, i));
}

/* 30000/1001 Hz for hours: in ticks of 10 MHz, 90 kHz, 10 kHz. */
static void
ntsc_rate(void **state)
{
	static const int64_t ticks[] = { 10000000, 90000, 10000 };
	enum { N = 400000 };
	AUTO_FREE int64_t *ns = malloc(N * sizeof(*ns));

	(void)state;
	assert_non_null(ns);
	for (size_t k = 0; k < 3; k++) {
		AUTO_TIMELINE *tl = NULL;

		for (int64_t i = 0; i < N; i++)
			ns[i] = i * 1001 * ticks[k] / 30000 * 100000 /
			        (ticks[k] / 10000);
		tl = fitted(ns, N);
		assert_int_equal(1, tl->n_runs);
		/* The nearest whole number of ns is near enough. */
		assert_int_equal(33366667, tl->runs[0].num);
		assert_int_equal(1, tl->runs[0].den);
	}
}

/* A rate that no whole number of ns keeps to within the tolerance. */
static void
simplest_fraction(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	enum { N = 4000000 };
	AUTO_FREE int64_t *ns = malloc(N * sizeof(*ns));

	(void)state;
	assert_non_null(ns);
	for (int64_t i = 0; i < N; i++)
		ns[i] = i * 100 + i / 2;
	for (int64_t i = 0; i < N; i++)
		ns[i] += i * 2 * MS;
	tl = fitted(ns, N);
	assert_int_equal(1, tl->n_runs);
	assert_int_equal(4000201, tl->runs[0].num);
	assert_int_equal(2, tl->runs[0].den);
}

static void
rounded_to_ms(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[300], at = 0;

	(void)state;
	/* 33, 33, 34: thirty frames a second, rounded to ms. */
	for (int i = 0; i < 300; i++) {
		ns[i] = at;
		at += i % 3 == 2 ? 34 * MS : 33 * MS;
	}
	tl = fitted(ns, 300);
	assert_int_equal(1, tl->n_runs);
}

static void
variable_rate(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[200], at = 0;
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 200; i++) {
		ns[i] = at;
		seed = seed * 6364136223846793005U + 1442695040888963407U;
		at += 10 * MS + (int64_t)(seed >> 40) % (50 * MS);
	}
	tl = fitted(ns, 200);
	assert_true(tl->n_runs > 20 && tl->n_runs <= 200);
}

static void
a_pause_begins_a_run(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		ns[i] = i * 40 * MS + (i >= 10 ? 5 * MS : 0);
	tl = fitted(ns, 20);
	assert_int_equal(2, tl->n_runs);
	assert_int_equal(10, tl->runs[0].count);
	assert_int_equal(405 * MS, tl->runs[1].start);
}

/* Just within the tolerance is one run, a ns more is not. */
static void
tolerance_is_exact(void **state)
{
	int64_t ns[3] = { 0, 40 * MS, 80 * MS };

	(void)state;
	for (int64_t more = 0; more < 2; more++) {
		AUTO_TIMELINE *tl = NULL;

		ns[2] = 80 * MS + 3 * TIMELINE_FIT_NS + more;
		tl = fitted(ns, 3);
		assert_int_equal(1 + more, tl->n_runs);
	}
}

static void
reordered(void **state)
{
	/* I P B B, three frames of reordering, in coded order. */
	static const int rank[] = { 0, 3, 1, 2, 6, 4, 5, 7 };
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		ns[i] = rank[i] * 40 * MS;
	tl = fitted(ns, 8);
	assert_int_equal(1, tl->n_runs);
	assert_non_null(tl->order);
	for (int i = 0; i < 8; i++)
		assert_int_equal(rank[i] - i, tl->order[i]);
}

/* Backwards is a lot to sort, and still right. */
static void
reversed(void **state)
{
	AUTO_TIMELINE *tl = NULL;
	int64_t ns[2000];

	(void)state;
	for (int i = 0; i < 2000; i++)
		ns[i] = -i * 20 * MS;
	tl = fitted(ns, 2000);
	assert_int_equal(1, tl->n_runs);
	assert_int_equal(1999, tl->order[0]);
	assert_int_equal(-1999, tl->order[1999]);
}

static void
equal_and_single_times(void **state)
{
	int64_t same[5] = { 7, 7, 7, 7, 7 };
	AUTO_TIMELINE *a = fitted(same, 5);
	AUTO_TIMELINE *b = fitted(same, 1);
	AUTO_TIMELINE *c = fitted(same, 0);

	(void)state;
	assert_int_equal(1, a->n_runs);
	assert_int_equal(0, a->runs[0].num);
	assert_int_equal(1, b->runs[0].count);
	assert_int_equal(0, c->n_runs);
	assert_false(c->untimed);
}

static void
one_missing_time_is_untimed(void **state)
{
	int64_t ns[3] = { 0, PROV_NO_TIME, 2 };
	AUTO_TIMELINE *tl = fitted(ns, 3);

	(void)state;
	assert_true(tl->untimed);
	assert_int_equal(0, tl->n_runs);
	assert_int_equal(PROV_NO_TIME, timeline_at(tl, 0));
}

static void
extreme_times(void **state)
{
	int64_t ends[2] = { -TIMELINE_NS_MAX, TIMELINE_NS_MAX - 100 };
	int64_t past[1] = { TIMELINE_NS_MAX + 1 };
	AUTO_TIMELINE *tl = new_timeline();
	prov_err err = { 0 };

	(void)state;
	/* One more step from the last would leave the range. */
	assert_int_equal(PROV_EFORMAT, timeline_set_times(tl, ends, 2, &err));
	prov_err_clear(&err);
	assert_int_equal(PROV_EFORMAT, timeline_set_times(tl, past, 1, &err));
	ends[1] = 0;
	prov_err_clear(&err);
	assert_int_equal(PROV_OK, timeline_set_times(tl, ends, 2, &err));
	assert_int_equal(-TIMELINE_NS_MAX, timeline_at(tl, 0));
	assert_true(llabs(timeline_at(tl, 1)) <= TIMELINE_FIT_NS);
}

/* Two segments of 3 and 5 frames, reordered, with leaves. */
static struct timeline *
sample(void)
{
	static const int rank[] = { 0, 2, 1, 3, 6, 4, 5, 7 };
	struct timeline *tl = new_timeline();
	int64_t ns[8];

	for (int i = 0; i < 8; i++)
		ns[i] = rank[i] * 40 * MS;
	tl->n = 2;
	tl->leaves = malloc(64);
	tl->units = calloc(2, sizeof(*tl->units));
	assert_non_null(tl->leaves);
	assert_non_null(tl->units);
	memset(tl->leaves, 0xaa, 32);
	memset(tl->leaves + 32, 0xbb, 32);
	tl->units[0] = 3;
	tl->units[1] = 5;
	assert_int_equal(PROV_OK, timeline_set_times(tl, ns, 8, NULL));
	return (tl);
}

static void
round_trip(void **state)
{
	AUTO_TIMELINE *a = sample(), *b = NULL, *c = NULL;
	AUTO_BUF one = { 0 }, two = { 0 }, times = { 0 };
	prov_err err = { 0 };

	(void)state;
	timeline_encode(&one, a);
	if (timeline_decode(&b, buf_span(&one), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	timeline_encode(&two, b);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	timeline_encode_times(&times, a);
	if (timeline_decode_times(&c, buf_span(&times), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	for (uint64_t i = 0; i < 8; i++) {
		assert_int_equal(timeline_at(a, i), timeline_at(b, i));
		assert_int_equal(timeline_at(a, i), timeline_at(c, i));
	}
	assert_int_equal(8, c->total);
	assert_int_equal(0, c->n);
}

/* With a digest for each picture it is another version, and nothing less. */
static void
with_frames(void **state)
{
	AUTO_TIMELINE *a = sample(), *b = NULL;
	AUTO_BUF one = { 0 }, two = { 0 };
	uint8_t *version, *len;

	(void)state;
	a->frames = malloc(8 * TIMELINE_FRAME_LEN);
	assert_non_null(a->frames);
	for (uint8_t i = 0; i < 8; i++)
		memset(a->frames + i * TIMELINE_FRAME_LEN, i,
		    TIMELINE_FRAME_LEN);
	timeline_encode(&one, a);
	assert_int_equal(PROV_OK, timeline_decode(&b, buf_span(&one), NULL));
	assert_memory_equal(a->frames, b->frames, 8 * TIMELINE_FRAME_LEN);
	timeline_encode(&two, b);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	timeline_free(b);
	b = NULL;
	/* A map of five {1: 2, ... 5: 128 bytes}. */
	version = one.p + 2;
	len = one.p + one.len - 8 * TIMELINE_FRAME_LEN - 1;
	assert_int_equal(2, *version);
	assert_int_equal(8 * TIMELINE_FRAME_LEN, *len);
	*version = 1;
	assert_int_equal(PROV_EUNSUPPORTED,
	    timeline_decode(&b, buf_span(&one), NULL));
	*version = 2;
	*len -= TIMELINE_FRAME_LEN;
	assert_int_equal(PROV_EFORMAT,
	    timeline_decode(&b, span(one.p, one.len - TIMELINE_FRAME_LEN),
		NULL));
	assert_null(b);
}

static void
segments_have_intervals(void **state)
{
	AUTO_TIMELINE *tl = sample();
	int64_t from, to;

	(void)state;
	for (int indexed = 1; indexed >= 0; indexed--) {
		timeline_segment(tl, 0, &from, &to);
		assert_int_equal(0, from);
		assert_int_equal(120 * MS, to);
		timeline_segment(tl, 1, &from, &to);
		assert_int_equal(120 * MS, from);
		assert_int_equal(320 * MS, to);
		timeline_segment(tl, 2, &from, &to);
		assert_int_equal(0, from);
		assert_int_equal(0, to);
		/* A timeline made by hand has no index. */
		free(tl->unit_at);
		free(tl->run_at);
		tl->unit_at = tl->run_at = NULL;
	}
}

static void
sound_segments(void **state)
{
	AUTO_TIMELINE *tl = new_timeline();
	struct run a = { -MS, 1000000000, 48000, 48000 };
	struct run b = { 2000 * MS, 1000000000, 48000, 96000 };
	int64_t from, to;

	(void)state;
	assert_int_equal(PROV_OK, timeline_add_run(tl, &a, NULL));
	assert_int_equal(PROV_OK, timeline_add_run(tl, &b, NULL));
	tl->n = 2;
	tl->units = calloc(2, sizeof(*tl->units));
	assert_non_null(tl->units);
	tl->units[0] = 24000;
	tl->units[1] = 120000;
	tl->total = 144000;
	assert_int_equal(PROV_OK, timeline_index(tl, NULL));
	timeline_segment(tl, 0, &from, &to);
	assert_int_equal(-MS, from);
	assert_int_equal(499 * MS, to);
	timeline_segment(tl, 1, &from, &to);
	assert_int_equal(499 * MS, from);
	assert_int_equal(4000 * MS, to);
	assert_int_equal(2000 * MS, timeline_at(tl, 48000));
	assert_int_equal(3000 * MS, timeline_at(tl, 96000));
}

/* One byte after the other is changed: nothing breaks, little is taken. */
static void
every_byte_matters(void **state)
{
	AUTO_TIMELINE *tl = sample();
	AUTO_BUF blob = { 0 };

	(void)state;
	timeline_encode(&blob, tl);
	for (size_t i = 0; i < blob.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			AUTO_TIMELINE *got = NULL;
			AUTO_BUF again = { 0 };

			blob.p[i] ^= (uint8_t)(1U << bit);
			if (timeline_decode(&got, buf_span(&blob), NULL) ==
			    PROV_OK) {
				timeline_encode(&again, got);
				assert_true(
				    span_eq(buf_span(&blob), buf_span(&again)));
			}
			blob.p[i] ^= (uint8_t)(1U << bit);
		}
	}
	for (size_t len = 0; len < blob.len; len++) {
		AUTO_TIMELINE *got = NULL;

		assert_int_not_equal(PROV_OK,
		    timeline_decode(&got, span(blob.p, len), NULL));
	}
}

struct bad {
	const char *what;
	uint8_t bytes[64];
	size_t len;
};

static void
hostile_times_are_refused(void **state)
{
	static const struct bad rows[] = {
		{ "not in fours", { 0x82, 0x83, 0, 1, 1, 0xf6 }, 6 },
		{ "den 0", { 0x82, 0x84, 0, 1, 0, 2, 0xf6 }, 7 },
		{ "count 0", { 0x82, 0x84, 0, 1, 1, 0, 0xf6 }, 7 },
		{ "three parts", { 0x83, 0x80, 0xf6, 0 }, 4 },
		{ "a number", { 0x00 }, 1 },
		{ "nothing", { 0 }, 0 },
		{ "true", { 0xf5 }, 1 },
		{ "start beyond",
		    { 0x82, 0x84, 0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0, 1, 1, 0xf6 },
		    15 },
		{ "runs off",
		    { 0x82, 0x84, 0, 0x1b, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0x18,
			0x20, 0xf6 },
		    16 },
		{ "count beyond",
		    { 0x82, 0x84, 0, 0, 1, 0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff,
			0xff, 0xff, 0xff, 0xf6 },
		    15 },
		{ "order too short", { 0x82, 0x84, 0, 1, 1, 2, 0x41, 2 }, 8 },
		{ "order too long", { 0x82, 0x84, 0, 1, 1, 2, 0x43, 2, 1, 0 },
		    10 },
		{ "order of no rank", { 0x82, 0x84, 0, 1, 1, 2, 0x42, 4, 1 },
		    9 },
		{ "rank twice", { 0x82, 0x84, 0, 1, 1, 2, 0x42, 2, 0 }, 9 },
		{ "order of nothing moved",
		    { 0x82, 0x84, 0, 1, 1, 2, 0x42, 0, 0 }, 9 },
		{ "long varint", { 0x82, 0x84, 0, 1, 1, 2, 0x43, 0x82, 0, 1 },
		    10 },
		{ "varint of 6 bytes",
		    { 0x82, 0x84, 0, 1, 1, 2, 0x47, 0x82, 0x80, 0x80, 0x80,
			0x80, 0x01, 1 },
		    14 },
		{ "order for a day, one byte",
		    { 0x82, 0x84, 0, 1, 1, 0x1a, 0x04, 0, 0, 0, 0x41, 2 }, 12 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct timeline *tl = NULL;

		if (timeline_decode_times(&tl, span(rows[i].bytes, rows[i].len),
			NULL) == PROV_OK)
			fail_msg("%s was taken", rows[i].what);
		assert_null(tl);
	}
}

static void
hostile_blobs_are_refused(void **state)
{
	AUTO_TIMELINE *tl = sample();
	AUTO_BUF blob = { 0 };
	struct timeline *got = NULL;

	(void)state;
	/* Times of one unit more than the segments have. */
	tl->units[1]++;
	timeline_encode(&blob, tl);
	assert_int_equal(PROV_EFORMAT,
	    timeline_decode(&got, buf_span(&blob), NULL));
	buf_free(&blob);
	/* More units than can be. */
	tl->untimed = true;
	tl->units[1] = UNITS_MAX + 1;
	timeline_encode(&blob, tl);
	assert_int_equal(PROV_EFORMAT,
	    timeline_decode(&got, buf_span(&blob), NULL));
	buf_free(&blob);
	tl->units[0] = UNITS_MAX;
	tl->units[1] = 1;
	timeline_encode(&blob, tl);
	assert_int_equal(PROV_EFORMAT,
	    timeline_decode(&got, buf_span(&blob), NULL));
	assert_null(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_rate_is_one_run),
		cmocka_unit_test(ntsc_rate),
		cmocka_unit_test(simplest_fraction),
		cmocka_unit_test(rounded_to_ms),
		cmocka_unit_test(variable_rate),
		cmocka_unit_test(a_pause_begins_a_run),
		cmocka_unit_test(tolerance_is_exact),
		cmocka_unit_test(reordered),
		cmocka_unit_test(reversed),
		cmocka_unit_test(equal_and_single_times),
		cmocka_unit_test(one_missing_time_is_untimed),
		cmocka_unit_test(extreme_times),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(with_frames),
		cmocka_unit_test(segments_have_intervals),
		cmocka_unit_test(sound_segments),
		cmocka_unit_test(every_byte_matters),
		cmocka_unit_test(hostile_times_are_refused),
		cmocka_unit_test(hostile_blobs_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("timeline", tests, NULL, NULL));
}
