/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ledger/view.h"

prov_status
view_init(struct view *v, const char *dir, prov_err *err)
{
	memset(v, 0, sizeof(*v));
	v->dir = strdup(dir);
	v->cache = calloc(VIEW_TILES, sizeof(*v->cache));
	if (v->dir == NULL || v->cache == NULL) {
		view_clear(v);
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	}
	return (PROV_OK);
}

static void
drop_edge(struct view *v)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		free(v->edge[level]);
		v->edge[level] = NULL;
	}
	v->checked = false;
}

void
view_clear(struct view *v)
{
	drop_edge(v);
	free(v->dir);
	free(v->cache);
	memset(v, 0, sizeof(*v));
}

void
view_move(struct view *v, const struct checkpoint *at)
{
	drop_edge(v);
	memset(v->used, 0, sizeof(v->used));
	v->next = 0;
	v->at = *at;
}

/* The tile of a level that is not full at this size. */
static bool
is_edge(const struct view *v, unsigned level, uint64_t n)
{
	return (n == tile_hashes(v->at.size, level) / TILE_WIDTH);
}

/* A node of the edge, before or after it was checked. */
static prov_status
edge_node(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	const struct view *v = arg;
	unsigned tl = level / TILE_HEIGHT, sub = level % TILE_HEIGHT;
	const uint8_t *node = NULL;

	if (tl < TILE_LEVELS && v->edge[tl] != NULL)
		node = tile_node(v->edge[tl], sub,
		    index & ((TILE_WIDTH >> sub) - 1));
	if (node == NULL)
		return (prov_fail(err, PROV_EINTERNAL,
		    "no node %llu of level %u at the edge",
		    (unsigned long long)index, level));
	memcpy(out, node, 32);
	return (PROV_OK);
}

static prov_status
load_edge(struct view *v, prov_err *err)
{
	prov_status st;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(v->at.size, level);

		if (width == 0)
			continue;
		if ((v->edge[level] = malloc(sizeof(struct tile))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "out of memory"));
		st = tile_read(v->edge[level], v->dir, level,
		    tile_hashes(v->at.size, level) / TILE_WIDTH, width, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* Once for each checkpoint: the edge tiles must give its root. */
static prov_status
check_edge(struct view *v, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	if (v->checked || v->at.size == 0)
		return (PROV_OK);
	drop_edge(v);
	if ((st = load_edge(v, err)) != PROV_OK ||
	    (st = tree_range_root(root, 0, v->at.size, edge_node, v, err)) !=
		PROV_OK)
		return (st);
	if (memcmp(root, v->at.root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the tiles at size %llu do not give the "
		    "checkpoint's root",
		    (unsigned long long)v->at.size));
	v->checked = true;
	return (PROV_OK);
}

static const struct tile *
cached(const struct view *v, unsigned level, uint64_t n)
{
	for (unsigned i = 0; i < VIEW_TILES; i++)
		if (v->used[i] && v->cache[i].level == level &&
		    v->cache[i].n == n)
			return (&v->cache[i]);
	return (NULL);
}

/* A tile that is at hand and checked, or NULL. */
static const struct tile *
known(const struct view *v, unsigned level, uint64_t n)
{
	if (is_edge(v, level, n))
		return (v->edge[level]);
	return (cached(v, level, n));
}

/* Reads a full tile whose hash is told, and keeps it. */
static prov_status
load_full(struct view *v, const struct tile **out, unsigned level, uint64_t n,
    const uint8_t want[32], prov_err *err)
{
	struct tile *t = &v->cache[v->next];
	char path[TILE_PATH_MAX];
	prov_status st;

	v->used[v->next] = false;
	st = tile_read(t, v->dir, level, n, TILE_WIDTH, err);
	if (st != PROV_OK)
		return (st);
	if (memcmp(tile_node(t, TILE_HEIGHT, 0), want, 32) != 0) {
		tile_path(path, (int)level, n, TILE_WIDTH);
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: tlog/%s is not in the tree", path));
	}
	v->used[v->next] = true;
	v->next = (v->next + 1) % VIEW_TILES;
	*out = t;
	return (PROV_OK);
}

/*
 * From the lowest tile above that is checked down to the one asked for. The
 * edge bounds the climb: above its highest level there is nothing.
 */
static prov_status
get_tile(struct view *v, const struct tile **out, unsigned level, uint64_t n,
    prov_err *err)
{
	const struct tile *t;
	unsigned up = 0;
	prov_status st;

	if ((st = check_edge(v, err)) != PROV_OK)
		return (st);
	while ((t = known(v, level + up, n >> (TILE_HEIGHT * up))) == NULL)
		if (++up + level >= TILE_LEVELS)
			return (prov_fail(err, PROV_EINTERNAL,
			    "tile %llu of level %u is not in the tree",
			    (unsigned long long)n, level));
	while (up-- > 0) {
		uint64_t child = n >> (TILE_HEIGHT * up);
		const uint8_t *node = tile_node(t, 0, child % TILE_WIDTH);
		uint8_t want[32];

		if (node == NULL)
			return (prov_fail(err, PROV_EINTERNAL,
			    "tile %llu of level %u is not full",
			    (unsigned long long)child, level + up));
		memcpy(want, node, sizeof(want));
		st = load_full(v, &t, level + up, child, want, err);
		if (st != PROV_OK)
			return (st);
	}
	*out = t;
	return (PROV_OK);
}

prov_status
view_node(void *arg, unsigned level, uint64_t index, uint8_t out[32],
    prov_err *err)
{
	struct view *v = arg;
	unsigned tl = level / TILE_HEIGHT, sub = level % TILE_HEIGHT;
	const struct tile *t = NULL;
	const uint8_t *node;
	prov_status st;

	if (tl >= TILE_LEVELS)
		return (prov_fail(err, PROV_EINTERNAL, "no level %u", level));
	st = get_tile(v, &t, tl, index >> (TILE_HEIGHT - sub), err);
	if (st != PROV_OK)
		return (st);
	node = tile_node(t, sub, index & ((TILE_WIDTH >> sub) - 1));
	if (node == NULL)
		return (prov_fail(err, PROV_EINTERNAL,
		    "node %llu of level %u is not complete",
		    (unsigned long long)index, level));
	memcpy(out, node, 32);
	return (PROV_OK);
}

prov_status
view_leaf(struct view *v, uint64_t i, uint8_t out[32], prov_err *err)
{
	return (view_node(v, 0, i, out, err));
}

/* The part of [from, to) that is in one bundle. */
static prov_status
scan_bundle(struct view *v, uint64_t from, uint64_t to, view_entry_fn fn,
    void *arg, prov_err *err)
{
	uint64_t n = from / TILE_WIDTH, first = n * TILE_WIDTH;
	uint64_t left = v->at.size - first;
	uint8_t want[32], got[32];
	AUTO_BUNDLE b;
	prov_span entry;
	prov_status st;

	bundle_init(&b);
	st = bundle_open(&b, v->dir, n,
	    left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH, err);
	for (uint64_t i = first; st == PROV_OK && i < to; i++) {
		st = bundle_next(&b, &entry, err);
		if (st == PROV_ENOTFOUND)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: tlog/%s ends before entry %llu",
			    b.path, (unsigned long long)i));
		if (st != PROV_OK || i < from)
			continue;
		if ((st = view_leaf(v, i, want, err)) != PROV_OK ||
		    (st = tree_leaf(got, entry, err)) != PROV_OK)
			break;
		if (memcmp(want, got, sizeof(want)) != 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: entry %llu in tlog/%s is not in "
			    "the tree",
			    (unsigned long long)i, b.path));
		st = fn(arg, i, entry, err);
	}
	return (st);
}

prov_status
view_scan(struct view *v, uint64_t from, uint64_t to, view_entry_fn fn,
    void *arg, prov_err *err)
{
	prov_status st;

	if (from > to || to > v->at.size)
		return (prov_fail(err, PROV_EARG,
		    "entries %llu to %llu of %llu", (unsigned long long)from,
		    (unsigned long long)to, (unsigned long long)v->at.size));
	while (from < to) {
		uint64_t end = (from / TILE_WIDTH + 1) * TILE_WIDTH;

		if (end > to)
			end = to;
		st = scan_bundle(v, from, end, fn, arg, err);
		if (st != PROV_OK)
			return (st);
		from = end;
	}
	return (PROV_OK);
}

static prov_status
keep_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	(void)i;
	buf_put_span(arg, entry);
	return (buf_done(arg, err));
}

prov_status
view_entry(struct view *v, uint64_t i, struct buf *out, prov_err *err)
{
	return (view_scan(v, i, i + 1, keep_entry, out, err));
}
