/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/glob.h"
#include "base/near.h"

static const struct {
	const char *glob, *name;
	bool path, text;
} cases[] = {
	{ "a", "a", true, true },
	{ "a", "b", false, false },
	{ "a", "", false, false },
	{ "*", "", true, true },
	{ "*", "abc", true, true },
	{ "*", "a/b", false, true },
	{ "**", "a/b", true, true },
	{ "a/*", "a/b", true, true },
	{ "a/*", "a/b/c", false, true },
	{ "a/**", "a/b/c", true, true },
	{ "a/**", "a", false, false },
	{ "**/x", "x", true, false },
	{ "**/x", "a/x", true, true },
	{ "**/x", "a/b/x", true, true },
	{ "**/x", "ax", false, false },
	{ "**/x", "a/bx", false, false },
	{ "a/**/b", "a/b", true, false },
	{ "a/**/b", "a/x/y/b", true, true },
	{ "a/**/b", "a/xb", false, false },
	{ "a/**/b/**/c", "a/b/x/b/c", true, false },
	{ "a**b", "a/x/b", true, true },
	{ "a?c", "abc", true, true },
	{ "a?c", "a/c", false, true },
	{ "a?c", "ac", false, false },
	{ "?", "\xc3\xa9", true, true },
	{ "??", "\xc3\xa9", false, false },
	{ "*??", "\xe2\x82\xac", false, false },
	{ "*.mp4", "clip.mp4", true, true },
	{ "*.mp4", "clip.mp4.exe", false, false },
	{ "*a*b*c", "xaxbxc", true, true },
	{ "*a*b*c", "xaxcxb", false, false },
	{ "[ab]", "a", false, false },
	{ "[ab]", "[ab]", true, true },
};

static void
table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (glob_path(cases[i].glob, cases[i].name) != cases[i].path ||
		    glob_text(cases[i].glob, cases[i].name) != cases[i].text)
			fail_msg("\"%s\" and \"%s\"", cases[i].glob,
			    cases[i].name);
	}
}

/* Says the same without any trick, by trying everything. */
static bool
slow(const char *begin, const char *g, const char *t, bool flat)
{
	bool first = g == begin || g[-1] == '/';

	if (*g == '\0')
		return (*t == '\0');
	if (!flat && g[0] == '*' && g[1] == '*') {
		bool parts = first && g[2] == '/';
		const char *rest = g + (parts ? 3 : 2);

		if (slow(begin, rest, t, flat))
			return (true);
		for (; *t != '\0'; t++)
			if ((!parts || *t == '/') &&
			    slow(begin, rest, t + 1, flat))
				return (true);
		return (false);
	}
	if (*g == '*')
		return (slow(begin, g + 1, t, flat) ||
			(*t != '\0' && (flat || *t != '/') &&
			    slow(begin, g, t + 1, flat)));
	if (*t == '\0' || (*g == '?' && !flat && *t == '/') ||
	    (*g != '?' && *g != *t))
		return (false);
	return (slow(begin, g + 1, t + 1, flat));
}

static void
random_text(char *out, size_t len, const char *letters, uint32_t *seed)
{
	for (size_t i = 0; i < len; i++) {
		*seed = *seed * 1664525U + 1013904223U;
		out[i] = letters[(*seed >> 16) % strlen(letters)];
	}
	out[len] = '\0';
}

static void
as_by_trying_all(void **state)
{
	char glob[16], name[16];
	uint32_t seed = 1;
	size_t hits = 0;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		bool flat = i % 2 == 0, want;

		random_text(glob, 1 + i % 8, "a/**?b", &seed);
		random_text(name, i % 11, "aab/", &seed);
		want = slow(glob, glob, name, flat);
		hits += want;
		if ((flat ? glob_text(glob, name) : glob_path(glob, name)) !=
		    want)
			fail_msg("\"%s\" and \"%s\": not %d", glob, name, want);
	}
	assert_true(hits > 1000);
}

static void
scopes(void **state)
{
	static const char *const good[] = { "a", "a/b", "**", "a/**/*.mp4",
		"\xc3\xa9/?" };
	static const char *const bad[] = { "", "/a", "a/", "a//b", ".", "..",
		"a/../b", "./a", "a\\b", "a\nb", "\xff", "a\x7f" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(glob_valid(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(glob_valid(bad[i]));
}

/* A megabyte of stars takes no longer than the product of both lengths. */
static void
no_blow_up(void **state)
{
	static char glob[1024], name[4096];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(glob); i += 2)
		memcpy(glob + i, "*a", 2);
	memset(name, 'a', sizeof(name) - 2);
	name[sizeof(name) - 2] = 'b';
	assert_false(glob_path(glob, name));
	assert_false(glob_text(glob, name));
}

static void
near(void **state)
{
	static const char *const keys[] = { "signers", "logs", "max_age" };
	char longest[80];

	(void)state;
	assert_int_equal(near_distance("", ""), 0);
	assert_int_equal(near_distance("abc", "abc"), 0);
	assert_int_equal(near_distance("abc", ""), 3);
	assert_int_equal(near_distance("abc", "acb"), 1);
	assert_int_equal(near_distance("kitten", "sitting"), 3);
	assert_string_equal(near_word("signrs", keys, 3), "signers");
	assert_string_equal(near_word("sigenrs", keys, 3), "signers");
	assert_string_equal(near_word("maxage", keys, 3), "max_age");
	assert_null(near_word("colour", keys, 3));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(near_word(longest, keys, 3));
	assert_true(near_distance(longest, longest) > NEAR_MAX);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(as_by_trying_all),
		cmocka_unit_test(scopes),
		cmocka_unit_test(no_blow_up),
		cmocka_unit_test(near),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
