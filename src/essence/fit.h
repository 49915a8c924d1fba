/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_FIT_H
#define PROV_ESSENCE_FIT_H

#include "essence/timeline.h"

/*
 * Run-length codes one time per coded frame into tl->runs and tl->order, both
 * empty: each run goes on as long as one slope takes every frame of it to
 * within TIMELINE_FIT_NS of its time. Exact, so every machine agrees.
 */
prov_status fit_times(struct timeline *tl, const int64_t *ns, uint64_t n,
    prov_err *err);

#endif
