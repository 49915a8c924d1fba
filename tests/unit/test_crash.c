/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "acked.h"

/* Writers that one ledger outlives, and calls of which one is a writer's last:
 * some 60 for each append, 300 before the first. */
#define LIVES_EACH 100
#define CALLS_MAX  1500

/* How often to kill: PROV_SOAK, or a few times. */
static unsigned
rounds(unsigned few)
{
	const char *s = getenv("PROV_SOAK");
	uint64_t n;

	return (s != NULL && u64_decode(&n, s, strlen(s)) && n < 10000000
		    ? (unsigned)n
		    : few);
}

static void
pause_us(long us)
{
	struct timespec t = { .tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000 };

	(void)nanosleep(&t, NULL);
}

/* Reads acknowledgements to the end and checks that each is kept. */
static uint64_t
check_acks(const struct logged *g, prov_ledger *l, int in)
{
	struct ack a;
	uint64_t n = 0;

	while (read(in, &a, sizeof(a)) == sizeof(a)) {
		assert_true(ack_kept(g, l, &a, NULL));
		n++;
	}
	return (n);
}

/* Lets pid make so many system calls, entering and leaving each counted. */
static bool
step_calls(pid_t pid, unsigned calls)
{
	int status;

	for (unsigned i = 0; i < calls; i++) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == -1)
			return (false);
		assert_int_equal(pid, waitpid(pid, &status, 0));
		assert_true(WIFSTOPPED(status));
	}
	return (true);
}

/* A writer, stopped where it may be traced; *traced says whether it may. */
static pid_t
start_writer(const struct logged *g, uint64_t from, int out, bool *traced)
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(-1, pid);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (*traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			(void)raise(SIGSTOP);
		append_for_ever(g, from, out);
		_exit(0);
	}
	if (*traced) {
		*traced = waitpid(pid, &status, WUNTRACED) == pid &&
		          WIFSTOPPED(status);
		assert_true(*traced || !WIFEXITED(status));
	}
	return (pid);
}

/* Kills at some moment or, every other time, at some system call. */
static void
kill_writer(pid_t pid, bool traced, unsigned round, int in)
{
	int status;

	if (!traced) {
		/* Every other time not before something was acknowledged. */
		if (round % 4 == 0)
			(void)poll(&(struct pollfd){ in, POLLIN, 0 }, 1, 5000);
		pause_us(rand() % 60000); /* NOLINT: any moment will do */
	} else {
		assert_true(
		    step_calls(pid, (unsigned)rand() % CALLS_MAX)); /* NOLINT */
	}
	assert_int_equal(0, kill(pid, SIGKILL));
	do
		assert_int_equal(pid, waitpid(pid, &status, 0));
	while (!WIFSIGNALED(status) && !WIFEXITED(status));
	assert_true(WIFSIGNALED(status));
}

/* One writer's life, and what others find then; *from is the size after. */
static uint64_t
live_and_die(const struct logged *g, unsigned round, uint64_t *from)
{
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	bool traced = round % 2 == 1;
	uint64_t acked, before = *from;
	int p[2];
	pid_t pid;

	assert_int_equal(0, pipe(p));
	pid = start_writer(g, *from, p[1], &traced);
	(void)close(p[1]);
	kill_writer(pid, traced, round, p[0]);
	/* Readers never see less than was acknowledged. */
	ok(prov_ledger_open(&r, g->path, prov_key_public(g->log), err));
	ok(prov_ledger_checkpoint(r, from, NULL, NULL, err));
	assert_true(*from >= before);
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	acked = check_acks(g, r, p[0]);
	(void)close(p[0]);
	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	if (round % 5 == 0)
		ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	return (acked);
}

static void
killed_at_any_moment(void **state)
{
	unsigned n = rounds(100);
	uint64_t acked = 0;

	(void)state;
	srand(7);
	for (unsigned done = 0; done < n;) {
		struct logged g;
		uint64_t from = 0;

		assert_true(logged_open(&g));
		for (unsigned i = 0; i < LIVES_EACH && done < n; i++)
			acked += live_and_die(&g, done++, &from);
		logged_close(&g);
	}
	printf("# %llu entries acknowledged in %u lives, 0 lost\n",
	    (unsigned long long)acked, n);
	assert_int_not_equal(0, acked);
}

#define EACH 60

static void
append_some(const struct logged *g, const prov_key *key, uint64_t from, int out)
{
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 };
	prov_entry e;
	prov_span s;

	if (prov_ledger_open_writer(&w, g->path, g->log, NULL) != PROV_OK)
		_exit(2);
	for (uint64_t n = from; n < from + EACH; n++) {
		struct ack a = { 0, n, 0 };

		if (!logged_statement(&b, key, n))
			_exit(3);
		s = buf_span(&b);
		if (prov_ledger_append(w, &s, 1, 60000, &e, NULL) != PROV_OK)
			_exit(4);
		a.index = e.index;
		if (write(out, &a, sizeof(a)) != sizeof(a))
			_exit(5);
	}
	prov_ledger_close(TAKE(w));
	_exit(0);
}

/* Two processes append; each entry is there once, where its writer was told. */
static void
two_writers(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *r = NULL;
	uint64_t size;
	int p[2], status;
	pid_t pid[2];

	(void)state;
	assert_true(logged_open(&g));
	assert_int_equal(0, pipe(p));
	for (unsigned i = 0; i < 2; i++) {
		pid[i] = fork();
		assert_int_not_equal(-1, pid[i]);
		if (pid[i] == 0)
			append_some(&g, g.owner, i * 1000, p[1]);
	}
	(void)close(p[1]);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(pid[i], waitpid(pid[i], &status, 0));
		assert_true(WIFEXITED(status));
		assert_int_equal(0, WEXITSTATUS(status));
	}
	ok(prov_ledger_open(&r, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_checkpoint(r, &size, NULL, NULL, err));
	assert_int_equal(1 + 2 * EACH, size);
	assert_int_equal(2 * EACH, check_acks(&g, r, p[0]));
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	(void)close(p[0]);
	logged_close(&g);
}

static void
bounded_wait(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_FD int fd = -1;
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	fd = open(logged_path(&g, "lock"), O_RDWR);
	assert_int_equal(0, flock(fd, LOCK_EX));
	{
		AUTO_BUF b = { 0 };
		prov_entry e;
		prov_span s;

		assert_true(logged_statement(&b, g.owner, 1));
		s = buf_span(&b);
		assert_int_equal(PROV_EBUSY,
		    prov_ledger_append(w, &s, 1, 20, &e, &why));
		assert_non_null(strstr(why.msg, "try again"));
		assert_int_equal(0, flock(fd, LOCK_UN));
		ok(prov_ledger_append(w, &s, 1, 20, &e, err));
	}
	logged_close(&g);
}

/* Runs in a child: appends until there is no room, then says what it saw. */
static int
fill_up(const struct logged *g, int out)
{
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 };
	prov_err why = { 0 };
	prov_status st = PROV_OK;
	prov_entry e;
	prov_span s;

	if (prov_ledger_open_writer(&w, g->path, g->log, NULL) != PROV_OK)
		return (2);
	for (uint64_t n = 0; n < 20000; n++) {
		struct ack a = { 0, n, 0 };

		if (!logged_statement(&b, g->owner, n))
			return (3);
		s = buf_span(&b);
		st = prov_ledger_append(w, &s, 1, 1000, &e, &why);
		if (st != PROV_OK)
			break;
		a.index = e.index;
		if (write(out, &a, sizeof(a)) != sizeof(a))
			return (4);
	}
	if (st != PROV_EWRITE ||
	    strstr(why.msg, "nothing was acknowledged") == NULL) {
		fprintf(stderr, "# %d %s\n", st, why.msg);
		return (5);
	}
	return (0);
}

/* Whatever was acknowledged stays, and with room again it goes on. */
static void
after_no_room(struct logged *g, int status, int in)
{
	AUTO(prov_ledger) *w = NULL;
	uint64_t n;

	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	n = check_acks(g, w, in);
	printf("# %llu entries acknowledged before\n", (unsigned long long)n);
	assert_int_not_equal(0, n);
	ok(logged_append(w, g->owner, 100000, 100003, 1, err));
}

static void
file_size_limit(void **state)
{
	struct logged g;
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_true(logged_open(&g));
	assert_int_equal(0, pipe(p));
	pid = fork();
	assert_int_not_equal(-1, pid);
	if (pid == 0) {
		const struct rlimit r = { 1000000, 1000000 };

		(void)signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &r) != 0 ? 9 : fill_up(&g, p[1]));
	}
	(void)close(p[1]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	after_no_room(&g, status, p[0]);
	(void)close(p[0]);
	logged_close(&g);
}

/* A file system of its own, where mounting is allowed. */
static void
full_disk(void **state)
{
	struct logged g;
	char big[128];
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_true(logged_dir(&g));
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", g.dir, "tmpfs", 0, "size=4m") != 0) {
		printf("# mounting is not allowed: %s; not tried\n",
		    strerror(errno));
		logged_close(&g);
		return;
	}
	ok(prov_ledger_create(g.path, g.log, g.owner, 0, err));
	assert_int_equal(0, pipe(p));
	pid = fork();
	assert_int_not_equal(-1, pid);
	if (pid == 0)
		_exit(fill_up(&g, p[1]));
	(void)close(p[1]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	snprintf(big, sizeof(big), "size=%um", 64);
	assert_int_equal(0, mount("tmpfs", g.dir, "tmpfs", MS_REMOUNT, big));
	after_no_room(&g, status, p[0]);
	(void)close(p[0]);
	assert_int_equal(0, umount2(g.dir, MNT_DETACH));
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment),
		cmocka_unit_test(two_writers),
		cmocka_unit_test(bounded_wait),
		cmocka_unit_test(file_size_limit),
		cmocka_unit_test(full_disk),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
