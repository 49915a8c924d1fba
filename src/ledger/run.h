/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_RUN_H
#define PROV_LEDGER_RUN_H

#include <stdbool.h>

#include "base/buf.h"
#include "ledger/layout.h"

/* What entries are found by. The order is that of a run's sections. */
enum index_kind {
	INDEX_ASSET,
	INDEX_STREAM,
	INDEX_SIGNER,
	INDEX_SEGMENT,
	INDEX_KINDS
};

/* The first 8 bytes of a key, and the entry that has it. */
struct record {
	uint64_t key;
	uint64_t index;
};

/* Records of some entries, by kind. */
struct records {
	struct buf of[INDEX_KINDS]; /* struct record[] */
};

static inline size_t
records_n(const struct records *r, enum index_kind kind)
{
	return (r->of[kind].len / sizeof(struct record));
}

static inline const struct record *
records_at(const struct records *r, enum index_kind kind)
{
	return ((const struct record *)(const void *)r->of[kind].p);
}

/* By key, then by entry. */
int record_order(const struct record *x, const struct record *y);

void records_clear(struct records *r);
void records_add(struct records *r, enum index_kind kind, const uint8_t key[32],
    uint64_t index);

/* Sorts each kind; what is there twice stays once. */
void records_sort(struct records *r);
size_t records_total(const struct records *r);

/* Appends the entries (uint64_t) that have the key; r is sorted. */
void records_find(const struct records *r, enum index_kind kind, uint64_t key,
    struct buf *hits);

bool records_have(const struct records *r, enum index_kind kind, uint64_t key);

/*
 * A sorted run: the records of entries begin to end - 1 in a file
 * index/BEGIN-END that is never changed. 64 bytes of head ("prov-run", u32
 * version, u32 kinds, u64 begin, u64 end, u64 n[kinds]), then a section of
 * each kind with records of 16 bytes sorted by (key, index), then a filter over
 * the keys of assets, then the SHA-256 of all that. Numbers are big-endian.
 */
#define RUN_VERSION 3
#define RUN_HEAD    64
#define RUN_RECORD  16

struct run_info {
	uint64_t begin, end;
	uint64_t n[INDEX_KINDS];
};

/* Over the cap of merging, and all kinds of one batch fit. */
#define RUN_FILE_MAX ((size_t)1 << 30)

void run_name(char out[LEDGER_PATH_MAX], const struct run_info *r);

/* Writes a run's head. */
void run_put_head(uint8_t head[RUN_HEAD], const struct run_info *r);

/* Where a section begins, and behind the last one the filter. */
uint64_t run_offset(const struct run_info *r, unsigned kind);

/* Sorted records as a run's bytes. */
prov_status run_encode(struct buf *b, uint64_t begin, uint64_t end,
    const struct records *r, prov_err *err);

/* Reads the head and checks it against the file's length. */
prov_status run_head(struct run_info *out, const uint8_t head[RUN_HEAD],
    uint64_t file_len, prov_err *err);

/* Checks everything, the digest and the order too; appends to r if not NULL. */
prov_status run_decode(struct run_info *out, struct records *r, prov_span bytes,
    prov_err *err);

/* Reads a whole run under dir. */
prov_status run_read(struct run_info *out, struct records *r, const char *dir,
    uint64_t begin, uint64_t end, prov_err *err);

/* Opens a run under dir and checks its head. */
prov_status run_open(int *fd, struct run_info *out, const char *dir,
    uint64_t begin, uint64_t end, prov_err *err);

/* The filter of a run under dir, whose truth nobody vouches for. */
prov_status run_filter(struct buf *out, const char *dir, uint64_t begin,
    uint64_t end, prov_err *err);

/* The same of one that is open; len bytes. */
uint64_t run_filter_len(const struct run_info *run);
prov_status run_filter_in(struct buf *out, int fd, const struct run_info *run,
    prov_err *err);

/* run_decode of an open file, a piece at a time: keeps nothing. */
prov_status run_check(struct run_info *out, int fd, prov_err *err);

/*
 * Appends to hits the entries in the run that have the key. Says nothing of
 * the run's truth. PROV_ENOTFOUND if the file is gone.
 */
prov_status run_find(const char *dir, uint64_t begin, uint64_t end,
    enum index_kind kind, uint64_t key, struct buf *hits, prov_err *err);

/* The same of one that is open. */
prov_status run_find_in(int fd, const struct run_info *run,
    enum index_kind kind, uint64_t key, struct buf *hits, prov_err *err);

#endif
