/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

/* Each test has a directory of its own, and is in it. */
static int
enter(void **state)
{
	char dir[] = "/tmp/prov-file.XXXXXX";

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return (-1);
	*state = strdup(dir);
	return (*state == NULL ? -1 : 0);
}

static int
leave(void **state)
{
	char cmd[128];
	int n = snprintf(cmd, sizeof(cmd), "chmod -R u+w %s && rm -rf %s",
	    (char *)*state, (char *)*state);

	free(*state);
	if (n < 0 || (size_t)n >= sizeof(cmd) || chdir("/") != 0)
		return (-1);
	return (system(cmd) == 0 ? 0 : -1);
}

static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return (n - 2);
}

static void
round_trip(void **state)
{
	AUTO_BUF big = { 0 };
	prov_err err = { 0 };
	struct stat st;

	(void)state;
	for (size_t i = 0; i < 200000; i++)
		buf_put_byte(&big, (uint8_t)(i * 31));
	for (size_t len = 0; len <= 200000; len = len * 3 + 1) {
		AUTO_BUF back = { 0 };

		assert_int_equal(PROV_OK,
		    file_write("f", span(big.p, len), 0640, FILE_SYNC, &err));
		assert_int_equal(PROV_OK, file_read(&back, "f", len, &err));
		assert_true(span_eq(span(big.p, len), buf_span(&back)));
	}
	assert_int_equal(0, stat("f", &st));
	assert_int_equal(0, st.st_mode & 0777 & ~0640U);
	assert_int_equal(0600, st.st_mode & 0600);
	assert_int_equal(1, entries("."));
}

static void
holds_what_it_holds(void **state)
{
	(void)state;
	assert_int_equal(PROV_OK,
	    file_write("f", span("12345", 5), 0600, 0, NULL));
	assert_true(file_holds("f", span("12345", 5)));
	assert_false(file_holds("f", span("12344", 5)));
	assert_false(file_holds("f", span("1234", 4)));
	assert_false(file_holds("f", span("123456", 6)));
	assert_false(file_holds("g", span("", 0)));
	assert_int_equal(PROV_OK, file_write("f", span("", 0), 0600, 0, NULL));
	assert_true(file_holds("f", span("", 0)));
}

static void
read_is_bounded(void **state)
{
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	int ends[2];

	(void)state;
	assert_int_equal(PROV_OK,
	    file_write("f", span("12345", 5), 0600, 0, &err));
	assert_int_equal(PROV_ELIMIT, file_read(&b, "f", 4, &err));
	assert_string_equal("f: 5 bytes, more than the 4 allowed", err.msg);
	assert_int_equal(0, b.len);
	/* A pipe does not tell its size. */
	assert_int_equal(0, pipe(ends));
	assert_int_equal(5, write(ends[1], "12345", 5));
	(void)close(ends[1]);
	prov_err_clear(&err);
	assert_int_equal(PROV_ELIMIT, fd_read(&b, ends[0], 4, &err));
	assert_string_equal("more than the 4 bytes allowed", err.msg);
	(void)close(ends[0]);
	assert_int_equal(0, pipe(ends));
	assert_int_equal(5, write(ends[1], "12345", 5));
	(void)close(ends[1]);
	buf_free(&b);
	assert_int_equal(PROV_OK, fd_read(&b, ends[0], 5, NULL));
	assert_true(span_eq(span("12345", 5), buf_span(&b)));
	(void)close(ends[0]);
	/* So do the files of /proc, which say 0. */
	buf_free(&b);
	assert_int_equal(PROV_OK,
	    file_read(&b, "/proc/self/status", 65536, NULL));
	assert_true(b.len > 100);
	buf_free(&b);
	assert_int_equal(PROV_ELIMIT,
	    file_read(&b, "/proc/self/status", 10, NULL));
}

static void
open_says_what_it_is(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX, .sun_path = "sock" };
	static const struct {
		const char *path;
		prov_status want;
		const char *msg;
	} rows[] = {
		{ "dir", PROV_EOPEN, "dir: is a directory" },
		{ "fifo", PROV_EOPEN, "fifo: is a FIFO" },
		{ "/dev/null", PROV_EOPEN, "/dev/null: is a character device" },
		{ "sock", PROV_EOPEN, "sock: No such device or address" },
		{ "none", PROV_ENOTFOUND, "none: No such file or directory" },
		{ "", PROV_ENOTFOUND, ": No such file or directory" },
		{ "loop", PROV_EOPEN,
		    "loop: Too many levels of symbolic links" },
		{ "f/x", PROV_EOPEN, "f/x: Not a directory" },
	};
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_true(s >= 0);
	assert_int_equal(0, bind(s, (struct sockaddr *)&sun, sizeof(sun)));
	(void)close(s);
	assert_int_equal(0, mkdir("dir", 0700));
	assert_int_equal(0, mkfifo("fifo", 0600));
	assert_int_equal(0, symlink("loop", "loop"));
	assert_int_equal(PROV_OK, file_write("f", span("", 0), 0600, 0, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_err err = { 0 };
		int fd = -7;

		assert_int_equal(rows[i].want,
		    file_open(&fd, NULL, rows[i].path, &err));
		assert_string_equal(rows[i].msg, err.msg);
		assert_int_equal(-7, fd);
	}
}

/* What is no file is not taken for one that this machine cannot open. */
static void
part_says_whose_fault_it_is(void **state)
{
	static const struct {
		const char *path;
		prov_status want;
	} rows[] = {
		{ "dir", PROV_EUNTRUSTED },
		{ "loop", PROV_EUNTRUSTED },
		{ "f/x", PROV_EUNTRUSTED },
		{ "none", PROV_ENOTFOUND },
		{ "f", PROV_OK },
	};
	struct rlimit was, none;
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(0, mkdir("dir", 0700));
	assert_int_equal(0, symlink("loop", "loop"));
	assert_int_equal(PROV_OK, file_write("f", span("", 0), 0600, 0, NULL));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_FD int fd = -1;

		assert_int_equal(rows[i].want,
		    part_open(&fd, NULL, rows[i].path, NULL));
		assert_int_equal(rows[i].want,
		    part_read(&b, rows[i].path, 1, NULL));
	}
	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &was));
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &none));
	assert_int_equal(PROV_EIO, file_read(&b, "f", 1, NULL));
	assert_int_equal(PROV_EIO, part_read(&b, "f", 1, NULL));
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &was));
}

static void
pread_is_exact(void **state)
{
	prov_err err = { 0 };
	struct stat st;
	AUTO_FD int fd = -1;
	char p[8] = "";

	(void)state;
	assert_int_equal(PROV_OK,
	    file_write("f", span("0123456789", 10), 0600, 0, &err));
	assert_int_equal(PROV_OK, file_open(&fd, &st, "f", &err));
	assert_int_equal(10, st.st_size);
	assert_int_equal(PROV_OK, fd_pread(fd, p, 4, 6, &err));
	assert_memory_equal("6789", p, 4);
	assert_int_equal(PROV_OK, fd_pread(fd, p, 0, 10, &err));
	assert_int_equal(PROV_EIO, fd_pread(fd, p, 4, 7, &err));
	assert_string_equal("the file ends at 10, 1 bytes early", err.msg);
	assert_int_equal(PROV_EIO, fd_pread(fd, p, 1, UINT64_MAX, NULL));
	assert_int_equal(PROV_EIO, fd_pread(fd, p, 2, INT64_MAX, NULL));
	assert_int_equal(PROV_EIO, fd_pread(-1, p, 1, 0, NULL));
	assert_int_equal(0, lseek(fd, 0, SEEK_CUR));
}

static void
write_replaces_or_refuses(void **state)
{
	prov_err err = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    file_write("f", span("old", 3), 0600, FILE_EXCL, &err));
	assert_int_equal(PROV_EEXIST,
	    file_write("f", span("new", 3), 0600, FILE_EXCL, &err));
	assert_string_equal("f: File exists", err.msg);
	assert_int_equal(PROV_OK, file_read(&b, "f", 9, NULL));
	assert_true(span_eq(span("old", 3), buf_span(&b)));
	assert_int_equal(PROV_OK,
	    file_write("f", span("new", 3), 0600, FILE_SYNC, NULL));
	buf_free(&b);
	assert_int_equal(PROV_OK, file_read(&b, "f", 9, NULL));
	assert_true(span_eq(span("new", 3), buf_span(&b)));
	assert_int_equal(1, entries("."));
}

/* What cannot be written leaves what was there, and no temporary file. */
static void
write_fails_whole(void **state)
{
	struct rlimit limit, small;
	prov_err err = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK,
	    file_write("f", span("old", 3), 0600, 0, &err));
	assert_int_equal(0, mkdir("d", 0700));
	assert_int_equal(PROV_EWRITE,
	    file_write("d", span("new", 3), 0600, FILE_SYNC, &err));
	assert_int_equal(PROV_EWRITE,
	    file_write("none/f", span("new", 3), 0600, FILE_SYNC, NULL));
	assert_int_equal(PROV_EWRITE,
	    file_write("f/f", span("new", 3), 0600, FILE_SYNC, NULL));
	assert_int_equal(2, entries("."));
	/* A file system that is full comes as EFBIG here. */
	assert_true(buf_grow(&b, 70000) != NULL);
	memset(b.p, 'n', b.len);
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &limit));
	small = limit;
	small.rlim_cur = 4096;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &small));
	prov_err_clear(&err);
	assert_int_equal(PROV_EWRITE,
	    file_write("f", buf_span(&b), 0600, FILE_SYNC, &err));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &limit));
	assert_string_equal("f: write: File too large", err.msg);
	buf_free(&b);
	assert_int_equal(PROV_OK, file_read(&b, "f", 9, NULL));
	assert_true(span_eq(span("old", 3), buf_span(&b)));
	assert_int_equal(2, entries("."));
	assert_int_equal(0, entries("d"));
}

static void
directories(void **state)
{
	prov_err err = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(PROV_OK, dir_make("a/b//c/", &err));
	assert_int_equal(0, stat("a/b/c", &st));
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(PROV_OK, dir_make("a/b/c", &err));
	assert_int_equal(PROV_OK, dir_make("/tmp", &err));
	assert_int_equal(PROV_OK, dir_make("/", &err));
	assert_int_equal(PROV_OK, dir_sync("a/b", &err));
	assert_int_equal(PROV_OK, file_write("f", span("", 0), 0600, 0, &err));
	assert_int_equal(PROV_EWRITE, dir_make("f", &err));
	assert_string_equal("f: is not a directory", err.msg);
	assert_int_equal(PROV_EWRITE, dir_make("f/g", NULL));
	assert_int_equal(PROV_EWRITE, dir_make("", NULL));
	assert_int_equal(PROV_EWRITE, dir_sync("none", NULL));
	assert_int_equal(PROV_EWRITE, dir_sync("f", NULL));
}

static void
paths_join(void **state)
{
	static const char *const rows[][3] = { { "a", "b", "a/b" },
		{ "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "/b" },
		{ "a", "", "a/" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_FREE char *s = path_join(rows[i][0], rows[i][1]);

		assert_non_null(s);
		assert_string_equal(rows[i][2], s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, enter, leave),
		cmocka_unit_test_setup_teardown(holds_what_it_holds, enter,
		    leave),
		cmocka_unit_test_setup_teardown(read_is_bounded, enter, leave),
		cmocka_unit_test_setup_teardown(open_says_what_it_is, enter,
		    leave),
		cmocka_unit_test_setup_teardown(part_says_whose_fault_it_is,
		    enter, leave),
		cmocka_unit_test_setup_teardown(pread_is_exact, enter, leave),
		cmocka_unit_test_setup_teardown(write_replaces_or_refuses,
		    enter, leave),
		cmocka_unit_test_setup_teardown(write_fails_whole, enter,
		    leave),
		cmocka_unit_test_setup_teardown(directories, enter, leave),
		cmocka_unit_test(paths_join),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
