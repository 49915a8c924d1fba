/* SPDX-License-Identifier: ISC */
/*
 * A writer appends on a disk of its own and says what was acknowledged; then
 * it is stopped, and a copy of the disk is what a power cut would leave. All
 * that was acknowledged must be on it. Built once more with SYNC_OFF, where the
 * store does not sync: then entries have to be lost, or the test is blind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "../unit/acked.h"
#include "disk.h"

#define ACKS_MAX    100000
#define CUTS_EACH   20 /* power cuts that one ledger sees */
#define CUTS        10
#define SAID_MAX    3
#define STOPPED_MAX 2000 /* looks, 5 ms apart */

struct cut {
	struct logged g;
	char image[96], snapshot[96];
	struct ack *acks; /* of this ledger */
	size_t n_acks, n_all, n_lost, n_broken;
	uint64_t from;
};

static unsigned
rounds(void)
{
	const char *s = getenv("PROV_POWERCUTS");
	uint64_t n;

	return (s != NULL && u64_decode(&n, s, strlen(s)) && n < 1000000
		    ? (unsigned)n
		    : CUTS);
}

static void
pause_us(long us)
{
	struct timespec t = { .tv_sec = us / 1000000,
		.tv_nsec = us % 1000000 * 1000 };

	(void)nanosleep(&t, NULL);
}

static void
must_mount(const struct cut *c)
{
	if (!disk_mount(c->image, c->g.dir))
		fail_msg("mount: %s", strerror(errno));
}

/* A new disk with a new ledger. */
static void
begin(struct cut *c)
{
	(void)unlink(c->image);
	assert_true(disk_make(c->image));
	must_mount(c);
	assert_int_equal(0, chmod(c->g.dir, 0755));
	ok(prov_ledger_create(c->g.path, c->g.log, c->g.owner, 0, err));
	assert_int_equal(0, umount(c->g.dir));
	c->n_acks = 0;
	c->from = 1;
}

static bool
is_stopped(pid_t pid)
{
	char path[64], line[256] = "", *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return (false);
	state = fgets(line, sizeof(line), f);
	(void)fclose(f);
	if (state != NULL)
		state = strrchr(line, ')');
	return (state != NULL && state[1] == ' ' && state[2] == 'T');
}

/* After that the writer makes no further call, and no reply is on its way. */
static void
stop(pid_t pid)
{
	assert_int_equal(0, kill(pid, SIGSTOP));
	for (int i = 0; i < STOPPED_MAX; i++) {
		if (is_stopped(pid))
			return;
		pause_us(5000);
	}
	fail_msg("the writer does not stop");
}

/* What was said before the power went; the pipe's end stays open. */
static void
collect(struct cut *c, int in)
{
	struct pollfd p = { in, POLLIN, 0 };

	while (poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0) {
		assert_true(c->n_acks < ACKS_MAX);
		assert_int_equal(sizeof(struct ack),
		    read(in, &c->acks[c->n_acks], sizeof(struct ack)));
		c->n_acks++;
		c->n_all++;
	}
}

/* Writes until the power goes; the disk is then what was on it. */
static void
live(struct cut *c, unsigned round)
{
	int p[2], status;
	pid_t pid;

	must_mount(c);
	assert_int_equal(0, pipe(p));
	pid = fork();
	assert_int_not_equal(-1, pid);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		append_for_ever(&c->g, c->from, p[1]);
		_exit(0);
	}
	(void)close(p[1]);
	if (round % 4 != 3)
		(void)poll(&(struct pollfd){ p[0], POLLIN, 0 }, 1, 20000);
	pause_us(rand() % 150000); /* NOLINT: any moment will do */
	stop(pid);
	collect(c, p[0]);
	assert_true(disk_snapshot(c->image, c->snapshot));
	assert_int_equal(0, kill(pid, SIGKILL));
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFSIGNALED(status));
	(void)close(p[0]);
	assert_int_equal(0, umount(c->g.dir));
	assert_int_equal(0, rename(c->snapshot, c->image));
}

/* Before a writer came a reader may refuse, but never shows another entry. */
static void
look_first(struct cut *c)
{
	AUTO(prov_ledger) *r = NULL;
	uint8_t *bytes;
	size_t len;

	if (prov_ledger_open(&r, c->g.path, prov_key_public(c->g.log), NULL) !=
	    PROV_OK)
		return;
	for (size_t i = 0; i < c->n_acks; i++) {
		if (prov_ledger_entry(r, c->acks[i].index, &bytes, &len,
			NULL) != PROV_OK)
			continue;
		prov_free(bytes);
		assert_true(ack_kept(&c->g, r, &c->acks[i], NULL));
	}
}

static prov_status
recover(struct cut *c, prov_err *err)
{
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	prov_status st;

	if ((st = prov_ledger_open_writer(&w, c->g.path, c->g.log, err)) !=
		PROV_OK ||
	    (st = prov_ledger_check(w, NULL, NULL, NULL, err)) != PROV_OK ||
	    (st = prov_ledger_open(&r, c->g.path, prov_key_public(c->g.log),
		 err)) != PROV_OK ||
	    (st = prov_ledger_check(r, NULL, NULL, NULL, err)) != PROV_OK ||
	    (st = prov_ledger_checkpoint(r, &c->from, NULL, NULL, err)) !=
		PROV_OK)
		return (st);
	for (size_t i = 0; i < c->n_acks; i++)
		if (!ack_kept(&c->g, r, &c->acks[i], NULL))
			c->n_lost++;
	return (PROV_OK);
}

/* After the power is back. */
static void
come_back(struct cut *c, unsigned round)
{
	size_t before = c->n_lost;
	prov_err err = { 0 };

	must_mount(c);
	look_first(c);
	if (recover(c, &err) != PROV_OK) {
		if (c->n_broken++ < SAID_MAX)
			printf("# cut %u: %s\n", round, err.msg);
		c->n_lost += c->n_acks;
	}
	assert_int_equal(0, umount(c->g.dir));
	/* One that lost something would be counted again and again. */
	if (c->n_lost != before)
		begin(c);
}

static void
cut_power(struct cut *c, unsigned n)
{
	srand(11);
	for (unsigned i = 0; i < n; i++) {
		if (i % CUTS_EACH == 0)
			begin(c);
		live(c, i);
		come_back(c, i);
	}
	printf("# %u power cuts, %zu entries acknowledged, %zu lost, %zu "
	       "ledgers that could not be opened\n",
	    n, c->n_all, c->n_lost, c->n_broken);
	assert_int_not_equal(0, c->n_all);
}

static void
power_cut(void **state)
{
	struct cut *c = *state;

	cut_power(c, rounds());
#ifdef SYNC_OFF
	assert_int_not_equal(0, c->n_lost);
#else
	assert_int_equal(0, c->n_lost);
	assert_int_equal(0, c->n_broken);
#endif
}

static int
set_up(void **state)
{
	static struct cut c;

	*state = &c;
	c.acks = calloc(ACKS_MAX, sizeof(*c.acks));
	if (c.acks == NULL || !logged_dir(&c.g))
		return (-1);
	snprintf(c.image, sizeof(c.image), "%s.image", c.g.dir);
	snprintf(c.snapshot, sizeof(c.snapshot), "%s.copy", c.g.dir);
	return (0);
}

static int
tear_down(void **state)
{
	struct cut *c = *state;

	(void)umount2(c->g.dir, MNT_DETACH);
	(void)unlink(c->image);
	(void)unlink(c->snapshot);
	logged_close(&c->g);
	free(c->acks);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_cut),
	};
	char dir[] = "/tmp/prov-disk.XXXXXX";

	if (mkdtemp(dir) == NULL)
		return (99);
	if (!disk_allowed(dir)) {
		printf("1..0 # SKIP no file system can be mounted here: %s\n",
		    strerror(errno));
		(void)rmdir(dir);
		return (0);
	}
	(void)rmdir(dir);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, set_up, tear_down));
}
