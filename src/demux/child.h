/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_CHILD_H
#define PROV_DEMUX_CHILD_H

#include <stdint.h>

#include "base/buf.h"
#include "demux/sandbox.h"
#include "essence/worker.h"
#include "hash/pool.h"

/*
 * Identifies what descriptor file holds: PROV_OK, or why there is nothing. pool
 * helps with it and may be NULL.
 */
prov_status child_identify(struct buf *answer, int file,
    const struct worker_request *request, struct pool *pool, prov_err *err);

/*
 * The life of a child: gives up its rights, identifies SANDBOX_FILE, writes one
 * answer to SANDBOX_ANSWER, and ends.
 */
_Noreturn void child_run(const struct sandbox *sandbox,
    const struct worker_request *request);

/* Writes an answer; 0, or -1 when nobody reads it. */
int answer_write(int out, enum worker_status status, prov_span body);

/* Does once, in the parent, what a child could not do any more. */
void child_warm_up(void);

#endif
