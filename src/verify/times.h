/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_TIMES_H
#define PROV_VERIFY_TIMES_H

#include "essence/timeline.h"
#include "prov/essence.h"
#include "verify/reason.h"

/* ESSENCE 4: how far a frame may lie from its signed time, ns. */
#define TIMES_VIDEO_NS 3000000
#define TIMES_AUDIO_NS 25000000

/* Whether both say when everything is presented, of the same units. */
bool times_known(const struct timeline *was, const struct timeline *is,
    prov_kind kind);

/*
 * Sound before the signed file's presented interval is what decoders start
 * with, and nobody hears it. Muxers that write no edit list put it anywhere:
 * it may be off by this much.
 */
#define TIMES_UNHEARD_NS 200000000
#define TIMES_ALL_HEARD  INT64_MIN

/* Two timelines of one stream, the signed one first. */
struct times {
	const struct timeline *was, *is;
	prov_kind kind;
	int64_t heard_from; /* on the signed clock; or TIMES_ALL_HEARD */
};

/*
 * Whether every video frame lies within 3 ms of its signed time, or the sound
 * at each border of a run within 25 ms. false where times are not known.
 */
bool times_match(const struct times *t);

/* Adds the timing reason for what does not match: rate, offset, gap ... */
void times_explain(struct findings *f, const struct times *t);

#endif
