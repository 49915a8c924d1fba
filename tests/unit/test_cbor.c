/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cbor.h"
#include "base/text.h"
#include "shared.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static size_t
from_hex(uint8_t *out, size_t size, const char *hex)
{
	size_t n = strlen(hex) / 2;

	assert_true(n <= size && hex_decode(out, n, hex, strlen(hex)));
	return (n);
}

static prov_status
check_hex(const char *hex, prov_err *err)
{
	uint8_t bytes[256];
	size_t n = from_hex(bytes, sizeof(bytes), hex);

	return (cbor_check(span(bytes, n), err));
}

/* Each of a file of {"hex": ..} must be refused, and there must be want. */
static void
all_refused(const char *name, size_t want)
{
	char path[512];
	json_t *cases, *row;
	json_error_t why;
	size_t i, refused = 0;

	if (!shared_path(path, sizeof(path), name))
		return;
	cases = json_load_file(path, 0, &why);
	assert_non_null(cases);
	json_array_foreach(cases, i, row)
	{
		const char *hex =
		    json_string_value(json_object_get(row, "hex"));
		prov_err err = { 0 };

		assert_non_null(hex);
		if (check_hex(hex, &err) != PROV_EFORMAT)
			fail_msg("accepted %s", hex);
		assert_true(err.msg[0] != '\0');
		refused++;
	}
	json_decref(cases);
	assert_int_equal(want, refused);
}

static void
refuses_malformed(void **state)
{
	(void)state;
	all_refused("vectors/rfc8949/appendix_f_malformed.json", 94);
}

static void
refuses_noncanonical(void **state)
{
	(void)state;
	all_refused("vectors/prov-made/noncanonical_cbor.json", 40);
}

/* The same rules without the shared files, with what each message says. */
static void
says_what_is_wrong(void **state)
{
	static const char *const rows[][2] = {
		{ "", "cbor: ends at 0, inside an item" },
		{ "19ff", "cbor: ends at 2, inside an item" },
		{ "1817", "cbor at 0: number not in its shortest form" },
		{ "1900ff", "cbor at 0: number not in its shortest form" },
		{ "1a0000ffff", "cbor at 0: number not in its shortest form" },
		{ "1b00000000ffffffff",
		    "cbor at 0: number not in its shortest form" },
		{ "580141", "cbor at 0: number not in its shortest form" },
		{ "1c", "cbor at 0: indefinite or reserved length" },
		{ "9f01ff", "cbor at 0: indefinite or reserved length" },
		{ "ff", "cbor at 0: indefinite or reserved length" },
		{ "4201", "cbor: ends at 2, inside a string" },
		{ "5bffffffffffffffff", "cbor: ends at 9, inside a string" },
		{ "61ff", "cbor at 1: text is not UTF-8" },
		{ "63eda080", "cbor at 1: text is not UTF-8" },
		{ "8201", "cbor at 1: 2 items in 1 bytes" },
		{ "9a10000000", "cbor at 5: 268435456 items in 0 bytes" },
		{ "9bffffffffffffffff",
		    "cbor at 9: 18446744073709551615 items in 0 bytes" },
		{ "bbffffffffffffffff",
		    "cbor at 9: 18446744073709551615 pairs in 0 bytes" },
		{ "bb8000000000000000",
		    "cbor at 9: 9223372036854775808 pairs in 0 bytes" },
		{ "a101", "cbor at 1: 1 pairs in 1 bytes" },
		{ "a201000100", "cbor at 3: map key twice or out of order" },
		{ "a202000100", "cbor at 3: map key twice or out of order" },
		{ "a24100004000", "cbor at 4: map key twice or out of order" },
		{ "c1820102", "cbor at 0: tag 1" },
		{ "d9d9f700", "cbor at 0: tag 55799" },
		{ "d2", "cbor: ends at 1, inside an item" },
		{ "f7", "cbor at 0: simple value or float 0xf7" },
		{ "f0", "cbor at 0: simple value or float 0xf0" },
		{ "f800", "cbor at 0: number not in its shortest form" },
		{ "f820", "cbor at 0: simple value or float 0xf8" },
		{ "f97e00", "cbor at 0: simple value or float 0xf9" },
		{ "fb3ff199999999999a",
		    "cbor at 0: simple value or float 0xfb" },
		{ "f6f6", "cbor at 1: 1 bytes behind the item" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		prov_err err = { 0 };

		assert_int_equal(PROV_EFORMAT, check_hex(rows[i][0], &err));
		assert_string_equal(rows[i][1], err.msg);
	}
}

/* Keys are sorted by their bytes: 10, 100, -1, "z", "aa", [100], [-1], false.
 */
static void
accepts_deterministic(void **state)
{
	static const char *const rows[] = { "00", "17", "1818", "18ff",
		"190100", "19ffff", "1a00010000", "1b0000000100000000",
		"1bffffffffffffffff", "20", "3818", "3bffffffffffffffff", "40",
		"4401020304", "60", "6161", "62c3bc", "63e6b0b4", "64f0908591",
		"80", "83010203", "8301820203820405", "a0", "a201020304",
		"a80a001864002000617a006261610081186400812000f400", "d280",
		"d2d200", "f4", "f5", "f6" };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		prov_err err = { 0 };

		if (check_hex(rows[i], &err) != PROV_OK)
			fail_msg("%s: %s", rows[i], err.msg);
	}
}

/*
 * Of all strings of one, two and three bytes, as many are accepted as the
 * grammar has: counted by hand, kind by kind.
 */
static void
accepts_exactly(void **state)
{
	const size_t one = 24 + 24 + 4 + 3;
	const size_t two = 2 * 232 + 256 + 128 + one + one;
	const size_t three = 2 * 65280 + 65536 + (128 * 128 + 30 * 64) + two +
	                     one * one + one * one + two;
	size_t n[4] = { 0 };

	(void)state;
	for (uint32_t i = 0; i < 1U << 24; i++) {
		uint8_t p[3] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			(uint8_t)i };

		if ((i & 0xffff) == 0 && cbor_check(span(p, 1), NULL) == 0)
			n[1]++;
		if ((i & 0xff) == 0 && cbor_check(span(p, 2), NULL) == 0)
			n[2]++;
		if (cbor_check(span(p, 3), NULL) == 0)
			n[3]++;
	}
	assert_int_equal(one, n[1]);
	assert_int_equal(two, n[2]);
	assert_int_equal(three, n[3]);
}

static void
nests(uint8_t head, const char *key)
{
	for (int depth = 0; depth <= 4000; depth += depth < 20 ? 1 : 1990) {
		AUTO_BUF b = { 0 };
		prov_err err = { 0 };

		for (int i = 0; i < depth; i++) {
			buf_put_byte(&b, head);
			buf_put_str(&b, key);
		}
		buf_put_byte(&b, 0);
		assert_int_equal(depth <= CBOR_DEPTH_MAX ? PROV_OK
							 : PROV_EFORMAT,
		    cbor_check(buf_span(&b), &err));
		if (depth > CBOR_DEPTH_MAX)
			assert_non_null(strstr(err.msg, "more than 16 deep"));
	}
}

static void
depth_is_bounded(void **state)
{
	(void)state;
	nests(0x81, "");
	nests(0xa1, "\x01");
	nests(0xd2, "");
}

/* Every cut of a good item is bad, and so is everything behind one. */
static void
cuts_are_refused(void **state)
{
	uint8_t bytes[64], more[65];
	size_t n, len;

	(void)state;
	n = from_hex(bytes, sizeof(bytes),
	    "d28441a0a20142beef186483f4f563c3a97af64401020304");
	assert_int_equal(PROV_OK, cbor_check(span(bytes, n), NULL));
	for (size_t i = 0; i < n; i++) {
		uint8_t *cut = malloc(i + 1);

		/* In memory of its own, where reading past it is seen. */
		assert_non_null(cut);
		memcpy(cut, bytes, i);
		cut = realloc(cut, i > 0 ? i : 1);
		assert_int_equal(PROV_EFORMAT, cbor_check(span(cut, i), NULL));
		free(cut);
	}
	memcpy(more, bytes, n);
	more[n] = 0xf6;
	assert_int_equal(PROV_EFORMAT, cbor_check(span(more, n + 1), NULL));
	assert_int_equal(PROV_OK, cbor_item_len(span(more, n + 1), &len, NULL));
	assert_int_equal(n, len);
}

static void
numbers_round_trip(void **state)
{
	static const uint64_t edges[] = { 0, 1, 23, 24, 255, 256, 65535, 65536,
		UINT32_MAX, UINT32_MAX + UINT64_C(1), INT64_MAX,
		INT64_MAX + UINT64_C(1), UINT64_MAX };
	static const size_t sizes[] = { 1, 1, 1, 2, 2, 3, 3, 5, 5, 9, 9, 9, 9 };

	(void)state;
	for (size_t i = 0; i < N(edges); i++) {
		AUTO_BUF b = { 0 };
		struct cbor c;
		uint64_t v = 42;
		int64_t s = 42;
		prov_status want =
		    edges[i] > INT64_MAX ? PROV_EFORMAT : PROV_OK;

		cbor_put_uint(&b, edges[i]);
		assert_int_equal(sizes[i], b.len);
		assert_int_equal(PROV_OK, cbor_open(&c, buf_span(&b), NULL));
		assert_int_equal(want, cbor_get_int(&c, &s, NULL));
		if (want == PROV_OK) {
			assert_true(s == (int64_t)edges[i]);
			c.at = 0;
		}
		assert_int_equal(PROV_OK, cbor_get_uint(&c, &v, NULL));
		assert_true(v == edges[i]);
		assert_int_equal(CBOR_END, cbor_peek(&c));
		buf_free(&b);
		if (edges[i] > INT64_MAX)
			continue;
		cbor_put_int(&b, -1 - (int64_t)edges[i]);
		assert_int_equal(sizes[i], b.len);
		assert_int_equal(PROV_OK, cbor_open(&c, buf_span(&b), NULL));
		assert_int_equal(CBOR_NINT, cbor_peek(&c));
		assert_int_equal(PROV_EFORMAT, cbor_get_uint(&c, &v, NULL));
		assert_int_equal(PROV_OK, cbor_get_int(&c, &s, NULL));
		assert_true(s == -1 - (int64_t)edges[i]);
	}
}

/* -2^64 is good CBOR and no int64_t: the reader stays in front of it. */
static void
negative_overflow(void **state)
{
	uint8_t bytes[9];
	struct cbor c;
	int64_t v = 42;

	(void)state;
	(void)from_hex(bytes, sizeof(bytes), "3bffffffffffffffff");
	assert_int_equal(PROV_OK, cbor_open(&c, span(bytes, 9), NULL));
	assert_int_equal(PROV_EFORMAT, cbor_get_int(&c, &v, NULL));
	assert_true(v == 42 && c.at == 0);
	(void)from_hex(bytes, sizeof(bytes), "3b8000000000000000");
	assert_int_equal(PROV_EFORMAT, cbor_get_int(&c, &v, NULL));
	(void)from_hex(bytes, sizeof(bytes), "3b7fffffffffffffff");
	assert_int_equal(PROV_OK, cbor_get_int(&c, &v, NULL));
	assert_true(v == INT64_MIN);
}

static void
reads_what_it_writes(void **state)
{
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	struct cbor c;
	prov_span s;
	uint64_t n;
	uint8_t fixed[2];
	char str[4];
	bool v;

	(void)state;
	cbor_put_tag(&b, 18);
	cbor_put_map(&b, 2);
	cbor_put_uint(&b, 1);
	cbor_put_array(&b, 4);
	cbor_put_bytes(&b, span("\x01\x02", 2));
	cbor_put_text(&b, "abc");
	cbor_put_bool(&b, true);
	cbor_put_null(&b);
	cbor_put_uint(&b, 2);
	cbor_put_bool(&b, false);
	assert_int_equal(PROV_OK, cbor_open(&c, buf_span(&b), &err));
	assert_int_equal(PROV_OK, cbor_get_tag(&c, &n, &err));
	assert_int_equal(18, n);
	assert_int_equal(PROV_OK, cbor_get_map(&c, &n, &err));
	assert_int_equal(2, n);
	assert_int_equal(PROV_OK, cbor_get_uint(&c, &n, &err));
	assert_int_equal(1, n);
	assert_int_equal(PROV_OK, cbor_get_array(&c, &n, &err));
	assert_int_equal(4, n);
	assert_int_equal(PROV_OK, cbor_get_fixed(&c, fixed, 2, &err));
	assert_memory_equal("\x01\x02", fixed, 2);
	assert_int_equal(PROV_OK, cbor_get_str(&c, str, 4, &err));
	assert_string_equal("abc", str);
	assert_int_equal(PROV_OK, cbor_get_bool(&c, &v, &err));
	assert_true(v);
	assert_int_equal(PROV_OK, cbor_get_null(&c, &err));
	assert_int_equal(PROV_OK, cbor_get_uint(&c, &n, &err));
	assert_int_equal(PROV_OK, cbor_get_bool(&c, &v, &err));
	assert_false(v);
	assert_int_equal(CBOR_END, cbor_peek(&c));
	assert_int_equal(PROV_EFORMAT, cbor_get_item(&c, &s, &err));
	assert_string_equal("cbor at 15: the end where an item belongs",
	    err.msg);
}

/* A getter that fails leaves the place and the output as they were. */
static void
getters_refuse(void **state)
{
	static const char *const items[] = { "01", "20", "4161", "6161", "80",
		"a0", "d200", "f4", "f6" };

	(void)state;
	for (size_t i = 0; i < N(items); i++) {
		uint8_t bytes[4], fixed[1] = { 0x7e };
		size_t len = from_hex(bytes, sizeof(bytes), items[i]);
		uint64_t n = 42;
		int64_t s = 42;
		prov_span out = { 0 };
		char str[2] = "~";
		struct cbor c;
		bool v = true;
		size_t passed = 0;

		assert_int_equal(PROV_OK,
		    cbor_open(&c, span(bytes, len), NULL));
#define TRY(call) (passed += (call) == PROV_OK ? 1 : 0, c.at = 0)
		TRY(cbor_get_uint(&c, &n, NULL));
		TRY(cbor_get_int(&c, &s, NULL));
		TRY(cbor_get_bytes(&c, &out, NULL));
		TRY(cbor_get_fixed(&c, fixed, 1, NULL));
		TRY(cbor_get_text(&c, &out, NULL));
		TRY(cbor_get_str(&c, str, 2, NULL));
		TRY(cbor_get_array(&c, &n, NULL));
		TRY(cbor_get_map(&c, &n, NULL));
		TRY(cbor_get_tag(&c, &n, NULL));
		TRY(cbor_get_bool(&c, &v, NULL));
		TRY(cbor_get_null(&c, NULL));
#undef TRY
		/* Numbers and strings have two getters each. */
		assert_int_equal(i == 0 || i == 2 || i == 3 ? 2 : 1, passed);
		assert_int_equal(PROV_OK, cbor_get_item(&c, &out, NULL));
		assert_int_equal(len, out.len);
		assert_int_equal(CBOR_END, cbor_peek(&c));
		assert_int_equal(PROV_EFORMAT, cbor_get_uint(&c, &n, NULL));
		assert_int_equal(PROV_EFORMAT, cbor_get_null(&c, NULL));
		assert_int_equal(PROV_EFORMAT, cbor_get_tag(&c, &n, NULL));
	}
}

static void
copies_are_bounded(void **state)
{
	static const uint8_t text[] = { 0x63, 'a', 0, 'b' };
	static const uint8_t bytes[] = { 0x43, 1, 2, 3 };
	prov_err err = { 0 };
	struct cbor c;
	uint8_t fixed[4] = { 9, 9, 9, 9 };
	char str[8] = "old";

	(void)state;
	assert_int_equal(PROV_OK, cbor_open(&c, span(text, 4), NULL));
	assert_int_equal(PROV_EFORMAT, cbor_get_str(&c, str, 8, &err));
	assert_string_equal("cbor at 0: NUL inside text", err.msg);
	assert_int_equal(PROV_EFORMAT, cbor_get_str(&c, str, 3, NULL));
	assert_int_equal(PROV_EFORMAT, cbor_get_str(&c, str, 0, NULL));
	assert_string_equal("old", str);
	assert_int_equal(0, c.at);
	assert_int_equal(PROV_OK, cbor_open(&c, span(bytes, 4), NULL));
	prov_err_clear(&err);
	assert_int_equal(PROV_EFORMAT, cbor_get_fixed(&c, fixed, 4, &err));
	assert_string_equal("cbor at 0: 3 bytes where 4 belong", err.msg);
	assert_int_equal(PROV_EFORMAT, cbor_get_fixed(&c, fixed, 2, NULL));
	assert_int_equal(9, fixed[0]);
	assert_int_equal(0, c.at);
	assert_int_equal(PROV_OK, cbor_get_fixed(&c, fixed, 3, NULL));
	assert_int_equal(2, fixed[1]);
	/* Nothing is something that can be read. */
	assert_int_equal(PROV_OK, cbor_open(&c, span("\x60", 1), NULL));
	assert_int_equal(PROV_OK, cbor_get_str(&c, str, 1, NULL));
	assert_string_equal("", str);
	assert_int_equal(PROV_OK, cbor_open(&c, span("\x40", 1), NULL));
	assert_int_equal(PROV_OK, cbor_get_fixed(&c, NULL, 0, NULL));
	assert_int_equal(1, c.at);
}

/* Nobody opens these; a getter still refuses them by itself. */
static void
unchecked_bytes_are_safe(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 65536; i++) {
		uint8_t *p = malloc(2);
		uint64_t n;
		int64_t s;
		prov_span out;
		bool v;

		assert_non_null(p);
		p[0] = (uint8_t)(i >> 8);
		p[1] = (uint8_t)i;
		for (size_t len = 0; len <= 2; len++) {
			struct cbor c = { .in = span(p + 2 - len, len) };

			(void)cbor_get_uint(&c, &n, NULL);
			(void)cbor_get_int(&c, &s, NULL);
			(void)cbor_get_bytes(&c, &out, NULL);
			(void)cbor_get_text(&c, &out, NULL);
			(void)cbor_get_array(&c, &n, NULL);
			(void)cbor_get_map(&c, &n, NULL);
			(void)cbor_get_tag(&c, &n, NULL);
			(void)cbor_get_bool(&c, &v, NULL);
			(void)cbor_get_null(&c, NULL);
			(void)cbor_get_item(&c, &out, NULL);
			assert_true(c.at <= len);
		}
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_malformed),
		cmocka_unit_test(refuses_noncanonical),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(accepts_deterministic),
		cmocka_unit_test(accepts_exactly),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(cuts_are_refused),
		cmocka_unit_test(numbers_round_trip),
		cmocka_unit_test(negative_overflow),
		cmocka_unit_test(reads_what_it_writes),
		cmocka_unit_test(getters_refuse),
		cmocka_unit_test(copies_are_bounded),
		cmocka_unit_test(unchecked_bytes_are_safe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
