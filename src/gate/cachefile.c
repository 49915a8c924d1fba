/* SPDX-License-Identifier: ISC */
#include "gate/cachefile.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"

/* "prvc"; the numbers again where SQLite wants text. */
#define APPLICATION_ID    0x70727663
#define APPLICATION_ID_IS "1886549603"
#define SCHEMA_VERSION    1
#define SCHEMA_VERSION_IS "1"

/* Where SQLite's header has them: file format, section 1.3. */
#define HEAD_LEN     100
#define HEAD_VERSION 60
#define HEAD_APP     68
static const char MAGIC[] = "SQLite format 3";

#define PAGE_BYTES    4096
#define PAGE_BYTES_IS "4096"

/*
 * Rows by random numbers fill pages to two thirds: two generations of a third
 * each leave the file below its bound, which SQLite keeps in any case.
 */
#define GENERATION_SHARE 3

struct cachefile {
	sqlite3 *db;
	sqlite3_stmt *get[2], *put[2], *drop[2];
	char *path;
	uint64_t max;
	unsigned young;       /* 0 or 1: the generation that rows go to */
	uint64_t young_bytes; /* that it holds, about */
};

/* Compared with what the file says, letter by letter, in this order. */
static const struct schema {
	const char *name, *sql;
} schema[] = {
	{ "facts0", "CREATE TABLE facts0 (row INTEGER PRIMARY KEY, "
		    "bytes BLOB NOT NULL) STRICT" },
	{ "facts1", "CREATE TABLE facts1 (row INTEGER PRIMARY KEY, "
		    "bytes BLOB NOT NULL) STRICT" },
	{ "turn", "CREATE TABLE turn (one INTEGER PRIMARY KEY, "
		  "young INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT" },
};
#define SCHEMA_N (sizeof(schema) / sizeof(schema[0]))

static prov_status
fail(const struct cachefile *f, int rc, const char *what, prov_err *err)
{
	prov_status st = PROV_EFORMAT;

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return (prov_fail(err, PROV_EBUSY,
		    "%s: another process uses this cache", f->path));
	case SQLITE_NOMEM:
		st = PROV_ENOMEM;
		break;
	case SQLITE_FULL:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		st = PROV_EWRITE;
		break;
	case SQLITE_IOERR:
		st = PROV_EIO;
		break;
	default:
		break;
	}
	return (prov_fail(err, st, "%s: %s: %s", f->path, what,
	    sqlite3_errstr(rc)));
}

static prov_status
exec(struct cachefile *f, const char *sql, prov_err *err)
{
	int rc = sqlite3_exec(f->db, sql, NULL, NULL, NULL);

	return (rc == SQLITE_OK ? PROV_OK : fail(f, rc, sql, err));
}

static void
auto_stmt(sqlite3_stmt **q)
{
	(void)sqlite3_finalize(*q);
}
#define AUTO_STMT __attribute__((cleanup(auto_stmt))) sqlite3_stmt

static prov_status
prepare(struct cachefile *f, sqlite3_stmt **out, const char *sql, prov_err *err)
{
	int rc = sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    out, NULL);

	return (rc == SQLITE_OK ? PROV_OK : fail(f, rc, sql, err));
}

static bool
column_is(sqlite3_stmt *q, int column, const char *want)
{
	const char *got = (const char *)sqlite3_column_text(q, column);

	return (got != NULL && strcmp(got, want) == 0);
}

/* A pragma whose answer must be this text: set is not believed to have set. */
static prov_status
expect(struct cachefile *f, const char *sql, const char *want, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	if ((st = prepare(f, &q, sql, err)) != PROV_OK)
		return (st);
	if ((rc = sqlite3_step(q)) != SQLITE_ROW)
		return (
		    fail(f, rc == SQLITE_DONE ? SQLITE_ERROR : rc, sql, err));
	if (!column_is(q, 0, want))
		return (prov_fail(err, PROV_EFORMAT, "%s: %s does not say %s",
		    f->path, sql, want));
	return (PROV_OK);
}

/* What our own statements need, and some room; nothing in the file may run. */
static prov_status
harden(struct cachefile *f, prov_err *err)
{
	static const int on[] = { SQLITE_DBCONFIG_DEFENSIVE };
	static const int off[] = { SQLITE_DBCONFIG_TRUSTED_SCHEMA,
		SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
		SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION };
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
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 16 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	int got = 0, rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		rc |= sqlite3_db_config(f->db, on[i], 1, &got) | (got != 1);
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		rc |= sqlite3_db_config(f->db, off[i], 0, &got) | (got != 0);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		(void)sqlite3_limit(f->db, limits[i].what, limits[i].value);
		rc |=
		    sqlite3_limit(f->db, limits[i].what, -1) > limits[i].value;
	}
	if (rc != SQLITE_OK)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%s: SQLite refused an option", f->path));
	return (PROV_OK);
}

struct pragma {
	const char *sql, *want;
};

static prov_status
expect_all(struct cachefile *f, const struct pragma *p, size_t n, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; st == PROV_OK && i < n; i++)
		st = expect(f, p[i].sql, p[i].want, err);
	return (st);
}

/* Before the first look at the file. */
static prov_status
configure(struct cachefile *f, prov_err *err)
{
	static const struct pragma pragmas[] = {
		{ "PRAGMA locking_mode = EXCLUSIVE", "exclusive" },
		{ "PRAGMA mmap_size = 0", "0" },
		{ "PRAGMA trusted_schema", "0" },
	};
	char pages[64];
	prov_status st;

	(void)snprintf(pages, sizeof(pages), "PRAGMA max_page_count = %llu",
	    (unsigned long long)(f->max / PAGE_BYTES));
	if ((st = exec(f, "PRAGMA page_size = " PAGE_BYTES_IS, err)) !=
		PROV_OK ||
	    (st = expect_all(f, pragmas, sizeof(pragmas) / sizeof(pragmas[0]),
		 err)) != PROV_OK ||
	    (st = exec(f, pages, err)) != PROV_OK ||
	    (st = exec(f, "PRAGMA synchronous = OFF", err)) != PROV_OK ||
	    (st = exec(f, "PRAGMA cell_size_check = ON", err)) != PROV_OK ||
	    (st = exec(f, "PRAGMA temp_store = MEMORY", err)) != PROV_OK)
		return (st);
	return (exec(f, "PRAGMA cache_size = -8192", err));
}

/*
 * What a power cut leaves is a cache that is damaged, and begins anew: so
 * nothing is synced. The log keeps it whole where only the process ends. It
 * begins behind the schema, so that the file itself says what it is.
 */
static prov_status
keep_log(struct cachefile *f, prov_err *err)
{
	static const struct pragma pragmas[] = {
		{ "PRAGMA page_size", PAGE_BYTES_IS },
		{ "PRAGMA journal_mode = WAL", "wal" },
		{ "PRAGMA journal_size_limit = 8388608", "8388608" },
		{ "PRAGMA wal_autocheckpoint = 1000", "1000" },
	};

	return (
	    expect_all(f, pragmas, sizeof(pragmas) / sizeof(pragmas[0]), err));
}

/* PROV_ENOTFOUND if the file holds nothing at all yet. */
static prov_status
check_schema(struct cachefile *f, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	size_t n = 0;
	int rc;

	if ((st = prepare(f, &q,
		 "SELECT type, name, tbl_name, sql FROM sqlite_schema "
		 "ORDER BY rowid",
		 err)) != PROV_OK)
		return (st);
	for (; (rc = sqlite3_step(q)) == SQLITE_ROW; n++)
		if (n >= SCHEMA_N || !column_is(q, 0, "table") ||
		    !column_is(q, 1, schema[n].name) ||
		    !column_is(q, 2, schema[n].name) ||
		    !column_is(q, 3, schema[n].sql))
			return (prov_fail(err, PROV_EFORMAT,
			    "%s: item %zu of the schema is not prov's", f->path,
			    n));
	if (rc != SQLITE_DONE)
		return (fail(f, rc, "schema", err));
	if (n == 0)
		return (PROV_ENOTFOUND);
	if (n != SCHEMA_N)
		return (prov_fail(err, PROV_EFORMAT, "%s: %zu of %zu tables",
		    f->path, n, SCHEMA_N));
	return (expect(f, "PRAGMA user_version", SCHEMA_VERSION_IS, err));
}

static prov_status
make_schema(struct cachefile *f, prov_err *err)
{
	prov_status st;

	_Static_assert(APPLICATION_ID == 1886549603, "the pragma's number");
	_Static_assert(SCHEMA_VERSION == 1, "the pragma's number");
	if ((st = exec(f, "BEGIN IMMEDIATE", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < SCHEMA_N && st == PROV_OK; i++)
		st = exec(f, schema[i].sql, err);
	if (st != PROV_OK ||
	    (st = exec(f, "INSERT INTO turn VALUES (1, 0, 0)", err)) !=
		PROV_OK ||
	    (st = exec(f, "PRAGMA user_version = " SCHEMA_VERSION_IS, err)) !=
		PROV_OK ||
	    (st = exec(f, "PRAGMA application_id = " APPLICATION_ID_IS, err)) !=
		PROV_OK)
		return (st);
	return (exec(f, "COMMIT", err));
}

/* Which generation is young; numbers out of range are a damaged file. */
static prov_status
read_turn(struct cachefile *f, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int64_t young, bytes;
	int rc;

	if ((st = prepare(f, &q, "SELECT young, bytes FROM turn WHERE one = 1",
		 err)) != PROV_OK)
		return (st);
	if ((rc = sqlite3_step(q)) != SQLITE_ROW)
		return (fail(f, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, "turn",
		    err));
	young = sqlite3_column_int64(q, 0);
	bytes = sqlite3_column_int64(q, 1);
	if (young < 0 || young > 1 || bytes < 0)
		return (fail(f, SQLITE_CORRUPT, "turn", err));
	f->young = (unsigned)young;
	f->young_bytes = (uint64_t)bytes;
	return (PROV_OK);
}

static prov_status
prepare_all(struct cachefile *f, prov_err *err)
{
	static const char *const get[] = {
		"SELECT bytes FROM facts0 WHERE row = ?",
		"SELECT bytes FROM facts1 WHERE row = ?"
	};
	static const char *const put[] = {
		"INSERT OR REPLACE INTO facts0 VALUES (?, ?)",
		"INSERT OR REPLACE INTO facts1 VALUES (?, ?)"
	};
	static const char *const drop[] = { "DELETE FROM facts0",
		"DELETE FROM facts1" };
	prov_status st;

	for (unsigned i = 0; i < 2; i++)
		if ((st = prepare(f, &f->get[i], get[i], err)) != PROV_OK ||
		    (st = prepare(f, &f->put[i], put[i], err)) != PROV_OK ||
		    (st = prepare(f, &f->drop[i], drop[i], err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static void
db_close(struct cachefile *f)
{
	for (unsigned i = 0; i < 2; i++) {
		(void)sqlite3_finalize(f->get[i]);
		(void)sqlite3_finalize(f->put[i]);
		(void)sqlite3_finalize(f->drop[i]);
		f->get[i] = f->put[i] = f->drop[i] = NULL;
	}
	(void)sqlite3_close(f->db);
	f->db = NULL;
}

static prov_status
db_open(struct cachefile *f, prov_err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
	            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	prov_status st;
	int rc;

	if ((rc = sqlite3_open_v2(f->path, &f->db, flags, NULL)) != SQLITE_OK)
		return (fail(f, rc, "open", err));
	if ((st = harden(f, err)) != PROV_OK ||
	    (st = configure(f, err)) != PROV_OK)
		return (st);
	if ((st = check_schema(f, err)) == PROV_ENOTFOUND)
		st = make_schema(f, err);
	if (st != PROV_OK || (st = keep_log(f, err)) != PROV_OK ||
	    (st = prepare_all(f, err)) != PROV_OK)
		return (st);
	return (read_turn(f, err));
}

void
cachefile_close(struct cachefile *f)
{
	if (f == NULL)
		return;
	db_close(f);
	free(f->path);
	free(f);
}

static void
auto_cachefile(struct cachefile **f)
{
	cachefile_close(*f);
}
#define AUTO_CACHEFILE __attribute__((cleanup(auto_cachefile))) struct cachefile

/* Only its owner may write what this process will read. */
static prov_status
check_owner(int fd, const char *path, uint64_t *size, prov_err *err)
{
	struct stat sb;

	if (fstat(fd, &sb) == -1)
		return (prov_fail_errno(err, PROV_EIO, "%s", path));
	if (!S_ISREG(sb.st_mode) || sb.st_uid != geteuid() ||
	    (sb.st_mode & 077) != 0 || sb.st_nlink != 1)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s: a cache is a file of one's own that others can "
		    "neither read nor write",
		    path));
	*size = (uint64_t)sb.st_size;
	return (PROV_OK);
}

/* Whether what is there may be thrown away, which it is where it is no use. */
static prov_status
look(const char *path, bool *usable, prov_err *err)
{
	AUTO_FD int fd = open(path,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	uint8_t head[HEAD_LEN];
	uint64_t size;
	prov_status st;

	if (fd == -1)
		return (prov_fail_errno(err, PROV_EOPEN, "%s", path));
	if ((st = check_owner(fd, path, &size, err)) != PROV_OK)
		return (st);
	*usable = true;
	if (size == 0)
		return (PROV_OK);
	if (size < sizeof(head) ||
	    (st = fd_pread(fd, head, sizeof(head), 0, err)) != PROV_OK ||
	    memcmp(head, MAGIC, sizeof(MAGIC)) != 0 ||
	    be32(head + HEAD_APP) != APPLICATION_ID)
		return (st == PROV_EIO ? st
				       : prov_fail(err, PROV_EUNTRUSTED,
					     "%s is no cache of prov's; it is "
					     "left as it is",
					     path));
	*usable = be32(head + HEAD_VERSION) == SCHEMA_VERSION;
	return (PROV_OK);
}

/* The file and what SQLite keeps beside it. */
static prov_status
throw_away(const char *path, prov_err *err)
{
	static const char *const behind[] = { "-wal", "-shm", "-journal", "" };

	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		AUTO_BUF name = { 0 };
		AUTO_FREE char *s = NULL;
		prov_status st;

		buf_printf(&name, "%s%s", path, behind[i]);
		if ((st = buf_take_str(&name, &s, err)) != PROV_OK)
			return (st);
		if (unlink(s) == -1 && errno != ENOENT)
			return (prov_fail_errno(err, PROV_EWRITE, "%s", s));
	}
	return (PROV_OK);
}

/* SQLite refuses links anywhere in a path; those to the directory are fine. */
static prov_status
real_name(char **out, const char *path, prov_err *err)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = NULL, *real = NULL;

	dir = slash == NULL   ? strdup(".")
	      : slash == path ? strdup("/")
	                      : strndup(path, (size_t)(slash - path));
	if (dir == NULL)
		return (prov_fail(err, PROV_ENOMEM, "cache"));
	if ((real = realpath(dir, NULL)) == NULL)
		return (prov_fail_errno(err,
		    errno == ENOMEM ? PROV_ENOMEM : PROV_EOPEN, "%s", dir));
	*out = path_join(real, slash == NULL ? path : slash + 1);
	return (*out != NULL ? PROV_OK : prov_fail(err, PROV_ENOMEM, "cache"));
}

static prov_status
open_anew(struct cachefile *f, prov_err *err)
{
	bool usable;
	prov_status st;

	db_close(f);
	if ((st = throw_away(f->path, err)) != PROV_OK ||
	    (st = look(f->path, &usable, err)) != PROV_OK)
		return (st);
	return (db_open(f, err));
}

static prov_status
open_it(struct cachefile *f, prov_err *err)
{
	prov_err why = { 0 };
	bool usable;
	prov_status st;

	if ((st = look(f->path, &usable, err)) != PROV_OK)
		return (st);
	if (!usable)
		return (open_anew(f, err));
	if ((st = db_open(f, &why)) == PROV_EFORMAT)
		return (open_anew(f, err));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

prov_status
cachefile_open(struct cachefile **out, const char *path, uint64_t max,
    prov_err *err)
{
	AUTO_CACHEFILE *f = calloc(1, sizeof(*f));
	prov_status st;

	if (f == NULL)
		return (prov_fail(err, PROV_ENOMEM, "cache"));
	if (max < CACHEFILE_MIN)
		return (prov_fail(err, PROV_EARG,
		    "a cache has at least %lu bytes", CACHEFILE_MIN));
	f->max = max;
	if ((st = real_name(&f->path, path, err)) != PROV_OK ||
	    (st = open_it(f, err)) != PROV_OK)
		return (st);
	*out = TAKE(f);
	return (PROV_OK);
}

prov_status
cachefile_renew(struct cachefile **f, prov_err *err)
{
	prov_status st = open_anew(*f, err);

	if (st == PROV_OK)
		return (PROV_OK);
	cachefile_close(*f);
	*f = NULL;
	return (st);
}

static prov_status
get_from(struct cachefile *f, unsigned generation, int64_t row, struct buf *out,
    bool *found, prov_err *err)
{
	sqlite3_stmt *q = f->get[generation];
	prov_status st = PROV_OK;
	int rc;

	(void)sqlite3_bind_int64(q, 1, row);
	*found = (rc = sqlite3_step(q)) == SQLITE_ROW;
	if (*found)
		buf_put(out, sqlite3_column_blob(q, 0),
		    (size_t)sqlite3_column_bytes(q, 0));
	else if (rc != SQLITE_DONE)
		st = fail(f, rc, "look-up", err);
	(void)sqlite3_reset(q);
	return (st == PROV_OK ? buf_done(out, err) : st);
}

prov_status
cachefile_get(struct cachefile *f, int64_t row, struct buf *out, bool *old,
    prov_err *err)
{
	bool found;
	prov_status st;

	*old = false;
	st = get_from(f, f->young, row, out, &found, err);
	if (st != PROV_OK || found)
		return (st);
	st = get_from(f, 1 - f->young, row, out, &found, err);
	*old = st == PROV_OK && found;
	return (st);
}

static prov_status
step(struct cachefile *f, sqlite3_stmt *q, const char *what, prov_err *err)
{
	int rc = sqlite3_step(q);

	(void)sqlite3_reset(q);
	return (rc == SQLITE_DONE ? PROV_OK : fail(f, rc, what, err));
}

/* The older generation goes, and what comes in is the younger one. */
static prov_status
turn(struct cachefile *f, prov_err *err)
{
	prov_status st;

	if ((st = step(f, f->drop[1 - f->young], "drop", err)) != PROV_OK)
		return (st);
	f->young = 1 - f->young;
	f->young_bytes = 0;
	return (PROV_OK);
}

static prov_status
note_turn(struct cachefile *f, prov_err *err)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE turn SET young = %u, bytes = %llu WHERE one = 1", f->young,
	    (unsigned long long)f->young_bytes);
	return (exec(f, sql, err));
}

static prov_status
put_rows(struct cachefile *f, const struct cache_row *rows, size_t n,
    prov_err *err)
{
	prov_status st = PROV_OK;

	if (f->young_bytes >= f->max / GENERATION_SHARE)
		st = turn(f, err);
	for (size_t i = 0; i < n && st == PROV_OK; i++) {
		sqlite3_stmt *q = f->put[f->young];

		(void)sqlite3_bind_int64(q, 1, rows[i].row);
		(void)sqlite3_bind_blob64(q, 2, rows[i].bytes.p,
		    rows[i].bytes.len, SQLITE_STATIC);
		st = step(f, q, "put", err);
		(void)sqlite3_clear_bindings(q);
		f->young_bytes += rows[i].bytes.len;
	}
	return (st == PROV_OK ? note_turn(f, err) : st);
}

static prov_status
commit_rows(struct cachefile *f, const struct cache_row *rows, size_t n,
    prov_err *err)
{
	unsigned young = f->young;
	uint64_t bytes = f->young_bytes;
	prov_status st;

	if ((st = exec(f, "BEGIN IMMEDIATE", err)) != PROV_OK)
		return (st);
	if ((st = put_rows(f, rows, n, err)) == PROV_OK &&
	    (st = exec(f, "COMMIT", err)) == PROV_OK)
		return (PROV_OK);
	(void)sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
	f->young = young;
	f->young_bytes = bytes;
	return (st);
}

/* Where the bound is met before its time, the older generation makes room. */
prov_status
cachefile_put(struct cachefile *f, const struct cache_row *rows, size_t n,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if ((st = commit_rows(f, rows, n, &why)) == PROV_EWRITE) {
		f->young_bytes = f->max;
		prov_err_clear(&why);
		st = commit_rows(f, rows, n, &why);
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}
