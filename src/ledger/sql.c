/* SPDX-License-Identifier: ISC */
#include "ledger/sql.h"

#include <errno.h>
#include <string.h>

#include "ledger/layout.h"

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

prov_status
sql_fail(struct store *s, int rc, const char *what, prov_err *err)
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

prov_status
sql_prepare(struct store *s, sqlite3_stmt **out, const char *sql, prov_err *err)
{
	int rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);

	return (rc == SQLITE_OK ? PROV_OK : sql_fail(s, rc, sql, err));
}

prov_status
sql_exec(struct store *s, const char *sql, prov_err *err)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return (rc == SQLITE_OK ? PROV_OK : sql_fail(s, rc, sql, err));
}

prov_status
sql_expect(struct store *s, const char *sql, const char *want, prov_err *err)
{
	AUTO_STMT *q = NULL;
	const char *got;
	prov_status st;
	int rc;

	if ((st = sql_prepare(s, &q, sql, err)) != PROV_OK)
		return (st);
	if ((rc = sqlite3_step(q)) != SQLITE_ROW)
		return (sql_fail(s, rc == SQLITE_DONE ? SQLITE_ERROR : rc, sql,
		    err));
	got = (const char *)sqlite3_column_text(q, 0);
	if (got == NULL || strcmp(got, want) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": %s says %s, not %s", sql,
		    got != NULL ? got : "nothing", want));
	return (PROV_OK);
}

/* Ends a transaction. What an I/O error left behind is not known. */
prov_status
sql_finish(struct store *s, int rc, bool *fatal, const char *what,
    prov_err *err)
{
	prov_status st;

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return (PROV_OK);
	*fatal = (rc & 0xff) == SQLITE_IOERR;
	st = sql_fail(s, rc, what, err);
	if (sqlite3_get_autocommit(s->db) == 0)
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return (st);
}
