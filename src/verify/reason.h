/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_REASON_H
#define PROV_VERIFY_REASON_H

#include <stdbool.h>

#include "essence/identity.h"

/* Every reason that verify gives itself: stable codes, listed in reason.c. */
enum reason {
	REASON_UNSIGNED,
	REASON_SIDECAR_MALFORMED,
	REASON_SIDECAR_MISMATCH,
	REASON_SIGNATURE_INVALID,
	REASON_SIGNATURE_UNTRUSTED,
	REASON_SIGNATURE_ISS,
	REASON_SIGNATURE_PATH,
	REASON_SIGNATURE_EXPIRED,
	REASON_SIGNATURE_REVOKED,
	REASON_ASSET_TAKEDOWN,
	REASON_REVOCATION_UNCHECKED,
	REASON_LEDGER_ABSENT,
	REASON_LEDGER_INVALID,
	REASON_LEDGER_UNTRUSTED,
	REASON_LEDGER_WITNESSES,
	REASON_LEDGER_STALE,
	REASON_LEDGER_FORK,
	REASON_STATEMENT_SUPERSEDED,
	REASON_STREAMS_MISMATCH,
	REASON_CLIP_UNPROVEN,
	REASON_BYTES_MISMATCH,
	REASON_ESSENCE_ALTERED,
	REASON_ESSENCE_MISSING,
	REASON_ESSENCE_ADDED,
	REASON_ESSENCE_REORDERED,
	REASON_ESSENCE_FORM,
	REASON_CONFIG_SPS,
	REASON_CONFIG_PPS,
	REASON_CONFIG_VPS,
	REASON_CONFIG_CHANGED,
	REASON_TIMING_RATE,
	REASON_TIMING_FRAMES,
	REASON_TIMING_OFFSET,
	REASON_TIMING_GAP,
	REASON_TIMING_COARSE,
	REASON_TIMING_UNKNOWN,
	REASON_ROTATION,
	REASON_FLIP,
	REASON_CROP,
	REASON_ASPECT,
	REASON_SIZE,
	REASON_COLOUR,
	REASON_STEREO,
	REASON_PROJECTION,
	REASON_FIELDS,
	REASON_ALPHA,
	REASON_EDITED,
	REASON_SHOWN,
	REASON_RATE,
	REASON_CHANNELS,
	REASON_SBR,
	REASON_GAIN,
	REASON_ICC,
	REASON_GAMMA,
	REASON_DENSITY,
	REASON_TRANSFORM,
	REASON_HDR,
	REASON_CAPTIONS,
	REASON_LOOPS,
	REASON_STREAMS_MISSING,
	REASON_STREAMS_ADDED,
	REASON_DEMUX_UNSUPPORTED,
	REASON_DEMUX_MALFORMED,
	REASON_N
};

const char *reason_code(enum reason r); /* "timing.rate" */
const char *reason_text(enum reason r); /* a phrase for people */

/* The codes that may come from outside; NULL past the last. */
const char *reason_foreign(size_t i);

/* Own codes and up to 8 that the worker or the signer named. */
#define FINDINGS_MAX (REASON_N + 8)
#define SKIPPED_MAX  24
#define DETAIL_MAX   159

struct finding {
	char code[CODE_MAX + 1];
	char detail[DETAIL_MAX + 1]; /* what exactly; may hold outside text */
};

/*
 * Why something does not hold, in order, and what was not checked. It is large
 * and mostly empty: findings_clear makes it so, and copies are of what is used.
 */
struct findings {
	size_t n;
	struct finding at[FINDINGS_MAX];
	size_t n_skipped;
	char skipped[SKIPPED_MAX][CODE_MAX + 1];
};

void findings_clear(struct findings *f);
void findings_copy(struct findings *to, const struct findings *from);

/* Adds a reason once: the first detail of a code stays. */
void findings_add(struct findings *f, enum reason r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Adds a code that came from outside, with what it said, if anything; one that
 * prov does not know gives way: a limit to limit.worker, others to instead.
 */
void findings_foreign(struct findings *f, const char *code, const char *detail,
    enum reason instead);

/* Adds a code by its name; false where prov knows no such one. */
bool findings_add_code(struct findings *f, const char *code);

/* Says that something could not be checked; once. */
void findings_skip(struct findings *f, const char *what);
void findings_unskip(struct findings *f, const char *what);

void findings_remove(struct findings *f, enum reason r);
bool findings_has(const struct findings *f, enum reason r);
bool findings_skipped(const struct findings *f, const char *what);

/* Adds all of more behind what f holds. */
void findings_join(struct findings *f, const struct findings *more);

#endif
