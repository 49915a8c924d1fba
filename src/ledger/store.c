/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "ledger/layout.h"
#include "ledger/store.h"
#include "ledger/vfs.h"

/* "prov" */
#define APPLICATION_ID 0x70726f76
#define SCHEMA_VERSION 3

/* Somebody looks into the database with a tool of his own. */
#define BUSY_TIMEOUT_MS 5000

/*
 * A page holds 23 entries of 700 bytes, and what is left over at its end costs
 * few bytes of each; of the usual 4 KiB a seventh would be lost.
 */
#define PAGE_BYTES    16384
#define PAGE_BYTES_IS "16384"

/*
 * Pages of log after which they are copied into the database, for which three
 * more syncs are needed. Whoever takes the lock reads the log from its start,
 * 5 us a page, so it is not too long; it holds more than 64 single appends of
 * two pages each, and those that begin a page of entries. This is done before
 * a commit and not behind it, as SQLite does by itself: only who has copied
 * the log knows that, and begins it anew with his next commit. Otherwise it
 * would grow with each that opens it.
 */
#define WAL_PAGES_MAX 160

/* After a batch of large statements the log shrinks to this again. */
#define WAL_BYTES_MAX (16 << 20)

/* Tests include this file with another one, to see that it does matter. */
#ifndef STORE_SYNCHRONOUS
#define STORE_SYNCHRONOUS    "FULL"
#define STORE_SYNCHRONOUS_IS "2"
#endif

/*
 * Two things need no sync of their own: copying the log, when the whole file
 * system is synced before the log begins anew, and a mark, which the next
 * commit's sync takes along and which costs time only, if it is lost.
 */
#define WITHOUT_SYNC      "OFF"
#define WITHOUT_SYNC_IS   "0"
#define WITH_THE_NEXT_ONE "NORMAL"
#define WITH_THE_NEXT_IS  "1"

/* The log's head and each page's: SQLite's file format, section 4.1. */
#define WAL_HEAD       32
#define WAL_FRAME_HEAD 24

struct store {
	sqlite3 *db;
};

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

static bool
is_write_code(int rc)
{
	rc &= 0xff;
	return (rc == SQLITE_FULL || rc == SQLITE_IOERR ||
		rc == SQLITE_READONLY || rc == SQLITE_CANTOPEN ||
		rc == SQLITE_PERM);
}

/* What the system said last of the database, or of its log. */
static int
last_errno(sqlite3 *db, int which)
{
	sqlite3_file *f = NULL;
	int error = 0;

	if (sqlite3_file_control(db, "main", which, &f) != SQLITE_OK ||
	    f == NULL || f->pMethods == NULL ||
	    f->pMethods->xFileControl(f, SQLITE_FCNTL_LAST_ERRNO, &error) !=
		SQLITE_OK)
		return (0);
	return (error == EIO || error == ENXIO || error == ERANGE ? error : 0);
}

/* SQLite calls a file damaged, too, where the disk fails to read it. */
static int
read_errno(const struct store *s, int rc)
{
	int error;

	if ((rc & 0xff) != SQLITE_CORRUPT || s == NULL || s->db == NULL)
		return (0);
	error = last_errno(s->db, SQLITE_FCNTL_FILE_POINTER);
	return (error != 0 ? error
			   : last_errno(s->db, SQLITE_FCNTL_JOURNAL_POINTER));
}

static prov_status
fail(struct store *s, int rc, const char *what, prov_err *err)
{
	const char *msg = sqlite3_errstr(rc);
	int code = s != NULL && s->db != NULL ? sqlite3_system_errno(s->db) : 0;
	prov_status st = PROV_EINTERNAL;

	if (read_errno(s, rc) != 0)
		return (prov_fail(err, PROV_EIO, "%s: %s: %s", LEDGER_DB, what,
		    strerror(read_errno(s, rc))));
	if (rc == SQLITE_IOERR_READ || rc == SQLITE_IOERR_SHORT_READ)
		st = PROV_EIO;
	else if (is_write_code(rc))
		st = PROV_EWRITE;
	else if ((rc & 0xff) == SQLITE_NOMEM)
		st = PROV_ENOMEM;
	else if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		st = PROV_EBUSY;
	else if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
		st = PROV_EUNTRUSTED;
	if (st == PROV_EWRITE && code != 0)
		return (prov_fail(err, st, "%s: %s: %s (%s)", LEDGER_DB, what,
		    msg, strerror(code)));
	return (prov_fail(err, st, "%s: %s: %s", LEDGER_DB, what, msg));
}

static void
auto_stmt(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt);
}
#define AUTO_STMT __attribute__((cleanup(auto_stmt))) sqlite3_stmt

static prov_status
prepare(struct store *s, sqlite3_stmt **out, const char *sql, prov_err *err)
{
	int rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);

	return (rc == SQLITE_OK ? PROV_OK : fail(s, rc, sql, err));
}

static prov_status
exec(struct store *s, const char *sql, prov_err *err)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return (rc == SQLITE_OK ? PROV_OK : fail(s, rc, sql, err));
}

/* A pragma whose answer must be this text: set is not believed to have set. */
static prov_status
expect(struct store *s, const char *sql, const char *want, prov_err *err)
{
	AUTO_STMT *q = NULL;
	const char *got;
	prov_status st;
	int rc;

	if ((st = prepare(s, &q, sql, err)) != PROV_OK)
		return (st);
	if ((rc = sqlite3_step(q)) != SQLITE_ROW)
		return (
		    fail(s, rc == SQLITE_DONE ? SQLITE_ERROR : rc, sql, err));
	got = (const char *)sqlite3_column_text(q, 0);
	if (got == NULL || strcmp(got, want) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": %s says %s, not %s", sql,
		    got != NULL ? got : "nothing", want));
	return (PROV_OK);
}

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

/* Sets how commits are synced, and reads it back. */
static prov_status
sync_as(struct store *s, const char *set, const char *is, prov_err *err)
{
	prov_status st;

	if ((st = exec(s, set, err)) != PROV_OK)
		return (st);
	return (expect(s, "PRAGMA synchronous", is, err));
}

static prov_status
sync_fully(struct store *s, prov_err *err)
{
	return (sync_as(s, "PRAGMA synchronous = " STORE_SYNCHRONOUS,
	    STORE_SYNCHRONOUS_IS, err));
}

/*
 * Does something under a weaker setting. Where the strong one does not come
 * back, nothing more is to be committed.
 */
static prov_status
sync_less(struct store *s, const char *set, const char *is,
    prov_status (
	*fn)(struct store *s, uint64_t arg, bool *fatal, prov_err *err),
    uint64_t arg, bool *fatal, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st, back;

	*fatal = false;
	if ((st = sync_as(s, set, is, &why)) == PROV_OK)
		st = fn(s, arg, fatal, &why);
	if ((back = sync_fully(s, st == PROV_OK ? &why : NULL)) != PROV_OK) {
		*fatal = true;
		st = st == PROV_OK ? back : st;
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
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
		{ "PRAGMA page_size", PAGE_BYTES_IS },
		{ "PRAGMA journal_mode = WAL", "wal" },
		{ "PRAGMA journal_size_limit = 16777216", "16777216" },
		{ "PRAGMA wal_autocheckpoint = 0", "0" },
	};
	prov_status st;

	_Static_assert(WAL_BYTES_MAX == 16777216, "the pragma's number");
	/* Of a database that is there already it changes nothing. */
	if ((st = exec(s, "PRAGMA page_size = " PAGE_BYTES_IS, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
		st = expect(s, pragmas[i].sql, pragmas[i].want, err);
		if (st != PROV_OK)
			return (st);
	}
	if ((st = exec(s, "PRAGMA cell_size_check = ON", err)) != PROV_OK ||
	    (st = exec(s, "PRAGMA temp_store = MEMORY", err)) != PROV_OK ||
	    (st = expect(s, "PRAGMA cell_size_check", "1", err)) != PROV_OK ||
	    (st = expect(s, "PRAGMA trusted_schema", "0", err)) != PROV_OK)
		return (st);
	return (sync_fully(s, err));
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

	st = prepare(s, &q,
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
		return (fail(s, rc, "schema", err));
	if (n == 0)
		return (PROV_ENOTFOUND);
	if (n != SCHEMA_N)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": %zu of %zu tables", n, SCHEMA_N));
	return (expect(s, "PRAGMA user_version", "3", err));
}

static prov_status
make_schema(struct store *s, prov_err *err)
{
	prov_status st;

	_Static_assert(SCHEMA_VERSION == 3, "the pragma's number");
	if ((st = exec(s, "BEGIN IMMEDIATE", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < SCHEMA_N && st == PROV_OK; i++)
		st = exec(s, schema[i].sql, err);
	if (st == PROV_OK)
		st = exec(s, "PRAGMA user_version = 3", err);
	if (st == PROV_OK)
		st = exec(s, "PRAGMA application_id = 1886547830", err);
	if (st == PROV_OK)
		st = exec(s, "COMMIT", err);
	_Static_assert(APPLICATION_ID == 1886547830, "the pragma's number");
	return (st);
}

static void
sqlite_close(struct store *s)
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
	sqlite_close(*s);
}
#define AUTO_STORE __attribute__((cleanup(auto_store))) struct store

static prov_status
sqlite_open(struct store **out, const char *dir, bool create, prov_err *err)
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
		return (fail(s, rc, "open", err));
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

static prov_status
read_position(struct store *s, const char *name, uint64_t *out, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q, "SELECT value FROM positions WHERE name = ?", err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	*out = 0;
	if ((rc = sqlite3_step(q)) == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(q, 0);
	else if (rc != SQLITE_DONE)
		return (fail(s, rc, "positions", err));
	if (*out > INT64_MAX)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": position %s is negative", name));
	return (PROV_OK);
}

/* The newest checkpoint's note, and in *size the size that its row states. */
static prov_status
read_note(struct store *s, struct buf *note, uint64_t *size, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q,
	    "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1",
	    err);
	if (st != PROV_OK)
		return (st);
	*size = 0;
	if ((rc = sqlite3_step(q)) == SQLITE_DONE)
		return (PROV_OK);
	if (rc != SQLITE_ROW)
		return (fail(s, rc, "checkpoints", err));
	*size = (uint64_t)sqlite3_column_int64(q, 0);
	buf_put(note, sqlite3_column_blob(q, 1),
	    (size_t)sqlite3_column_bytes(q, 1));
	return (buf_done(note, err));
}

static prov_status
sqlite_entries(struct store *s, uint64_t from, uint64_t to, store_entry_fn fn,
    void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q,
	    "SELECT idx, bytes FROM entries WHERE idx >= ? AND idx < ? "
	    "ORDER BY idx",
	    err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)from);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)to);
	for (; from < to; from++) {
		rc = sqlite3_step(q);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return (fail(s, rc, "entries", err));
		if (rc == SQLITE_DONE ||
		    sqlite3_column_int64(q, 0) != (sqlite3_int64)from ||
		    (size_t)sqlite3_column_bytes(q, 1) > STATEMENT_MAX)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    LEDGER_DB ": entry %llu is missing or malformed",
			    (unsigned long long)from));
		st = fn(arg, from,
		    span(sqlite3_column_blob(q, 1),
			(size_t)sqlite3_column_bytes(q, 1)),
		    err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* A store_entry_fn: of what is in no full tile yet the leaves are not kept. */
static prov_status
hash_leaf(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct edge *e = arg;

	return (tree_leaf(e->hash[0][i % TILE_WIDTH], entry, err));
}

static prov_status
read_edge(struct store *s, struct edge *e, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q, "SELECT hashes FROM edge WHERE level = ?", err);
	if (st != PROV_OK)
		return (st);
	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		size_t len = (size_t)tile_partial(e->size, level) * 32;

		if (len == 0)
			continue;
		(void)sqlite3_bind_int(q, 1, (int)level);
		if ((rc = sqlite3_step(q)) != SQLITE_ROW && rc != SQLITE_DONE)
			return (fail(s, rc, "edge", err));
		if (rc == SQLITE_DONE ||
		    (size_t)sqlite3_column_bytes(q, 0) != len)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    LEDGER_DB ": the tree's edge at level %u is not "
				      "that of %llu entries",
			    level, (unsigned long long)e->size));
		memcpy(e->hash[level], sqlite3_column_blob(q, 0), len);
		(void)sqlite3_reset(q);
	}
	return (sqlite_entries(s, e->size - tile_partial(e->size, 0), e->size,
	    hash_leaf, e, err));
}

/*
 * The checkpoint and the edge that go with it. Under a signed checkpoint that
 * the caller has already, it has the edge as well.
 */
static prov_status
read_tree(struct store *s, struct store_state *out, prov_err *err)
{
	AUTO_BUF note = { 0 };
	uint64_t size;
	prov_status st;

	if ((st = read_note(s, &note, &size, err)) != PROV_OK)
		return (st);
	if (size > INT64_MAX)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": a checkpoint of a negative size"));
	if (note.len != 0 && out->edge.size == size &&
	    span_eq(buf_span(&note), buf_span(&out->note)))
		return (PROV_OK);
	out->note.len = 0;
	buf_put_span(&out->note, buf_span(&note));
	out->edge.size = size;
	if ((st = buf_done(&out->note, err)) == PROV_OK)
		st = read_edge(s, &out->edge, err);
	/* Half of it must not be taken for the whole later. */
	if (st != PROV_OK)
		out->note.len = 0;
	return (st);
}

static prov_status
sqlite_load(struct store *s, struct store_state *out, prov_err *err)
{
	prov_status st;

	if ((st = read_tree(s, out, err)) != PROV_OK ||
	    (st = read_position(s, "policy", &out->policy, err)) != PROV_OK ||
	    (st = read_position(s, "synced", &out->synced, err)) != PROV_OK)
		return (st);
	if (out->synced > out->edge.size ||
	    (out->edge.size != 0 && out->policy >= out->edge.size))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": positions past the checkpoint"));
	return (PROV_OK);
}

static int
put_blob(sqlite3_stmt *q, uint64_t key, const void *p, size_t len)
{
	int rc;

	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)key);
	rc = sqlite3_bind_blob64(q, 2, p, len, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	(void)sqlite3_reset(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

static int
put_entries(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "INSERT INTO entries VALUES (?, ?)", -1,
	    &q, NULL);
	for (size_t i = 0; i < b->n && rc == SQLITE_OK; i++)
		rc = put_blob(q, b->first + i, b->entries[i].p,
		    b->entries[i].len);
	return (rc);
}

static int
put_edge(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "INSERT OR REPLACE INTO edge VALUES (?, ?)", -1, &q, NULL);
	for (unsigned level = 1; level < TILE_LEVELS && rc == SQLITE_OK;
	     level++) {
		size_t len = (size_t)tile_partial(b->edge->size, level) * 32;

		if (len != 0 && tile_hashes(b->first, level) !=
				    tile_hashes(b->edge->size, level))
			rc = put_blob(q, level, b->edge->hash[level], len);
	}
	return (rc);
}

static int
put_note(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "INSERT INTO checkpoints VALUES (?, ?)",
	    -1, &q, NULL);
	return (rc != SQLITE_OK
		    ? rc
		    : put_blob(q, b->edge->size, b->note.p, b->note.len));
}

/* A page that says what it said already is not written again. */
static int
put_position(struct store *s, const char *name, uint64_t value)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "INSERT INTO positions VALUES (?1, ?2) ON CONFLICT (name) "
	    "DO UPDATE SET value = ?2 WHERE value <> ?2",
	    -1, &q, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)value);
	rc = sqlite3_step(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

/* The newest stays: it is what the ledger is at. */
static int
forget_checkpoints(struct store *s, uint64_t synced)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "DELETE FROM checkpoints WHERE size <= ? AND "
	    "size < (SELECT max(size) FROM checkpoints)",
	    -1, &q, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)synced);
	rc = sqlite3_step(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

/* Ends a transaction. What an I/O error left behind is not known. */
static prov_status
finish(struct store *s, int rc, bool *fatal, const char *what, prov_err *err)
{
	prov_status st;

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return (PROV_OK);
	*fatal = (rc & 0xff) == SQLITE_IOERR;
	st = fail(s, rc, what, err);
	if (sqlite3_get_autocommit(s->db) == 0)
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return (st);
}

/*
 * Whether the log holds more pages than that: a page that far behind belongs to
 * it if it has the salt of its head. Where that cannot be read it is short.
 */
static bool
log_is_long(struct store *s, unsigned pages)
{
	const sqlite3_int64 at =
	    WAL_HEAD + (sqlite3_int64)pages * (WAL_FRAME_HEAD + PAGE_BYTES);
	uint8_t head[8], frame[8];
	sqlite3_file *f = NULL;

	return (sqlite3_file_control(s->db, "main",
		    SQLITE_FCNTL_JOURNAL_POINTER, &f) == SQLITE_OK &&
		f != NULL && f->pMethods != NULL &&
		f->pMethods->xRead(f, head, 8, 16) == SQLITE_OK &&
		f->pMethods->xRead(f, frame, 8, at + 8) == SQLITE_OK &&
		memcmp(head, frame, sizeof(head)) == 0);
}

/* Begins a transaction, with a new log where the old one is long. */
static int
begin(struct store *s)
{
	int rc = SQLITE_OK;

	if (log_is_long(s, WAL_PAGES_MAX))
		rc = sqlite3_wal_checkpoint_v2(s->db, NULL,
		    SQLITE_CHECKPOINT_FULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	return (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
}

static prov_status
sqlite_commit(struct store *s, const struct store_batch *b, bool *fatal,
    prov_err *err)
{
	int rc = begin(s);

	*fatal = (rc & 0xff) == SQLITE_IOERR;
	if (rc != SQLITE_OK)
		return (fail(s, rc, "append", err));
	if ((rc = put_entries(s, b)) == SQLITE_OK &&
	    (rc = put_edge(s, b)) == SQLITE_OK &&
	    (rc = put_note(s, b)) == SQLITE_OK &&
	    (rc = put_position(s, "policy", b->policy)) == SQLITE_OK &&
	    (rc = put_position(s, "synced", b->synced)) == SQLITE_OK)
		rc = forget_checkpoints(s, b->synced);
	return (finish(s, rc, fatal, "append", err));
}

/*
 * Copies the log into the database, and syncs that: pages whose sync has once
 * failed count as clean, and only writing them elsewhere gets them to the disk.
 */
static prov_status
sqlite_flush(struct store *s, bool *fatal, prov_err *err)
{
	int rc, in_log = 0, copied = 0;

	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_FULL,
	    &in_log, &copied);
	if (rc == SQLITE_OK && in_log != copied)
		rc = SQLITE_BUSY;
	*fatal = (rc & 0xff) == SQLITE_IOERR;
	return (rc == SQLITE_OK ? PROV_OK : fail(s, rc, "flush", err));
}

/* Well before a commit would have to, which has two syncs more for it. */
static prov_status
copy_log(struct store *s, uint64_t arg, bool *fatal, prov_err *err)
{
	int rc = SQLITE_OK;

	(void)arg;
	if (log_is_long(s, WAL_PAGES_MAX / 2))
		rc = sqlite3_wal_checkpoint_v2(s->db, NULL,
		    SQLITE_CHECKPOINT_FULL, NULL, NULL);
	*fatal = (rc & 0xff) == SQLITE_IOERR;
	return (rc == SQLITE_OK ? PROV_OK : fail(s, rc, "settle", err));
}

static prov_status
sqlite_settle(struct store *s, bool *fatal, prov_err *err)
{
	return (sync_less(s, "PRAGMA synchronous = " WITHOUT_SYNC,
	    WITHOUT_SYNC_IS, copy_log, 0, fatal, err));
}

static prov_status
put_mark(struct store *s, uint64_t synced, bool *fatal, prov_err *err)
{
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	*fatal = (rc & 0xff) == SQLITE_IOERR;
	if (rc != SQLITE_OK)
		return (fail(s, rc, "mark", err));
	if ((rc = put_position(s, "synced", synced)) == SQLITE_OK)
		rc = forget_checkpoints(s, synced);
	return (finish(s, rc, fatal, "mark", err));
}

static prov_status
sqlite_mark(struct store *s, uint64_t synced, bool *fatal, prov_err *err)
{
	return (sync_less(s, "PRAGMA synchronous = " WITH_THE_NEXT_ONE,
	    WITH_THE_NEXT_IS, put_mark, synced, fatal, err));
}

static int
replace_note(struct store *s, uint64_t size, prov_span note)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "UPDATE checkpoints SET note = ?2 WHERE size = ?1", -1, &q, NULL);
	return (rc != SQLITE_OK ? rc : put_blob(q, size, note.p, note.len));
}

static prov_status
sqlite_note(struct store *s, uint64_t size, prov_span note, bool *fatal,
    prov_err *err)
{
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	prov_status st, end;

	*fatal = false;
	if (rc != SQLITE_OK)
		return (fail(s, rc, "cosign", err));
	rc = replace_note(s, size, note);
	st = rc == SQLITE_OK && sqlite3_changes(s->db) == 0 ? PROV_ENOTFOUND
	                                                    : PROV_OK;
	if ((end = finish(s, rc, fatal, "cosign", err)) != PROV_OK)
		return (end);
	return (st);
}

static prov_status
sqlite_sizes(struct store *s, uint64_t above, struct buf *out, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q,
	    "SELECT size FROM checkpoints WHERE size > ? ORDER BY size", err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)above);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		uint64_t size = (uint64_t)sqlite3_column_int64(q, 0);

		buf_put(out, &size, sizeof(size));
	}
	if (rc != SQLITE_DONE)
		return (fail(s, rc, "checkpoints", err));
	return (buf_done(out, err));
}

static int
put_target(sqlite3_stmt *q, const struct store_target *t)
{
	int rc;

	(void)sqlite3_bind_text(q, 1, t->name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)t->size);
	(void)sqlite3_bind_blob(q, 3, t->root, 32, SQLITE_STATIC);
	rc = sqlite3_step(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

static prov_status
sqlite_target_put(struct store *s, const struct store_target *t, bool *fatal,
    prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	*fatal = false;
	st = prepare(s, &q, "INSERT OR REPLACE INTO targets VALUES (?, ?, ?)",
	    err);
	if (st != PROV_OK)
		return (st);
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (fail(s, rc, "target", err));
	rc = put_target(q, t);
	(void)sqlite3_reset(q);
	return (finish(s, rc, fatal, "target", err));
}

static prov_status
sqlite_target_drop(struct store *s, const char *name, bool *fatal,
    prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	*fatal = false;
	st = prepare(s, &q, "DELETE FROM targets WHERE name = ?", err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (fail(s, rc, "target", err));
	rc = sqlite3_step(q);
	(void)sqlite3_reset(q);
	if (rc == SQLITE_DONE && sqlite3_changes(s->db) == 0) {
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return (PROV_ENOTFOUND);
	}
	return (finish(s, rc == SQLITE_DONE ? SQLITE_OK : rc, fatal, "target",
	    err));
}

/* A row as it was written, or what this version would not have made. */
static prov_status
read_target(sqlite3_stmt *q, struct store_target *t, prov_err *err)
{
	sqlite3_int64 size = sqlite3_column_int64(q, 1);

	t->name = (const char *)sqlite3_column_text(q, 0);
	if (t->name == NULL || t->name[0] != '/' || size < 0 ||
	    sqlite3_column_bytes(q, 2) != 32)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": a publish target is malformed"));
	t->size = (uint64_t)size;
	memcpy(t->root, sqlite3_column_blob(q, 2), 32);
	return (PROV_OK);
}

static prov_status
sqlite_targets(struct store *s, store_target_fn fn, void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q,
	    "SELECT name, size, root FROM targets ORDER BY name", err);
	if (st != PROV_OK)
		return (st);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_target t;

		if ((st = read_target(q, &t, err)) != PROV_OK ||
		    (st = fn(arg, &t, err)) != PROV_OK)
			return (st);
	}
	return (rc == SQLITE_DONE ? PROV_OK : fail(s, rc, "targets", err));
}

static prov_status
sqlite_notes(struct store *s, store_entry_fn fn, void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = prepare(s, &q, "SELECT size, note FROM checkpoints ORDER BY size",
	    err);
	if (st != PROV_OK)
		return (st);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		st = fn(arg, (uint64_t)sqlite3_column_int64(q, 0),
		    span(sqlite3_column_blob(q, 1),
			(size_t)sqlite3_column_bytes(q, 1)),
		    err);
		if (st != PROV_OK)
			return (st);
	}
	return (rc == SQLITE_DONE ? PROV_OK : fail(s, rc, "checkpoints", err));
}

static prov_status
sqlite_check(struct store *s, prov_err *err)
{
	prov_status st = expect(s, "PRAGMA integrity_check(1)", "ok", err);

	/* What no read asks for would stand in the way of the next append. */
	return (st != PROV_OK ? st
			      : expect(s,
				    "SELECT coalesce((SELECT min(idx) FROM "
				    "entries), 0) = 0 AND coalesce((SELECT "
				    "max(idx) + 1 FROM entries), 0) = "
				    "coalesce((SELECT max(size) FROM "
				    "checkpoints), 0)",
				    "1", err));
}

const struct ledger_ops ledger_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.load = sqlite_load,
	.commit = sqlite_commit,
	.flush = sqlite_flush,
	.settle = sqlite_settle,
	.mark = sqlite_mark,
	.note = sqlite_note,
	.entries = sqlite_entries,
	.sizes = sqlite_sizes,
	.targets = sqlite_targets,
	.target_put = sqlite_target_put,
	.target_drop = sqlite_target_drop,
	.notes = sqlite_notes,
	.check = sqlite_check,
};

const struct ledger_ops *const ledger_backends[] = { &ledger_sqlite, NULL };
