/* SPDX-License-Identifier: ISC */
#include "sound.h"

#include "essence/cdc.h"

#define RATE 8000

/* The table of the specification, as hashlib says it. */
static void
table(void **state)
{
	struct cdc c;
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, cdc_init(&c, RATE, &err));
	assert_true(c.gear[0] == UINT64_C(0x7a6cd629778798df));
	assert_true(c.gear[1] == UINT64_C(0xbf66768e2625374f));
	assert_true(c.gear[255] == UINT64_C(0x217ca6c12e77714a));
	assert_int_equal(RATE / 4, c.min);
	assert_int_equal(RATE * 4, c.max);
	assert_int_equal(PROV_EARG, cdc_init(&c, 0, &err));
}

/* Cuts of len bytes in pieces of step sample frames; returns how many. */
static size_t
scan(uint64_t *cuts, size_t max, const uint8_t *p, size_t len, size_t step)
{
	uint64_t units = 0;
	size_t at = 0, n = 0;
	struct cdc c;
	bool cut;

	assert_int_equal(PROV_OK, cdc_init(&c, RATE, NULL));
	while (at < len) {
		size_t want = step < len - at ? step : len - at;
		size_t took = cdc_scan(&c, p + at, want, 1, units, &cut);

		assert_true(took > 0 && took <= want);
		at += took;
		units += took;
		if (!cut)
			continue;
		assert_true(n < max);
		assert_true(units >= c.min && units <= c.max);
		cuts[n++] = at;
		units = 0;
	}
	return (n);
}

#define SECONDS 60

static void
pieces_do_not_matter(void **state)
{
	static uint8_t sound[SECONDS * RATE];
	static const size_t steps[] = { 1, 7, 63, 4096, 100000 };
	uint64_t want[512], got[512];
	size_t n;

	(void)state;
	fill(sound, sizeof(sound), 1);
	n = scan(want, 512, sound, sizeof(sound), sizeof(sound));
	/* Between one in 4 s and four in one. */
	assert_true(n > SECONDS / 4 && n < SECONDS * 4);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_int_equal(n,
		    scan(got, 512, sound, sizeof(sound), steps[i]));
		assert_memory_equal(want, got, n * sizeof(want[0]));
	}
}

/* What was cut off at the front moves only the first boundaries. */
static void
trims_find_back(void **state)
{
	static uint8_t sound[SECONDS * RATE];
	uint64_t whole[512], trimmed[512];
	size_t n, m, k = 0, same = 0;
	const size_t off = 3 * RATE + 17;

	(void)state;
	fill(sound, sizeof(sound), 2);
	n = scan(whole, 512, sound, sizeof(sound), 4096);
	m = scan(trimmed, 512, sound + off, sizeof(sound) - off, 1000);
	for (size_t i = 0; i < m; i++) {
		while (k < n && whole[k] < trimmed[i] + off)
			k++;
		same += k < n && whole[k] == trimmed[i] + off;
	}
	assert_true(same + 6 >= m);
	assert_int_equal(whole[n - 1], trimmed[m - 1] + off);
}

/* Silence has no content to cut at: 4 s it is. */
static void
silence_is_capped(void **state)
{
	static const uint8_t silence[SECONDS * RATE];
	uint64_t cuts[512];

	(void)state;
	assert_int_equal(SECONDS / 4,
	    scan(cuts, 512, silence, sizeof(silence), 999));
	for (unsigned i = 0; i < SECONDS / 4; i++)
		assert_int_equal((i + 1) * 4 * RATE, cuts[i]);
}

/* A syncframe's decision knows neither its predecessors nor its tail. */
static void
frames_stand_alone(void **state)
{
	uint8_t frame[200];
	struct cdc c;
	unsigned cuts = 0;

	(void)state;
	assert_int_equal(PROV_OK, cdc_init(&c, 48000, NULL));
	for (unsigned i = 0; i < 4096; i++) {
		bool cut;

		fill(frame, sizeof(frame), i);
		cut = cdc_frame(&c, span(frame, sizeof(frame)), 1024, 24000);
		cuts += cut;
		frame[CDC_WINDOW] ^= 1;
		assert_true(cut == cdc_frame(&c, span(frame, sizeof(frame)),
				       1024, 24000));
		assert_true(
		    cut == cdc_frame(&c, span(frame, CDC_WINDOW), 1024, 24000));
		assert_false(cdc_frame(&c, span(frame, 9), 1024, 11999));
		assert_true(cdc_frame(&c, span(frame, 9), 1024, 192000));
	}
	/* 46 frames a second: one in 32 cuts. */
	assert_true(cuts > 4096 / 32 / 2 && cuts < 4096 / 32 * 2);
}

/* Units of a second and more: every one may be the last. */
static void
long_units(void **state)
{
	struct cdc c;

	(void)state;
	assert_int_equal(PROV_OK, cdc_init(&c, 1000, NULL));
	assert_true(cdc_frame(&c, span("x", 1), 1000, 1000));
	assert_true(cdc_frame(&c, span("x", 1), 5000, 5000));
	assert_true(cdc_frame(&c, span("", 0), 1000, 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(trims_find_back),
		cmocka_unit_test(silence_is_capped),
		cmocka_unit_test(frames_stand_alone),
		cmocka_unit_test(long_units),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
