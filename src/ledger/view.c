/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/view.h"

prov_status
view_init(struct view *v, const char *dir, prov_err *err)
{
	memset(v, 0, sizeof(*v));
	v->dir = strdup(dir);
	v->cache = calloc(VIEW_TILES, sizeof(struct tile *));
	v->offsets = calloc(VIEW_OFFSETS, sizeof(struct offsets *));
	if (v->dir == NULL || v->cache == NULL || v->offsets == NULL) {
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

static void
forget(struct tile **tiles)
{
	for (unsigned i = 0; tiles != NULL && i < VIEW_TILES; i++) {
		free(tiles[i]);
		tiles[i] = NULL;
	}
}

static void
drop_file(struct bundle_file *f)
{
	if (f->width != 0)
		auto_fd(&f->fd);
	f->width = 0;
}

void
view_clear(struct view *v)
{
	drop_edge(v);
	for (unsigned i = 0; i < VIEW_FILES; i++)
		drop_file(&v->files[i]);
	forget(v->cache);
	for (unsigned i = 0; v->offsets != NULL && i < VIEW_OFFSETS; i++)
		free(v->offsets[i]);
	free(v->dir);
	free(v->cache);
	free(v->offsets);
	memset(v, 0, sizeof(*v));
}

void
view_move(struct view *v, const struct checkpoint *at)
{
	drop_edge(v);
	forget(v->cache);
	v->at = *at;
}

void
view_leave(struct view *v, const struct checkpoint *at, struct tile ***kept)
{
	struct tile **empty = calloc(VIEW_TILES, sizeof(struct tile *));

	*kept = NULL;
	if (empty != NULL) {
		*kept = v->cache;
		v->cache = empty;
	}
	view_move(v, at);
}

void
view_drop(struct tile ***kept)
{
	forget(*kept);
	free(*kept);
	*kept = NULL;
}

void
view_keep(struct view *v, struct tile ***kept)
{
	struct tile **now = v->cache;

	if (*kept == NULL)
		return;
	v->cache = *kept;
	*kept = now;
	view_drop(kept);
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

/* The tiles of a level lie one beside the other, those of each elsewhere. */
static struct tile **
slot(const struct view *v, unsigned level, uint64_t n)
{
	return (&v->cache[(n + level * (VIEW_TILES / 3)) % VIEW_TILES]);
}

static const struct tile *
cached(const struct view *v, unsigned level, uint64_t n)
{
	const struct tile *t = *slot(v, level, n);

	return (t != NULL && t->level == level && t->n == n ? t : NULL);
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
	AUTO_FREE struct tile *t = TAKE(*slot(v, level, n));
	char path[TILE_PATH_MAX];
	prov_status st;

	if (t == NULL && (t = malloc(sizeof(*t))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	st = tile_read(t, v->dir, level, n, TILE_WIDTH, err);
	if (st != PROV_OK)
		return (st);
	if (memcmp(tile_node(t, TILE_HEIGHT, 0), want, 32) != 0) {
		tile_path(path, (int)level, n, TILE_WIDTH);
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: tlog/%s is not in the tree", path));
	}
	*out = *slot(v, level, n) = TAKE(t);
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

/* Notes where entry i of a bundle begins: the one behind those known. */
static void
note_place(struct view *v, uint64_t n, unsigned i, uint64_t at)
{
	struct offsets **slot = &v->offsets[n % VIEW_OFFSETS], *p = *slot;

	if (at > UINT32_MAX)
		return;
	if (p == NULL && (p = *slot = malloc(sizeof(*p))) != NULL)
		p->n = ~n;
	if (p == NULL)
		return;
	if (p->n != n) {
		p->n = n;
		p->known = 0;
	}
	if (i == p->known)
		p->at[p->known++] = (uint32_t)at;
}

static unsigned
bundle_width(const struct view *v, uint64_t n)
{
	uint64_t left = v->at.size - n * TILE_WIDTH;

	return (left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH);
}

/* Whether an entry is the one in the tree. */
static prov_status
check_entry(bool *is, struct view *v, uint64_t i, prov_span entry,
    prov_err *err)
{
	uint8_t want[32], got[32];
	prov_status st;

	if ((st = view_leaf(v, i, want, err)) != PROV_OK ||
	    (st = tree_leaf(got, entry, err)) != PROV_OK)
		return (st);
	*is = memcmp(want, got, sizeof(want)) == 0;
	return (PROV_OK);
}

/* What was read of a bundle, and not asked for, tells where it lies, too. */
static void
note_rest(struct view *v, struct bundle *b, uint64_t n, unsigned i, uint64_t at)
{
	prov_span entry;

	while (i < bundle_width(v, n) && bundle_has(b) &&
	       bundle_next(b, &entry, NULL) == PROV_OK) {
		at += 2 + entry.len;
		note_place(v, n, ++i, at);
	}
}

/* The part of [from, to) that is in one bundle. */
static prov_status
scan_bundle(struct view *v, uint64_t from, uint64_t to, view_entry_fn fn,
    void *arg, prov_err *err)
{
	uint64_t n = from / TILE_WIDTH, first = n * TILE_WIDTH, at = 0;
	AUTO_BUNDLE b;
	prov_span entry;
	prov_status st;
	bool is;

	bundle_init(&b);
	st = bundle_open(&b, v->dir, n, bundle_width(v, n), err);
	for (uint64_t i = first; st == PROV_OK && i < to; i++) {
		st = bundle_next(&b, &entry, err);
		if (st == PROV_ENOTFOUND)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: tlog/%s ends before entry %llu",
			    b.path, (unsigned long long)i));
		if (st != PROV_OK)
			break;
		note_place(v, n, (unsigned)(i - first), at);
		at += 2 + entry.len;
		note_place(v, n, (unsigned)(i - first) + 1, at);
		if (i < from)
			continue;
		if ((st = check_entry(&is, v, i, entry, err)) != PROV_OK)
			break;
		if (!is)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: entry %llu in tlog/%s is not in "
			    "the tree",
			    (unsigned long long)i, b.path));
		st = fn(arg, i, entry, err);
	}
	if (st == PROV_OK)
		note_rest(v, &b, n, (unsigned)(to - first), at);
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

static prov_status
file_of(struct bundle_file **out, struct view *v, uint64_t n, prov_err *err)
{
	struct bundle_file *f = &v->files[n % VIEW_FILES];
	unsigned width = bundle_width(v, n);
	prov_status st;

	*out = f;
	if (f->width == width && f->n == n)
		return (PROV_OK);
	drop_file(f);
	if ((st = bundle_file(&f->fd, v->dir, n, width, err)) != PROV_OK)
		return (st);
	f->n = n;
	f->width = width;
	return (PROV_OK);
}

/* Reads one entry from where it was before, if that is known. */
static prov_status
reread(struct view *v, uint64_t i, struct buf *out, bool *found, prov_err *err)
{
	uint64_t n = i / TILE_WIDTH;
	struct offsets *p = v->offsets[n % VIEW_OFFSETS];
	unsigned k = (unsigned)(i % TILE_WIDTH);
	size_t from = out->len;
	struct bundle_file *f;
	prov_status st;

	*found = false;
	if (p == NULL || p->n != n || p->known < k + 2)
		return (PROV_OK);
	if ((st = file_of(&f, v, n, err)) != PROV_OK)
		return (st);
	st = bundle_read(out, f->fd, p->at[k], p->at[k + 1] - p->at[k], err);
	if (st == PROV_OK)
		st = check_entry(found, v, i,
		    span(out->p + from, out->len - from), err);
	if (!*found) {
		out->len = from;
		p->known = 0;
		drop_file(f);
	}
	return (st);
}

prov_status
view_entry(struct view *v, uint64_t i, struct buf *out, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;
	bool found;

	/* What is wrong with the hint shows from the front, too, or is not. */
	if (i < v->at.size) {
		st = reread(v, i, out, &found, &why);
		if (st == PROV_OK && found)
			return (PROV_OK);
		if (st == PROV_ENOMEM)
			return (prov_fail(err, st, "%s", why.msg));
	}
	return (view_scan(v, i, i + 1, keep_entry, out, err));
}
