/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_INDEX_H
#define PROV_LEDGER_INDEX_H

#include "ledger/run.h"
#include "ledger/sweeper.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

/*
 * index/runs lists the runs that together cover entries 0 to position - 1;
 * it is replaced by rename. The tail is in memory: entries from the position
 * on, as their reader or writer found them. An index only says where to look:
 * hits are confirmed against the entries.
 *
 *	prov-index/2
 *	BEGIN END RECORDS
 *	...
 */
#define INDEX_RUNS_MAX 16384

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

struct index_run {
	uint64_t begin, end, records;
};

/* Which assets a run has not; only for writers of many entries. */
struct index_filter {
	uint64_t begin, end;
	struct buf bits;
};

/* A run that is held open: it is read as it was, also when it is gone. */
#define INDEX_OPEN_MAX 32 /* descriptors; the others are opened each time */
struct index_open {
	int fd;
	struct run_info run;
	struct buf filter;
};

/* Filters of all that are held open: 8,000,000 assets. */
#define INDEX_FILTERS_MAX ((size_t)16 << 20)

struct index {
	const char *dir; /* the ledger, borrowed; its blobs have segments */
	struct buf text; /* of index/runs, as last read */
	size_t n;
	struct index_run *runs;
	uint64_t position;
	struct records tail; /* sorted; entries position to tail_end - 1 */
	uint64_t tail_end;
	size_t n_filters; /* 0, or as many as runs: index_filters */
	struct index_filter *filters;
	bool follow; /* index_follow holds runs open: */
	size_t n_open;
	struct index_open open[INDEX_OPEN_MAX];
	struct merge *merge;     /* on its way, or NULL */
	bool no_merge;           /* it failed: not again */
	struct sweeper *sweeper; /* of a writer, borrowed, or NULL */
};

void index_clear(struct index *x);

/* Reads dir/index/runs. Where it changed, the tail is forgotten. */
prov_status index_load(struct index *x, const char *dir, prov_err *err);

/*
 * Revocations and takedowns are few, and who verifies wants all of them: they
 * are also found among the assets by the SHA-256 of their content type.
 */
prov_status index_type_key(uint8_t out[32], enum payload_kind kind,
    prov_err *err);

/* The manifest's text; exposed for fuzzing. */
prov_status index_parse(struct index *x, prov_span text, prov_err *err);

/*
 * Adds what an entry is found by; nothing, where it is no statement. Its
 * timelines are read under dir; *lacking says that one could not be.
 */
prov_status index_keys(struct records *r, prov_span entry, const char *dir,
    uint64_t index, bool *lacking, prov_err *err);

/* The same for a statement that was parsed; o is NULL for no manifest. */
prov_status index_statement(struct records *r, const struct statement *s,
    const struct outline *o, const char *dir, uint64_t index, bool *lacking,
    prov_err *err);

/*
 * Reads the list, and into the tail the entries up to size that no run covers:
 * scan calls index_tail with x and each of them, in order.
 */
typedef prov_status (*index_scan_fn)(void *arg, uint64_t from, uint64_t to,
    struct index *x, prov_err *err);
prov_status index_cover(struct index *x, const char *dir, uint64_t size,
    index_scan_fn scan, void *arg, prov_err *err);

/*
 * The same for who looks up many times: reads the list only where it does not
 * reach up to size, and holds runs open, with their filters.
 */
prov_status index_follow(struct index *x, const char *dir, uint64_t size,
    index_scan_fn scan, void *arg, prov_err *err);

/* A view_entry_fn and store_entry_fn; arg is a struct index. */
prov_status index_tail(void *arg, uint64_t i, prov_span entry, prov_err *err);

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

/* Lock holder: writes the tail as a run, merges, and replaces index/runs. */
prov_status index_flush(struct index *x, const char *dir, prov_err *err);

/* The same for who appends on: what is large is merged by pieces. */
prov_status index_flush_along(struct index *x, const char *dir, prov_err *err);

/* Lock holder: drops what is damaged above synced, or past size. */
prov_status index_repair(struct index *x, const char *dir, uint64_t synced,
    uint64_t size, prov_err *err);

#endif
