/* SPDX-License-Identifier: ISC */
/*
 * Parts of the ledger whose failure what is around them would hide, with each
 * allocation failing in turn, and each call for files: what is told as done is
 * done, wholly, and trouble on this machine is told as that. And a SQLite that
 * does not do what is asked of it is not used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <time.h>

#include "faulty.h"

#include "../unit/branch.h"
#include "../unit/refused.h"
#include "essence/timeline.h"
#include "ledger/blob.h"
#include "ledger/layout.h"
#include "ledger/reader.h"
#include "ledger/segment.h"
#include "ledger/store.h"
#include "ledger/stray.h"
#include "ledger/sweeper.h"
#include "ledger/syncer.h"
#include "ledger/tile.h"
#include "ledger/vfs.h"
#include "prov/check.h"

/* A SQLite that was compiled otherwise than the one that there is. */
static enum { TAKEN, LIMIT, OPTION, CONTROL, REGISTER } refuses;

int __real_sqlite3_limit(sqlite3 *db, int what, int value);
int __wrap_sqlite3_limit(sqlite3 *db, int what, int value);
int __real_sqlite3_db_config(sqlite3 *db, int option, ...);
int __wrap_sqlite3_db_config(sqlite3 *db, int option, ...);
int __real_sqlite3_file_control(sqlite3 *db, const char *name, int what,
    void *arg);
int __wrap_sqlite3_file_control(sqlite3 *db, const char *name, int what,
    void *arg);
int __real_sqlite3_vfs_register(sqlite3_vfs *vfs, int first);
int __wrap_sqlite3_vfs_register(sqlite3_vfs *vfs, int first);

int
__wrap_sqlite3_limit(sqlite3 *db, int what, int value)
{
	return (
	    refuses == LIMIT ? 1 << 30 : __real_sqlite3_limit(db, what, value));
}

/* The options that are asked for have a number and where it then is. */
int
__wrap_sqlite3_db_config(sqlite3 *db, int option, ...)
{
	va_list ap;
	int value, *is;

	va_start(ap, option);
	value = va_arg(ap, int);
	is = va_arg(ap, int *);
	va_end(ap);
	return (refuses == OPTION
		    ? SQLITE_ERROR
		    : __real_sqlite3_db_config(db, option, value, is));
}

int
__wrap_sqlite3_file_control(sqlite3 *db, const char *name, int what, void *arg)
{
	return (refuses == CONTROL
		    ? SQLITE_NOTFOUND
		    : __real_sqlite3_file_control(db, name, what, arg));
}

int
__wrap_sqlite3_vfs_register(sqlite3_vfs *vfs, int first)
{
	return (refuses == REGISTER ? SQLITE_ERROR
				    : __real_sqlite3_vfs_register(vfs, first));
}

#define ENTRIES 21U
#define POLLS   2000 /* of 5 ms */

static struct place {
	struct logged g;
	prov_ledger *l;
	struct outline outline;
	unsigned all_files; /* below tlog/tile */
	/* What came of the work. */
	struct records records;
	bool lacking;
	uint64_t synced;
	const char *vfs;
	struct damage strays;
	unsigned files;
	prov_inspected inspected;
	struct buf entry;
	size_t frame; /* the length of the first in its bundle */
} * p;

/* A timeline of two segments in blobs/, which an outline names. */
static void
make_timeline(void)
{
	static uint8_t leaves[64] = { 1 }, name[32];
	static uint64_t units[2] = { 3, 5 };
	const int64_t ns[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	AUTO_TIMELINE *times = calloc(1, sizeof(*times));
	struct timeline tl;
	struct stream_outline *s = p->outline.at;
	AUTO_BUF b = { 0 };

	assert_non_null(times);
	ok(timeline_set_times(times, ns, 8, err));
	tl = *times;
	tl.n = 2;
	tl.leaves = leaves;
	tl.units = units;
	timeline_encode(&b, &tl);
	ok(sha256_of(name, buf_span(&b), err));
	ok(blob_write(p->g.path, buf_span(&b), 0, err));
	p->outline.n = 1;
	s->kind = PROV_VIDEO;
	s->timeline = name;
}

/* The one tile that no reader needs, and a checkpoint of another history. */
static void
make_damage(void)
{
	static const char sql[] = "INSERT INTO checkpoints VALUES (5, ?)";
	uint8_t zeros[96] = { 0 };
	struct signed_head head;
	AUTO_BUF note = { 0 };
	struct branch b;
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;

	branch_open(&b);
	branch_grow(&b, 5, 0, 1);
	branch_sign(&note, &head, &b, 5, p->g.log);
	branch_close(&b);
	assert_int_equal(SQLITE_OK,
	    sqlite3_open(logged_path(&p->g, LEDGER_DB), &db));
	assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &q, NULL));
	(void)sqlite3_bind_blob64(q, 1, note.p, note.len, SQLITE_STATIC);
	assert_int_equal(SQLITE_DONE, sqlite3_step(q));
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(db);
	assert_int_equal(0, remove(logged_path(&p->g, "tlog/tile/0/000.p/1")));
	assert_int_equal(0,
	    remove(logged_path(&p->g, "tlog/tile/entries/000.p/1")));
	assert_true(logged_write(&p->g, "tlog/tile/0/000.p/3",
	    span(zeros, sizeof(zeros))));
}

/* Each of these begins anew; what it leaves is looked at afterwards. */

static prov_status
do_segments(prov_err *err)
{
	prov_status st;

	records_clear(&p->records);
	if ((st = segment_keys(&p->records, &p->outline, p->g.path, 7,
		 &p->lacking, err)) != PROV_OK)
		return (st);
	return (buf_done(&p->records.of[INDEX_SEGMENT], err));
}

static bool
has_segments(void)
{
	return (!p->lacking && records_n(&p->records, INDEX_SEGMENT) == 2);
}

/* Of a directory that is gone: nothing is published there. */
static prov_status
do_forget(prov_err *err)
{
	prov_status st = prov_ledger_forget(p->l, "no/such/place", err);

	if (st == PROV_OK)
		return (PROV_EINTERNAL);
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

static prov_status
await(struct syncer *s, prov_err *err)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	prov_status st = PROV_OK;

	if (!syncer_begin(s, 5))
		return (PROV_EINTERNAL);
	for (int i = 0; i < POLLS && p->synced != 5 && st == PROV_OK; i++) {
		(void)nanosleep(&pause, NULL);
		st = syncer_ended(s, &p->synced, err);
	}
	return (st);
}

static prov_status
do_sync(prov_err *err)
{
	struct syncer *s = NULL;
	prov_status st;

	p->synced = 0;
	if ((st = syncer_new(&s, p->g.path, err)) != PROV_OK)
		return (st);
	st = s != NULL ? await(s, err) : PROV_EINTERNAL;
	syncer_free(s);
	return (st);
}

static bool
is_synced(void)
{
	return (p->synced == 5);
}

static prov_status
do_sweep(prov_err *err)
{
	struct sweeper *s = NULL;
	prov_status st;

	if ((st = sweeper_new(&s, err)) == PROV_OK && s == NULL)
		return (PROV_EINTERNAL);
	sweeper_free(s);
	return (st);
}

/* What was registered before is taken away. */
static prov_status
do_register(prov_err *err)
{
	sqlite3_vfs *old = p->vfs != NULL ? sqlite3_vfs_find(p->vfs) : NULL;

	if (old != NULL) {
		(void)sqlite3_vfs_unregister(old);
		free(old);
	}
	return (vfs_name(&p->vfs, err));
}

static bool
is_registered(void)
{
	return (sqlite3_vfs_find(p->vfs) != NULL);
}

static prov_status
do_strays(prov_err *err)
{
	struct view v;
	prov_status st;

	damage_clear(&p->strays);
	if ((st = damage_init(&p->strays, err)) != PROV_OK)
		return (st);
	if ((st = view_init(&v, p->g.path, err)) != PROV_OK)
		return (st);
	view_move(&v, &p->l->view.at);
	st = stray_check(&v, &p->strays, err);
	view_clear(&v);
	return (st);
}

static bool
has_strays(void)
{
	return (p->strays.total == 1);
}

static prov_status
count(void *arg, const char *path, mode_t mode, prov_err *err)
{
	unsigned *n = arg;

	(void)path;
	(void)mode;
	(void)err;
	(*n)++;
	return (PROV_OK);
}

static prov_status
do_walk(prov_err *err)
{
	p->files = 0;
	return (stray_walk(p->g.path, count, &p->files, err));
}

static bool
is_walked(void)
{
	return (p->files == p->all_files);
}

static prov_status
do_inspect(prov_err *err)
{
	const prov_inspection how = { .threads = 1 };
	prov_status st;

	st = prov_ledger_inspect(p->g.path, prov_key_public(p->g.log), &how,
	    &p->inspected, err);
	if (st == PROV_OK)
		return (PROV_EINTERNAL);
	return (st == PROV_EUNTRUSTED ? PROV_OK : st);
}

/* The stray tile, and the checkpoint. */
static bool
is_inspected(void)
{
	return (p->inspected.store && p->inspected.differences == 2 &&
		p->inspected.checkpoints == 3);
}

static prov_status
do_reread(prov_err *err)
{
	AUTO_FD int fd = -1;
	prov_status st;

	buf_free(&p->entry);
	if ((st = bundle_file(&fd, p->g.path, 0, ENTRIES, err)) != PROV_OK)
		return (st);
	return (bundle_read(&p->entry, fd, 0, p->frame, err));
}

static bool
is_reread(void)
{
	return (p->entry.len + 2 == p->frame);
}

static int
begin(void **state)
{
	prov_ledger *w = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(logged_append(w, p->g.owner, 0, ENTRIES - 1, 50, err));
	prov_ledger_close(w);
	ok(vfs_name(&p->vfs, err));
	make_timeline();
	make_damage();
	assert_true(logged_read(&b, &p->g, "tlog/tile/entries/000.p/21"));
	p->frame = be16(b.p) + 2U;
	ok(do_walk(err));
	p->all_files = p->files;
	ok(prov_ledger_open(&p->l, p->g.path, prov_key_public(p->g.log), err));
	ok(prov_ledger_checkpoint(p->l, &(uint64_t){ 0 }, NULL, NULL, err));
	return (0);
}

static int
end(void **state)
{
	(void)state;
	records_clear(&p->records);
	damage_clear(&p->strays);
	buf_free(&p->entry);
	prov_ledger_close(p->l);
	logged_close(&p->g);
	free(p);
	return (0);
}

static const struct chore {
	const char *name;
	enum faulty what;
	prov_status (*work)(prov_err *err);
	bool (*whole)(void); /* or NULL: the status says it */
} chores[] = {
	{ "segments", FAULTY_MEMORY, do_segments, has_segments },
	{ "forget", FAULTY_MEMORY, do_forget, NULL },
	{ "sync", FAULTY_MEMORY, do_sync, is_synced },
	{ "sync", FAULTY_FILES, do_sync, is_synced },
	{ "sweep", FAULTY_MEMORY, do_sweep, NULL },
	{ "sweep", FAULTY_FILES, do_sweep, NULL },
	{ "register", FAULTY_MEMORY, do_register, is_registered },
	{ "strays", FAULTY_MEMORY, do_strays, has_strays },
	{ "walk", FAULTY_FILES, do_walk, is_walked },
	{ "inspect", FAULTY_MEMORY, do_inspect, is_inspected },
	{ "reread", FAULTY_MEMORY, do_reread, is_reread },
};

static void
check_told(const struct chore *t, const char *call, prov_status st,
    const prov_err *why)
{
	if (st == PROV_OK && (t->whole == NULL || t->whole()))
		return;
	if (call == NULL || st == PROV_OK || st == PROV_EINTERNAL ||
	    why->msg[0] == '\0' || prov_is_no(st) ||
	    (t->what == FAULTY_MEMORY && st != PROV_ENOMEM))
		fail_msg("%s: %s failed: %d, %s", t->name,
		    call != NULL ? call : "nothing", st, why->msg);
}

static void
each_chore(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(chores) / sizeof(chores[0]); i++) {
		const char *call;
		int n = -1;

		faulty_begin(1);
		do {
			prov_err why = { 0 };
			prov_status st;

			faulty_arm(chores[i].what);
			st = chores[i].work(&why);
			call = faulty_disarm();
			check_told(&chores[i], call, st, &why);
			n++;
		} while (call != NULL);
		printf("# %s: each of %d places\n", chores[i].name, n);
		assert_true(n > 0);
	}
}

/* In a SQLite without any file system. */
static prov_status
register_alone(prov_err *err)
{
	sqlite3_vfs *all[16] = { NULL };
	const char *name = NULL;
	prov_status st;
	size_t n = 0;

	while (n < 16 && (all[n] = sqlite3_vfs_find(NULL)) != NULL)
		(void)sqlite3_vfs_unregister(all[n++]);
	st = vfs_name(&name, err);
	while (n-- > 0)
		(void)sqlite3_vfs_register(all[n], n == 0);
	return (st);
}

static prov_status
open_store(prov_err *err)
{
	const struct ledger_ops *ops = ledger_backends[0];
	struct store *s = NULL;
	prov_status st;

	st = ops->open(&s, p->g.path, false, err);
	if (st == PROV_OK)
		ops->close(s);
	return (st);
}

static void
another_sqlite(void **state)
{
	(void)state;
	refused(PROV_EUNSUPPORTED, "knows no file system", register_alone(err));
	ok(do_register(err));
	refuses = REGISTER;
	refused(PROV_ENOMEM, "takes no file system", do_register(err));
	refuses = LIMIT;
	refused(PROV_EUNSUPPORTED, "SQLite refused limit", open_store(err));
	refuses = OPTION;
	refused(PROV_EUNSUPPORTED, "SQLite refused option", open_store(err));
	refuses = CONTROL;
	refused(PROV_EUNSUPPORTED, "cannot keep its log", open_store(err));
	refuses = TAKEN;
	ok(open_store(err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_chore),
		cmocka_unit_test(another_sqlite),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
