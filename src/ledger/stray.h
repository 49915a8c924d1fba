/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_STRAY_H
#define PROV_LEDGER_STRAY_H

#include <sys/types.h>

#include "ledger/damage.h"
#include "ledger/view.h"

/* A file below tlog/tile, by its name: level, number, width. */
struct tile_name {
	int level; /* or TILE_ENTRIES */
	uint64_t n;
	unsigned width;
};

/* "tile/L/N[.p/W]", in the one form that tile_path writes. */
bool tile_name_parse(struct tile_name *out, const char *path);

/*
 * Called for each thing below tlog/tile that is no directory, with its path
 * under tlog/; of a directory whose name no tile has, with its own. Symbolic
 * links are not followed.
 */
typedef prov_status (
    *stray_fn)(void *arg, const char *path, mode_t mode, prov_err *err);
prov_status stray_walk(const char *dir, stray_fn fn, void *arg, prov_err *err);

/* What process that was killed left while it wrote; it is no harm. */
bool stray_is_temporary(const char *name);

/*
 * Files that no reader at this checkpoint needs: partial tiles of older ones
 * must hold the beginning of what is there now, and other names have no place.
 */
prov_status stray_check(struct view *v, struct damage *found, prov_err *err);

/* Each blob is what its name says. */
prov_status stray_blobs(const char *dir, unsigned threads, struct damage *found,
    uint64_t *n, prov_err *err);

#endif
