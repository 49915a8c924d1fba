/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "gate/difference.h"
#include "gate/lines.h"
#include "logged.h"
#include "manifest/runrecord.h"

/* A list of lines, one letter each, as the hashes that stand for them. */
static void
hashes(struct buf *b, const char *letters)
{
	for (; *letters != '\0'; letters++)
		buf_put_be64(b, (uint64_t)*letters << 32);
}

static prov_status
note(void *arg, const struct difference *d, prov_err *err)
{
	(void)err;
	buf_printf(arg, "%s%s %llu %llu",
	    ((struct buf *)arg)->len > 0 ? ", " : "", difference_name(d->kind),
	    (unsigned long long)d->was, (unsigned long long)d->now);
	return (PROV_OK);
}

static void
told(const char *was, const char *now, const char *want)
{
	AUTO_BUF a = { 0 }, b = { 0 }, said = { 0 };
	AUTO_FREE char *got = NULL;

	hashes(&a, was);
	hashes(&b, now);
	ok(difference_find(buf_span(&a), buf_span(&b), note, &said, err));
	ok(buf_take_str(&said, &got, err));
	if (strcmp(got, want) != 0)
		fail_msg("%s to %s: \"%s\", not \"%s\"", was, now, got, want);
}

static void
all_kinds(void **state)
{
	(void)state;
	told("", "", "");
	told("abcdef", "abcdef", "");
	told("abcdef", "abXdef", "altered 3 3");
	told("abcdef", "Xbcdef", "altered 1 1");
	told("abcdef", "abcdeX", "altered 6 6");
	told("abcdef", "abdef", "missing 3 3");
	told("abcdef", "bcdef", "missing 1 1");
	told("abcdef", "abcde", "missing 6 6");
	told("abcdef", "",
	    "missing 1 1, missing 2 1, missing 3 1, "
	    "missing 4 1, missing 5 1, missing 6 1");
	told("abcdef", "abcXdef", "added 4 4");
	told("abcdef", "Xabcdef", "added 1 1");
	told("abcdef", "abcdefX", "added 7 7");
	told("abcdef", "bacdef", "moved 2 1");
	told("abcdef", "bcdefa", "moved 1 6");
	told("abcdef", "fabcde", "moved 6 1");
	told("abcdef", "acXefbg", "altered 4 3, moved 2 6, added 7 7");
}

static void
repeats(void **state)
{
	(void)state;
	told("aaaa", "aaa", "missing 4 4");
	told("aaaa", "aaaaa", "added 5 5");
	told("abab", "abba", "moved 4 3");
	told("aXa", "aa", "missing 2 2");
	/* Refused before a line of it is looked at. */
	assert_int_equal(PROV_ELIMIT,
	    difference_find(span("", 0), span("", (RUN_LINES_MAX + 1) * 8),
		note, NULL, NULL));
}

/* Whatever the lists are: what is told leads from the one to the other. */
struct replay {
	const char *was, *now;
	char got[16];
	bool gone[16];
};

static prov_status
apply(void *arg, const struct difference *d, prov_err *err)
{
	struct replay *r = arg;

	(void)err;
	if (d->kind != DIFFERENCE_ADDED)
		r->gone[d->was - 1] = true;
	if (d->kind == DIFFERENCE_MISSING)
		return (PROV_OK);
	if (d->kind == DIFFERENCE_MOVED)
		assert_int_equal(r->was[d->was - 1], r->now[d->now - 1]);
	r->got[d->now - 1] = r->now[d->now - 1];
	return (PROV_OK);
}

static void
leads_there(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		char was[9] = "", now[9] = "";
		AUTO_BUF a = { 0 }, b = { 0 };
		struct replay r = { .was = was, .now = now };
		size_t i = 0;

		for (size_t k = 0; k < 16; k++) {
			seed =
			    seed * 6364136223846793005U + 1442695040888963407U;
			if (seed >> 62 == 0)
				continue;
			*(k % 2 == 0 ? was + strlen(was) : now + strlen(now)) =
			    (char)('a' + (seed >> 40) % 5);
		}
		hashes(&a, was);
		hashes(&b, now);
		ok(difference_find(buf_span(&a), buf_span(&b), apply, &r, err));
		for (size_t j = 0; j < strlen(now); j++) {
			if (r.got[j] != '\0')
				continue;
			while (i < strlen(was) && r.gone[i])
				i++;
			assert_true(i < strlen(was));
			r.got[j] = was[i++];
		}
		while (i < strlen(was))
			assert_true(r.gone[i++]);
		assert_string_equal(now, r.got);
	}
}

static int
file_of(const char *bytes, size_t len)
{
	char path[] = "/tmp/prov-lines.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd != -1);
	assert_int_equal(0, unlink(path));
	assert_int_equal((ssize_t)len, write(fd, bytes, len));
	return (fd);
}

/* "1:text" for a line, "|" behind a piece, "~" behind what is torn. */
static void
split(const char *text, const char *want)
{
	AUTO_FD int fd = file_of(text, strlen(text));
	AUTO_LINES *lines = NULL;
	AUTO_BUF b = { 0 };
	AUTO_FREE char *got = NULL;
	struct line l;
	prov_status st;

	ok(lines_new(&lines, fd, 4, err));
	while ((st = lines_next(lines, &l, NULL)) == PROV_OK)
		buf_printf(&b, "%llu:%.*s%s%s ", (unsigned long long)l.n,
		    (int)l.text.len, l.text.p, l.more ? "|" : "",
		    l.torn ? "~" : "");
	assert_int_equal(PROV_ENOTFOUND, st);
	ok(buf_take_str(&b, &got, err));
	assert_string_equal(want, got);
}

static void
lines_of(void **state)
{
	(void)state;
	split("", "");
	split("a\n", "1:a ");
	split("a", "1:a~ ");
	split("\n", "1: ");
	split("\n\n", "1: 2: ");
	split("ab\ncd\n", "1:ab 2:cd ");
	split("ab\ncd", "1:ab 2:cd~ ");
	split("abcd\ne\n", "1:abcd 2:e ");
	split("abcde\nf\n", "1:abcd| 1:e 2:f ");
	split("abcdefgh\ni\n", "1:abcd| 1:efgh 2:i ");
	split("abcdefghi", "1:abcd| 1:efgh| 1:i~ ");
	split("abcd", "1:abcd~ ");
}

/* Lines longer than what is read at once, and files of many reads. */
static void
many_lines(void **state)
{
	AUTO_BUF b = { 0 };
	AUTO_LINES *lines = NULL;
	struct line l;

	(void)state;
	for (unsigned i = 0; i < 30000; i++)
		buf_printf(&b, "%u %0*u\n", i, (int)(i % 61), 7U);
	{
		AUTO_FD int fd = file_of((const char *)b.p, b.len);

		ok(lines_new(&lines, fd, 100, err));
		for (unsigned i = 0; i < 30000; i++) {
			AUTO_BUF want = { 0 };

			buf_printf(&want, "%u %0*u", i, (int)(i % 61), 7U);
			ok(lines_next(lines, &l, err));
			assert_int_equal(i + 1, l.n);
			assert_true(span_eq(buf_span(&want), l.text));
		}
		assert_int_equal(PROV_ENOTFOUND, lines_next(lines, &l, NULL));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds),
		cmocka_unit_test(repeats),
		cmocka_unit_test(leads_there),
		cmocka_unit_test(lines_of),
		cmocka_unit_test(many_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
