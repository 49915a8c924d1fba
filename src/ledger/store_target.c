/* SPDX-License-Identifier: ISC */
#include "ledger/store_target.h"

#include <string.h>

#include "ledger/layout.h"
#include "ledger/sql.h"

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

prov_status
store_target_put(struct store *s, const struct store_target *t, bool *fatal,
    prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	*fatal = false;
	st = sql_prepare(s, &q,
	    "INSERT OR REPLACE INTO targets VALUES (?, ?, ?)", err);
	if (st != PROV_OK)
		return (st);
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (sql_fail(s, rc, "target", err));
	rc = put_target(q, t);
	(void)sqlite3_reset(q);
	return (sql_finish(s, rc, fatal, "target", err));
}

prov_status
store_target_drop(struct store *s, const char *name, bool *fatal, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	*fatal = false;
	st = sql_prepare(s, &q, "DELETE FROM targets WHERE name = ?", err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return (sql_fail(s, rc, "target", err));
	rc = sqlite3_step(q);
	(void)sqlite3_reset(q);
	if (rc == SQLITE_DONE && sqlite3_changes(s->db) == 0) {
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return (PROV_ENOTFOUND);
	}
	return (sql_finish(s, rc == SQLITE_DONE ? SQLITE_OK : rc, fatal,
	    "target", err));
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

prov_status
store_targets(struct store *s, store_target_fn fn, void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT name, size, root FROM targets ORDER BY name", err);
	if (st != PROV_OK)
		return (st);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_target t;

		if ((st = read_target(q, &t, err)) != PROV_OK ||
		    (st = fn(arg, &t, err)) != PROV_OK)
			return (st);
	}
	return (rc == SQLITE_DONE ? PROV_OK : sql_fail(s, rc, "targets", err));
}
