/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/name.h"

static char dir[] = "/tmp/prov-name.XXXXXX";

/* root/a/file, and beside it all that a name must not lead to. */
static int
enter(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return (-1);
	return (system("mkdir -p root/a root/d && echo in >root/a/file && "
		       "echo out >outside && ln -s file root/a/link && "
		       "ln -s ../outside root/out && ln -s a root/dir && "
		       "ln -s .. root/up && mkfifo root/fifo && "
		       "ln -s root rooted && touch root/.hidden root/..x"));
}

static int
leave(void **state)
{
	char cmd[64];

	(void)state;
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return (chdir("/") != 0 || system(cmd) != 0 ? -1 : 0);
}

static void
names(void **state)
{
	static const char *const good[] = { "a", "a/b", ".a", "..a", "a..",
		"...", "a b", "caf\xc3\xa9/\xe6\x98\xa0.mp4", "-x", "a:b" };
	static const char *const bad[] = { "", "/", "/a", "a/", "a//b", ".",
		"..", "./a", "a/..", "a/../b", "a/.", "a\\b", "\\", "a\x01",
		"a\n", "\x7f", "\xc2\x85", "\xff", "a/\xc3", "\xc0\xae\xc0\xae",
		"\xed\xa0\x80" };
	char deep[2 * NAME_PARTS_MAX + 2], longest[NAME_LEN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(PROV_OK,
		    name_check(span(good[i], strlen(good[i])), NULL));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(PROV_EARG,
		    name_check(span(bad[i], strlen(bad[i])), NULL));
	assert_int_equal(PROV_EARG, name_check(span("a\0b", 3), NULL));
	for (size_t i = 0; i < sizeof(deep); i++)
		deep[i] = i % 2 == 0 ? 'x' : '/';
	assert_int_equal(PROV_OK,
	    name_check(span(deep, 2 * NAME_PARTS_MAX - 1), NULL));
	assert_int_equal(PROV_EARG,
	    name_check(span(deep, 2 * NAME_PARTS_MAX + 1), NULL));
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(PROV_OK,
	    name_check(span(longest, NAME_LEN_MAX), NULL));
	assert_int_equal(PROV_EARG,
	    name_check(span(longest, NAME_LEN_MAX + 1), NULL));
}

/* Both ways to open say the same of the same name. */
static void
opened(void **state)
{
	static const struct {
		const char *name;
		prov_status st;
	} table[] = {
		{ "a/file", PROV_OK },
		{ ".hidden", PROV_OK },
		{ "..x", PROV_OK },
		{ "a", PROV_EUNTRUSTED },
		{ "fifo", PROV_EUNTRUSTED },
		{ "a/link", PROV_EUNTRUSTED },
		{ "out", PROV_EUNTRUSTED },
		{ "dir", PROV_EUNTRUSTED },
		{ "dir/file", PROV_EUNTRUSTED },
		{ "up/outside", PROV_EUNTRUSTED },
		{ "a/none", PROV_ENOTFOUND },
		{ "none/file", PROV_ENOTFOUND },
		{ "a/file/x", PROV_ENOTFOUND },
		{ "../outside", PROV_EARG },
		{ "/etc/passwd", PROV_EARG },
		{ "a/../../outside", PROV_EARG },
		{ "", PROV_EARG },
	};
	int root = -1;

	(void)state;
	/* The root itself is the caller's, and may be a link. */
	assert_int_equal(PROV_OK, name_root(&root, "rooted", NULL));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		AUTO_FD int fd = -1, fd2 = -1;
		struct stat st = { 0 }, st2 = { 0 };

		assert_int_equal(table[i].st,
		    name_open(&fd, &st, root, table[i].name, NULL));
		assert_int_equal(table[i].st,
		    name_open_parts(&fd2, &st2, root, table[i].name, NULL));
		assert_int_equal(table[i].st == PROV_OK, fd >= 0);
		assert_int_equal(table[i].st == PROV_OK, fd2 >= 0);
		assert_true(st.st_ino == st2.st_ino);
	}
	(void)close(root);
	assert_int_equal(PROV_EOPEN, name_root(&root, "none", NULL));
	assert_int_equal(PROV_EOPEN, name_root(&root, "outside", NULL));
}

/* What was swapped for a link after it was listed is not followed. */
static void
swapped(void **state)
{
	AUTO_FD int root = -1;
	AUTO_FD int fd = -1;

	(void)state;
	assert_int_equal(PROV_OK, name_root(&root, "root", NULL));
	assert_int_equal(0, system("mv root/a root/b && ln -s b root/a"));
	assert_int_equal(PROV_EUNTRUSTED,
	    name_open(&fd, NULL, root, "a/file", NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    name_open_parts(&fd, NULL, root, "a/file", NULL));
	assert_int_equal(-1, fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(opened),
		cmocka_unit_test(swapped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, enter, leave));
}
