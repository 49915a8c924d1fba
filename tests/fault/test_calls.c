/* SPDX-License-Identifier: ISC */
/*
 * Reads and writes that do less than was asked for, or are interrupted, change
 * nothing; a sync that fails is the end of a writer. The functions here stand
 * before those of the C library, for SQLite as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sys/syscall.h>

#include "../unit/logged.h"
#include "ledger/store.h"

static bool cut;           /* shorten transfers, and interrupt some */
static unsigned n_calls;   /* transfers while cut */
static unsigned n_syncs;   /* syncs since it was set to 0 */
static unsigned fail_at;   /* the sync that fails; 0: none */
static bool fail_forever;  /* and all after it */
static unsigned n_preads;  /* preads since it was set to 0 */
static unsigned bad_read;  /* the pread that fails; 0: none */
static unsigned n_writes;  /* pwrites since it was set to 0 */
static unsigned bad_write; /* the pwrite that fails; 0: none */

/* What is left of len; 0 stands for an interruption. */
static size_t
less(size_t len)
{
	if (!cut || len == 0)
		return (len);
	n_calls++;
	if (n_calls % 5 == 0)
		return (0);
	return (n_calls % 7 == 0 ? 1 : (len + 1) / 2);
}

static ssize_t
interrupted(void)
{
	errno = EINTR;
	return (-1);
}

static ssize_t
do_read(int fd, void *p, size_t len)
{
	size_t n = less(len);

	return (
	    n == 0 && len != 0 ? interrupted() : syscall(SYS_read, fd, p, n));
}

static ssize_t
do_pread(int fd, void *p, size_t len, off_t off)
{
	size_t n = less(len);

	if (++n_preads == bad_read) {
		errno = EIO;
		return (-1);
	}
	return (n == 0 && len != 0 ? interrupted()
				   : syscall(SYS_pread64, fd, p, n, off));
}

static int
do_sync(long number, int fd)
{
	n_syncs++;
	if (fail_at != 0 &&
	    (n_syncs == fail_at || (fail_forever && n_syncs > fail_at))) {
		errno = EIO;
		return (-1);
	}
	return ((int)syscall(number, fd));
}

/* Or SQLite would not see them. */
#define FOR_ALL __attribute__((visibility("default")))

/* What the C library's headers make of reads whose buffer they know. */
ssize_t __read_chk(int fd, void *p, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *p, size_t len, off_t off, size_t room);
ssize_t __pread64_chk(int fd, void *p, size_t len, off64_t off, size_t room);

#undef read
#undef pread
FOR_ALL ssize_t
read(int fd, void *p, size_t len)
{
	return (do_read(fd, p, len));
}

FOR_ALL ssize_t
__read_chk(int fd, void *p, size_t len, size_t room)
{
	return (len > room ? -1 : do_read(fd, p, len));
}

FOR_ALL ssize_t
pread(int fd, void *p, size_t len, off_t off)
{
	return (do_pread(fd, p, len, off));
}

FOR_ALL ssize_t
pread64(int fd, void *p, size_t len, off64_t off)
{
	return (do_pread(fd, p, len, off));
}

FOR_ALL ssize_t
__pread_chk(int fd, void *p, size_t len, off_t off, size_t room)
{
	return (len > room ? -1 : do_pread(fd, p, len, off));
}

FOR_ALL ssize_t
__pread64_chk(int fd, void *p, size_t len, off64_t off, size_t room)
{
	return (len > room ? -1 : do_pread(fd, p, len, off));
}

FOR_ALL ssize_t
write(int fd, const void *p, size_t len)
{
	size_t n = less(len);

	return (
	    n == 0 && len != 0 ? interrupted() : syscall(SYS_write, fd, p, n));
}

FOR_ALL ssize_t
pwrite64(int fd, const void *p, size_t len, off64_t off)
{
	size_t n = less(len);

	if (++n_writes == bad_write) {
		errno = EIO;
		return (-1);
	}
	return (n == 0 && len != 0 ? interrupted()
				   : syscall(SYS_pwrite64, fd, p, n, off));
}

FOR_ALL int
fsync(int fd)
{
	return (do_sync(SYS_fsync, fd));
}

FOR_ALL int
fdatasync(int fd)
{
	return (do_sync(SYS_fdatasync, fd));
}

FOR_ALL int
syncfs(int fd)
{
	return (do_sync(SYS_syncfs, fd));
}

#define ENTRIES 600

/* A ledger of many entries, and its root. */
static void
make(uint8_t root[32])
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	uint64_t size;

	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(logged_append(w, g.owner, 0, ENTRIES, 40, err));
	ok(logged_append(w, g.owner, ENTRIES / 2, ENTRIES + 10, 3, err));
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	ok(prov_ledger_open(&r, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	ok(prov_ledger_checkpoint(r, &size, root, NULL, err));
	assert_int_equal(1 + ENTRIES + 10, size);
	logged_close(&g);
}

static void
short_transfers(void **state)
{
	uint8_t whole[32], parts[32];

	(void)state;
	make(whole);
	cut = true;
	n_calls = 0;
	make(parts);
	cut = false;
	printf("# %u transfers cut short or interrupted\n", n_calls);
	assert_true(n_calls > 1000);
	assert_memory_equal(whole, parts, 32);
}

static prov_status
append_one(prov_ledger *w, const struct logged *g, uint64_t n, prov_entry *e,
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_span s, blob = span(&n, sizeof(n));
	struct ledger_item item = { .blobs = &blob, .n_blobs = 1 };

	assert_true(logged_statement(&b, g->owner, n));
	s = buf_span(&b);
	item.statement = s;
	return (ledger_append_items(w, &item, 1, 1000, e, NULL, err));
}

/* Whether append n fails when sync number at does; then it is the last. */
static bool
dies_at(const struct logged *g, uint64_t n, unsigned at, bool forever)
{
	AUTO(prov_ledger) *w = NULL;
	prov_err why = { 0 };
	prov_entry e;
	prov_status st;

	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	n_syncs = 0;
	fail_at = at;
	fail_forever = forever;
	st = append_one(w, g, n, &e, &why);
	fail_at = 0;
	/* After the commit syncing is for readers' sake, and nobody is told. */
	if (n_syncs < at || st == PROV_OK) {
		ok(st);
		return (false);
	}
	assert_int_equal(PROV_EWRITE, st);
	assert_non_null(strstr(why.msg, "nothing was acknowledged"));
	/* A blob is written anew; the store is not touched any more. */
	n_syncs = 0;
	if (append_one(w, g, n, &e, NULL) == PROV_OK)
		assert_int_equal(0, e.existed);
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	ok(append_one(w, g, n, &e, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	return (true);
}

static void
failing_syncs(void **state)
{
	struct logged g;
	unsigned at = 1;

	(void)state;
	assert_true(logged_open(&g));
	for (; dies_at(&g, 2 * at, at, false); at++)
		assert_true(dies_at(&g, 2 * at + 1, at, true));
	printf("# each of %u syncs failed\n", at - 1);
	/* The blob's, its directory's, and the store's. */
	assert_true(at > 3);
	logged_close(&g);
}

/* Of the commit itself: whoever holds this writer gets nothing any more. */
static void
dead_after_commit(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(logged_append(w, g.owner, 0, 1, 1, err));
	n_syncs = 0;
	fail_at = 1;
	assert_int_equal(PROV_EWRITE, logged_append(w, g.owner, 1, 2, 1, &why));
	fail_at = 0;
	n_syncs = 0;
	prov_err_clear(&why);
	assert_int_equal(PROV_EWRITE, logged_append(w, g.owner, 2, 3, 1, &why));
	assert_non_null(strstr(why.msg, "an earlier write failed"));
	prov_ledger_close(TAKE(w));
	assert_int_equal(0, n_syncs);
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_int_not_equal(0, n_syncs);
	ok(logged_append(w, g.owner, 1, 3, 1, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	logged_close(&g);
}

/* Whether append n fails when pread number at does: for now, not for good. */
static bool
stalls_at(const struct logged *g, uint64_t n, unsigned at)
{
	AUTO(prov_ledger) *w = NULL;
	prov_err why = { 0 };
	prov_status st;
	bool hit;

	n_preads = 0;
	bad_read = at;
	st = prov_ledger_open_writer(&w, g->path, g->log, &why);
	if (st == PROV_OK)
		st = logged_append(w, g->owner, n, n + 1, 1, &why);
	bad_read = 0;
	hit = n_preads >= at;
	if (st != PROV_OK && st != PROV_EIO && st != PROV_EWRITE)
		fail_msg("pread %u: %d, %s", at, st, why.msg);
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g->path, g->log, err));
	ok(logged_append(w, g->owner, n, n + 1, 1, err));
	return (hit);
}

/* SQLite takes a disk that cannot be read for a damaged file. */
static void
failing_reads(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *r = NULL;
	unsigned at = 1;

	(void)state;
	assert_true(logged_open(&g));
	while (at < 500 && stalls_at(&g, at, at))
		at++;
	printf("# each of %u reads failed\n", at - 1);
	assert_true(at > 10);
	ok(prov_ledger_open(&r, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	logged_close(&g);
}

/* So many blobs that the file system is synced, and not each of them. */
static void
many_blobs(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 };
	uint8_t bytes[40];
	prov_span blobs[sizeof(bytes)];
	struct ledger_item item = { .blobs = blobs, .n_blobs = sizeof(bytes) };
	prov_err why = { 0 };
	prov_entry e;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)i;
		blobs[i] = span(bytes + i, 1);
	}
	assert_true(logged_open(&g));
	assert_true(logged_statement(&b, g.owner, 1));
	item.statement = buf_span(&b);
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	n_syncs = 0;
	fail_at = 1;
	assert_int_equal(PROV_EWRITE,
	    ledger_append_items(w, &item, 1, 1000, &e, NULL, &why));
	fail_at = 0;
	assert_non_null(strstr(why.msg, ": sync: "));
	assert_int_equal(1, n_syncs);
	assert_int_equal(PROV_EWRITE,
	    ledger_append_items(w, &item, 1, 1000, &e, NULL, NULL));
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(ledger_append_items(w, &item, 1, 1000, &e, NULL, err));
	logged_close(&g);
}

/* A mark that was not written was not made, and the store is not used on. */
static void
failing_marks(void **state)
{
	const struct ledger_ops *ops = ledger_backends[0];
	struct store *s = NULL;
	struct store_state at = { 0 };
	prov_err why = { 0 };
	struct logged g;
	bool fatal = false;

	(void)state;
	assert_true(logged_open(&g));
	ok(ops->open(&s, g.path, false, err));
	n_writes = 0;
	bad_write = 1;
	assert_int_equal(PROV_EWRITE, ops->mark(s, 0, &fatal, &why));
	bad_write = 0;
	assert_true(fatal);
	assert_non_null(strstr(why.msg, "mark: "));
	ops->close(s);
	ok(ops->open(&s, g.path, false, err));
	ok(ops->load(s, &at, err));
	assert_int_equal(1, at.synced);
	ok(ops->mark(s, 0, &fatal, err));
	ok(ops->load(s, &at, err));
	assert_int_equal(0, at.synced);
	buf_free(&at.note);
	ops->close(s);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_transfers),
		cmocka_unit_test(failing_syncs),
		cmocka_unit_test(failing_reads),
		cmocka_unit_test(dead_after_commit),
		cmocka_unit_test(many_blobs),
		cmocka_unit_test(failing_marks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
