/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/html.h"
#include "base/text.h"
#include "shared.h"

/* Whether escaped text can do nothing but be read. */
static bool
is_inert(const struct buf *b)
{
	uint32_t cp = 0;

	for (size_t i = 0, n; i < b->len; i += n) {
		if ((n = utf8_next(&cp, b->p + i, b->len - i)) == 0)
			return (false);
		if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '<' ||
		    cp == '>' || cp == '"' || cp == '\'' ||
		    (cp & 0xfffe) == 0xfffe || (cp >= 0xfdd0 && cp < 0xfdf0) ||
		    (cp >= 0x202a && cp <= 0x202e) ||
		    (cp >= 0x2066 && cp <= 0x2069))
			return (false);
		if (cp == '&' && strncmp((const char *)b->p + i, "&amp;", 5) &&
		    strncmp((const char *)b->p + i, "&lt;", 4) &&
		    strncmp((const char *)b->p + i, "&gt;", 4) &&
		    strncmp((const char *)b->p + i, "&quot;", 6) &&
		    strncmp((const char *)b->p + i, "&#39;", 5))
			return (false);
	}
	return (true);
}

static size_t
utf8_put(char out[5], uint32_t cp)
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--, cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(n == 1 ? cp : first[n] | cp);
	out[n] = '\0';
	return (n);
}

/* Every code point, surrogates too, which UTF-8 may not spell. */
static void
code_points(void **state)
{
	(void)state;
	for (uint32_t cp = 1; cp <= 0x10ffff; cp++) {
		AUTO_BUF b = { 0 };
		char one[5];

		(void)utf8_put(one, cp);
		html_put(&b, one, SIZE_MAX);
		assert_int_equal(buf_done(&b, NULL), PROV_OK);
		assert_true(b.len > 0);
		if (!is_inert(&b))
			fail_msg("U+%04X: %.*s", cp, (int)b.len, b.p);
	}
}

static void
assert_html(const char *text, size_t max, const char *want)
{
	AUTO_BUF b = { 0 };
	char *got = NULL;

	html_put(&b, text, max);
	assert_int_equal(buf_take_str(&b, &got, NULL), PROV_OK);
	assert_string_equal(got, want);
	free(got);
}

static void
cases(void **state)
{
	(void)state;
	assert_html("a<b>&\"'", SIZE_MAX, "a&lt;b&gt;&amp;&quot;&#39;");
	assert_html("&amp;", SIZE_MAX, "&amp;amp;");
	assert_html("\n\t", SIZE_MAX, "\\u{a}\\u{9}");
	assert_html("\xef\xbf\xbf", SIZE_MAX, "\\u{ffff}");
	assert_html("\xff<", SIZE_MAX, "\\u{dcff}&lt;");
	assert_html("<<<<", 2, "&lt;&lt;...");
	assert_html("", 10, "");
	assert_html("\xc3\xa9\xe2\x9c\x93", SIZE_MAX, "\xc3\xa9\xe2\x9c\x93");
}

/* Strings that broke others' displays. */
static void
vectors(void **state)
{
	static const char *const names[] = {
		"vectors/c2pa-attacks/attacks/xss.attack",
		"vectors/c2pa-attacks/attacks/rendering.attack",
		"vectors/c2pa-attacks/attacks/special_characters.attack",
		"vectors/c2pa-attacks/attacks/sql_injection.attack"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_BUF text = { 0 }, b = { 0 };
		char path[4096];

		if (!shared_path(path, sizeof(path), names[i]))
			continue;
		assert_int_equal(file_read(&text, path, 1U << 24, NULL),
		    PROV_OK);
		for (size_t k = 0; k < text.len; k++) {
			if (text.p[k] == '\0')
				text.p[k] = ' ';
		}
		buf_put_byte(&text, '\0');
		html_put(&b, (const char *)text.p, SIZE_MAX);
		assert_int_equal(buf_done(&b, NULL), PROV_OK);
		assert_true(is_inert(&b));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_points),
		cmocka_unit_test(cases),
		cmocka_unit_test(vectors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
