/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_LEVELS_H
#define PROV_LEDGER_LEVELS_H

#include "ledger/checkpoint.h"
#include "ledger/edge.h"
#include "ledger/scan.h"

/*
 * The entries as another than tlog/ has them, from which the tree was built
 * beside: the store's. Either function is false where it cannot say.
 */
struct truth {
	void *arg;
	bool (*root)(void *arg, uint64_t tile, uint8_t out[32]); /* may wait */
	bool (
	    *leaves)(void *arg, uint64_t tile, unsigned n, uint8_t (*out)[32]);
};

/*
 * The tree over the entries, from the leaves up, beside what the tiles have.
 * Where entries, their tile, the tile above and the store do not agree, most
 * of them decide; that it was right shows in the root in the end. So what is
 * damaged gets a name, and does not make all above it look damaged as well.
 */
struct levels {
	const char *dir;
	const struct checkpoint *at;
	struct damage *found;
	const struct truth *truth; /* or NULL */
	uint64_t tiles;            /* compared */
	struct level {
		uint8_t hash[TILE_WIDTH][32]; /* decided */
		uint8_t kept[TILE_WIDTH][32]; /* as the tile has them */
		bool have;                    /* there is such a tile */
	} level[TILE_LEVELS];
	struct edge edge;
	/* None of those who have a say about some tile could be read. */
	bool unknown;
};

prov_status levels_new(struct levels **out, const char *dir,
    const struct checkpoint *at, struct damage *found,
    const struct truth *truth, prov_err *err);

/*
 * The next tile of entries; with the last one the tree is complete. *hole
 * says that its entries are not those in the tree.
 */
prov_status levels_take(struct levels *l, const struct scanned *t, bool *hole,
    prov_err *err);

#endif
