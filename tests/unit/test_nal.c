/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "essence/nal.h"

#define LEN_MAX 400

static uint32_t
next_random(uint32_t *r)
{
	*r = *r * 1664525 + 1013904223;
	return (*r >> 8);
}

/* Mostly ones and zeros, or mostly neither: start codes at every distance. */
static void
fill(uint8_t *p, size_t len, unsigned spread, uint32_t *r)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(next_random(r) % spread);
}

static bool
is_code(const uint8_t *p, size_t len, size_t at)
{
	return (
	    len - at >= 3 && p[at] == 0 && p[at + 1] == 0 && p[at + 2] == 1);
}

/* Annex B, byte by byte: units are what lies between codes, zeros cut off. */
static size_t
split_slowly(prov_span out[LEN_MAX], const uint8_t *p, size_t len)
{
	size_t n = 0, from = 0;

	for (size_t at = 0; at <= len; at++) {
		prov_span unit = nal_strip(span(p + from, at - from));

		if (at < len && !is_code(p, len, at))
			continue;
		if (unit.len > 0)
			out[n++] = unit;
		from = at + 3;
		at += 2;
	}
	return (n);
}

static void
finds_every_start_code(void **state)
{
	static const unsigned spreads[] = { 2, 3, 8, 256 };
	static uint8_t bytes[LEN_MAX];
	static prov_span want[LEN_MAX];
	struct nals ns = { 0 };
	uint32_t r = 1;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		size_t len = next_random(&r) % LEN_MAX, n;

		fill(bytes, len, spreads[i % 4], &r);
		n = split_slowly(want, bytes, len);
		assert_int_equal(PROV_OK,
		    nals_split(&ns, span(bytes, len), 0, NULL));
		assert_int_equal(n, ns.n);
		for (size_t k = 0; k < n; k++) {
			assert_ptr_equal(want[k].p, ns.at[k].s.p);
			assert_int_equal(want[k].len, ns.at[k].s.len);
		}
	}
	nals_free(&ns);
}

/* One code in a long unit, at each place of it, makes it ambiguous. */
static void
finds_one_code_anywhere(void **state)
{
	uint8_t bytes[4 + 200];
	struct nals ns = { 0 };

	(void)state;
	for (size_t at = 0; at <= 200; at++) {
		memset(bytes, 7, sizeof(bytes));
		memcpy(bytes, "\0\0\0\310", 4);
		if (at + 3 <= 200)
			memcpy(bytes + 4 + at, "\0\0\1", 3);
		assert_int_equal(PROV_OK,
		    nals_split(&ns, span(bytes, sizeof(bytes)), 4, NULL));
		assert_int_equal(1, ns.n);
		assert_int_equal(200, ns.at[0].s.len);
		assert_int_equal(at + 3 <= 200, ns.ambiguous);
	}
	nals_free(&ns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_start_code),
		cmocka_unit_test(finds_one_code_anywhere),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("nal", tests, NULL, NULL));
}
