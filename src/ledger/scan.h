/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SCAN_H
#define PROV_LEDGER_SCAN_H

#include "ledger/damage.h"
#include "ledger/run.h"
#include "ledger/tile.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

/* What is read of one tile of entries: one thread's work at a time. */
struct scan {
	const char *dir;
	uint64_t size; /* of the checkpoint */
	struct damage *found;
	bool blobs[256]; /* which of blobs/XX are there */
	/* The thread's, for one entry after the other: */
	struct sha256 *hash;
	struct bundle bundle;
	struct statement statement;
	struct outline outline;
};

/* An entry that is no sound statement. */
struct odd {
	uint64_t entry;
	char why[200];
};

struct scanned {
	uint64_t n;
	unsigned width;
	bool bundle; /* all of it could be read, and nothing is behind it */
	bool tile;
	unsigned have;                /* entries that could be read */
	uint8_t leaf[TILE_WIDTH][32]; /* by the entries */
	uint8_t kept[TILE_WIDTH][32]; /* as the tile has them */
	uint8_t root[32], kept_root[32];
	struct records records; /* what the entries are found by */
	struct buf lacking;     /* uint64_t: those without all timelines */
	struct buf odd;         /* struct odd: those that say nothing sound */
	struct buf turns;       /* uint64_t: those that change who may write */
	prov_status bundle_st, tile_st; /* why not */
	char bundle_why[FINDING_TEXT_MAX], tile_why[FINDING_TEXT_MAX];
	prov_status blob; /* PROV_OK, or why a timeline could not be read */
	prov_err blob_why;
	/* What made it impossible to go on, such as a want of memory. */
	prov_status st;
	prov_err err;
};

/* Like first, which has dir, size and found; scan_clear also if it fails. */
prov_status scan_init(struct scan *s, const struct scan *first, prov_err *err);
void scan_clear(struct scan *s);

void scan_blobs(struct scan *s); /* fills in blobs */
void scan_tile(struct scan *s, struct scanned *out, uint64_t n);
void scanned_clear(struct scanned *t);

#endif
