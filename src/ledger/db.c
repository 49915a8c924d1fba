/* SPDX-License-Identifier: ISC */
#include "ledger/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/layout.h"
#include "ledger/sql.h"
#include "ledger/vfs.h"
#include "ledger/wal.h"

/* "prov" */
#define APPLICATION_ID 0x70726f76
#define SCHEMA_VERSION 3

/* Somebody looks into the database with a tool of his own. */
#define BUSY_TIMEOUT_MS 5000

/* Compared with what the file says, letter by letter, in this order. */
static const struct schema {
	const char *name, *sql;
} schema[] = {
	{ "entries", "CREATE TABLE entries (idx INTEGER PRIMARY KEY, "
		     "bytes BLOB NOT NULL) STRICT" },
	{ "edge", "CREATE TABLE edge (level INTEGER PRIMARY KEY, "
		  "hashes BLOB NOT NULL) STRICT" },
	{ "checkpoints", "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, "
			 "note BLOB NOT NULL) STRICT" },
	{ "positions", "CREATE TABLE positions (name TEXT PRIMARY KEY, "
		       "value INTEGER NOT NULL) STRICT, WITHOUT ROWID" },
	{ "targets", "CREATE TABLE targets (name TEXT PRIMARY KEY, "
		     "size INTEGER NOT NULL, root BLOB NOT NULL) STRICT, "
		     "WITHOUT ROWID" },
};
#define SCHEMA_N (sizeof(schema) / sizeof(schema[0]))

/*
 * What our own statements and schema need, and some room; a file that asks for
 * more is no store of ours. A row holds an entry, or 8 KiB of the edge.
 */
static prov_status
limit(struct store *s, prov_err *err)
{
	static const struct {
		int what, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_SQL_LENGTH, 4096 },
		{ SQLITE_LIMIT_COLUMN, 16 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 32 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 2 },
		{ SQLITE_LIMIT_VDBE_OP, 4096 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 8 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 16 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		(void)sqlite3_limit(s->db, limits[i].what, limits[i].value);
		if (sqlite3_limit(s->db, limits[i].what, -1) > limits[i].value)
			return (prov_fail(err, PROV_EUNSUPPORTED,
			    LEDGER_DB ": SQLite refused limit %d",
			    limits[i].what));
	}
	return (PROV_OK);
}

/* Before the first look at the file: nothing in it may run. */
static prov_status
harden(struct store *s, prov_err *err)
{
	static const struct {
		int option, value;
	} config[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
	};
	int on = 1, got;
	prov_status st;

	for (size_t i = 0; i < sizeof(config) / sizeof(config[0]); i++)
		if (sqlite3_db_config(s->db, config[i].option, config[i].value,
			&got) != SQLITE_OK ||
		    got != config[i].value)
			return (prov_fail(err, PROV_EUNSUPPORTED,
			    LEDGER_DB ": SQLite refused option %d",
			    config[i].option));
	if ((st = limit(s, err)) != PROV_OK)
		return (st);
	(void)sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL,
		&on) != SQLITE_OK)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    LEDGER_DB ": SQLite cannot keep its log"));
	return (PROV_OK);
}

/* Exclusive: one connection at a time, so no shared memory either. */
static prov_status
configure(struct store *s, prov_err *err)
{
	static const struct {
		const char *sql, *want;
	} pragmas[] = {
		{ "PRAGMA locking_mode = EXCLUSIVE", "exclusive" },
		{ "PRAGMA mmap_size = 0", "0" },
		{ "PRAGMA page_size", DB_PAGE_BYTES_IS },
		{ "PRAGMA journal_mode = WAL", "wal" },
		{ "PRAGMA journal_size_limit = 16777216", "16777216" },
		{ "PRAGMA wal_autocheckpoint = 0", "0" },
	};
	prov_status st;

	_Static_assert(WAL_BYTES_MAX == 16777216, "the pragma's number");
	/* Of a database that is there already it changes nothing. */
	if ((st = sql_exec(s, "PRAGMA page_size = " DB_PAGE_BYTES_IS, err)) !=
	    PROV_OK)
		return (st);
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
		st = sql_expect(s, pragmas[i].sql, pragmas[i].want, err);
		if (st != PROV_OK)
			return (st);
	}
	if ((st = sql_exec(s, "PRAGMA cell_size_check = ON", err)) != PROV_OK ||
	    (st = sql_exec(s, "PRAGMA temp_store = MEMORY", err)) != PROV_OK ||
	    (st = sql_expect(s, "PRAGMA cell_size_check", "1", err)) !=
		PROV_OK ||
	    (st = sql_expect(s, "PRAGMA trusted_schema", "0", err)) != PROV_OK)
		return (st);
	return (wal_sync_fully(s, err));
}

static bool
column_is(sqlite3_stmt *q, int column, const char *want)
{
	const char *got = (const char *)sqlite3_column_text(q, column);

	return (got != NULL && strcmp(got, want) == 0);
}

/* PROV_ENOTFOUND if the file holds nothing at all yet. */
static prov_status
check_schema(struct store *s, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	size_t n = 0;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT type, name, tbl_name, sql FROM sqlite_schema "
	    "ORDER BY rowid",
	    err);
	if (st != PROV_OK)
		return (st);
	for (; (rc = sqlite3_step(q)) == SQLITE_ROW; n++)
		if (n >= SCHEMA_N || !column_is(q, 0, "table") ||
		    !column_is(q, 1, schema[n].name) ||
		    !column_is(q, 2, schema[n].name) ||
		    !column_is(q, 3, schema[n].sql))
			return (prov_fail(err, PROV_EUNTRUSTED,
			    LEDGER_DB ": item %zu of the schema is not "
				      "prov's",
			    n));
	if (rc != SQLITE_DONE)
		return (sql_fail(s, rc, "schema", err));
	if (n == 0)
		return (PROV_ENOTFOUND);
	if (n != SCHEMA_N)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": %zu of %zu tables", n, SCHEMA_N));
	return (sql_expect(s, "PRAGMA user_version", "3", err));
}

static prov_status
make_schema(struct store *s, prov_err *err)
{
	prov_status st;

	_Static_assert(SCHEMA_VERSION == 3, "the pragma's number");
	if ((st = sql_exec(s, "BEGIN IMMEDIATE", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < SCHEMA_N && st == PROV_OK; i++)
		st = sql_exec(s, schema[i].sql, err);
	if (st == PROV_OK)
		st = sql_exec(s, "PRAGMA user_version = 3", err);
	if (st == PROV_OK)
		st = sql_exec(s, "PRAGMA application_id = 1886547830", err);
	if (st == PROV_OK)
		st = sql_exec(s, "COMMIT", err);
	_Static_assert(APPLICATION_ID == 1886547830, "the pragma's number");
	return (st);
}

void
db_close(struct store *s)
{
	if (s == NULL)
		return;
	/* Every statement is finalised by its scope; v2 would hide a leak. */
	(void)sqlite3_close(s->db);
	free(s);
}

static void
auto_store(struct store **s)
{
	db_close(*s);
}
#define AUTO_STORE __attribute__((cleanup(auto_store))) struct store

prov_status
db_open(struct store **out, const char *dir, bool create, prov_err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
	            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	            (create ? SQLITE_OPEN_CREATE : 0);
	AUTO_STORE *s = calloc(1, sizeof(*s));
	char path[LEDGER_PATH_MAX];
	const char *vfs = NULL;
	prov_status st;
	int rc;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = layout_path(path, err, dir, LEDGER_DB)) != PROV_OK)
		return (st);
	if (!create && file_missing(path))
		return (PROV_ENOTFOUND);
	if (!create && (st = vfs_name(&vfs, err)) != PROV_OK)
		return (st);
	if ((rc = sqlite3_open_v2(path, &s->db, flags, vfs)) != SQLITE_OK)
		return (sql_fail(s, rc, "open", err));
	if ((st = harden(s, err)) != PROV_OK ||
	    (st = configure(s, err)) != PROV_OK)
		return (st);
	st = check_schema(s, err);
	if (st == PROV_ENOTFOUND && create)
		st = make_schema(s, err);
	if (st != PROV_OK)
		return (st);
	*out = TAKE(s);
	return (PROV_OK);
}
