/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_FETCH_H
#define PROV_LEDGER_FETCH_H

#include "ledger/source.h"
#include "ledger/tile.h"

/* A bundle of 256 entries, each of the largest size. */
#define BUNDLE_MAX (TILE_WIDTH * (STATEMENT_MAX + 2))

/*
 * A tile or a bundle that is wanted: of width hashes or entries. Where a
 * partial one is not there (any more), the full one is taken instead.
 */
struct wanted {
	int level; /* or TILE_ENTRIES */
	uint64_t n;
	unsigned width;
};

/*
 * next fills in what is wanted, and returns false when that was all. take gets
 * each as it comes, in any order; PROV_ENOTFOUND stands for one that the
 * source does not have.
 */
struct fetch_ops {
	prov_status (
	    *next)(void *arg, struct wanted *w, bool *more, prov_err *err);
	prov_status (*take)(void *arg, const struct wanted *w, prov_span bytes,
	    prov_err *err);
};

prov_status fetch_tiles(struct source *s, const struct fetch_ops *ops,
    void *arg, prov_err *err);

/* One tile, into hashes. */
prov_status fetch_tile(struct source *s, const struct wanted *w,
    uint8_t hashes[TILE_WIDTH * 32], prov_err *err);

/* The name of a file that is wanted, below the source. */
void fetch_name(char out[SOURCE_NAME_MAX], const struct wanted *w);

#endif
