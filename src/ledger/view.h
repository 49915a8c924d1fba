/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_VIEW_H
#define PROV_LEDGER_VIEW_H

#include "ledger/checkpoint.h"
#include "ledger/tile.h"

/*
 * dir/tlog as it is under one checkpoint. No hash is used before it was traced
 * to the checkpoint's root: the edge tiles give the root together, and every
 * full tile gives its hash in the tile above. Failing that is PROV_EUNTRUSTED
 * "ledger.invalid: ..."; PROV_ENOTFOUND is a file that is gone, with the
 * checkpoint perhaps: read that again.
 */
#define VIEW_TILES 1024 /* 16 KiB each, once used: 262,144 entries */

/*
 * Where the entries of a bundle begin, as far as was read. A hint: an entry
 * that is not found there by its hash is looked for from the front.
 */
#define VIEW_OFFSETS 1024 /* 1 KiB each, once used */
struct offsets {
	uint64_t n; /* the bundle */
	unsigned known;
	uint32_t at[TILE_WIDTH + 1];
};

/*
 * Files of bundles that were read lately stay open: which bytes they have is
 * told by hashes, so that one that was replaced is at worst of no use.
 */
#define VIEW_FILES 4 /* each in one place; every thread has so many */
struct bundle_file {
	uint64_t n;
	unsigned width; /* 0: none */
	int fd;
};

struct view {
	char *dir;
	struct checkpoint at;
	bool checked; /* edge gives at.root */
	struct tile *edge[TILE_LEVELS];
	struct tile **cache;   /* VIEW_TILES, each in one place; full, checked */
	struct offsets **offsets; /* VIEW_OFFSETS */
	struct bundle_file files[VIEW_FILES];
};

prov_status view_init(struct view *v, const char *dir, prov_err *err);
void view_clear(struct view *v);

/* Forgets all tiles and stands at another checkpoint. */
void view_move(struct view *v, const struct checkpoint *at);

/*
 * The same, but gives the full tiles to *kept, for view_keep once the tree at
 * the other checkpoint was shown to begin with the one at this: they are the
 * same in both. view_drop frees them else.
 */
void view_leave(struct view *v, const struct checkpoint *at,
    struct tile ***kept);
void view_keep(struct view *v, struct tile ***kept);
void view_drop(struct tile ***kept);

/* A tree_get_fn; arg is a view. */
prov_status view_node(void *arg, unsigned level, uint64_t index,
    uint8_t out[32], prov_err *err);

/* The leaf hash of entry i. */
prov_status view_leaf(struct view *v, uint64_t i, uint8_t out[32],
    prov_err *err);

/* Called with each entry after its leaf hash was checked. */
typedef prov_status (*view_entry_fn)(void *arg, uint64_t i, prov_span entry,
    prov_err *err);

/* Entries from to to - 1, in order; to is at most the size. */
prov_status view_scan(struct view *v, uint64_t from, uint64_t to,
    view_entry_fn fn, void *arg, prov_err *err);

/* One entry, appended to out. */
prov_status view_entry(struct view *v, uint64_t i, struct buf *out,
    prov_err *err);

#endif
