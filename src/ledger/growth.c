/* SPDX-License-Identifier: ISC */
#include "ledger/growth.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/edge.h"
#include "ledger/layout.h"

void
growth_clear(struct growth *g)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		free(g->edge[level]);
		free(g->bound[level]);
	}
	memset(g, 0, sizeof(*g));
}

static prov_status
fetch_one(struct tile **out, struct source *s, unsigned level, uint64_t n,
    unsigned width, prov_err *err)
{
	const struct wanted w = { (int)level, n, width };
	uint8_t hashes[TILE_WIDTH * 32];
	prov_status st;

	if ((st = fetch_tile(s, &w, hashes, err)) != PROV_OK)
		return (st);
	if ((*out = malloc(sizeof(**out))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (tile_build(*out, level, n, hashes, width, err));
}

/* The tiles that are not full, which must give the root. */
static prov_status
fetch_edge(struct growth *g, struct source *s, const struct checkpoint *at,
    prov_err *err)
{
	AUTO_FREE struct edge *e = calloc(1, sizeof(*e));
	uint8_t root[32];
	prov_status st;

	if (e == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	e->size = at->size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(at->size, level);

		if (width == 0)
			continue;
		st = fetch_one(&g->edge[level], s, level,
		    tile_hashes(at->size, level) / TILE_WIDTH, width, err);
		if (st != PROV_OK)
			return (st);
		memcpy(e->hash[level], g->edge[level]->node,
		    (size_t)width * 32);
	}
	if ((st = edge_root(e, root, err)) != PROV_OK)
		return (st);
	if (memcmp(root, at->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the tiles at size %llu do not give the "
		    "checkpoint's root",
		    (unsigned long long)at->size));
	return (PROV_OK);
}

/* Of a level, the tile in which the old size lies. */
static const struct tile *
tile_at(const struct growth *g, unsigned level, uint64_t n)
{
	if (level >= TILE_LEVELS)
		return (NULL);
	if (g->bound[level] != NULL && g->bound[level]->n == n)
		return (g->bound[level]);
	if (g->edge[level] != NULL && g->edge[level]->n == n)
		return (g->edge[level]);
	return (NULL);
}

static prov_status
fetch_bound(struct growth *g, struct source *s, unsigned level, uint64_t n,
    prov_err *err)
{
	const struct tile *above = tile_at(g, level + 1, n / TILE_WIDTH);
	const uint8_t *want =
	    above != NULL ? tile_node(above, 0, n % TILE_WIDTH) : NULL;
	char path[TILE_PATH_MAX];
	prov_status st;

	if (want == NULL)
		return (prov_fail(err, PROV_EINTERNAL,
		    "no hash of tile %llu of level %u", (unsigned long long)n,
		    level));
	st = fetch_one(&g->bound[level], s, level, n, TILE_WIDTH, err);
	if (st != PROV_OK)
		return (st);
	if (memcmp(tile_node(g->bound[level], TILE_HEIGHT, 0), want, 32) == 0)
		return (PROV_OK);
	tile_path(path, (int)level, n, TILE_WIDTH);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.invalid: tlog/%s is not in the tree", path));
}

prov_status
growth_fetch(struct growth *g, struct source *s, const struct checkpoint *at,
    uint64_t old_size, prov_err *err)
{
	prov_status st;

	if ((st = fetch_edge(g, s, at, err)) != PROV_OK || old_size == 0)
		return (st);
	for (unsigned level = TILE_LEVELS; level-- > 0;) {
		uint64_t n = tile_hashes(old_size, level) / TILE_WIDTH;

		if (n == tile_hashes(at->size, level) / TILE_WIDTH)
			continue;
		if ((st = fetch_bound(g, s, level, n, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* A tree_get_fn. */
static prov_status
get_node(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	const struct growth *g = *(const struct growth *const *)arg;
	unsigned tl = level / TILE_HEIGHT, sub = level % TILE_HEIGHT;
	const struct tile *t = tile_at(g, tl, index >> (TILE_HEIGHT - sub));
	const uint8_t *node = NULL;

	if (t != NULL)
		node = tile_node(t, sub, index & ((TILE_WIDTH >> sub) - 1));
	if (node == NULL)
		return (
		    prov_fail(err, PROV_EINTERNAL, "no node %llu of level %u",
			(unsigned long long)index, level));
	memcpy(out, node, 32);
	return (PROV_OK);
}

prov_status
growth_root(const struct growth *g, uint64_t old_size, uint8_t out[32],
    prov_err *err)
{
	return (tree_range_root(out, 0, old_size, get_node, &g, err));
}

static prov_status
write_one(const struct tile *t, const char *dir, prov_err *err)
{
	char name[TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	prov_span bytes;
	prov_status st;

	if (t == NULL)
		return (PROV_OK);
	bytes = span(t->node, (size_t)t->width * 32);
	tile_path(name, (int)t->level, t->n, t->width);
	st = layout_path(path, err, dir, "tlog/%s", name);
	if (st != PROV_OK || file_holds(path, bytes) ||
	    (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	return (file_write(path, bytes, 0644, 0, err));
}

prov_status
growth_write(const struct growth *g, const char *dir, prov_err *err)
{
	prov_status st = PROV_OK;

	for (unsigned level = 0; level < TILE_LEVELS && st == PROV_OK; level++)
		if ((st = write_one(g->edge[level], dir, err)) == PROV_OK)
			st = write_one(g->bound[level], dir, err);
	return (st);
}
