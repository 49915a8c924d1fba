/* SPDX-License-Identifier: ISC */
/* What a demuxer that was taken over would try. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "demux/sandbox.h"

#define FINE 7 /* the attempt was answered with an error */
#define OUT  8 /* it worked */

static int
try_open(void)
{
	return (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT
		    ? FINE
		    : OUT);
}

static int
try_read(void)
{
	char c;

	/* What is open may be read: that is all there is to do here. */
	return (pread(3, &c, 1, 0) == 1 ? FINE : OUT);
}

static int
try_memory(void)
{
	void *p = mmap(NULL, 600UL << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return (p == MAP_FAILED ? FINE : OUT);
}

static int
try_socket(void)
{
	return (socket(AF_INET, SOCK_STREAM, 0) < 0 ? FINE : OUT);
}

static int
try_exec(void)
{
	char *argv[] = { NULL };

	return (execve("/bin/true", argv, argv) < 0 ? FINE : OUT);
}

static int
try_fork(void)
{
	return (fork() < 0 ? FINE : OUT);
}

static int
try_trace(void)
{
	return (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? FINE : OUT);
}

static int
try_code(void)
{
	return (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		    ? FINE
		    : OUT);
}

static int
try_kill(void)
{
	return (kill(getppid(), SIGKILL) < 0 ? FINE : OUT);
}

static int
try_unlink(void)
{
	return (unlink("/tmp/prov-sandbox-none") < 0 ? FINE : OUT);
}

static int
outcome(int (*attempt)(void))
{
	pid_t pid = fork();
	int status, fd;

	assert_true(pid >= 0);
	if (pid == 0) {
		fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || dup2(fd, 3) != 3 || !sandbox_enter(0))
			_exit(1);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (status);
}

static void
answers_with_an_error(void **state)
{
	static int (*const attempts[])(
	    void) = { try_open, try_read, try_memory };

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int status = outcome(attempts[i]);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), FINE);
	}
}

static void
kills(void **state)
{
	static int (*const attempts[])(void) = { try_socket, try_exec, try_fork,
		try_trace, try_code, try_kill, try_unlink };

	(void)state;
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		int status = outcome(attempts[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_with_an_error),
		cmocka_unit_test(kills),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
