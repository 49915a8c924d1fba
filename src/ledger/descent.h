/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_DESCENT_H
#define PROV_LEDGER_DESCENT_H

#include "ledger/fetch.h"
#include "ledger/view.h"
#include "prov/media.h"

/*
 * Brings the tiles, then the bundles, that a directory lacks of a checkpoint:
 * from the top down, so that each file is checked against what stands already
 * before it is written, and what an earlier run left is kept where it is
 * right. The tiles that are not full at the checkpoint are there.
 */
struct descent {
	struct source *source;
	struct view *view; /* at the checkpoint, of the directory */
	uint64_t from;     /* entries below this are there */
	uint64_t bytes;    /* of entries that came in */
	prov_progress_fn progress;
	void *arg;
	/* Of the level that is being fetched: */
	int level;
	uint64_t next, end;
	uint64_t done; /* entries */
};

/* PROV_ENOTFOUND: the source does not have it; read its checkpoint again. */
prov_status descent_run(struct descent *d, prov_err *err);

#endif
