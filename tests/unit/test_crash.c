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
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "logged.h"

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

/* What a writer tells once prov_ledger_append has returned. */
struct ack {
	uint64_t index;
	uint64_t n;
	uint32_t batch;
};

/* Appends for ever, 1 to 3 statements at a time, with a blob now and then. */
static void
append_for_ever(const struct logged *g, uint64_t from, int out)
{
	AUTO(prov_ledger) *w = NULL;
	struct buf b[3] = { { 0 }, { 0 }, { 0 } };
	prov_entry e[3];

	if (prov_ledger_open_writer(&w, g->path, g->log, NULL) != PROV_OK)
		_exit(2);
	for (uint64_t n = from;;) {
		size_t batch = n % 3 + 1;
		struct ledger_item item[3] = { 0 };
		prov_span blob = span(&n, sizeof(n));

		for (size_t i = 0; i < batch; i++) {
			if (!logged_statement(&b[i], g->owner, n + i))
				_exit(3);
			item[i].statement = buf_span(&b[i]);
			item[i].blobs = &blob;
			item[i].n_blobs = n % 5 == 0;
		}
		if (ledger_append_items(w, item, batch, 20000, e, NULL, NULL) !=
		    PROV_OK)
			_exit(4);
		for (size_t i = 0; i < batch; i++) {
			const struct ack a = { e[i].index, n + i,
				(uint32_t)batch };

			if (write(out, &a, sizeof(a)) != sizeof(a))
				_exit(5);
		}
		n += batch;
		if (n % 40 < 3) {
			/* A process that ends well in between. */
			prov_ledger_close(TAKE(w));
			if (prov_ledger_open_writer(&w, g->path, g->log,
				NULL) != PROV_OK)
				_exit(6);
		}
	}
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
	AUTO_BUF b = { 0 };
	struct ack a;
	uint64_t n = 0;

	while (read(in, &a, sizeof(a)) == sizeof(a)) {
		AUTO_FREE uint8_t *bytes = NULL;
		size_t len;

		ok(prov_ledger_entry(l, a.index, &bytes, &len, err));
		assert_true(logged_statement(&b, g->owner, a.n));
		assert_true(span_eq(buf_span(&b), span(bytes, len)));
		n++;
	}
	return (n);
}

static void
killed_at_any_moment(void **state)
{
	unsigned n = rounds(25);
	struct logged g;
	uint64_t acked = 0, from = 0;

	(void)state;
	assert_true(logged_open(&g));
	srand(7);
	for (unsigned i = 0; i < n; i++) {
		AUTO(prov_ledger) *w = NULL;
		AUTO(prov_ledger) *r = NULL;
		int p[2], status;
		pid_t pid;

		assert_int_equal(0, pipe(p));
		pid = fork();
		assert_int_not_equal(-1, pid);
		if (pid == 0)
			append_for_ever(&g, from, p[1]);
		(void)close(p[1]);
		/* Every other time not before something was acknowledged. */
		if (i % 2 == 0)
			(void)poll(&(struct pollfd){ p[0], POLLIN, 0 }, 1,
			    5000);
		pause_us(rand() % 60000); /* NOLINT: any moment will do */
		assert_int_equal(0, kill(pid, SIGKILL));
		assert_int_equal(pid, waitpid(pid, &status, 0));
		assert_true(WIFSIGNALED(status));
		/* Readers never see less than was acknowledged. */
		ok(prov_ledger_open(&r, g.path, prov_key_public(g.log), err));
		ok(prov_ledger_checkpoint(r, &from, NULL, NULL, err));
		ok(prov_ledger_check(r, NULL, NULL, NULL, err));
		acked += check_acks(&g, r, p[0]);
		(void)close(p[0]);
		ok(prov_ledger_open_writer(&w, g.path, g.log, err));
		if (i % 5 == 0)
			ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	}
	printf("# %llu entries acknowledged in %u lives\n",
	    (unsigned long long)acked, n);
	assert_int_not_equal(0, acked);
	logged_close(&g);
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
		struct ack a = { 0, n, 1 };

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
		struct ack a = { 0, n, 1 };

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
		const struct rlimit r = { 300000, 300000 };

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
	    mount("tmpfs", g.dir, "tmpfs", 0, "size=1500k") != 0) {
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
