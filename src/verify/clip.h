/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_CLIP_H
#define PROV_VERIFY_CLIP_H

#include "verify/pairing.h"

/*
 * Whether a candidate is a clip of what was signed: all its streams hold one
 * and the same interval of it, segment after segment, at one offset in time
 * (ESSENCE 6, DESIGN 2). At its edges a cut leaves a part of a segment, which
 * proves nothing and is named; it is no longer than what was signed there.
 */

/* A cut leaves part of one segment of pictures, of sound this much at most. */
#define CLIP_SOUND_EDGE_NS INT64_C(8000000000)

/* How far apart streams may begin and end; a long segment of pictures. */
#define CLIP_APART_NS INT64_C(15000000000)

/* Without pictures, so much sound makes a clip. */
#define CLIP_SOUND_MIN_NS INT64_C(10000000000)

struct stretch {
	int64_t from, to; /* ns */
};

/* One stream, in the order of the pairing. */
struct held {
	uint64_t first; /* of the candidate's segments that are proven */
	uint64_t n;
	uint64_t at;           /* the signed segment that the first one is */
	struct stretch source; /* proven, on the signed clock */
	struct stretch proven; /* the same, on the candidate's */
	size_t n_edges;
	struct stretch edges[2]; /* not proven, on the candidate's clock */
};

struct clip {
	bool holds;
	struct findings why; /* where it does not; and what was not checked */
	int64_t late;        /* the candidate's clock less the signed one */
	int64_t proven_ns;   /* of the stream that has the most */
	struct held at[STREAMS_MAX];
};

/*
 * Judges what pairing_new made of the manifest and the candidate, which are
 * borrowed. *out says what holds; a failure is no verdict.
 */
prov_status clip_judge(struct clip *out, const struct pairing *p,
    const struct manifest *m, const prov_identity *is, prov_err *err);

#endif
