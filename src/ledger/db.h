/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_DB_H
#define PROV_LEDGER_DB_H

#include <stdbool.h>

#include "base/err.h"

/* The database that a store is: its settings, its schema. */
struct store;

/*
 * A page holds 23 entries of 700 bytes, and what is left over at its end costs
 * few bytes of each; of the usual 4 KiB a seventh would be lost.
 */
#define DB_PAGE_BYTES    16384
#define DB_PAGE_BYTES_IS "16384"

/* PROV_ENOTFOUND, unless create is set. Yours to close. */
prov_status db_open(struct store **out, const char *dir, bool create,
    prov_err *err);
void db_close(struct store *s);

#endif
