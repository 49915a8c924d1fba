/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_TILE_H
#define PROV_LEDGER_TILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/limits.h"
#include "hash/tree.h"

/* C2SP tlog-tiles: 256 hashes to a tile, 256 entries to a bundle. */
#define TILE_WIDTH    256U
#define TILE_HEIGHT   8U
#define TILE_LEVELS   8U /* 256^8 = 2^64 leaves */
#define TILE_ENTRIES  -1 /* the "level" of entry bundles */
#define TILE_PATH_MAX 64 /* "tile/entries/", 8 groups of 5, ".p/255" */

/* tile/L/N[.p/W], where width 256 is a full tile. */
void tile_path(char out[TILE_PATH_MAX], int level, uint64_t n, unsigned width);

/* How many hashes of a level are complete at a size, and in its last tile. */
uint64_t tile_hashes(uint64_t size, unsigned level);
unsigned tile_partial(uint64_t size, unsigned level);

/*
 * A tile with the nodes above its hashes: 256 of sub-level 0, 128 of 1, ...,
 * the tile's own root. Of a partial tile those that are complete.
 */
struct tile {
	unsigned level;
	uint64_t n;
	unsigned width;
	uint8_t node[2 * TILE_WIDTH - 1][32];
};

/* Fills t from width hashes, and computes the nodes above. */
prov_status tile_build(struct tile *t, unsigned level, uint64_t n,
    const uint8_t *hashes, unsigned width, prov_err *err);

/* Node i of a sub-level, or NULL where it is not complete. */
const uint8_t *tile_node(const struct tile *t, unsigned sub, uint64_t i);

/*
 * Reads a tile under dir/tlog: the partial one, else the first width hashes
 * of the full one. PROV_ENOTFOUND if neither is there.
 */
prov_status tile_read(struct tile *t, const char *dir, unsigned level,
    uint64_t n, unsigned width, prov_err *err);

/* The same without the nodes above: width hashes, believed by nobody yet. */
prov_status tile_load(uint8_t *hashes, const char *dir, unsigned level,
    uint64_t n, unsigned width, prov_err *err);

/* An entry bundle, read in pieces; entries are lent until the next call. */
struct bundle {
	int fd; /* -1: all of it is in buf */
	uint64_t off;
	uint8_t *buf;
	size_t at, len;
	bool ended; /* all of the file was read */
	char path[TILE_PATH_MAX];
};

void bundle_init(struct bundle *b);
void bundle_close(struct bundle *b);
#define AUTO_BUNDLE __attribute__((cleanup(bundle_close))) struct bundle

/* Under dir/tlog, as tile_read; what it read before is forgotten. */
prov_status bundle_open(struct bundle *b, const char *dir, uint64_t n,
    unsigned width, prov_err *err);

/* One that is in memory; copies. */
prov_status bundle_from(struct bundle *b, prov_span bytes, prov_err *err);

/* The next entry. PROV_ENOTFOUND, without a message, exactly at the end. */
prov_status bundle_next(struct bundle *b, prov_span *entry, prov_err *err);

/* Whether the next entry is in memory already. */
bool bundle_has(const struct bundle *b);

/* The file of a bundle under dir/tlog, as bundle_open finds it. */
prov_status bundle_file(int *fd, const char *dir, uint64_t n, unsigned width,
    prov_err *err);

/*
 * Reads the frame of len bytes that begins at a place in such a file, and
 * appends its entry. PROV_EFORMAT where there is no such frame.
 */
prov_status bundle_read(struct buf *out, int fd, uint64_t at, size_t len,
    prov_err *err);

/* Appends one framed entry. */
void bundle_put(struct buf *b, prov_span entry);

#endif
