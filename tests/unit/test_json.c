/* SPDX-License-Identifier: ISC */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(empty_and_ended),
		cmocka_unit_test(misuse),
		cmocka_unit_test(deepest),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
