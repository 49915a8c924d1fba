/* SPDX-License-Identifier: ISC */
/* Programs of ours: what they are given, and that they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/program.h"

static char shell[] = "/bin/sh", dash_c[] = "-c";

/* Runs a line of shell, and what it writes to its socket into out. */
static void
run(struct program *p, char *line, char *out, size_t size)
{
	char variable[] = "ONLY=this";
	char *argv[] = { shell, dash_c, line, NULL };
	char *envp[] = { variable, NULL };
	const struct program_start how = { .name = "the test",
		.argv = argv,
		.envp = envp,
		.type = SOCK_STREAM };
	prov_err err = { 0 };
	size_t n = 0;
	ssize_t got;

	assert_int_equal(PROV_OK, program_start(p, &how, &err));
	assert_true(p->pid > 0);
	while (
	    n < size - 1 && (got = read(p->socket, out + n, size - 1 - n)) > 0)
		n += (size_t)got;
	out[n] = '\0';
}

static void
is_given_no_more(void **state)
{
	char line[] = "echo $ONLY ${HOME-none} >&3; "
		      "for fd in /proc/self/fd/*; do echo ${fd##*/} >&3; done; "
		      "read x; echo \"in:$x\" >&3; exec 3>&-";
	char out[256];
	struct program p;

	(void)state;
	assert_int_equal(0, setenv("HOME", "/secret", 1));
	run(&p, line, out, sizeof(out));
	program_stop(&p);
	assert_int_equal(0, p.pid);
	assert_int_equal(-1, p.socket);
	assert_memory_equal("this none\n0\n1\n2\n3\n", out, 18);
	assert_non_null(strstr(out, "in:\n"));
	program_stop(&p); /* again is nothing */
}

/* What does not care about its socket is ended. */
static void
ends_in_the_end(void **state)
{
	char line[] = "exec 3>&-; exec sleep 1000";
	char out[8];
	struct program p;
	pid_t pid;

	(void)state;
	run(&p, line, out, sizeof(out));
	pid = p.pid;
	assert_int_equal(0, kill(pid, 0));
	program_stop(&p);
	assert_int_equal(-1, kill(pid, 0));
}

static void
is_not_there(void **state)
{
	char path[] = "/nonexistent/program";
	char *argv[] = { path, NULL }, *envp[] = { NULL };
	const struct program_start how = { .name = "the test",
		.argv = argv,
		.envp = envp,
		.type = SOCK_STREAM };
	struct program p;
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(PROV_EOPEN, program_start(&p, &how, &err));
	assert_non_null(strstr(err.msg, "the test cannot be started"));
	assert_int_equal(0, p.pid);
	program_stop(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_given_no_more),
		cmocka_unit_test(ends_in_the_end),
		cmocka_unit_test(is_not_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
