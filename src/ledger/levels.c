/* SPDX-License-Identifier: ISC */
#include "ledger/levels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who has a say about a tile: the store, its entries, the tile, that above. */
enum voice { STORE, ENTRIES, KEPT, ABOVE, VOICES };

struct votes {
	const uint8_t *root[VOICES]; /* NULL: says nothing */
	uint8_t store[32];
};

prov_status
levels_new(struct levels **out, const char *dir, const struct checkpoint *at,
    struct damage *found, const struct truth *truth, prov_err *err)
{
	struct levels *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	l->dir = dir;
	l->at = at;
	l->found = found;
	l->truth = truth;
	*out = l;
	return (PROV_OK);
}

#define NAME_MAX_ (TILE_PATH_MAX + 8)

static void
name_of(char out[NAME_MAX_], const struct levels *l, int level, uint64_t n)
{
	unsigned low = level < 0 ? 0 : (unsigned)level;
	unsigned width = TILE_WIDTH;

	if (n == tile_hashes(l->at->size, low) / TILE_WIDTH)
		width = tile_partial(l->at->size, low);
	snprintf(out, NAME_MAX_, "tlog/");
	tile_path(out + 5, level, n, width);
}

/* Reads what is kept of the tile that node idx of a level is in. */
static void
enter(struct levels *l, unsigned level, uint64_t idx)
{
	struct level *v;
	uint64_t n = idx / TILE_WIDTH;
	unsigned width = TILE_WIDTH;
	char name[NAME_MAX_];
	prov_err why = { 0 };
	prov_status st;

	if (level >= TILE_LEVELS || idx % TILE_WIDTH != 0)
		return;
	v = &l->level[level];
	if (n == tile_hashes(l->at->size, level) / TILE_WIDTH)
		width = tile_partial(l->at->size, level);
	st = tile_load(v->kept[0], l->dir, level, n, width, &why);
	v->have = st == PROV_OK;
	l->tiles++;
	name_of(name, l, (int)level, n);
	if (st != PROV_OK)
		damage_read(l->found, FOUND_TILE, name, st, why.msg);
}

/* The voice that most agree with; of several the first. */
static enum voice
elect(const struct votes *v)
{
	enum voice best = VOICES;
	unsigned most = 0;

	for (unsigned i = 0; i < VOICES; i++) {
		unsigned n = 0;

		for (unsigned j = 0; v->root[i] != NULL && j < VOICES; j++)
			n += v->root[j] != NULL &&
			     memcmp(v->root[i], v->root[j], 32) == 0;
		if (n > most) {
			most = n;
			best = (enum voice)i;
		}
	}
	return (best);
}

static bool
agrees(const struct votes *v, enum voice who, const uint8_t root[32])
{
	return (v->root[who] != NULL && memcmp(v->root[who], root, 32) == 0);
}

/* The leaves of the decided root, where somebody has them all. */
static const uint8_t (
    *right_leaves(const struct levels *l, const struct scanned *t, bool entries,
	bool kept, bool store, uint8_t (*buf)[32]))[32]
{
	if (entries)
		return ((const uint8_t(*)[32])t->leaf);
	if (kept)
		return ((const uint8_t(*)[32])t->kept);
	if (store && l->truth->leaves(l->truth->arg, t->n, t->width, buf))
		return ((const uint8_t(*)[32])buf);
	return (NULL);
}

/* The first of n leaves that differ, or n. */
static unsigned
differs_at(const uint8_t (*a)[32], const uint8_t (*b)[32], unsigned n)
{
	unsigned i = 0;

	while (i < n && memcmp(a[i], b[i], 32) == 0)
		i++;
	return (i);
}

/* The entries of a tile are not those that the tree has. */
static void
report_entries(const struct levels *l, const struct scanned *t,
    const uint8_t (*right)[32])
{
	uint64_t first = t->n * TILE_WIDTH;
	char name[NAME_MAX_];
	unsigned n = 0;

	name_of(name, l, TILE_ENTRIES, t->n);
	for (unsigned i = 0; right != NULL && i < t->have; i++) {
		if (memcmp(right[i], t->leaf[i], 32) == 0)
			continue;
		damage_add(l->found, FOUND_BUNDLE, name, first + i,
		    "entry %llu is not the one in the tree",
		    (unsigned long long)(first + i));
		n++;
	}
	if (!t->bundle)
		damage_read(l->found, FOUND_BUNDLE, name, t->bundle_st,
		    t->bundle_why);
	else if (n == 0)
		damage_add(l->found, FOUND_BUNDLE, name, NO_ENTRY,
		    "its entries are not those in the tree");
}

static void
report_kept(const struct levels *l, const struct scanned *t,
    const uint8_t (*right)[32])
{
	uint64_t first = t->n * TILE_WIDTH;
	char name[NAME_MAX_];
	unsigned i;

	name_of(name, l, 0, t->n);
	if (!t->tile) {
		damage_read(l->found, FOUND_TILE, name, t->tile_st,
		    t->tile_why);
		return;
	}
	if (right == NULL) {
		damage_add(l->found, FOUND_TILE, name, NO_ENTRY,
		    "does not follow from the entries");
		return;
	}
	i = differs_at(right, (const uint8_t(*)[32])t->kept, t->width);
	damage_add(l->found, FOUND_TILE, name, first + i,
	    "does not follow from the entries: the hash of entry %llu is "
	    "another",
	    (unsigned long long)(first + i));
}

static void
report_store(const struct levels *l, const struct scanned *t,
    const uint8_t (*right)[32])
{
	uint64_t first = t->n * TILE_WIDTH;
	uint8_t leaves[TILE_WIDTH][32];
	unsigned i = t->width;

	if (right != NULL &&
	    l->truth->leaves(l->truth->arg, t->n, t->width, leaves))
		i = differs_at(right, (const uint8_t(*)[32])leaves, t->width);
	if (i < t->width)
		damage_add(l->found, FOUND_ENTRY, LEDGER_DB, first + i,
		    "entry %llu is not the one in the tree",
		    (unsigned long long)(first + i));
	else
		damage_add(l->found, FOUND_ENTRY, LEDGER_DB, NO_ENTRY,
		    "entries %llu to %llu are not those in the tree",
		    (unsigned long long)first,
		    (unsigned long long)(first + t->width - 1));
}

/* Names whose leaves are not the decided ones. */
static void
report(const struct levels *l, const struct scanned *t, bool entries, bool kept,
    bool store, bool has_store)
{
	uint8_t buf[TILE_WIDTH][32];
	const uint8_t(*right)[32];

	if (entries && kept && t->bundle && (store || !has_store))
		return;
	right = right_leaves(l, t, entries, kept, store, buf);
	if (!entries || !t->bundle)
		report_entries(l, t, right);
	if (!kept)
		report_kept(l, t, right);
	if (has_store && !store)
		report_store(l, t, right);
}

static void
not_signed(const struct levels *l, unsigned level, uint64_t n)
{
	char name[NAME_MAX_];

	name_of(name, l, (int)level, n);
	damage_add(l->found, FOUND_ROOT, name, NO_ENTRY,
	    "is not in the tree that the checkpoint signs, nor is what is "
	    "below it");
}

static prov_status close_tile(struct levels *l, unsigned level, uint64_t n,
    prov_err *err);

/* The hash of tile n of the level below was decided. */
static prov_status
push(struct levels *l, unsigned level, uint64_t n, const uint8_t hash[32],
    prov_err *err)
{
	if (level >= TILE_LEVELS)
		return (prov_fail(err, PROV_ELIMIT, "too many entries"));
	memcpy(l->level[level].hash[n % TILE_WIDTH], hash, 32);
	if (n % TILE_WIDTH != TILE_WIDTH - 1)
		return (PROV_OK);
	return (close_tile(l, level, n / TILE_WIDTH, err));
}

/* The tile is right where the one above says so, else what was decided is. */
static prov_status
close_differing(struct levels *l, unsigned level, uint64_t n, uint8_t root[32],
    prov_err *err)
{
	struct level *v = &l->level[level], *above = &l->level[level + 1];
	uint8_t kept[32];
	char name[NAME_MAX_];
	prov_status st;

	if ((st = tree_root(kept, v->kept[0], TILE_WIDTH, err)) != PROV_OK)
		return (st);
	if (level + 1 < TILE_LEVELS && above->have &&
	    memcmp(above->kept[n % TILE_WIDTH], kept, 32) == 0) {
		for (unsigned i = 0; i < TILE_WIDTH; i++)
			if (memcmp(v->hash[i], v->kept[i], 32) != 0)
				not_signed(l, level - 1, n * TILE_WIDTH + i);
		memcpy(root, kept, 32);
		return (PROV_OK);
	}
	name_of(name, l, (int)level, n);
	damage_add(l->found, FOUND_TILE, name, NO_ENTRY,
	    "does not follow from the entries: its hash %u is another",
	    differs_at((const uint8_t(*)[32])v->hash,
		(const uint8_t(*)[32])v->kept, TILE_WIDTH));
	return (PROV_OK);
}

static prov_status
close_tile(struct levels *l, unsigned level, uint64_t n, prov_err *err)
{
	struct level *v = &l->level[level];
	uint8_t root[32];
	prov_status st;

	enter(l, level + 1, n);
	if ((st = tree_root(root, v->hash[0], TILE_WIDTH, err)) != PROV_OK)
		return (st);
	if (v->have && !l->unknown &&
	    memcmp(v->hash, v->kept, sizeof(v->hash)) != 0 &&
	    (st = close_differing(l, level, n, root, err)) != PROV_OK)
		return (st);
	return (push(l, level + 1, n, root, err));
}

static prov_status
take_full(struct levels *l, const struct scanned *t, bool *hole, prov_err *err)
{
	static const uint8_t unknown[32]; /* nobody can say: no tree has it */
	struct votes v = { 0 };
	const uint8_t *root;
	enum voice won;

	enter(l, 1, t->n);
	if (l->truth != NULL && l->truth->root(l->truth->arg, t->n, v.store))
		v.root[STORE] = v.store;
	if (t->have == t->width)
		v.root[ENTRIES] = t->root;
	if (t->tile)
		v.root[KEPT] = t->kept_root;
	if (l->level[1].have)
		v.root[ABOVE] = l->level[1].kept[t->n % TILE_WIDTH];
	won = elect(&v);
	root = won == VOICES ? unknown : v.root[won];
	if (won == VOICES && damage_has_unread(l->found))
		l->unknown = true;
	*hole = !agrees(&v, ENTRIES, root);
	report(l, t, !*hole, agrees(&v, KEPT, root), agrees(&v, STORE, root),
	    v.root[STORE] != NULL);
	return (push(l, 1, t->n, root, err));
}

/* Of the edge: the leaves by each who has them, in the order of trust. */
struct edges {
	const uint8_t *leaves[ABOVE];
	uint8_t store[TILE_WIDTH][32];
};

static bool
same_leaves(const uint8_t *a, const uint8_t *b, unsigned width)
{
	return (
	    a != NULL && b != NULL && memcmp(a, b, (size_t)width * 32) == 0);
}

/* Fills the edge from what was decided or, where mask says so, from tiles. */
static bool
fill(struct levels *l, const uint8_t *leaves, unsigned mask)
{
	l->edge.size = l->at->size;
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(l->at->size, level);
		struct level *v = &l->level[level];
		bool kept = (mask >> level & 1) != 0;
		const uint8_t *from = kept ? v->kept[0] : v->hash[0];

		if (level == 0)
			from = leaves;
		/* Once is enough for what is the same either way. */
		if (kept && (width == 0 || !v->have || level == 0))
			return (false);
		if (width != 0)
			memcpy(l->edge.hash[level], from, (size_t)width * 32);
	}
	return (true);
}

/* Which leaves, and which kept tiles above, give the root that is signed. */
static prov_status
settle(struct levels *l, const struct edges *e, enum voice *leaves,
    unsigned *mask, bool *found, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	*found = false;
	for (unsigned m = 0; m < 1U << TILE_LEVELS; m++)
		for (unsigned v = 0; v < ABOVE; v++) {
			if (tile_partial(l->at->size, 0) == 0 && v != STORE)
				continue;
			if (tile_partial(l->at->size, 0) != 0 &&
			    e->leaves[v] == NULL)
				continue;
			if (!fill(l, e->leaves[v], m))
				continue;
			if ((st = edge_root(&l->edge, root, err)) != PROV_OK)
				return (st);
			if (memcmp(root, l->at->root, 32) != 0)
				continue;
			*leaves = (enum voice)v;
			*mask = m;
			*found = true;
			return (PROV_OK);
		}
	return (PROV_OK);
}

/* Kept tiles at the edge that are not as decided, or the other way round. */
static void
report_edges(struct levels *l, unsigned mask)
{
	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		struct level *v = &l->level[level];
		unsigned width = tile_partial(l->at->size, level), i;
		uint64_t n = tile_hashes(l->at->size, level) / TILE_WIDTH;
		char name[NAME_MAX_];

		if (width == 0 || !v->have)
			continue;
		i = differs_at((const uint8_t(*)[32])v->hash,
		    (const uint8_t(*)[32])v->kept, width);
		if (i == width)
			continue;
		name_of(name, l, (int)level, n);
		if ((mask >> level & 1) == 0)
			damage_add(l->found, FOUND_TILE, name, NO_ENTRY,
			    "does not follow from the entries: its hash %u is "
			    "another",
			    i);
		for (; (mask >> level & 1) != 0 && i < width; i++)
			if (memcmp(v->hash[i], v->kept[i], 32) != 0)
				not_signed(l, level - 1, n * TILE_WIDTH + i);
	}
}

static prov_status
finish(struct levels *l, const struct edges *e, enum voice *leaves,
    prov_err *err)
{
	unsigned mask = 0;
	bool found;
	prov_status st;

	st = settle(l, e, leaves, &mask, &found, err);
	if (st != PROV_OK)
		return (st);
	if (l->unknown)
		return (PROV_OK);
	/* What could not be read may be what gives it. */
	if (!found && !damage_has_unread(l->found))
		damage_add(l->found, FOUND_ROOT, LEDGER_CHECKPOINT, NO_ENTRY,
		    "the entries do not give the checkpoint's root");
	report_edges(l, mask);
	return (PROV_OK);
}

static prov_status
take_edge(struct levels *l, const struct scanned *t, bool *hole, prov_err *err)
{
	struct edges e = { 0 };
	enum voice won = VOICES;
	const uint8_t *right;
	prov_status st;

	if (l->truth != NULL &&
	    l->truth->leaves(l->truth->arg, t->n, t->width, e.store))
		e.leaves[STORE] = e.store[0];
	if (t->have == t->width)
		e.leaves[ENTRIES] = t->leaf[0];
	if (t->tile)
		e.leaves[KEPT] = t->kept[0];
	if ((st = finish(l, &e, &won, err)) != PROV_OK)
		return (st);
	/* Where nothing fits, the entries are as good as anything. */
	right = won == VOICES ? e.leaves[ENTRIES] : e.leaves[won];
	*hole = !same_leaves(e.leaves[ENTRIES], right, t->width);
	report(l, t, !*hole, same_leaves(e.leaves[KEPT], right, t->width),
	    same_leaves(e.leaves[STORE], right, t->width),
	    e.leaves[STORE] != NULL);
	return (PROV_OK);
}

prov_status
levels_take(struct levels *l, const struct scanned *t, bool *hole,
    prov_err *err)
{
	struct edges none = { 0 };
	enum voice leaves;
	prov_status st;

	l->tiles += 2; /* the tile, and the bundle */
	if (t->width < TILE_WIDTH)
		return (take_edge(l, t, hole, err));
	if ((st = take_full(l, t, hole, err)) != PROV_OK ||
	    (t->n + 1) * TILE_WIDTH != l->at->size)
		return (st);
	return (finish(l, &none, &leaves, err));
}
