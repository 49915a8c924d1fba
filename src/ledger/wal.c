/* SPDX-License-Identifier: ISC */
#include "ledger/wal.h"

#include <string.h>

#include "ledger/db.h"
#include "ledger/sql.h"

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

/* Tests include this file with another one, to see that it does matter. */
#ifndef STORE_SYNCHRONOUS
#define STORE_SYNCHRONOUS    "FULL"
#define STORE_SYNCHRONOUS_IS "2"
#endif

/*
 * Copying the log needs no sync of its own, when the whole file system is
 * synced before the log begins anew.
 */
#define WITHOUT_SYNC    "OFF"
#define WITHOUT_SYNC_IS "0"

/* The log's head and each page's: SQLite's file format, section 4.1. */
#define WAL_HEAD       32
#define WAL_FRAME_HEAD 24

/* Sets how commits are synced, and reads it back. */
static prov_status
sync_as(struct store *s, const char *set, const char *is, prov_err *err)
{
	prov_status st;

	if ((st = sql_exec(s, set, err)) != PROV_OK)
		return (st);
	return (sql_expect(s, "PRAGMA synchronous", is, err));
}

prov_status
wal_sync_fully(struct store *s, prov_err *err)
{
	return (sync_as(s, "PRAGMA synchronous = " STORE_SYNCHRONOUS,
	    STORE_SYNCHRONOUS_IS, err));
}

prov_status
wal_sync_less(struct store *s, const char *set, const char *is,
    prov_status (
	*fn)(struct store *s, uint64_t arg, bool *fatal, prov_err *err),
    uint64_t arg, bool *fatal, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st, back;

	*fatal = false;
	if ((st = sync_as(s, set, is, &why)) == PROV_OK)
		st = fn(s, arg, fatal, &why);
	if ((back = wal_sync_fully(s, st == PROV_OK ? &why : NULL)) !=
	    PROV_OK) {
		*fatal = true;
		st = st == PROV_OK ? back : st;
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

/*
 * Whether the log holds more pages than that: a page that far behind belongs to
 * it if it has the salt of its head. Where that cannot be read it is short.
 */
static bool
log_is_long(struct store *s, unsigned pages)
{
	const sqlite3_int64 at =
	    WAL_HEAD + (sqlite3_int64)pages * (WAL_FRAME_HEAD + DB_PAGE_BYTES);
	uint8_t head[8], frame[8];
	sqlite3_file *f = NULL;

	return (sqlite3_file_control(s->db, "main",
		    SQLITE_FCNTL_JOURNAL_POINTER, &f) == SQLITE_OK &&
		f != NULL && f->pMethods != NULL &&
		f->pMethods->xRead(f, head, 8, 16) == SQLITE_OK &&
		f->pMethods->xRead(f, frame, 8, at + 8) == SQLITE_OK &&
		memcmp(head, frame, sizeof(head)) == 0);
}

int
wal_begin(struct store *s)
{
	int rc = SQLITE_OK;

	if (log_is_long(s, WAL_PAGES_MAX))
		rc = sqlite3_wal_checkpoint_v2(s->db, NULL,
		    SQLITE_CHECKPOINT_FULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	return (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
}

/*
 * Copies the log into the database, and syncs that: pages whose sync has once
 * failed count as clean, and only writing them elsewhere gets them to the disk.
 */
prov_status
wal_flush(struct store *s, bool *fatal, prov_err *err)
{
	int rc, in_log = 0, copied = 0;

	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_FULL,
	    &in_log, &copied);
	if (rc == SQLITE_OK && in_log != copied)
		rc = SQLITE_BUSY;
	*fatal = (rc & 0xff) == SQLITE_IOERR;
	return (rc == SQLITE_OK ? PROV_OK : sql_fail(s, rc, "flush", err));
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
	return (rc == SQLITE_OK ? PROV_OK : sql_fail(s, rc, "settle", err));
}

prov_status
wal_settle(struct store *s, bool *fatal, prov_err *err)
{
	return (wal_sync_less(s, "PRAGMA synchronous = " WITHOUT_SYNC,
	    WITHOUT_SYNC_IS, copy_log, 0, fatal, err));
}
