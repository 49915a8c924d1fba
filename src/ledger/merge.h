/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_MERGE_H
#define PROV_LEDGER_MERGE_H

#include "ledger/run.h"

/*
 * Some neighbouring runs becoming one, a piece at a time, so that whoever
 * appends never waits for all of it, nor for the disk: a thread syncs what is
 * whole, then the list that names it, and last gives back the room of what it
 * replaces. Nothing of it is seen until it is whole and on the disk; its
 * inputs' digests are checked on the way.
 */
struct merge;

/* One that is half done holds as many descriptors. */
#define MERGE_INPUTS_MAX 16U

/* runs are in order and follow each other; at most MERGE_INPUTS_MAX. */
prov_status merge_begin(struct merge **out, const char *dir,
    const struct run_info *runs, size_t n, prov_err *err);

/* Waits for its thread. Unless it was published, nothing stays. */
void merge_free(struct merge *m);

/* What comes out. */
const struct run_info *merge_run(const struct merge *m);
size_t merge_inputs(const struct merge *m);
uint64_t merge_records(const struct merge *m);

/* Does about so many records, and says whether all is done. */
prov_status merge_step(struct merge *m, uint64_t records, bool *done,
    prov_err *err);

/* Gives what is done its name; the list is to name it next. */
prov_status merge_publish(struct merge *m, prov_err *err);
bool merge_published(const struct merge *m);

/*
 * Lock holder: removes the inputs, once the list is on the disk. wait: does
 * all of it now. *done says that the merge is over.
 */
prov_status merge_retire(struct merge *m, bool wait, bool *done,
    prov_err *err);

/* Lock holder: removes what processes that were killed left in index/. */
void merge_tidy(const char *dir);

#endif
