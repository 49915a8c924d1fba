/* SPDX-License-Identifier: ISC */
/*
 * Locks that cannot be had: nobody goes on without one, nor waits for ever,
 * nor writes a ledger where locks mean nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>

#include "../unit/branch.h"
#include "../unit/refused.h"
#include "ledger/lock.h"
#include "ledger/memory.h"
#include "ledger/merge.h"

/* An errno, or 0. */
static int flock_fails, statfs_fails, sync_fails, random_fails;
static long fs_type; /* 0: as it is */
static time_t leap;  /* so far the clock goes each time it is read */

int __real_flock(int fd, int how);
int __wrap_flock(int fd, int how);
int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __wrap_fsync(int fd);
ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

int
__wrap_flock(int fd, int how)
{
	if (flock_fails == 0)
		return (__real_flock(fd, how));
	errno = flock_fails;
	return (-1);
}

int
__wrap_fstatfs(int fd, struct statfs *fs)
{
	int r = __real_fstatfs(fd, fs);

	if (statfs_fails != 0) {
		errno = statfs_fails;
		return (-1);
	}
	if (r == 0 && fs_type != 0)
		fs->f_type = fs_type;
	return (r);
}

/* Nothing here is about the disk. */
int
__wrap_fsync(int fd)
{
	(void)fd;
	errno = sync_fails;
	return (sync_fails != 0 ? -1 : 0);
}

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	if (random_fails == 0)
		return (__real_getrandom(p, n, flags));
	errno = random_fails;
	return (-1);
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	static time_t gone;
	int r = __real_clock_gettime(id, t);

	gone += leap;
	t->tv_sec += gone;
	return (r);
}

static void
locks(void **state)
{
	struct logged g;
	int fd = -1;

	(void)state;
	assert_true(logged_open(&g));
	flock_fails = EIO;
	refused(PROV_EWRITE, g.path, lock_take(&fd, g.path, 0, err));
	refused(PROV_EWRITE, g.path, lock_dir(&fd, g.path, 0, err));
	flock_fails = EWOULDBLOCK;
	refused(PROV_EBUSY, "another process held the ledger",
	    lock_take(&fd, g.path, 0, err));
	refused(PROV_EBUSY, "another process held the ledger",
	    lock_dir(&fd, g.path, 2, err));
	flock_fails = 0;
	assert_int_equal(-1, fd);
	ok(lock_take(&fd, g.path, 0, err));
	assert_int_equal(0, close(fd));
	logged_close(&g);
}

static void
places(void **state)
{
	static const struct {
		long type;
		const char *words;
	} rows[] = {
		{ 0x6969, " is on NFS:" },
		{ 0x517b, " is on SMB:" },
		{ 0xff534d42L, " is on CIFS:" },
		{ 0xfe534d42L, " is on SMB2:" },
		{ 0x5346414fL, " is on AFS:" },
		{ 0x73757245L, " is on Coda:" },
		{ 0x01021997L, " is on 9P:" },
		{ 0x00c36400L, " is on Ceph:" },
	};
	struct logged g;
	int fd = -1;

	(void)state;
	assert_true(logged_open(&g));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fs_type = rows[i].type;
		refused(PROV_EUNSUPPORTED, rows[i].words,
		    lock_take(&fd, g.path, 0, err));
	}
	fs_type = 0;
	statfs_fails = EIO;
	refused(PROV_EWRITE, "statfs", lock_take(&fd, g.path, 0, err));
	statfs_fails = 0;
	assert_int_equal(-1, fd);
	logged_close(&g);
}

/* Of what is remembered: without the lock a head could move back. */
static void
memories(void **state)
{
	AUTO_MEMORY *m = NULL;
	AUTO_BUF note = { 0 };
	struct logged g;
	struct branch b;
	struct signed_head head;
	enum meeting how;
	const prov_pubkey *log;

	(void)state;
	assert_true(logged_dir(&g));
	log = prov_key_public(g.log);
	branch_open(&b);
	branch_grow(&b, 3, 3, 0);
	branch_sign(&note, &head, &b, 3, g.log);
	ok(memory_open(&m, g.dir, err));
	flock_fails = EIO;
	refused(PROV_EWRITE, "heads/lock",
	    memory_meet(m, &how, log, &head, branch_get, &b, err));
	flock_fails = EWOULDBLOCK;
	leap = 6;
	refused(PROV_EBUSY, "another process held it for 10000 ms",
	    memory_meet(m, &how, log, &head, branch_get, &b, err));
	flock_fails = 0;
	leap = 0;
	refused(PROV_ENOTFOUND, "nothing is remembered of",
	    memory_recall(m, &head, log, err));
	branch_close(&b);
	logged_close(&g);
}

/* Two runs of one entry each. */
static void
put_runs(const struct logged *g, struct run_info runs[2])
{
	for (unsigned i = 0; i < 2; i++) {
		struct records r = { 0 };
		AUTO_BUF b = { 0 };
		uint8_t key[32];
		char name[64];

		runs[i] = (struct run_info){ .begin = i, .end = i + 1 };
		logged_asset(key, i);
		records_add(&r, INDEX_ASSET, key, i);
		ok(run_encode(&b, i, i + 1, &r, err));
		snprintf(name, sizeof(name), "index/%u-%u", i, i + 1);
		assert_true(logged_write(g, name, buf_span(&b)));
		records_clear(&r);
	}
}

static prov_status
finish(struct merge *m, prov_err *err)
{
	bool done = false;
	prov_status st = PROV_OK;

	while (st == PROV_OK && !done)
		st = merge_step(m, UINT64_MAX, &done, err);
	return (st);
}

/* No more descriptors than the two inputs take. */
static prov_status
begin_crowded(struct merge **m, const struct logged *g,
    const struct run_info runs[2], prov_err *err)
{
	struct rlimit was, now;
	int next = dup(0);
	prov_status st;

	assert_true(next >= 0);
	assert_int_equal(0, close(next));
	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &was));
	now = was;
	now.rlim_cur = (rlim_t)next + 2;
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &now));
	st = merge_begin(m, g->path, runs, 2, err);
	assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &was));
	return (st);
}

/* What is not locked is tidied away; what is not on the disk is not named. */
static void
merges(void **state)
{
	struct logged g;
	struct run_info runs[2];
	struct merge *m = NULL;

	(void)state;
	assert_true(logged_open(&g));
	put_runs(&g, runs);
	flock_fails = EIO;
	refused(PROV_EWRITE, "index/.prov-",
	    merge_begin(&m, g.path, runs, 2, err));
	flock_fails = 0;
	random_fails = EIO;
	refused(PROV_EWRITE, "getrandom",
	    merge_begin(&m, g.path, runs, 2, err));
	random_fails = 0;
	refused(PROV_EWRITE, "Too many open files",
	    begin_crowded(&m, &g, runs, err));
	assert_null(m);
	ok(merge_begin(&m, g.path, runs, 2, err));
	sync_fails = EIO;
	refused(PROV_EWRITE, "fsync", finish(m, err));
	sync_fails = 0;
	merge_free(m);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks),
		cmocka_unit_test(places),
		cmocka_unit_test(memories),
		cmocka_unit_test(merges),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
