/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_INDEX_H
#define PROV_LEDGER_INDEX_H

#include "ledger/run.h"
#include "ledger/sweeper.h"

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

/* The manifest's text; exposed for fuzzing. */
prov_status index_parse(struct index *x, prov_span text, prov_err *err);

/*
 * Reads the list, and into the tail the entries up to size that no run covers:
 * scan calls index_tail with x and each of them, in order.
 */
typedef prov_status (*index_scan_fn)(void *arg, uint64_t from, uint64_t to,
    struct index *x, prov_err *err);
prov_status index_cover(struct index *x, const char *dir, uint64_t size,
    index_scan_fn scan, void *arg, prov_err *err);

/* A view_entry_fn and store_entry_fn; arg is a struct index. */
prov_status index_tail(void *arg, uint64_t i, prov_span entry, prov_err *err);

/* Forgets the tail: it begins where the runs end. */
void index_drop_tail(struct index *x);

/*
 * Lock holder: replaces index/runs. In place of count runs from at on comes
 * more, if any. flags are those of file_write.
 */
prov_status index_write_list(struct index *x, const char *dir, size_t at,
    size_t count, const struct index_run *more, unsigned flags, prov_err *err);

/* Lock holder: drops what is damaged above synced, or past size. */
prov_status index_repair(struct index *x, const char *dir, uint64_t synced,
    uint64_t size, prov_err *err);

#endif
