/* SPDX-License-Identifier: ISC */
/* What is replaced or removed goes when a thread lets go of it. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ledger/sweeper.h"

#define MANY 1000

static struct sweeper *
start(void)
{
	struct sweeper *s = NULL;
	prov_err err = { 0 };

	assert_int_equal(sweeper_new(&s, &err), PROV_OK);
	return (s);
}

static bool
is_closed(int fd)
{
	return (fcntl(fd, F_GETFD) == -1 && errno == EBADF);
}

static void
put(const char *path, const char *text)
{
	prov_err err = { 0 };

	assert_int_equal(file_write(path, span(text, strlen(text)), 0644, 0,
			     &err),
	    PROV_OK);
}

/* The old file is there, without a name, until the thread has closed it. */
static void
holds_what_is_replaced(void **state)
{
	struct sweeper *s = start();
	struct stat sb;
	int fd;

	(void)state;
	put("sweeper-file", "old");
	fd = sweeper_hold(s, AT_FDCWD, "sweeper-file");
	assert_int_not_equal(fd, -1);
	put("sweeper-file", "newer");
	assert_int_equal(fstat(fd, &sb), 0);
	assert_int_equal(sb.st_nlink, 0);
	assert_int_equal(sb.st_size, 3);
	sweeper_drop(s, fd);
	sweeper_free(s);
	assert_true(is_closed(fd));
	assert_int_equal(unlink("sweeper-file"), 0);
}

static void
holds_a_directory(void **state)
{
	struct sweeper *s = start();
	struct stat sb;
	int fd;

	(void)state;
	assert_int_equal(mkdir("sweeper-dir", 0700), 0);
	fd = sweeper_hold(s, AT_FDCWD, "sweeper-dir");
	assert_int_equal(rmdir("sweeper-dir"), 0);
	assert_int_equal(fstat(fd, &sb), 0);
	sweeper_drop(s, fd);
	sweeper_free(s);
	assert_true(is_closed(fd));
}

/* More than it has room for: those are closed at once. */
static void
lets_go_of_all(void **state)
{
	struct sweeper *s = start();
	int fd[MANY];
	size_t n = 0;

	(void)state;
	put("sweeper-many", "x");
	for (; n < MANY; n++)
		if ((fd[n] = sweeper_hold(s, AT_FDCWD, "sweeper-many")) == -1)
			break;
	assert_true(n > 200);
	for (size_t i = 0; i < n; i++)
		sweeper_drop(s, fd[i]);
	sweeper_free(s);
	for (size_t i = 0; i < n; i++)
		assert_true(is_closed(fd[i]));
	assert_int_equal(unlink("sweeper-many"), 0);
}

static void
without_one(void **state)
{
	struct sweeper *s = start();
	int fd;

	(void)state;
	assert_int_equal(sweeper_hold(NULL, AT_FDCWD, "."), -1);
	assert_int_equal(sweeper_hold(s, AT_FDCWD, "no/such"), -1);
	sweeper_drop(NULL, -1);
	sweeper_drop(s, -1);
	sweeper_free(NULL);
	sweeper_free(s);
	assert_true((fd = open(".", O_RDONLY)) != -1);
	sweeper_drop(NULL, fd);
	assert_true(is_closed(fd));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_what_is_replaced),
		cmocka_unit_test(holds_a_directory),
		cmocka_unit_test(lets_go_of_all),
		cmocka_unit_test(without_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
