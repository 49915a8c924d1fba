/* SPDX-License-Identifier: ISC */
/*
 * A ledger whose files somebody changed by hand: it is refused by the check
 * that is there for it, which says so; and inspecting it finds what it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "ledger/layout.h"
#include "ledger/store.h"
#include "logged.h"
#include "prov/check.h"
#include "refused.h"

/* Past one full tile, so that the tree's edge has a second level. */
#define ENTRIES 300U

static int
begin(void **state)
{
	struct logged *g = calloc(1, sizeof(*g));
	AUTO(prov_ledger) *l = NULL;

	if (g == NULL || !logged_open(g) ||
	    prov_ledger_open_writer(&l, g->path, g->log, NULL) != PROV_OK ||
	    logged_append(l, g->owner, 0, ENTRIES - 1, 64, NULL) != PROV_OK)
		return (-1);
	*state = g;
	return (0);
}

static int
end(void **state)
{
	struct logged *g = *state;

	logged_close(g);
	free(g);
	return (0);
}

static void
change(const struct logged *g, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(SQLITE_OK,
	    sqlite3_open(logged_path(g, LEDGER_DB), &db));
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	(void)sqlite3_close(db);
}

/* A copy of the ledger to change; beside it, so that it goes with it. */
static void
copy(struct logged *to, const struct logged *g)
{
	char command[512];

	*to = *g;
	snprintf(to->path, sizeof(to->path), "%.64s/copy", g->dir);
	snprintf(command, sizeof(command), "rm -rf %s; cp -a %s %s", to->path,
	    g->path, to->path);
	/* The test's own directories: nothing in them is quoted. */
	assert_int_equal(0, system(command));
}

static prov_status
begin_writing(const struct logged *g, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;

	return (prov_ledger_open_writer(&l, g->path, g->log, err));
}

struct sought {
	const char *words;
	bool found;
};

static void
compare(void *arg, const prov_difference *d)
{
	struct sought *s = arg;

	s->found = s->found || strstr(d->what, s->words) != NULL;
}

/* Inspecting finds something of which it says these words. */
static void
found(const struct logged *g, const char *words)
{
	struct sought s = { .words = words };
	const prov_inspection how = { .threads = 1,
		.difference = compare,
		.arg = &s };
	prov_err why = { 0 };
	prov_status st;

	st = prov_ledger_inspect(g->path, prov_key_public(g->log), &how, NULL,
	    &why);
	if (st != PROV_EUNTRUSTED || !s.found)
		fail_msg("%s: %d, %s", words, st, why.msg);
}

/* What the database says, and what a writer says of it. */
static void
databases(void **state)
{
	static const struct {
		const char *sql;
		prov_status st;
		const char *words;
	} rows[] = {
		{ "UPDATE positions SET value = -1 WHERE name = 'synced'",
		    PROV_EUNTRUSTED, "position synced is negative" },
		{ "UPDATE positions SET value = 301 WHERE name = 'synced'",
		    PROV_EUNTRUSTED, "positions past the checkpoint" },
		{ "UPDATE positions SET value = 300 WHERE name = 'policy'",
		    PROV_EUNTRUSTED, "positions past the checkpoint" },
		{ "UPDATE positions SET value = 5 WHERE name = 'policy'",
		    PROV_EFORMAT, "entry 5 is no registration policy" },
		{ "DELETE FROM entries WHERE idx = 299", PROV_EUNTRUSTED,
		    "entry 299 is missing or malformed" },
		{ "UPDATE entries SET bytes = zeroblob(65536) WHERE idx = 299",
		    PROV_EUNTRUSTED, "entry 299 is missing or malformed" },
		{ "UPDATE entries SET bytes = zeroblob(9) WHERE idx = 299",
		    PROV_EUNTRUSTED, "edge does not give the checkpoint" },
		{ "UPDATE edge SET hashes = zeroblob(32)", PROV_EUNTRUSTED,
		    "edge does not give the checkpoint" },
		{ "UPDATE edge SET hashes = zeroblob(31)", PROV_EUNTRUSTED,
		    "edge at level 1 is not that of 300" },
		{ "DELETE FROM edge", PROV_EUNTRUSTED,
		    "edge at level 1 is not that of 300" },
		{ "UPDATE checkpoints SET size = -1", PROV_EUNTRUSTED,
		    "a checkpoint of a negative size" },
		{ "DELETE FROM checkpoints; UPDATE positions SET value = 0",
		    PROV_ENOTFOUND, "the ledger was never finished" },
		{ "DROP TABLE targets", PROV_EUNTRUSTED, "4 of 5 tables" },
		{ "CREATE TABLE more (x)", PROV_EUNTRUSTED,
		    "item 5 of the schema is not prov's" },
		{ "CREATE INDEX more ON edge (hashes)", PROV_EUNTRUSTED,
		    "item 5 of the schema is not prov's" },
		{ "INSERT INTO targets VALUES ('a', 1, zeroblob(32))",
		    PROV_EUNTRUSTED, "a publish target is malformed" },
		{ "INSERT INTO targets VALUES ('/a', -1, zeroblob(32))",
		    PROV_EUNTRUSTED, "a publish target is malformed" },
		{ "INSERT INTO targets VALUES ('/a', 1, zeroblob(31))",
		    PROV_EUNTRUSTED, "a publish target is malformed" },
	};
	struct logged g;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		copy(&g, *state);
		change(&g, rows[i].sql);
		refused(rows[i].st, rows[i].words, begin_writing(&g, err));
	}
	copy(&g, *state);
	assert_true(logged_write(&g, LEDGER_DB, span("no database", 11)));
	assert_int_equal(0, remove(logged_path(&g, LEDGER_DB "-wal")));
	refused(PROV_EUNTRUSTED, "not a database", begin_writing(&g, err));
}

/* What inspecting says of it, which reads more. */
static void
inspections(void **state)
{
	static const char *const rows[][2] = {
		{ "DELETE FROM checkpoints; UPDATE positions SET value = 0",
		    "has no checkpoint: the ledger was never finished" },
		{ "UPDATE checkpoints SET size = 299; "
		  "UPDATE positions SET value = 0",
		    "the newest checkpoint is of another size than its row" },
		{ "INSERT INTO checkpoints SELECT 299, note FROM checkpoints",
		    "kept for size 299: it is of size 300" },
		{ "INSERT INTO checkpoints VALUES (299, x'00')",
		    "kept for size 299" },
		{ "UPDATE edge SET hashes = zeroblob(32)",
		    "edge does not give the checkpoint" },
		{ "UPDATE entries SET bytes = zeroblob(9) WHERE idx = 7",
		    "its entries do not give the root that was signed" },
	};
	struct logged g;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		copy(&g, *state);
		change(&g, rows[i][0]);
		found(&g, rows[i][1]);
	}
}

/* Bundles that end elsewhere, where a frame does. */
static void
bundles(void **state)
{
	static const char name[] = "tlog/tile/entries/001.p/44";
	struct logged g;
	AUTO_BUF b = { 0 };
	size_t last, len;

	copy(&g, *state);
	assert_true(logged_read(&b, &g, name));
	for (last = 0; (len = be16(b.p + last) + 2U) + last < b.len;)
		last += len;
	assert_true(logged_write(&g, name, span(b.p, last)));
	found(&g, "ends before entry 299");
	buf_put(&b, "\0\1x", 3);
	assert_true(logged_write(&g, name, buf_span(&b)));
	found(&g, "has bytes behind its entries");
}

static prov_status
append(prov_ledger *l, const struct logged *g, uint64_t n, prov_err *err)
{
	return (logged_append(l, g->owner, n, n + 1, 1, err));
}

/*
 * Who has the tree's edge from before does not take the entries for it that
 * are in the database now: they would be published as they are.
 */
static void
changed_between(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	struct logged g;

	copy(&g, *state);
	ok(prov_ledger_open_writer(&l, g.path, g.log, err));
	change(&g, "UPDATE positions SET value = 301 WHERE name = 'synced'");
	refused(PROV_EUNTRUSTED, "positions past", append(l, &g, 1000, err));
	refused(PROV_EUNTRUSTED, "positions past",
	    prov_ledger_anchor(l, logged_path(&g, "anchor"), err));
	change(&g, "UPDATE positions SET value = 300 WHERE name = 'synced'; "
		   "UPDATE entries SET bytes = zeroblob(9) WHERE idx = 299");
	refused(PROV_EUNTRUSTED, "entry 299 was changed",
	    append(l, &g, 1000, err));
}

/* What is published and cannot be read may be the history to be kept to. */
static void
unreadable(void **state)
{
	struct logged g;

	copy(&g, *state);
	assert_int_equal(0, remove(logged_path(&g, LEDGER_CHECKPOINT)));
	assert_int_equal(0, mkdir(logged_path(&g, LEDGER_CHECKPOINT), 0755));
	refused(PROV_EOPEN, "checkpoint: is a directory",
	    begin_writing(&g, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(databases),
		cmocka_unit_test(inspections),
		cmocka_unit_test(bundles),
		cmocka_unit_test(changed_between),
		cmocka_unit_test(unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
