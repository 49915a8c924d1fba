/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SEGMENT_H
#define PROV_LEDGER_SEGMENT_H

#include "ledger/run.h"
#include "manifest/manifest.h"

/*
 * A clip has neither its original's asset nor its streams' roots, but it has
 * segments of them. Of the leaves of pictures and sound one in 16 is a key of
 * its entry, chosen by the leaf itself so that a clip has the same ones, and
 * the first two of each stream, so that short ones can be found, too.
 */
#define SEGMENT_FIRST 2

/* Two weeks of sound; a batch of 1,024 such entries stays one run. */
#define SEGMENT_KEYS_MAX 32768

/* Whether segment k of a stream, with this leaf, is a key. */
static inline bool
segment_is_key(const uint8_t leaf[32], uint64_t k)
{
	return (k < SEGMENT_FIRST || (leaf[31] & 0x0f) == 0);
}

/*
 * Adds the keys of a manifest's segments, which are in the timelines under
 * dir/blobs. *lacking says that one of those is not there or is damaged: the
 * entry is then found by the others. Where dir is NULL none is looked for. One
 * that cannot be read is a failure, after which keys may be missing.
 */
prov_status segment_keys(struct records *r, const struct outline *o,
    const char *dir, uint64_t index, bool *lacking, prov_err *err);

#endif
