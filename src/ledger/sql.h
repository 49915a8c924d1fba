/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SQL_H
#define PROV_LEDGER_SQL_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/err.h"

/* A store in an SQLite database, and what came of each statement on it. */
struct store {
	sqlite3 *db;
};

static inline void
auto_stmt(sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt);
}
#define AUTO_STMT __attribute__((cleanup(auto_stmt))) sqlite3_stmt

/* Says what failed, with SQLite's code for it; s may be NULL. */
prov_status sql_fail(struct store *s, int rc, const char *what, prov_err *err);

prov_status sql_prepare(struct store *s, sqlite3_stmt **out, const char *sql,
    prov_err *err);
prov_status sql_exec(struct store *s, const char *sql, prov_err *err);

/* A pragma whose answer must be this text: set is not believed to have set. */
prov_status sql_expect(struct store *s, const char *sql, const char *want,
    prov_err *err);

/*
 * Ends a transaction: commits it if rc is SQLITE_OK, or else takes it back.
 * *fatal says whether that failed in a way after which the disk's state is not
 * known any more; success leaves it as it was.
 */
prov_status sql_finish(struct store *s, int rc, bool *fatal, const char *what,
    prov_err *err);

#endif
