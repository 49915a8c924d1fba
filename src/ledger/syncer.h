/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SYNCER_H
#define PROV_LEDGER_SYNCER_H

#include <stdbool.h>

#include "base/err.h"

/*
 * A thread that puts a file system on the disk while its owner goes on, who
 * makes every call here.
 */
struct syncer;

prov_status syncer_new(struct syncer **out, const char *dir, prov_err *err);

/* Waits for what it does; NULL is fine. */
void syncer_free(struct syncer *s);

/* Begins, for what was written up to a position; false while it is at it. */
bool syncer_begin(struct syncer *s, uint64_t position);

/* PROV_EWRITE, from then on, where syncing failed: nothing is known then. */
prov_status syncer_ended(struct syncer *s, uint64_t *position, prov_err *err);

#endif
