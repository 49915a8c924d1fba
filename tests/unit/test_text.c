/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
hex(void **state)
{
	static const char *const bad[] = { "", "0", "000", "0A", "0g", " 0",
		"0x", "00ff", "0\xff" };
	uint8_t bytes[256], back[256], one;
	char s[513];

	(void)state;
	for (size_t i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	hex_encode(s, bytes, 256);
	assert_int_equal(512, strlen(s));
	assert_memory_equal("000102", s, 6);
	assert_string_equal("fdfeff", s + 506);
	assert_true(hex_decode(back, 256, s, 512));
	assert_memory_equal(bytes, back, 256);
	hex_encode(s, bytes, 0);
	assert_string_equal("", s);
	assert_true(hex_decode(back, 0, "", 0));
	for (size_t i = 0; i < N(bad); i++)
		assert_false(hex_decode(&one, 1, bad[i], strlen(bad[i])));
}

static void
hex_is_put(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	hex_put(&b, (const uint8_t *)"\x00\xfe\x10", 3);
	hex_put(&b, NULL, 0);
	assert_true(span_eq(buf_span(&b), span("00fe10", 6)));
}

static void
lines(void **state)
{
	prov_span text = span("one\n\ntwo", 8), line;

	(void)state;
	assert_true(text_line(&text, &line));
	assert_true(span_eq(line, span("one", 3)));
	assert_true(text_line(&text, &line));
	assert_int_equal(0, line.len);
	/* What has no newline is no line, and stays. */
	assert_false(text_line(&text, &line));
	assert_true(span_eq(text, span("two", 3)));
	text = span(NULL, 0);
	assert_false(text_line(&text, &line));
}

static void
base64(void **state)
{
	/* RFC 4648 section 10. */
	static const char *const rows[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xff\xef\xbe", "/+++" } };
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=",
		"Z===", "====", "Zg==Zg==", "Zg= ", " Zg=", "Zm9v\n", "Zm9-",
		"Zm9_", "Zg=a", "Zm8=Zm8=", "Zm9\xff", "=m9v" };

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		AUTO_BUF text = { 0 };
		AUTO_BUF back = { 0 };

		base64_put(&text, span(rows[i][0], strlen(rows[i][0])));
		assert_true(span_eq(buf_span(&text),
		    span(rows[i][1], strlen(rows[i][1]))));
		assert_true(
		    base64_decode(&back, rows[i][1], strlen(rows[i][1])));
		assert_true(span_eq(buf_span(&back),
		    span(rows[i][0], strlen(rows[i][0]))));
	}
	for (size_t i = 0; i < N(bad); i++) {
		AUTO_BUF back = { 0 };

		if (base64_decode(&back, bad[i], strlen(bad[i])))
			fail_msg("accepted %s", bad[i]);
	}
}

/* Of all endings of four characters, exactly 2^8 + 2^16 have padding. */
static void
base64_is_canonical(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				     "mnopqrstuvwxyz0123456789+/=";
	size_t valid = 0;

	(void)state;
	for (size_t i = 0; i < 65 * 65 * 65; i++) {
		AUTO_BUF out = { 0 };
		char s[4] = { digits[i % 65], digits[i / 65 % 65],
			digits[i / 65 / 65], '=' };

		valid += base64_decode(&out, s, 4) ? 1 : 0;
	}
	assert_int_equal(256 + 65536, valid);
}

/* The same answer as decoding gives, for all last and first four. */
static void
base64_of_a_hash(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				     "mnopqrstuvwxyz0123456789+/=-";
	char text[] = "0123456789abcdef0123456789abcdef0123456789ABCDE=";
	uint8_t hash[32];

	(void)state;
	for (size_t i = 0; i < 2 * 66 * 66; i++) {
		AUTO_BUF b = { 0 };
		size_t at = i % 2 == 0 ? 0 : 40;
		bool fine;

		memcpy(text + at, "abc=", 4);
		text[at + 2] = digits[i / 2 % 66];
		text[at + 3] = digits[i / 2 / 66];
		fine = base64_decode(&b, text, 44) && b.len == 32;
		assert_int_equal(fine, base64_hash(hash, span(text, 44)));
		if (fine)
			assert_memory_equal(hash, b.p, 32);
		memcpy(text, "abcd", 4);
	}
	memcpy(text + 40, "cdE=", 4);
	assert_true(base64_hash(hash, span(text, 44)));
	assert_false(base64_hash(hash, span(text, 43)));
	assert_false(base64_hash(hash, span(text, 45)));
	assert_false(base64_hash(hash, span(NULL, 0)));
}

static void
decimal(void **state)
{
	static const struct {
		const char *s;
		uint64_t want;
	} good[] = { { "0", 0 }, { "7", 7 }, { "10", 10 },
		{ "18446744073709551615", UINT64_MAX } };
	static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1",
		"1 ", "1a", "18446744073709551616", "99999999999999999999",
		"184467440737095516150", "0x1", "1.0" };
	uint64_t v = 42;

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		assert_false(u64_decode(&v, bad[i], strlen(bad[i])));
	assert_true(v == 42);
	for (size_t i = 0; i < N(good); i++) {
		assert_true(u64_decode(&v, good[i].s, strlen(good[i].s)));
		assert_true(v == good[i].want);
	}
}

static size_t
utf8_encode(uint8_t out[4], uint32_t cp)
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return (1);
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 63));
		return (2);
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (cp & 63));
		return (3);
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (cp & 63));
	return (4);
}

/* Every number that 21 bits hold: all code points pass, and nothing else. */
static void
utf8_all(void **state)
{
	uint8_t p[4];
	uint32_t back = 0;

	(void)state;
	for (uint32_t cp = 0; cp < 0x200000; cp++) {
		size_t n = utf8_encode(p, cp);
		bool want = cp < 0xd800 || (cp > 0xdfff && cp < 0x110000);

		if (utf8_valid(p, n) != want ||
		    utf8_next(&back, p, n) != (want ? n : 0) ||
		    (want && back != cp) || (n > 1 && utf8_valid(p, n - 1)))
			fail_msg("U+%04X", cp);
	}
}

/* Of all pairs of bytes, 128 * 128 + 30 * 64 are UTF-8: nothing overlong. */
static void
utf8_pairs(void **state)
{
	size_t two = 0, three = 0;

	(void)state;
	for (uint32_t i = 0; i < 1U << 24; i++) {
		uint8_t p[3] = { (uint8_t)(i >> 16), (uint8_t)(i >> 8),
			(uint8_t)i };

		if (p[2] == 0 && utf8_valid(p, 2))
			two++;
		if (p[0] >= 0xe0 && utf8_valid(p, 3))
			three++;
	}
	assert_int_equal(128 * 128 + 30 * 64, two);
	assert_int_equal(0x10000 - 0x800 - 0x800, three);
	assert_true(utf8_valid(NULL, 0));
}

static void
escapes(void **state)
{
	static const struct {
		const char *in;
		size_t len, max;
		const char *want;
	} rows[] = {
		{ "plain text", 10, 99, "plain text" },
		{ "", 0, 0, "" },
		{ "\x1b[31mred\x7f", 9, 99, "\\u{1b}[31mred\\u{7f}" },
		{ "a\nb\tc\0d", 7, 99, "a\\u{a}b\\u{9}c\\u{0}d" },
		{ "\xc2\x9b", 2, 99, "\\u{9b}" },
		{ "\xe2\x80\xae"
		  "fdp",
		    6, 99, "\\u{202e}fdp" },
		{ "\xe2\x81\xa6", 3, 99, "\\u{2066}" },
		{ "\xe2\x80\xa8", 3, 99, "\\u{2028}" },
		{ "\xef\xbb\xbf", 3, 99, "\\u{feff}" },
		{ "\xf3\xa0\x81\x81", 4, 99, "\\u{e0041}" },
		{ "caf\xc3\xa9", 5, 99, "caf\xc3\xa9" },
		{ "\xf0\x9f\x8e\xac", 4, 99, "\xf0\x9f\x8e\xac" },
		{ "\xff"
		  "a\xc3",
		    3, 99, "\\u{dcff}a\\u{dcc3}" },
		{ "\xed\xa0\x80", 3, 99, "\\u{dced}\\u{dca0}\\u{dc80}" },
		{ "abcdef", 6, 6, "abcdef" },
		{ "abcdef", 6, 5, "abcde..." },
		{ "caf\xc3\xa9", 5, 4, "caf..." },
		{ "abc\n", 4, 7, "abc..." },
		{ "abc\n", 4, 8, "abc\\u{a}" },
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		AUTO_BUF b = { 0 };

		text_escape(&b, rows[i].in, rows[i].len, rows[i].max);
		buf_put_byte(&b, 0);
		assert_string_equal(rows[i].want, (char *)b.p);
	}
}

static void
times(void **state)
{
	static const struct {
		int64_t t;
		const char *s;
	} rows[] = { { 0, "1970-01-01T00:00:00Z" },
		{ 1795466460, "2026-11-23T20:41:00Z" },
		{ 951782400, "2000-02-29T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ -62167219200, "0000-01-01T00:00:00Z" } };
	static const char *const bad[] = { "", "2026-11-23",
		"2026-11-23T20:41Z", "2026-11-23 20:41:00Z",
		"2026-11-23T20:41:00", "2026-11-23T20:41:00z",
		"2026-11-23T20:41:00+00:00", "2026-02-30T00:00:00Z",
		"2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
		"2026-12-31T23:59:60Z", "+026-01-01T00:00:00Z",
		"2026-1 -01T00:00:00Z", "20260-01-01T00:00:00Z",
		"2026/01/01T00:00:00Z" };
	int64_t t = 42;
	char s[32];

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		if (time_parse(&t, bad[i]))
			fail_msg("accepted %s", bad[i]);
	assert_true(t == 42);
	for (size_t i = 0; i < N(rows); i++) {
		time_format(s, rows[i].t);
		assert_string_equal(rows[i].s, s);
		assert_true(time_parse(&t, rows[i].s));
		assert_true(t == rows[i].t);
	}
	time_format(s, INT64_MAX);
	assert_string_equal("@9223372036854775807", s);
	time_format(s, INT64_MIN);
	assert_string_equal("@-9223372036854775808", s);
	time_format(s, 253402300800);
	assert_string_equal("@253402300800", s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex),
		cmocka_unit_test(hex_is_put),
		cmocka_unit_test(lines),
		cmocka_unit_test(base64),
		cmocka_unit_test(base64_is_canonical),
		cmocka_unit_test(base64_of_a_hash),
		cmocka_unit_test(decimal),
		cmocka_unit_test(utf8_all),
		cmocka_unit_test(utf8_pairs),
		cmocka_unit_test(escapes),
		cmocka_unit_test(times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
