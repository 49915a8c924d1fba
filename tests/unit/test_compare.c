/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "compared.h"
#include "verify/align.h"

/* Whether c says exactly these codes, and that nothing is the same. */
static void
assert_codes(const struct comparison *c, const char *const *codes, size_t n)
{
	assert_false(c->same);
	for (size_t i = 0; i < n || i < c->why.n; i++) {
		const char *want = i < n ? codes[i] : "nothing more";
		const char *got = i < c->why.n ? c->why.at[i].code : "nothing";

		if (i >= n || i >= c->why.n || strcmp(want, got) != 0)
			fail_msg("reason %zu is %s, not %s", i, got, want);
	}
}
#define CODES(c, ...)                                         \
	assert_codes(c, (const char *const[]){ __VA_ARGS__ }, \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
assert_range(const struct comparison *c, size_t i, enum reason what,
    double from, double to)
{
	assert_true(i < c->n_ranges);
	assert_int_equal(c->ranges[i].what, what);
	/* Times are rounded to the nanosecond. */
	assert_in_range(c->ranges[i].from + 10 - (int64_t)(from * 1e9), 0, 20);
	assert_in_range(c->ranges[i].to + 10 - (int64_t)(to * 1e9), 0, 20);
}

static const int whole[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

/* Compares ten segments of video with others. */
static struct comparison *
against(const int *ids, size_t n)
{
	struct stream was, is;
	struct comparison *c;

	compared_video(&was, whole, 10);
	compared_video(&is, ids, n);
	c = compared(&was, &is);
	stream_clear(&was);
	stream_clear(&is);
	return (c);
}
#define AGAINST(...)                          \
	against((const int[]){ __VA_ARGS__ }, \
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static void
same(void **state)
{
	struct comparison *c = against(whole, 10);

	(void)state;
	assert_true(c->same);
	assert_true(c->same_essence);
	assert_int_equal(c->why.n, 0);
	assert_int_equal(c->n_ranges, 0);
	assert_int_equal(c->n_aligned, 10);
	free(c);
}

static void
altered(void **state)
{
	struct comparison *c = AGAINST(1, 2, 3, 4, 99, 98, 7, 8, 9, 10);

	(void)state;
	CODES(c, "essence.altered");
	assert_int_equal(c->n_ranges, 1);
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 4, 6);
	assert_int_equal(c->n_aligned, 8);
	free(c);
	c = AGAINST(99, 2, 3, 4, 5, 6, 7, 8, 9, 98);
	assert_int_equal(c->n_ranges, 2);
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 0, 1);
	assert_range(c, 1, REASON_ESSENCE_ALTERED, 9, 10);
	free(c);
}

static void
dropped(void **state)
{
	struct comparison *c = AGAINST(1, 2, 3, 5, 6, 7, 8, 9, 10);

	(void)state;
	CODES(c, "essence.missing");
	assert_range(c, 0, REASON_ESSENCE_MISSING, 3, 4);
	free(c);
	c = AGAINST(1, 2, 3); /* cut off */
	CODES(c, "essence.missing");
	assert_range(c, 0, REASON_ESSENCE_MISSING, 3, 10);
	free(c);
	c = AGAINST(8, 9, 10);
	CODES(c, "essence.missing");
	assert_range(c, 0, REASON_ESSENCE_MISSING, 0, 7);
	free(c);
	c = AGAINST(1, 2, 99); /* inside the third segment */
	CODES(c, "essence.altered", "essence.missing");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 2, 3);
	assert_range(c, 1, REASON_ESSENCE_MISSING, 3, 10);
	free(c);
	c = AGAINST(99, 9, 10);
	CODES(c, "essence.missing", "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_MISSING, 0, 7);
	assert_range(c, 1, REASON_ESSENCE_ALTERED, 7, 8);
	free(c);
	c = AGAINST(1, 99, 10); /* nobody can tell which */
	CODES(c, "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 1, 9);
	free(c);
}

static void
swapped(void **state)
{
	struct comparison *c = AGAINST(1, 2, 4, 3, 5, 6, 7, 8, 9, 10);

	(void)state;
	CODES(c, "essence.reordered");
	assert_int_equal(c->n_ranges, 1);
	assert_int_equal(c->n_aligned, 9);
	free(c);
	c = AGAINST(8, 9, 10, 1, 2, 3, 4, 5, 6, 7);
	CODES(c, "essence.reordered");
	assert_range(c, 0, REASON_ESSENCE_REORDERED, 7, 10);
	free(c);
}

static void
replayed(void **state)
{
	struct comparison *c = AGAINST(1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10);

	(void)state;
	CODES(c, "essence.added");
	assert_int_equal(c->n_ranges, 1);
	assert_int_equal(c->n_aligned, 10);
	free(c);
	/* In the place of another: that one is gone. */
	c = AGAINST(1, 2, 3, 3, 5, 6, 7, 8, 9, 10);
	CODES(c, "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 3, 4);
	free(c);
}

static void
appended(void **state)
{
	struct comparison *c = AGAINST(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 77, 78);

	(void)state;
	CODES(c, "essence.added");
	assert_range(c, 0, REASON_ESSENCE_ADDED, 10, 12);
	free(c);
	c = AGAINST(77, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	CODES(c, "essence.added");
	assert_range(c, 0, REASON_ESSENCE_ADDED, 0, 1);
	free(c);
}

static void
strange(void **state)
{
	struct comparison *c = AGAINST(71, 72, 73);

	(void)state;
	CODES(c, "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 0, 10);
	assert_int_equal(c->n_aligned, 0);
	free(c);
}

/* Silence: one leaf over and over, and something in the middle of it. */
static void
repeated_leaves(void **state)
{
	static const int silent[] = { 5, 5, 5, 5, 1, 5, 5, 5 };
	static const int longer[] = { 5, 5, 5, 5, 5, 1, 5, 5, 5 };
	static const int other[] = { 5, 5, 5, 5, 2, 5, 5, 5 };
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_audio(&was, silent, 8);
	compared_audio(&is, longer, 9);
	c = compared(&was, &is);
	CODES(c, "essence.added");
	assert_int_equal(c->n_aligned, 8);
	free(c);
	stream_clear(&is);
	compared_audio(&is, other, 8);
	c = compared(&was, &is);
	CODES(c, "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 4, 5);
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

/* The same leaves, but the counts beside them disagree: not the same. */
static void
counts(void **state)
{
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	is.frames++;
	c = compared(&was, &is);
	CODES(c, "essence.altered");
	free(c);
	is.frames--;
	strcpy(is.canon, "h264/2");
	c = compared(&was, &is);
	CODES(c, "essence.altered");
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

static void
configuration(void **state)
{
	static const char *const names[] = { "pps", "sps" };
	int other[10];
	struct stream was, is;
	struct comparison *c;

	(void)state;
	for (int i = 0; i < 10; i++)
		other[i] = whole[i] + 100;
	compared_video(&was, whole, 10);
	compared_video(&is, other, 10);
	for (size_t i = 0; i < 2; i++) {
		strcpy(was.parts[i].name, names[i]);
		strcpy(is.parts[i].name, names[i]);
	}
	was.n_parts = is.n_parts = 2;
	is.parts[1].digest[31] ^= 1;
	is.config[0] ^= 1;
	c = compared(&was, &is);
	CODES(c, "config.sps");
	free(c);
	is.parts[0].digest[31] ^= 1;
	is.n_parts = 1;
	c = compared(&was, &is);
	CODES(c, "config.pps", "config.sps");
	free(c);
	/* A digest over parts that no part explains still differs. */
	is.n_parts = 2;
	memcpy(is.parts, was.parts, sizeof(is.parts));
	c = compared(&was, &is);
	CODES(c, "config.changed");
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

static void
refused(void **state)
{
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	strcpy(is.refused, "config.conflict");
	c = compared(&was, &is);
	CODES(c, "config.conflict");
	free(c);
	strcpy(is.refused, "\033[31m evil");
	c = compared(&was, &is);
	CODES(c, "demux.malformed");
	free(c);
	is.refused[0] = '\0';
	strcpy(was.refused, "essence.incomplete");
	c = compared(&was, &is);
	CODES(c, "essence.incomplete");
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

/* raw/1 claims nothing outside its own container; compared() changes it. */
static void
raw_form(void **state)
{
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	strcpy(was.canon, "raw/1");
	strcpy(is.canon, "raw/1");
	c = compared(&was, &is);
	CODES(c, "essence.form");
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

/* Compares video whose frame i is shown at times[i]. */
static struct comparison *
at_times(const int64_t *times)
{
	struct stream was, is;
	struct comparison *c;

	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	compared_times(is.tl, times);
	c = compared(&was, &is);
	stream_clear(&is);
	stream_clear(&was);
	return (c);
}

static int64_t
frame_time(size_t i)
{
	return ((int64_t)i * SECOND / FPS);
}

static void
video_times(void **state)
{
	int64_t t[250];
	struct comparison *c;

	(void)state;
	for (size_t i = 0; i < 250; i++) /* Matroska: rounded to 1 ms */
		t[i] = (frame_time(i) + 500000) / 1000000 * 1000000;
	c = at_times(t);
	assert_true(c->same);
	free(c);
	for (size_t i = 0; i < 250; i++)
		t[i] = frame_time(i) * 2;
	c = at_times(t);
	CODES(c, "timing.rate");
	assert_string_equal(c->why.at[0].detail,
	    "2.00 times slower than signed");
	free(c);
	for (size_t i = 0; i < 250; i++)
		t[i] = frame_time(i) / 4;
	c = at_times(t);
	CODES(c, "timing.rate");
	assert_string_equal(c->why.at[0].detail,
	    "4.00 times faster than signed");
	free(c);
	for (size_t i = 0; i < 250; i++) /* 10 ms in 10 s */
		t[i] = frame_time(i) + frame_time(i) / 1000;
	c = at_times(t);
	CODES(c, "timing.rate");
	free(c);
	for (size_t i = 0; i < 250; i++)
		t[i] = frame_time(i) + SECOND / 2;
	c = at_times(t);
	CODES(c, "timing.offset");
	assert_string_equal(c->why.at[0].detail, "0.500 s later than signed");
	free(c);
}

static void
video_retimed(void **state)
{
	int64_t t[250];
	struct comparison *c;

	(void)state;
	for (size_t i = 0; i < 250; i++)
		t[i] = frame_time(i);
	t[30] += 12000000; /* one frame, inside a GOP, by 12 ms */
	c = at_times(t);
	CODES(c, "timing.frames");
	free(c);
	t[30] = frame_time(30) + 20000000; /* half a frame: no coarse clock */
	c = at_times(t);
	CODES(c, "timing.frames");
	free(c);
	t[30] = frame_time(31);
	t[31] = frame_time(30); /* two frames in the other order */
	c = at_times(t);
	CODES(c, "timing.frames");
	free(c);
	for (size_t i = 0; i < 250; i++) /* a held picture */
		t[i] = frame_time(i) + (i > 100 ? SECOND / 2 : 0);
	c = at_times(t);
	CODES(c, "timing.frames");
	free(c);
}

/* A clock of 100 ms cannot say when frames of 25 a second are shown. */
static void
video_coarse(void **state)
{
	int64_t t[250];
	struct comparison *c;

	(void)state;
	for (size_t i = 0; i < 250; i++)
		t[i] = frame_time(i) / 100000000 * 100000000;
	c = at_times(t);
	CODES(c, "timing.coarse");
	free(c);
}

static void
video_untimed(void **state)
{
	struct stream was, is;
	struct comparison *c;
	struct shown a = { "mp4", &was, NULL }, b = { "mp4", &is, NULL };
	struct comparison *none = calloc(1, sizeof(*none));

	(void)state;
	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	is.tl->untimed = true;
	c = compared(&was, &is);
	CODES(c, "timing.unknown");
	free(c);
	is.tl->untimed = false;
	b.tl = is.tl;
	assert_int_equal(compare_stream(none, &a, &b, NULL), PROV_OK);
	CODES(none, "timing.unknown");
	assert_true(none->same_essence);
	free(none);
	stream_clear(&is);
	stream_clear(&was);
}

/* Times from the manifest, without leaves: enough to say the same. */
static void
inline_times(void **state)
{
	struct stream was, is;
	struct comparison *c;
	AUTO_BUF item = { 0 };

	(void)state;
	compared_video(&was, whole, 10);
	compared_video(&is, whole, 10);
	timeline_encode_times(&item, was.tl);
	timeline_free(was.tl);
	was.tl = NULL;
	assert_int_equal(timeline_decode_times(&was.tl, buf_span(&item), NULL),
	    PROV_OK);
	c = compared(&was, &is);
	assert_true(c->same);
	free(c);
	is.root[0] ^= 1;
	c = compared(&was, &is);
	CODES(c, "essence.altered");
	assert_range(c, 0, REASON_ESSENCE_ALTERED, 0, 10);
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

static void
audio_times(void **state)
{
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_audio(&was, whole, 10);
	compared_audio(&is, whole, 10);
	compared_no_runs(&is); /* 20 ms late in the middle: no one hears it */
	compared_run(is.tl, 0, 5 * RATE);
	compared_run(is.tl, 5 * SECOND + 20000000, 5 * RATE);
	c = compared(&was, &is);
	assert_true(c->same);
	free(c);
	compared_no_runs(&is);
	compared_run(is.tl, 0, 5 * RATE);
	compared_run(is.tl, 5 * SECOND + SECOND / 2, 5 * RATE);
	c = compared(&was, &is);
	CODES(c, "timing.gap");
	assert_string_equal(c->why.at[0].detail,
	    "0.500 s of silence opened at 5.000 s");
	free(c);
	compared_no_runs(&is);
	compared_run(is.tl, SECOND, 10 * RATE);
	c = compared(&was, &is);
	CODES(c, "timing.offset");
	free(c);
	compared_no_runs(&is); /* -itsscale 2: each packet late on its own */
	for (uint64_t i = 0; i < 10 * RATE / 1024; i++)
		compared_run(is.tl, (int64_t)(2 * i * 1024 * SECOND / RATE),
		    i == 10 * RATE / 1024 - 1 ? 1024 + 10 * RATE % 1024 : 1024);
	c = compared(&was, &is);
	CODES(c, "timing.rate");
	assert_string_equal(c->why.at[0].detail,
	    "2.00 times slower than signed");
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

/* What is not presented may come at another time, as muxers have it. */
static void
audio_unheard(void **state)
{
	struct stream was, is;
	struct comparison *c;

	(void)state;
	compared_audio(&was, whole, 10);
	compared_audio(&is, whole, 10);
	compared_no_runs(&was);
	compared_run(was.tl, -21333333, 10 * RATE);
	compared_no_runs(&is);
	compared_run(is.tl, -80000000, 1024);
	compared_run(is.tl, 0, 10 * RATE - 1024);
	c = compared(&was, &is);
	CODES(c, "timing.gap");
	free(c);
	prov_present_set(&was.present, PROV_SHOWN_FROM, 0);
	c = compared(&was, &is);
	assert_true(c->same);
	free(c);
	compared_no_runs(&is);
	compared_run(is.tl, -SECOND / 2, 1024); /* too far for priming */
	compared_run(is.tl, 0, 10 * RATE - 1024);
	c = compared(&was, &is);
	assert_true(findings_has(&c->why, REASON_TIMING_GAP));
	free(c);
	compared_no_runs(&is);
	compared_run(is.tl, -80000000, 2048); /* heard, and early */
	compared_run(is.tl, 2048 * SECOND / RATE - 21333333, 10 * RATE - 2048);
	c = compared(&was, &is);
	assert_true(findings_has(&c->why, REASON_TIMING_GAP));
	free(c);
	stream_clear(&is);
	stream_clear(&was);
}

/* Alignments keep order and pair equal leaves only, whatever the lists. */
static void
alignments(void **state)
{
	uint8_t was[40 * 32], is[40 * 32];
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct align a = { 0 };
		uint32_t n, m, last = 0;

		seed = seed * 1103515245 + 12345;
		n = (seed >> 8) % 40;
		m = (seed >> 16) % 40;
		for (uint32_t i = 0; i < 40; i++) {
			seed = seed * 1103515245 + 12345;
			memset(was + i * 32, (int)(seed >> 16) % 9, 32);
			memset(is + i * 32, (int)(seed >> 24) % 9, 32);
		}
		assert_int_equal(align_leaves(&a, was, n, is, m, NULL),
		    PROV_OK);
		for (uint32_t i = 0; i < n; i++) {
			if (a.to[i] == ALIGN_NONE)
				continue;
			assert_true(a.to[i] < m);
			assert_int_equal(a.from[a.to[i]], i);
			assert_true(a.to[i] + 1 > last);
			last = a.to[i] + 1;
			assert_memory_equal(was + i * 32, is + a.to[i] * 32,
			    32);
			assert_false(a.was_moved[i]);
		}
		align_clear(&a);
	}
}

/* Hundreds of thousands of equal leaves on both sides: no square. */
static void
alignment_is_bounded(void **state)
{
	size_t n = 200000;
	uint8_t *was = calloc(n, 32), *is = calloc(n, 32);
	struct align a = { 0 };

	(void)state;
	assert_non_null(was);
	assert_non_null(is);
	was[0] = 1;
	is[32 * (n - 1)] = 2;
	is[32 * (n / 2)] = 3;
	assert_int_equal(align_leaves(&a, was, n, is, n, NULL), PROV_OK);
	align_clear(&a);
	assert_int_equal(align_leaves(&a, was, UINT32_MAX, is, 1, NULL),
	    PROV_ELIMIT);
	free(was);
	free(is);
}

/* A digest for each picture: id and place in its segment, but for some. */
static void
put_frames(struct stream *s, const int *ids, uint64_t from, uint64_t n)
{
	struct timeline *tl = s->tl;

	tl->frames = calloc(tl->total + 1, TIMELINE_FRAME_LEN);
	for (uint64_t u = 0; u < tl->total; u++) {
		uint8_t *f = tl->frames + u * TIMELINE_FRAME_LEN;

		f[0] = (uint8_t)ids[u / FPS];
		f[1] = (uint8_t)(u % FPS);
		f[2] = u >= from && u - from < n;
	}
}

/* With digests of pictures a range ends with the first that is as signed. */
static void
ranges_of_pictures(void **state)
{
	static const struct {
		int is[8];
		size_t n;
		uint64_t from, pictures; /* that are others */
		enum reason what;
		int64_t at, end; /* pictures on the signed clock */
	} rows[] = {
		{ { 1, 2, 9, 4 }, 4, 55, 1, REASON_ESSENCE_ALTERED, 55, 56 },
		{ { 1, 2, 9, 4 }, 4, 50, 25, REASON_ESSENCE_ALTERED, 50, 75 },
		{ { 9, 2, 3, 4 }, 4, 3, 4, REASON_ESSENCE_ALTERED, 3, 7 },
		{ { 1, 8, 9, 4 }, 4, 49, 2, REASON_ESSENCE_ALTERED, 49, 51 },
		{ { 1, 2, 3, 9 }, 4, 99, 1, REASON_ESSENCE_ALTERED, 99, 100 },
	};
	static const int was[] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stream a, b;
		struct comparison *c;
		int same[4] = { 1, 2, 3, 4 };

		compared_video(&a, was, 4);
		compared_video(&b, rows[i].is, rows[i].n);
		put_frames(&a, was, 0, 0);
		put_frames(&b, same, rows[i].from, rows[i].pictures);
		c = compared(&a, &b);
		assert_int_equal(1, c->n_ranges);
		assert_int_equal(rows[i].what, c->ranges[0].what);
		assert_int_equal(rows[i].at * SECOND / FPS, c->ranges[0].from);
		assert_int_equal(rows[i].end * SECOND / FPS, c->ranges[0].to);
		assert_int_equal(1, c->n_here);
		free(c);
		stream_clear(&a);
		stream_clear(&b);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(same),
		cmocka_unit_test(altered),
		cmocka_unit_test(dropped),
		cmocka_unit_test(swapped),
		cmocka_unit_test(replayed),
		cmocka_unit_test(appended),
		cmocka_unit_test(strange),
		cmocka_unit_test(repeated_leaves),
		cmocka_unit_test(counts),
		cmocka_unit_test(configuration),
		cmocka_unit_test(refused),
		cmocka_unit_test(raw_form),
		cmocka_unit_test(video_times),
		cmocka_unit_test(video_retimed),
		cmocka_unit_test(video_coarse),
		cmocka_unit_test(video_untimed),
		cmocka_unit_test(inline_times),
		cmocka_unit_test(audio_times),
		cmocka_unit_test(audio_unheard),
		cmocka_unit_test(alignments),
		cmocka_unit_test(alignment_is_bounded),
		cmocka_unit_test(ranges_of_pictures),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
