/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_WAL_H
#define PROV_LEDGER_WAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The write-ahead log of a store's database: how what is written to it is
 * synced, and when it is copied into the database.
 */
struct store;

/* After a batch of large statements the log shrinks to this again. */
#define WAL_BYTES_MAX (16 << 20)

/*
 * For wal_sync_less: a mark needs no sync of its own. The next commit's takes
 * it along, and it costs time only, if it is lost.
 */
#define WAL_WITH_THE_NEXT_ONE "NORMAL"
#define WAL_WITH_THE_NEXT_IS  "1"

/* Each commit from here on is on the disk when it returns. */
prov_status wal_sync_fully(struct store *s, prov_err *err);

/*
 * Does something under a weaker setting. Where the strong one does not come
 * back, nothing more is to be committed.
 */
prov_status wal_sync_less(struct store *s, const char *set, const char *is,
    prov_status (
	*fn)(struct store *s, uint64_t arg, bool *fatal, prov_err *err),
    uint64_t arg, bool *fatal, prov_err *err);

/*
 * Begins a transaction, with a new log where the old one is long. Returns what
 * SQLite says.
 */
int wal_begin(struct store *s);

/* What ledger_ops promises of them. */
prov_status wal_flush(struct store *s, bool *fatal, prov_err *err);
prov_status wal_settle(struct store *s, bool *fatal, prov_err *err);

#endif
