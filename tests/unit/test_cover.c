/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "demux/cover.h"

#define SIZE 4096

/* A set against a plain map of bytes, whatever the order. */
static void
like_a_map(void **state)
{
	uint32_t x = 12345;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct cover c = { 0 };
		uint8_t map[SIZE] = { 0 };
		uint64_t want = 0;
		int n = round * 4;

		for (int i = 0; i < n; i++) {
			uint64_t from, len;

			x = x * 1664525 + 1013904223;
			from = x >> 8 & (SIZE - 1);
			x = x * 1664525 + 1013904223;
			len = x >> 24 & (round & 1 ? 3 : 63);
			cover_add(&c, from, len);
			for (uint64_t k = from; k < from + len && k < SIZE; k++)
				map[k] = 1;
		}
		for (size_t k = 0; k < SIZE; k++)
			want += map[k];
		assert_false(c.lost);
		assert_int_equal(cover_total(&c, SIZE), want);
		assert_int_equal(cover_total(&c, SIZE), want);
		cover_clear(&c);
	}
}

/* Chunks of two tracks by turns, each in its own steps, are one stretch. */
static void
interleaved(void **state)
{
	struct cover c = { 0 };
	uint64_t a = 0, b = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		cover_add(&c, a, 10);
		a = a % 150 == 90 ? a + 60 : a + 10;
		if (i % 2 == 0) {
			cover_add(&c, 100 + b, 10);
			b = b % 150 == 40 ? b + 110 : b + 10;
		}
	}
	assert_true(c.n < 64);
	assert_false(c.lost);
	cover_clear(&c);
}

/* Every other byte of a large file: given up on, not held in memory. */
static void
all_holes(void **state)
{
	struct cover c = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 4 * COVER_MAX && !c.lost; i++)
		cover_add(&c, (i * 7919 % (1U << 30)) * 2, 1);
	assert_true(c.lost);
	assert_true(c.cap <= COVER_MAX);
	cover_clear(&c);
	cover_add(&c, UINT64_MAX - 1, 10);
	assert_true(c.lost);
	cover_clear(&c);
}

static void
put_box(uint8_t *file, size_t *at, const char *type, const void *body,
    size_t len)
{
	put_be32(file + *at, (uint32_t)len + 8);
	memcpy(file + *at + 4, type, 4);
	if (len > 0)
		memcpy(file + *at + 8, body, len);
	*at += len + 8;
}

static uint64_t
framing(const uint8_t *file, size_t len)
{
	struct source *s = malloc(sizeof(*s));
	struct bmff *b = malloc(sizeof(*b));
	struct cover c = { 0 };
	uint64_t total;

	assert_non_null(s);
	assert_non_null(b);
	source_mem(s, span(file, len));
	assert_int_equal(bmff_scan(b, s, NULL), PROV_OK);
	source_mem(s, span(file, len));
	cover_bmff(&c, s, b);
	assert_false(c.lost);
	total = cover_total(&c, len);
	cover_clear(&c);
	free(b);
	free(s);
	return (total);
}

/* A table that says 2^28 entries and has three: three, and no long loop. */
static void
hostile_table(void **state)
{
	uint8_t file[512] = { 0 }, stts[32] = { 0 }, body[256];
	const char *const path[] = { "stbl", "minf", "mdia", "trak", "moov" };
	size_t at = 0;

	(void)state;
	put_be32(stts + 4, 1U << 28);
	put_box(body, &at, "stts", stts, 32);
	for (size_t i = 0; i < 5; i++) {
		size_t len = at;

		memcpy(file, body, len);
		at = 0;
		put_box(body, &at, path[i], file, len);
	}
	assert_int_equal(framing(body, at), at);
	put_be32(stts + 4, 1);
	memcpy(body + at - 32, stts, 32);
	assert_int_equal(framing(body, at), at - 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(like_a_map),
		cmocka_unit_test(interleaved),
		cmocka_unit_test(all_holes),
		cmocka_unit_test(hostile_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
