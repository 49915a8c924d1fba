/* SPDX-License-Identifier: ISC */
/*
 * Files of a ledger that are there and cannot be read, for as long as the test
 * says: they are never taken for ones that are not there, nor for ones that
 * differ, and no index is written that lacks what they say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "../unit/logged.h"
#include "../unit/refused.h"
#include "essence/timeline.h"
#include "ledger/blob.h"
#include "ledger/index.h"
#include "ledger/reader.h"
#include "ledger/stray.h"
#include "prov/check.h"

#define ENTRIES 300U
#define FDS_MAX 1024

/* What cannot be read: names with this in them, until it worked so often. */
static struct {
	const char *part; /* NULL: all can */
	int error;
	bool opens; /* and then cannot be read */
	bool fd[FDS_MAX];
	unsigned failed;
	unsigned failures; /* 0: for ever */
	unsigned after;    /* it could be read so often */
} bad;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);

static bool
fails(void)
{
	if (bad.after > 0) {
		bad.after--;
		return (false);
	}
	if (bad.failures != 0 && bad.failed == bad.failures)
		return (false);
	bad.failed++;
	errno = bad.error;
	return (true);
}

int
__wrap_open(const char *path, int flags, ...)
{
	bool named;
	va_list ap;
	mode_t mode = 0;
	int fd;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	named = bad.part != NULL && strstr(path, bad.part) != NULL &&
	        (flags & (O_ACCMODE | O_DIRECTORY)) == O_RDONLY;
	if (named && !bad.opens && fails())
		return (-1);
	fd = __real_open(path, flags, mode);
	if (fd >= 0 && fd < FDS_MAX)
		bad.fd[fd] = named && bad.opens;
	return (fd);
}

static bool
is_bad(int fd)
{
	return (bad.part != NULL && fd >= 0 && fd < FDS_MAX && bad.fd[fd]);
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	return (is_bad(fd) && fails() ? -1 : __real_read(fd, p, n));
}

ssize_t
__wrap_pread(int fd, void *p, size_t n, off_t at)
{
	return (is_bad(fd) && fails() ? -1 : __real_pread(fd, p, n, at));
}

static void
spoil(const char *part, int error, unsigned failures)
{
	memset(&bad, 0, sizeof(bad));
	bad.part = part;
	bad.error = error;
	bad.failures = failures;
}

/* How often it did fail. */
static unsigned
mend(void)
{
	bad.part = NULL;
	return (bad.failed);
}

/* How a file can fail, and what that is called. */
static const struct way {
	int error;
	bool opens;
	prov_status st;
} ways[] = {
	{ EIO, false, PROV_EIO },
	{ EIO, true, PROV_EIO },
	{ EACCES, false, PROV_EOPEN },
	{ EMFILE, false, PROV_EIO },
	{ ENFILE, false, PROV_EIO },
	{ ENOMEM, false, PROV_ENOMEM },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void
spoil_so(const char *part, const struct way *w)
{
	spoil(part, w->error, 0);
	bad.opens = w->opens;
}

static struct place {
	struct logged g;
	char copy[96]; /* of all that is in g.path */
	struct buf blob[2];
	uint8_t leaf[2][32]; /* of each one's first segment */
	char name[2][80];    /* where each is */
	struct buf statement[2];
} * p;

static const prov_pubkey *
log_key(void)
{
	return (prov_key_public(p->g.log));
}

static void
make_timeline(size_t i)
{
	static uint64_t units[2] = { 3, 5 };
	const int64_t ns[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	AUTO_TIMELINE *times = calloc(1, sizeof(*times));
	uint8_t leaves[64] = { (uint8_t)(i + 1) }, sha[32];
	struct timeline tl;
	char hex[65];

	assert_non_null(times);
	ok(timeline_set_times(times, ns, 8, err));
	tl = *times;
	tl.n = 2;
	tl.leaves = leaves;
	tl.units = units;
	timeline_encode(&p->blob[i], &tl);
	ok(buf_done(&p->blob[i], err));
	memcpy(p->leaf[i], leaves, 32);
	ok(sha256_of(sha, buf_span(&p->blob[i]), err));
	hex_encode(hex, sha, sizeof(sha));
	snprintf(p->name[i], sizeof(p->name[i]), "blobs/%.2s/%s", hex, hex);
	assert_true(
	    logged_statement_of(&p->statement[i], p->g.owner, 1000 + i, sha));
}

static prov_status
append(size_t i, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	const prov_span blob = buf_span(&p->blob[i]);
	const struct ledger_item item = { .statement =
					      buf_span(&p->statement[i]),
		.blobs = &blob,
		.n_blobs = 1 };
	prov_entry e;
	prov_status st;

	st = prov_ledger_open_writer(&l, p->g.path, p->g.log, err);
	if (st != PROV_OK)
		return (st);
	return (ledger_append_items(l, &item, 1, 1000, &e, NULL, err));
}

/* The test's own directories: nothing in them is quoted. */
static void
copy(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "rm -rf %.150s && cp -a %.150s %.150s", to, from, to);
	assert_int_equal(0, system(command));
}

static void
restore(void)
{
	(void)mend();
	copy(p->copy, p->g.path);
}

static int
begin(void **state)
{
	prov_ledger *l = NULL;
	prov_err err = { 0 };

	(void)state;
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("LOGGED_DIR", "/dev/shm", 0);
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	snprintf(p->copy, sizeof(p->copy), "%s/copy", p->g.dir);
	make_timeline(0);
	make_timeline(1);
	/* Two runs, a full tile, and partial ones of a checkpoint before. */
	if (append(0, &err) != PROV_OK ||
	    prov_ledger_open_writer(&l, p->g.path, p->g.log, &err) != PROV_OK ||
	    logged_append(l, p->g.owner, 0, ENTRIES - 10, 300, &err) !=
		PROV_OK ||
	    logged_append(l, p->g.owner, ENTRIES - 10, ENTRIES, 300, &err) !=
		PROV_OK)
		return (-1);
	prov_ledger_close(l);
	copy(p->g.path, p->copy);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		buf_free(&p->blob[i]);
		buf_free(&p->statement[i]);
	}
	logged_close(&p->g);
	free(p);
	return (0);
}

/* Without an index each entry has to be read. */
static void
drop_index(void)
{
	assert_int_equal(0, unlink(logged_path(&p->g, LEDGER_RUNS)));
}

static prov_status
find(size_t i, size_t want, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF hits = { 0 };
	prov_status st;

	if ((st = prov_ledger_open(&l, p->g.path, log_key(), err)) != PROV_OK ||
	    (st = ledger_segments(l, p->leaf[i], 1, &hits, err)) != PROV_OK)
		return (st);
	if (hits.len / sizeof(struct segment_hit) != want)
		return (prov_fail(err, PROV_EINTERNAL, "%zu hits, not %zu",
		    hits.len / sizeof(struct segment_hit), want));
	return (PROV_OK);
}

/* No reader is told that an entry is not there. */
static void
told_to_readers(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF hits = { 0 };

	(void)state;
	restore();
	drop_index();
	ok(find(0, 1, err));
	for (size_t i = 0; i < WAYS; i++) {
		spoil_so(p->name[0], &ways[i]);
		refused(ways[i].st, "", find(0, 1, err));
		assert_true(mend() > 0);
	}
	/* Who keeps the ledger open finds it as soon as it can be read. */
	ok(prov_ledger_open(&l, p->g.path, log_key(), err));
	spoil(p->name[0], EIO, 0);
	refused(PROV_EIO, p->name[0],
	    ledger_segments(l, p->leaf[0], 1, &hits, err));
	(void)mend();
	ok(ledger_segments(l, p->leaf[0], 1, &hits, err));
	assert_int_equal(sizeof(struct segment_hit), hits.len);
	/* What is not there, or no file, is lacking as ever. */
	assert_int_equal(0, unlink(logged_path(&p->g, p->name[0])));
	ok(find(0, 0, err));
	assert_int_equal(0, mkdir(logged_path(&p->g, p->name[0]), 0755));
	ok(find(0, 0, err));
}

static void
is_whole(void)
{
	const prov_inspection how = { .threads = 1, .signatures = 1 };
	prov_inspected out;

	ok(prov_ledger_inspect(p->g.path, log_key(), &how, &out, err));
	assert_int_equal(0, out.differences);
	assert_int_equal(0, out.unreadable);
}

/* No index is written without the keys of what could not be read. */
static void
kept_from_appending(void **state)
{
	(void)state;
	restore();
	drop_index();
	spoil(p->name[0], EIO, 0);
	refused(PROV_EIO, p->name[0], append(1, err));
	assert_true(mend() > 0);
	assert_true(file_missing(logged_path(&p->g, LEDGER_RUNS)));
	refused(PROV_EINTERNAL, "0 hits", find(1, 1, err));
	ok(append(1, err));
	ok(find(0, 1, err));
	ok(find(1, 1, err));
	is_whole();
}

/* Nor of those of the entry itself, which is logged by then. */
static void
indexed_later(void **state)
{
	struct index x = { 0 };

	(void)state;
	restore();
	spoil(p->name[1], EIO, 0);
	ok(append(1, err));
	assert_true(mend() > 0);
	ok(index_load(&x, p->g.path, err));
	assert_int_equal(ENTRIES + 2, x.position);
	index_clear(&x);
	ok(find(1, 1, err));
	spoil(p->name[1], EACCES, 0);
	refused(PROV_EOPEN, p->name[1], find(1, 1, err));
	(void)mend();
	is_whole();
}

struct seen {
	unsigned differs, unread;
	char code[32];
};

static void
note(void *arg, const prov_difference *d)
{
	struct seen *seen = arg;

	if (d->remedy != PROV_REMEDY_READ) {
		seen->differs++;
		return;
	}
	seen->unread++;
	snprintf(seen->code, sizeof(seen->code), "%s", d->code);
	if (strncmp(d->what, "cannot be read: ", 16) != 0)
		fail_msg("%s: %s", d->path, d->what);
}

static prov_status
inspect(struct seen *seen, prov_inspected *out, prov_err *err)
{
	const prov_inspection how = { .threads = 1,
		.signatures = 1,
		.difference = note,
		.arg = seen };

	memset(seen, 0, sizeof(*seen));
	return (prov_ledger_inspect(p->g.path, log_key(), &how, out, err));
}

static void
check_file(const char *part, const char *code, const struct way *w)
{
	prov_inspected out;
	struct seen seen;
	prov_err err = { 0 };
	prov_status st;

	spoil_so(part, w);
	st = inspect(&seen, &out, &err);
	if (mend() == 0 || st != w->st ||
	    (st != PROV_ENOMEM && strstr(err.msg, part) == NULL))
		fail_msg("%s, %s: %d, %s", part, strerror(w->error), st,
		    err.msg);
	/* Without memory it ends, wherever it was. */
	if (st == PROV_ENOMEM)
		return;
	assert_int_equal(0, out.differences);
	assert_int_equal(1, out.unreadable);
	assert_int_equal(0, seen.differs);
	assert_int_equal(1, seen.unread);
	assert_string_equal(code, seen.code);
}

/* Each kind of file: checked, it is told as what it is. */
static void
told_by_check(void **state)
{
	static const struct {
		const char *part, *code;
	} files[] = {
		{ "blobs/", "blob" },
		{ "tlog/tile/0/000", "tile" },
		{ "tlog/tile/0/001.p/46", "tile" },
		{ "tlog/tile/1/000.p/1", "tile" },
		{ "tlog/tile/entries/000", "bundle" },
		{ "tlog/tile/entries/001.p/46", "bundle" },
		{ "tlog/tile/0/001.p/36", "stray" },
		{ "tlog/tile/entries/001.p/36", "stray" },
		{ "index/runs", "index" },
		{ "index/0-", "index" },
	};

	(void)state;
	restore();
	is_whole();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t k = 0; k < WAYS; k++)
			check_file(files[i].part, files[i].code, &ways[k]);
	is_whole();
}

/* One read that fails is told, whether or not the next one works. */
static void
told_once(void **state)
{
	static const char *const parts[] = { "blobs/", "tlog/tile/0/000",
		"tlog/tile/entries/000", "tlog/tile/0/001.p/36", "index/runs",
		"index/0-" };
	prov_inspected out;
	struct seen seen;

	(void)state;
	restore();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		spoil(parts[i], EIO, 1);
		refused(PROV_EIO, "cannot be read", inspect(&seen, &out, err));
		assert_int_equal(1, mend());
		assert_int_equal(0, out.differences);
		assert_int_equal(1, out.unreadable);
	}
	/* When its signatures are verified, too. */
	spoil("tlog/tile/entries/000", EIO, 1);
	bad.after = 1;
	refused(PROV_EIO, "tlog/tile/entries/000", inspect(&seen, &out, err));
	assert_int_equal(1, mend());
}

/* What could not be read makes nothing else look damaged, nor sound. */
static void
told_beside(void **state)
{
	prov_inspected out;
	struct seen seen;

	(void)state;
	restore();
	assert_int_equal(0,
	    truncate(logged_path(&p->g, "tlog/tile/0/000"), 64));
	spoil(p->name[0], EACCES, 0);
	refused(PROV_EOPEN, "cannot be read", inspect(&seen, &out, err));
	(void)mend();
	assert_int_equal(1, seen.differs);
	assert_int_equal(1, seen.unread);
	assert_int_equal(1, out.differences);
	assert_int_equal(1, out.unreadable);
	/* A copy of which nothing but the checkpoint can be read. */
	restore();
	assert_int_equal(0, unlink(logged_path(&p->g, "ledger.db")));
	spoil("tlog/tile", EIO, 0);
	refused(PROV_EIO, "cannot be read", inspect(&seen, &out, err));
	(void)mend();
	assert_int_equal(0, out.store);
	assert_int_equal(0, out.differences);
	assert_int_equal(0, seen.differs);
	assert_true(out.unreadable > 4);
	/* Nor is what differs in a file's place told as trouble. */
	restore();
	assert_int_equal(0, unlink(logged_path(&p->g, "tlog/tile/0/000")));
	assert_int_equal(0, mkdir(logged_path(&p->g, "tlog/tile/0/000"), 0755));
	refused(PROV_EUNTRUSTED, "is a directory", inspect(&seen, &out, err));
	assert_int_equal(0, out.unreadable);
}

/* Without its checkpoint, or the lock of its store, nothing is concluded. */
static void
nothing_concluded(void **state)
{
	prov_inspected out;
	struct seen seen;

	(void)state;
	restore();
	spoil(LEDGER_CHECKPOINT, EIO, 0);
	refused(PROV_EIO, LEDGER_CHECKPOINT, inspect(&seen, &out, err));
	assert_true(mend() > 0);
	assert_int_equal(0, seen.differs);
	assert_int_equal(0, unlink(logged_path(&p->g, LEDGER_LOCK)));
	assert_int_equal(0, mkdir(logged_path(&p->g, LEDGER_LOCK), 0755));
	refused(PROV_EWRITE, LEDGER_LOCK, inspect(&seen, &out, err));
	assert_int_equal(0, seen.differs);
}

static prov_status
repair(prov_err *err)
{
	const prov_inspection how = { .threads = 1 };
	prov_inspected out;

	return (prov_ledger_repair(p->g.path, log_key(), &how, &out, err));
}

/* What is derived is made anew, unless that would lose what it cannot read. */
static void
repaired(void **state)
{
	AUTO_BUF list = { 0 };

	(void)state;
	restore();
	spoil("tlog/tile/0/000", EIO, 1);
	ok(repair(err));
	assert_int_equal(1, mend());
	spoil("tlog/tile/0/000", EIO, 0);
	refused(PROV_EIO, "tlog/tile/0/000", repair(err));
	(void)mend();
	is_whole();
	assert_int_equal(0, truncate(logged_path(&p->g, LEDGER_RUNS), 15));
	spoil(p->name[0], EIO, 0);
	refused(PROV_EIO, p->name[0], repair(err));
	assert_true(mend() > 0);
	assert_true(logged_read(&list, &p->g, LEDGER_RUNS));
	assert_int_equal(15, list.len);
	ok(repair(err));
	ok(find(0, 1, err));
	is_whole();
	/* A copy has nothing to make tiles from. */
	assert_int_equal(0, unlink(logged_path(&p->g, "ledger.db")));
	spoil("tlog/tile/0/000", EACCES, 0);
	refused(PROV_EOPEN, "nothing was written", repair(err));
	(void)mend();
	is_whole();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_to_readers),
		cmocka_unit_test(kept_from_appending),
		cmocka_unit_test(indexed_later),
		cmocka_unit_test(told_by_check),
		cmocka_unit_test(told_once),
		cmocka_unit_test(told_beside),
		cmocka_unit_test(nothing_concluded),
		cmocka_unit_test(repaired),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
