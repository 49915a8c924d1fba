/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_FLUSH_H
#define PROV_LEDGER_FLUSH_H

#include "ledger/index.h"

/*
 * Moving the tail of an index into a run, and runs into larger ones, so that
 * the list stays short.
 */

/*
 * Runs of like size are merged, four to one. Who appends waits for 1 MiB of
 * that, who closes for 16; what is larger is merged a piece at a time, along
 * with what is appended. No run is larger than 512 MiB, 8,000,000 entries.
 */
#define INDEX_FANOUT    4U
#define INDEX_ALONG_MIN (UINT64_C(1) << 16)
#define INDEX_CLOSE_MAX (UINT64_C(1) << 20)
#define INDEX_MERGE_MAX (UINT64_C(1) << 25)

/*
 * Records merged for each run that is appended, which has some 4,000 of a
 * batch: each is merged five times until its run is one of the largest.
 */
#define INDEX_PIECE (UINT64_C(1) << 16)

/* A run as large as this is worth an fsync: rebuilding it would take long. */
#define INDEX_SYNC_MIN (UINT64_C(1) << 16)

/* A reader has no more than these to scan; a batch may be larger. */
#define INDEX_LAG_MAX 256U

/* Nor more records: each few hundred cost reading a long timeline again. */
#define INDEX_LAG_RECORDS 2048U

/* Lock holder: writes the tail as a run, merges, and replaces index/runs. */
prov_status index_flush(struct index *x, const char *dir, prov_err *err);

/* The same for who appends on: what is large is merged by pieces. */
prov_status index_flush_along(struct index *x, const char *dir, prov_err *err);

#endif
