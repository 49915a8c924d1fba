/* SPDX-License-Identifier: ISC */
/* Every backend by the contract, and what is SQLite's own. */
#include <assert.h>
#include <sqlite3.h>

#include "contract.h"
#include "ledger/layout.h"

/* One that was never there: all of it is below g.dir. */
struct case_of {
	struct contract c;
	struct logged g;
};

static int
begin(void **state)
{
	struct case_of *t = calloc(1, sizeof(*t));

	if (t == NULL || !logged_dir(&t->g) || mkdir(t->g.path, 0755) != 0)
		return (-1);
	t->c.ops = *state;
	t->c.place = t->g.path;
	*state = t;
	return (0);
}

static int
end(void **state)
{
	struct case_of *t = *state;

	logged_close(&t->g);
	free(t);
	return (0);
}

static int64_t
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		n = sqlite3_column_int64(q, 0);
	(void)sqlite3_finalize(q);
	return (n);
}

/* What another connection reads in the file is what was asked for. */
static void
sqlite_is_as_asked(void **state)
{
	const struct contract *c = *state;
	struct store *s = contract_open(c, true);
	char path[256];
	sqlite3 *db = NULL;

	c->ops->close(s);
	snprintf(path, sizeof(path), "%s/" LEDGER_DB, c->place);
	assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
	assert_int_equal(16384, number(db, "PRAGMA page_size"));
	assert_int_equal(1, number(db, "PRAGMA journal_mode = WAL") == 0);
	assert_int_equal(0x70726f76, number(db, "PRAGMA application_id"));
	(void)sqlite3_close(db);
}

/* A database that was made otherwise is refused, not used as it is. */
static void
sqlite_refuses_other_pages(void **state)
{
	const struct contract *c = *state;
	struct store *s = contract_open(c, true);
	char path[256];
	sqlite3 *db = NULL;
	prov_err why = { 0 };

	c->ops->close(s);
	s = NULL;
	snprintf(path, sizeof(path), "%s/" LEDGER_DB, c->place);
	assert_int_equal(SQLITE_OK, sqlite3_open(path, &db));
	assert_int_equal(SQLITE_OK,
	    sqlite3_exec(db,
		"PRAGMA journal_mode = DELETE; PRAGMA page_size = 4096; VACUUM",
		NULL, NULL, NULL));
	(void)sqlite3_close(db);
	assert_int_equal(PROV_EUNTRUSTED,
	    c->ops->open(&s, c->place, false, &why));
	assert_non_null(strstr(why.msg, "page_size says 4096, not 16384"));
	assert_null(s);
}

/* However often it is opened, the log stays short, and is not copied twice. */
static void
sqlite_keeps_its_log_short(void **state)
{
	const struct contract *c = *state;
	struct store *s = contract_open(c, true);
	struct edge *e = calloc(1, sizeof(*e));
	char path[256];
	struct stat sb;
	off_t longest = 0;

	snprintf(path, sizeof(path), "%s/" LEDGER_DB "-wal", c->place);
	for (int i = 0; i < 400; i++) {
		ok(contract_commit(c, s, e, i % 50 == 49 ? 300 : 1, 0, 0));
		s = contract_reopen(c, s);
		assert_int_equal(0, stat(path, &sb));
		if (sb.st_size > longest)
			longest = sb.st_size;
	}
	contract_is_at(c, s, e, 0, 0);
	/* 160 pages, and what one batch more has. */
	assert_true(longest < 160 * 16408 + 600000);
	c->ops->close(s);
	free(e);
}

#define contract_case(name)                              \
	{                                                \
#name, contract_##name, begin, end, NULL \
	}

int
main(void)
{
	struct CMUnitTest tests[32] = {
		contract_case(is_created_once),
		contract_case(keeps_commits),
		contract_case(reads_parts),
		contract_case(forgets_what_is_synced),
		contract_case(takes_cosignatures),
		contract_case(refuses_what_does_not_follow),
		contract_case(flushes),
		contract_case(settles),
		{ "sqlite_is_as_asked", sqlite_is_as_asked, begin, end, NULL },
		{ "sqlite_refuses_other_pages", sqlite_refuses_other_pages,
		    begin, end, NULL },
		{ "sqlite_keeps_its_log_short", sqlite_keeps_its_log_short,
		    begin, end, NULL },
	};
	const size_t shared = 8, own = 3;
	size_t n = 0;

	/* The contract again for each backend that there is. */
	for (size_t i = 0; ledger_backends[i] != NULL; i++) {
		const struct ledger_ops *ops = ledger_backends[i];
		size_t more = shared + (ops == &ledger_sqlite ? own : 0);

		assert(n + shared + own <= sizeof(tests) / sizeof(tests[0]));
		if (i > 0)
			memcpy(tests + n, tests, shared * sizeof(tests[0]));
		for (size_t k = 0; k < more; k++)
			tests[n + k].initial_state = (void *)(uintptr_t)ops;
		n += more;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (_cmocka_run_group_tests("stores", tests, n, NULL, NULL));
}
