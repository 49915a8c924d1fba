/* SPDX-License-Identifier: ISC */
#include <jansson.h>

/* Before json.h takes these two names for the writer. */
static json_t *
jansson_real(double v)
{
	return (json_real(v));
}

#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/jsonin.h"
#include "base/text.h"

static void
assert_json(const char *want, struct json *j)
{
	AUTO_FREE char *got = NULL;
	prov_err err = { 0 };

	assert_int_equal(PROV_OK, json_take(j, &got, &err));
	assert_string_equal(want, got);
}

static void
all_kinds(void **state)
{
	AUTO_JSON *j = json_new();
	static const uint8_t bytes[] = { 0, 0xab };

	(void)state;
	assert_non_null(j);
	json_str(j, "z", "text");
	json_str(j, "none", NULL);
	json_text(j, "t", span("a\0b", 3));
	json_text(j, "e", span(NULL, 0));
	json_hex(j, "h", bytes, 2);
	json_hex(j, "h0", bytes, 0);
	json_u64(j, "u", INT64_MAX);
	json_u64(j, "big", UINT64_MAX);
	json_i64(j, "i", INT64_MIN);
	json_real(j, "r", 0.1);
	json_real(j, "nan", NAN);
	json_real(j, "inf", -INFINITY);
	json_bool(j, "yes", true);
	json_bool(j, "no", false);
	json_null(j, "n");
	json_begin_array(j, "a");
	json_i64(j, NULL, 1);
	json_begin_object(j, NULL);
	json_i64(j, "b", 2);
	json_end(j);
	json_begin_array(j, NULL);
	json_end(j);
	json_end(j);
	json_str(j, "after", "x");
	assert_json("{\"z\":\"text\",\"none\":null,\"t\":\"a\\u0000b\","
		    "\"e\":\"\",\"h\":\"00ab\",\"h0\":\"\","
		    "\"u\":9223372036854775807,"
		    "\"big\":\"18446744073709551615\","
		    "\"i\":-9223372036854775808,\"r\":0.1,\"nan\":null,"
		    "\"inf\":null,\"yes\":true,\"no\":false,\"n\":null,"
		    "\"a\":[1,{\"b\":2},[]],\"after\":\"x\"}",
	    j);
}

/* len of the letter a, but c at one place; written among what is as it is. */
static void
assert_at(char c, prov_span written, size_t len, size_t at)
{
	char text[20];
	AUTO_BUF want = { 0 };
	AUTO_FREE char *line = NULL;
	AUTO_JSON *j = json_new();

	memset(text, 'a', sizeof(text));
	buf_put_str(&want, "{\"\":\"");
	buf_put(&want, text, at);
	buf_put_span(&want, written);
	buf_put(&want, text, len - at - 1);
	buf_put_str(&want, "\"}");
	assert_int_equal(PROV_OK, buf_take_str(&want, &line, NULL));
	text[at] = c;
	json_text(j, "", span(text, len));
	assert_json(line, j);
}

/* A character is written as ever, wherever it stands in text of any length. */
static void
each_place(void **state)
{
	(void)state;
	for (int i = 0; i < 0x80; i++) {
		char c = (char)i;
		AUTO_BUF alone = { 0 };
		AUTO_JSON *j = json_new();

		json_text(j, "", span(&c, 1));
		assert_int_equal(PROV_OK, json_put(j, &alone, NULL));
		assert_true(alone.len >= sizeof("{\"\":\"\"}"));
		for (size_t len = 1; len <= 20; len++)
			for (size_t at = 0; at < len; at++)
				assert_at(c, span(alone.p + 5, alone.len - 7),
				    len, at);
	}
}

/* What comes out is ASCII on one line, whatever went in. */
static void
hostile_text(void **state)
{
	AUTO_JSON *j = json_new();

	(void)state;
	assert_non_null(j);
	json_str(j, "a", "caf\xc3\xa9 \xf0\x9f\x8e\xac");
	json_str(j, "b", "\x1b[31m\"\\\n\x7f\xe2\x80\xae");
	json_str(j, "c", "\xff\x1b");
	json_str(j, "k\xc3\xa9y", "");
	assert_json("{\"a\":\"caf\\u00E9 \\uD83C\\uDFAC\","
		    "\"b\":\"\\u001B[31m\\\"\\\\\\n\\u007f\\u202E\","
		    "\"c\":\"\\\\u{dcff}\\\\u{1b}\",\"k\\u00E9y\":\"\"}",
	    j);
}

static void
empty_and_ended(void **state)
{
	AUTO_JSON *j = json_new();

	(void)state;
	assert_non_null(j);
	assert_json("{}", j);
	json_end(j);
	assert_json("{}", j);
	json_free(NULL);
}

/* A writer that is used wrongly says so at the end; it never crashes. */
static void
misuse(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		AUTO_JSON *j = json_new();
		prov_err err = { 0 };
		char *out = NULL;

		assert_non_null(j);
		switch (i) {
		case 0: /* a value without key in an object */
			json_str(j, NULL, "x");
			break;
		case 1: /* a key in an array */
			json_begin_array(j, "a");
			json_str(j, "k", "x");
			json_end(j);
			break;
		case 2: /* left open */
			json_begin_array(j, "a");
			break;
		case 3: /* ended too often */
			json_end(j);
			json_end(j);
			break;
		case 4: /* after the end */
			json_end(j);
			json_null(j, "x");
			break;
		case 5: /* too deep */
			for (int d = 0; d < JSON_DEPTH_MAX; d++)
				json_begin_object(j, "d");
			for (int d = 0; d < JSON_DEPTH_MAX; d++)
				json_end(j);
			break;
		case 6: /* a key that is no text */
			json_null(j, "\xff");
			break;
		default: /* a container that was refused has no content */
			json_begin_array(j, NULL);
			json_null(j, NULL);
			json_end(j);
		}
		assert_int_equal(PROV_EINTERNAL, json_take(j, &out, &err));
		assert_string_equal("json: written out of order", err.msg);
		assert_null(out);
	}
}

static void
deepest(void **state)
{
	AUTO_JSON *j = json_new();
	AUTO_FREE char *out = NULL;

	(void)state;
	assert_non_null(j);
	for (int d = 1; d < JSON_DEPTH_MAX; d++)
		json_begin_object(j, "d");
	json_bool(j, "x", true);
	for (int d = 1; d < JSON_DEPTH_MAX; d++)
		json_end(j);
	assert_int_equal(PROV_OK, json_take(j, &out, NULL));
	assert_non_null(strstr(out, "{\"d\":{\"x\":true}}"));
}

/* What the writer says of v, and what jansson writes of the same. */
static void
same_as_jansson(json_t *v, struct json *j)
{
	json_t *whole = json_object();
	AUTO_FREE char *want = NULL;

	assert_non_null(v);
	assert_int_equal(0, json_object_set_new(whole, "v", v));
	want = json_dumps(whole,
	    JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	json_decref(whole);
	assert_json(want, j);
}

static void
reals(void)
{
	static const double at[] = { 0, -0.0, 1, -1, 0.1, 1.5, 100, 1e14, 1e15,
		1e16, 1e20, 1e-4, 1e-5, 1.25e-7, 1e100, 1e-100, 1e300, 5e-324,
		1.7976931348623157e308, 123456789.123456789, 3.0000000000000004,
		-2.5e-9, 999999999999999, 1e22, 4503599627370496.5 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		AUTO_JSON *j = json_new();

		json_real(j, "v", at[i]);
		same_as_jansson(jansson_real(at[i]), j);
	}
}

/* Thousandths have a way of their own, and what is next to them has not. */
static void
thousandths(void)
{
	for (unsigned n = 1; n < 2000000;
	     n = n < 3000 ? n + 1 : n * 5 / 4 + 7) {
		const double v = (double)n / 1000;
		const double at[] = { v, -v, nextafter(v, 0), nextafter(v, 1e9),
			v + 0.0005, v + 999990000 };

		for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			AUTO_JSON *j = json_new();

			json_real(j, "v", at[i]);
			same_as_jansson(jansson_real(at[i]), j);
		}
	}
}

static void
real_numbers(void **state)
{
	static const char *const points[] = { "de_DE.UTF-8", "fa_IR.UTF-8",
		"C" };

	(void)state;
	/* Where a locale is not installed this is the last one again. */
	for (size_t i = 0; i < 3; i++) {
		(void)setlocale(LC_NUMERIC, points[i]);
		reals();
	}
	thousandths();
}

/* Each code point alone, and what is none. */
static void
every_character(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp < 0x110000; cp += cp < 0x10100 ? 1 : 2017) {
		AUTO_JSON *j = json_new();
		char s[5] = { 0 };

		if ((cp >= 0xd800 && cp < 0xe000) || cp == 0x7f)
			continue;
		if (cp < 0x80) {
			s[0] = (char)cp;
		} else if (cp < 0x800) {
			s[0] = (char)(0xc0 | cp >> 6);
			s[1] = (char)(0x80 | (cp & 63));
		} else if (cp < 0x10000) {
			s[0] = (char)(0xe0 | cp >> 12);
			s[1] = (char)(0x80 | (cp >> 6 & 63));
			s[2] = (char)(0x80 | (cp & 63));
		} else {
			s[0] = (char)(0xf0 | cp >> 18);
			s[1] = (char)(0x80 | (cp >> 12 & 63));
			s[2] = (char)(0x80 | (cp >> 6 & 63));
			s[3] = (char)(0x80 | (cp & 63));
		}
		json_str(j, "v", s);
		same_as_jansson(json_string(s), j);
	}
}

static void
integers(void **state)
{
	static const int64_t at[] = { 0, 1, -1, 9, 10, -10, 99, INT64_MAX,
		INT64_MIN, INT64_MIN + 1, 1000000007 };

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		AUTO_JSON *j = json_new();

		json_i64(j, "v", at[i]);
		same_as_jansson(json_integer(at[i]), j);
	}
}

static prov_status
parse(struct jsonin **out, const char *text)
{
	return (jsonin_parse(out, span(text, strlen(text)), "test", NULL));
}

static void
reads_back(void **state)
{
	static const char *const keys[] = { "s", "i", "u", "b", "h", "a", "n" };
	static const uint8_t bytes[] = { 0, 0xab };
	AUTO_JSON *j = json_new();
	AUTO_FREE char *text = NULL;
	AUTO_JSONIN *in = NULL;
	const struct jsonin *a;
	uint8_t hex[2];
	uint64_t u = 0;
	int64_t i = 0;
	bool b = false;

	(void)state;
	json_str(j, "s", "\x1b\xf0\x9f\x8e\xac");
	json_i64(j, "i", INT64_MIN);
	json_u64(j, "u", UINT64_MAX);
	json_bool(j, "b", true);
	json_hex(j, "h", bytes, 2);
	json_begin_array(j, "a");
	json_u64(j, NULL, 7);
	json_end(j);
	json_null(j, "n");
	assert_int_equal(PROV_OK, json_take(j, &text, NULL));
	assert_int_equal(PROV_OK, parse(&in, text));
	assert_int_equal(PROV_OK, jsonin_only(in, keys, 7, "test", NULL));
	assert_int_equal(PROV_EFORMAT, jsonin_only(in, keys, 6, "test", NULL));
	assert_string_equal("\x1b\xf0\x9f\x8e\xac",
	    jsonin_str(jsonin_get(in, "s")));
	assert_true(jsonin_i64(jsonin_get(in, "i"), &i) && i == INT64_MIN);
	assert_true(jsonin_u64(jsonin_get(in, "u"), &u) && u == UINT64_MAX);
	assert_true(jsonin_bool(jsonin_get(in, "b"), &b) && b);
	assert_true(jsonin_hex(jsonin_get(in, "h"), hex, 2));
	assert_memory_equal(bytes, hex, 2);
	assert_false(jsonin_hex(jsonin_get(in, "h"), hex, 1));
	assert_non_null(a = jsonin_get(in, "a"));
	assert_true(jsonin_n(a) == 1 && jsonin_is_array(a));
	assert_true(jsonin_u64(jsonin_at(a, 0), &u) && u == 7);
	assert_null(jsonin_at(a, 1));
	assert_true(jsonin_is_null(jsonin_get(in, "n")));
	assert_null(jsonin_get(in, "none"));
	assert_null(jsonin_str(NULL));
	assert_false(jsonin_u64(jsonin_get(in, "i"), &u));
}

static void
strict(void **state)
{
	static const char *const bad[] = { "", "[]", "1", "{", "{} ", "{}{}",
		"{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":2}",
		"{\"a\":\"\\u0000\"}", "{\"a\":\"\xff\"}",
		"{\"a\":\"\\ud800\"}", "{a:1}", "{\"a\":NaN}", "\xef\xbb\xbf{}",
		"{\"a\":99999999999999999999}", "{\"a\":1}x",
		"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_JSONIN *in = NULL;
		prov_status st = parse(&in, bad[i]);

		/* White space is no value. */
		if (strcmp(bad[i], "{} ") == 0)
			assert_int_equal(PROV_OK, st);
		else
			assert_int_equal(PROV_EFORMAT, st);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(each_place),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(empty_and_ended),
		cmocka_unit_test(misuse),
		cmocka_unit_test(deepest),
		cmocka_unit_test(real_numbers),
		cmocka_unit_test(every_character),
		cmocka_unit_test(integers),
		cmocka_unit_test(reads_back),
		cmocka_unit_test(strict),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
