/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_EDGE_H
#define PROV_LEDGER_EDGE_H

#include "ledger/tile.h"

/*
 * The right edge of a growing tree: of each level the hashes that do not fill
 * a tile yet. All that appending needs to know of what is there.
 */
struct edge {
	uint64_t size;
	uint8_t hash[TILE_LEVELS][TILE_WIDTH][32];
};

/* Called with each tile that becomes full, lowest level first. */
typedef prov_status (*edge_full_fn)(void *arg, unsigned level, uint64_t n,
    const uint8_t *hashes, prov_err *err);

/* Adds one leaf hash. full may be NULL. */
prov_status edge_push(struct edge *e, const uint8_t leaf[32],
    edge_full_fn full, void *arg, prov_err *err);

/* RFC 9162's root of the tree whose edge this is. */
prov_status edge_root(const struct edge *e, uint8_t out[32], prov_err *err);

#endif
