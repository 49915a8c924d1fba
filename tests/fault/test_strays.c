/* SPDX-License-Identifier: ISC */
/*
 * What is in a ledger and should not be, with each allocation failing in turn,
 * and each call for files: all of it is found, or it is told why not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "../unit/branch.h"
#include "chore.h"
#include "ledger/blob.h"
#include "ledger/layout.h"
#include "ledger/reader.h"
#include "ledger/stray.h"
#include "prov/check.h"

#define ENTRIES 21U

static struct place {
	struct logged g;
	prov_ledger *l;
	unsigned all_files; /* below tlog/tile */
	/* What came of the work. */
	struct damage strays;
	unsigned files;
	prov_inspected inspected;
} * p;

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

static const struct chore chores[] = {
	{ "strays", FAULTY_MEMORY, NULL, do_strays, has_strays },
	{ "walk", FAULTY_FILES, NULL, do_walk, is_walked },
	{ "inspect", FAULTY_MEMORY, NULL, do_inspect, is_inspected },
};

/* A checkpoint of another history. */
static void
add_checkpoint(void)
{
	static const char sql[] = "INSERT INTO checkpoints VALUES (5, ?)";
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
}

/* The one tile that no reader needs is another. */
static void
replace_tile(void)
{
	const uint8_t zeros[96] = { 0 };

	assert_int_equal(0, remove(logged_path(&p->g, "tlog/tile/0/000.p/1")));
	assert_int_equal(0,
	    remove(logged_path(&p->g, "tlog/tile/entries/000.p/1")));
	assert_true(logged_write(&p->g, "tlog/tile/0/000.p/3",
	    span(zeros, sizeof(zeros))));
}

static int
begin(void **state)
{
	prov_ledger *w = NULL;

	(void)state;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(logged_append(w, p->g.owner, 0, ENTRIES - 1, 50, err));
	prov_ledger_close(w);
	/* Which no statement names, and is no difference. */
	ok(blob_write(p->g.path, span("a blob", 6), 0, err));
	add_checkpoint();
	replace_tile();
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
	damage_clear(&p->strays);
	prov_ledger_close(p->l);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(chores),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
