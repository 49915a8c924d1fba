/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SEARCH_H
#define PROV_LEDGER_SEARCH_H

#include "ledger/index.h"

/*
 * Looking a key up in the runs and the tail of an index, and what is kept of
 * runs for it: open files and filters.
 */

/* Filters of all that are held open: 8,000,000 assets. */
#define INDEX_FILTERS_MAX ((size_t)16 << 20)

/*
 * index_cover for who looks up many times: reads the list only where it does
 * not reach up to size, and holds runs open, with their filters.
 */
prov_status index_follow(struct index *x, const char *dir, uint64_t size,
    index_scan_fn scan, void *arg, prov_err *err);

/*
 * Appends the entries below limit (uint64_t, ascending) that may have the key.
 * PROV_ENOTFOUND if a run is gone: load again.
 */
prov_status index_find(const struct index *x, const char *dir,
    enum index_kind kind, const uint8_t key[32], uint64_t limit,
    struct buf *hits, prov_err *err);

/*
 * Reads the filters of all runs, those that are not there yet, so that
 * index_lacks knows most of what is new. PROV_ENOTFOUND if a run is gone.
 */
prov_status index_filters(struct index *x, const char *dir, prov_err *err);

/* Whether no entry has this asset; false says nothing. */
bool index_lacks(const struct index *x, const uint8_t asset[32]);

/* Forgets what index_follow and index_filters keep. */
void search_close(struct index *x);
void search_drop_filters(struct index *x);

#endif
