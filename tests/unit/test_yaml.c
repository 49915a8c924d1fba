/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void
reads(void **state)
{
	static const char text[] = "# keys we trust\n"
				   "version: 1\n"
				   "keys:\n"
				   "  - name: studio/alice\n"
				   "    note: \"two\\nlines \\u00e9\"\n"
				   "  - {name: 'bob''s', until: ~}\n"
				   "empty: []\n"
				   "none:\n"
				   "folded: >\n"
				   "  one\n"
				   "  two\n";
	struct yaml *y = NULL;
	prov_err err = { 0 };
	const struct yaml *keys, *v;

	(void)state;
	assert_int_equal(PROV_OK,
	    yaml_parse(&y, span(text, sizeof(text) - 1), "t.yaml", &err));
	assert_int_equal(YAML_MAP, y->type);
	assert_int_equal(5, y->n);
	assert_int_equal(2, y->line);
	assert_int_equal(1, y->column);
	v = yaml_get(y, "version");
	assert_string_equal("1", v->text);
	assert_true(v->plain);
	assert_int_equal(2, v->line);
	assert_int_equal(10, v->column);
	keys = yaml_get(y, "keys");
	assert_int_equal(YAML_LIST, keys->type);
	assert_int_equal(2, keys->n);
	assert_string_equal("studio/alice",
	    yaml_get(&keys->at[0], "name")->text);
	v = yaml_get(&keys->at[0], "note");
	assert_string_equal("two\nlines \xc3\xa9", v->text);
	assert_false(v->plain);
	v = yaml_get(&keys->at[1], "name");
	assert_string_equal("bob's", v->text);
	assert_int_equal(6, v->line);
	assert_string_equal("~", yaml_get(&keys->at[1], "until")->text);
	assert_int_equal(0, yaml_get(y, "empty")->n);
	assert_string_equal("", yaml_get(y, "none")->text);
	assert_string_equal("one two\n", yaml_get(y, "folded")->text);
	assert_null(yaml_get(y, "absent"));
	assert_null(yaml_get(keys, "name"));
	assert_null(yaml_get(v, "name"));
	assert_null(yaml_get(NULL, "name"));
	yaml_free(y);
	yaml_free(NULL);
}

static void
refuses(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *msg;
	} rows[] = {
#define ROW(text, msg) { text, sizeof(text) - 1, msg }
		ROW("", "t:1:1: nothing in it"),
		ROW("# only this\n", "t:2:1: nothing in it"),
		ROW("a: 1\na: 2\n",
		    "t:2:1: key \"a\" is there already, on line 1"),
		ROW("{a: 1, b: 2, 'a': 3}",
		    "t:1:14: key \"a\" is there already, on line 1"),
		ROW("a: &x 1\n", "t:1:4: anchors are not allowed"),
		ROW("a: &x [1]\n", "t:1:4: tags and anchors are not allowed"),
		ROW("a: &x {b: 1}\n",
		    "t:1:4: tags and anchors are not allowed"),
		ROW("a: *x\n", "t:1:4: aliases are not allowed"),
		ROW("*x: a\n", "t:1:1: a key must be text"),
		ROW("a: !!str 1\n", "t:1:4: tags are not allowed"),
		ROW("a: ! 1\n", "t:1:4: tags are not allowed"),
		ROW("a: !x [1]\n", "t:1:4: tags and anchors are not allowed"),
		ROW("!!map {a: 1}\n",
		    "t:1:1: tags and anchors are not allowed"),
		ROW("!!str a: 1\n", "t:1:1: tags are not allowed"),
		ROW("<<: {a: 1}\n", "t:1:1: merge keys are not allowed"),
		ROW("[a]: 1\n", "t:1:1: a key must be text"),
		ROW("? {a: 1}\n: 2\n", "t:1:3: a key must be text"),
		ROW("a: 1\n---\nb: 2\n", "t:2:1: more than one document"),
		ROW("a: 1\n...\nb: 2\n",
		    "t:3:1: did not find expected <document start>"),
		ROW("%YAML 1.1\n---\na: 1\n",
		    "t:1:1: directives are not allowed"),
		ROW("%TAG ! tag:x,2026:\n---\na: 1\n",
		    "t:1:1: directives are not allowed"),
		ROW("a: \"x\\0y\"\n", "t:1:4: NUL inside a scalar"),
		ROW("a: x\0y\n",
		    "t: byte 4: control characters are not allowed"),
		ROW("a: \x1b[31m\n",
		    "t: byte 3: control characters are not allowed"),
		ROW("a: \xff\n", "t: byte 3: invalid leading UTF-8 octet"),
		ROW("\xff\xfe\x61\0:\0 \0"
		    "1\0",
		    "t: byte 0: invalid leading UTF-8 octet"),
		ROW("a: [1\n", "t:2:1: did not find expected ',' or ']'"),
		ROW("a: 'x\n", "t:2:1: found unexpected end of stream"),
		ROW("a:\n\t- b\n",
		    "t:2:1: found character that cannot start any token"),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		struct yaml *y = NULL;
		prov_err err = { 0 };

		assert_int_equal(PROV_EFORMAT,
		    yaml_parse(&y, span(rows[i].text, rows[i].len), "t", &err));
		assert_string_equal(rows[i].msg, err.msg);
		assert_null(y);
	}
}

/* A quoted "<<" is a key like any other. */
static void
quoted_is_text(void **state)
{
	struct yaml *y = NULL;

	(void)state;
	assert_int_equal(PROV_OK,
	    yaml_parse(&y, span("'<<': x", 7), "t", NULL));
	assert_string_equal("x", yaml_get(y, "<<")->text);
	yaml_free(y);
}

static prov_status
parse_repeated(const char *s, size_t times, const char *end, prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct yaml *y = NULL;
	prov_status st;

	for (size_t i = 0; i < times; i++)
		buf_put_str(&b, s);
	buf_put_str(&b, end);
	st = yaml_parse(&y, buf_span(&b), "t", err);
	assert_true((st == PROV_OK) == (y != NULL));
	yaml_free(y);
	return (st);
}

static void
bounds(void **state)
{
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    parse_repeated("- ", YAML_DEPTH_MAX, "x", &err));
	assert_int_equal(PROV_EFORMAT,
	    parse_repeated("- ", YAML_DEPTH_MAX + 1, "x", &err));
	assert_string_equal("t:1:35: nested too deep", err.msg);
	assert_int_equal(PROV_EFORMAT, parse_repeated("[", 500000, "", NULL));
	assert_int_equal(PROV_EFORMAT,
	    parse_repeated("{a: ", 200000, "", NULL));
	prov_err_clear(&err);
	assert_int_equal(PROV_OK,
	    parse_repeated("- x\n", YAML_NODES_MAX - 1, "", &err));
	assert_int_equal(PROV_ELIMIT,
	    parse_repeated("- x\n", YAML_NODES_MAX, "", &err));
	assert_string_equal("t:65536: more than 65536 values", err.msg);
	prov_err_clear(&err);
	assert_int_equal(PROV_OK,
	    parse_repeated("#", YAML_SIZE_MAX - 2, "\nx", &err));
	assert_int_equal(PROV_ELIMIT,
	    parse_repeated("#", YAML_SIZE_MAX - 1, "\nx", &err));
	assert_string_equal("t: 1048577 bytes, more than the 1048576 allowed",
	    err.msg);
}

/* Many keys are compared in n log n steps, and the one double is found. */
static void
many_keys(void **state)
{
	AUTO_BUF b = { 0 };
	struct yaml *y = NULL;
	prov_err err = { 0 };

	(void)state;
	for (unsigned i = 0; i < 30000; i++)
		buf_printf(&b, "k%u: v\n", i * 7919 % 30000);
	assert_int_equal(PROV_OK, yaml_parse(&y, buf_span(&b), "t", &err));
	assert_int_equal(30000, y->n);
	yaml_free(y);
	buf_put_str(&b, "k15000: v\n");
	y = NULL;
	assert_int_equal(PROV_EFORMAT, yaml_parse(&y, buf_span(&b), "t", &err));
	assert_non_null(strstr(err.msg, "t:30001:1: key \"k15000\""));
}

static void
round_trip(const char *s)
{
	AUTO_BUF b = { 0 };
	struct yaml *y = NULL;
	prov_err err = { 0 };

	/* In a list in a map, where most rules apply. */
	buf_put_str(&b, "k: [");
	yaml_put_scalar(&b, s);
	buf_put_str(&b, "]\n");
	yaml_put_scalar(&b, "other");
	buf_put_str(&b, ": ");
	yaml_put_scalar(&b, s);
	if (yaml_parse(&y, buf_span(&b), "t", &err) != PROV_OK)
		fail_msg("%.*s: %s", (int)b.len, (char *)b.p, err.msg);
	assert_int_equal(1, yaml_get(y, "k")->n);
	assert_string_equal(s, yaml_get(y, "k")->at[0].text);
	assert_string_equal(s, yaml_get(y, "other")->text);
	yaml_free(y);
}

static void
scalars_read_back(void **state)
{
	static const char *const rows[] = { "", " ", "a", "a b", " a", "a ",
		"a: b", "a #b", "#a", "-", "- a", "---", "...", "[a]", "{a}",
		"*a", "&a", "!a", "%a", "@a", "`a", "'a'", "\"a\"", "a\"b\\c",
		"a\nb", "\n", "\r", "\t", "a\r\nb", "yes", "No", "null", "~",
		"1", "0x1f", "1e3", ".inf", "<<", "=", "?", "? a", ":",
		"a:", ",", "a,b", "|", ">", "\x01\x1b\x7f", "caf\xc3\xa9",
		"\xc2\x85", "\xc2\xa0", "\xe2\x80\xa8\xe2\x80\xa9",
		"\xe2\x80\xae-fdp", "\xef\xbb\xbf", "\xef\xbf\xbe",
		"\xef\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xf0\x9f\x8e\xac", "\xf4\x8f\xbf\xbf", "studio/alice",
		"2026-11-23T20:41:00Z", "sha256:00ff" };
	char s[8];

	(void)state;
	for (size_t i = 0; i < N(rows); i++)
		round_trip(rows[i]);
	for (int i = 1; i < 128; i++)
		for (int k = 1; k < 128; k += i % 3 + 1) {
			s[0] = (char)i;
			s[1] = (char)k;
			s[2] = '\0';
			round_trip(s);
		}
}

/* What people see in the file: words stay bare, all else is quoted. */
static void
scalars_look_right(void **state)
{
	static const char *const rows[][2] = {
		{ "studio/alice", "studio/alice" }, { "1", "\"1\"" },
		{ "true", "\"true\"" }, { "OFF", "\"OFF\"" },
		{ "a b", "\"a b\"" }, { "a\nb", "\"a\\nb\"" },
		{ "\x1b", "\"\\x1b\"" }, { "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" }, { "a\xff", "\"a\\ufffd\"" }
	};

	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		AUTO_BUF b = { 0 };

		yaml_put_scalar(&b, rows[i][0]);
		buf_put_byte(&b, 0);
		assert_string_equal(rows[i][1], (char *)b.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(quoted_is_text),
		cmocka_unit_test(bounds),
		cmocka_unit_test(many_keys),
		cmocka_unit_test(scalars_read_back),
		cmocka_unit_test(scalars_look_right),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
