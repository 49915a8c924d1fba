/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_PUBLISH_H
#define PROV_LEDGER_PUBLISH_H

#include "ledger/store.h"
#include "ledger/sweeper.h"

/* A file was written, by its name under the ledger. */
typedef void (*publish_told)(void *arg, const char *name);

/*
 * Writes tiles and bundles of a growing tree under dir/tlog. What a file holds
 * follows from its name and the tree, so writing it twice is harmless.
 */
struct publisher {
	const char *dir;
	struct edge *edge;  /* of what was added so far; owned by the caller */
	struct buf *bundle; /* the entries that do not fill a bundle yet */
	uint64_t first;     /* size at the start */
	uint64_t final;     /* size that it will end at */
	bool compare;       /* leave files alone that are right */
	struct sweeper *sweeper; /* lets go of what was replaced; or NULL */
	publish_told
	    told; /* of each file that was written; NULL to go without */
	void *arg;
};

prov_status publish_entry(struct publisher *p, prov_span entry,
    const uint8_t leaf[32], prov_err *err);

/* The partial tiles at a checkpoint, but those that are full in the end. */
prov_status publish_partials(struct publisher *p, prov_err *err);

/* Replaces the public checkpoint; all of its tiles stand. */
prov_status publish_checkpoint(const struct publisher *p, prov_span note,
    prov_err *err);

/* Removes partial tiles whose full ones stand now. */
void publish_tidy(const struct publisher *p);

/*
 * Compares tlog/ with the store from size from on and writes what is not as
 * it should be, the checkpoint last. root is the state's, checked.
 */
prov_status publish_rebuild(const char *dir, const struct ledger_ops *ops,
    struct store *store, const struct store_state *state,
    const uint8_t root[32], uint64_t from, publish_told told, void *arg,
    prov_err *err);

#endif
