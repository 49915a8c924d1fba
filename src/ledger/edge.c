/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "ledger/edge.h"

prov_status
edge_push(struct edge *e, const uint8_t leaf[32], edge_full_fn full, void *arg,
    prov_err *err)
{
	uint8_t h[32];
	prov_status st;

	if (e->size >= INT64_MAX)
		return (prov_fail(err, PROV_ELIMIT, "the log is full"));
	memcpy(h, leaf, sizeof(h));
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t at = tile_hashes(e->size, level);

		memcpy(e->hash[level][at % TILE_WIDTH], h, sizeof(h));
		if ((at + 1) % TILE_WIDTH != 0)
			break;
		if (full != NULL && (st = full(arg, level, at / TILE_WIDTH,
					 e->hash[level][0], err)) != PROV_OK)
			return (st);
		if ((st = tree_root(h, e->hash[level][0], TILE_WIDTH, err)) !=
		    PROV_OK)
			return (st);
	}
	e->size++;
	return (PROV_OK);
}

/*
 * From the lowest bit of the size to the highest: the subtree on the left of
 * what was folded so far is always the larger one.
 */
prov_status
edge_root(const struct edge *e, uint8_t out[32], prov_err *err)
{
	uint8_t acc[32], h[32];
	bool any = false;
	prov_status st;

	for (unsigned bit = 0; bit < 63; bit++) {
		unsigned level = bit / TILE_HEIGHT;
		uint64_t n = UINT64_C(1) << (bit % TILE_HEIGHT);
		uint64_t width = tile_partial(e->size, level);
		const uint8_t *at;

		if ((width & n) == 0)
			continue;
		at = e->hash[level][width & ~(2 * n - 1)];
		if ((st = tree_root(h, at, n, err)) != PROV_OK)
			return (st);
		if (any && (st = tree_node(acc, h, acc, err)) != PROV_OK)
			return (st);
		if (!any)
			memcpy(acc, h, sizeof(acc));
		any = true;
	}
	if (!any)
		return (sha256_of(out, span(NULL, 0), err));
	memcpy(out, acc, sizeof(acc));
	return (PROV_OK);
}
