/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_PAIRING_H
#define PROV_VERIFY_PAIRING_H

#include "base/limits.h"
#include "manifest/manifest.h"
#include "verify/compare.h"

enum pair_state {
	PAIR_MATCH,
	PAIR_CLIP, /* a piece of the signed stream, and the whole is a clip */
	PAIR_ALTERED,
	PAIR_MISSING,    /* signed, and nothing like it is in the candidate */
	PAIR_ADDED,      /* in the candidate, and nothing like it was signed */
	PAIR_UNSUPPORTED /* refused, or not compared outside its container */
};

const char *pair_state_name(enum pair_state s);

struct pair {
	enum pair_state state;
	const struct stream *was;  /* NULL: added */
	const struct stream *is;   /* NULL: missing */
	const struct timeline *tl; /* of was, where it is at hand */
	struct comparison *c;      /* NULL unless both are there; owned */
};

/* What came of comparing a candidate with one statement, stream by stream. */
struct pairing {
	bool same; /* every bound stream, in all respects, and none added */
	bool ancillary_changed;
	bool timing_unknown;
	size_t n_shared; /* signed streams whose essence is in the candidate */
	uint64_t n_aligned; /* segments that are as signed */
	struct findings why;
	size_t n;
	struct pair at[2 * STREAMS_MAX];
};

void pairing_free(struct pairing *p);
void auto_pairing(struct pairing **p);
#define AUTO_PAIRING __attribute__((cleanup(auto_pairing))) struct pairing

/*
 * tl[i] is the timeline of the manifest's stream i, or NULL. What is borrowed
 * must outlive *out.
 */
prov_status pairing_new(struct pairing **out, const struct manifest *m,
    struct timeline *const *tl, const prov_identity *is, prov_err *err);

/* Whether a stream of this kind must match and may not be added (ESSENCE 5). */
bool pairing_binds(prov_kind kind);

#endif
