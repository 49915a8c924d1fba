/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_GROWTH_H
#define PROV_LEDGER_GROWTH_H

#include "ledger/checkpoint.h"
#include "ledger/fetch.h"

/*
 * Whether a tree at a source begins with one that is held, before anything of
 * it is written: the tiles that are not full at the new size, which give its
 * root together, and those in which the old size lies, each traced to them.
 */
struct growth {
	struct tile *edge[TILE_LEVELS]; /* NULL: all full, or not that high */
	struct tile
	    *bound[TILE_LEVELS]; /* NULL: the edge's, or not that high */
};

void growth_clear(struct growth *g);
#define AUTO_GROWTH __attribute__((cleanup(growth_clear))) struct growth

/* PROV_EUNTRUSTED "ledger.invalid: ..." where the tiles do not give at.root. */
prov_status growth_fetch(struct growth *g, struct source *s,
    const struct checkpoint *at, uint64_t old_size, prov_err *err);

/* The root that the new tree had at the old size. */
prov_status growth_root(const struct growth *g, uint64_t old_size,
    uint8_t out[32], prov_err *err);

/* Writes these tiles under dir/tlog. */
prov_status growth_write(const struct growth *g, const char *dir,
    prov_err *err);

#endif
