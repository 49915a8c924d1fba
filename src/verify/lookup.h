/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_LOOKUP_H
#define PROV_VERIFY_LOOKUP_H

#include "verify/dossier.h"
#include "verify/recall.h"
#include "verify/revocations.h"

/* Entries that share a stream, and are looked at, best first. */
#define CANDIDATES_MAX 256

/* Entries about one asset or key: more are no honest ledger's. */
#define ENTRIES_MAX 100000

/* Entries that are read for revocations unasked: some tenths of a second. */
#define SCAN_MAX 65536

/* What statements are judged against. Borrowed. */
struct judge {
	const prov_trust *trust;
	const char *path; /* canonical; NULL: inside no scope */
	int64_t now;
	struct scale *scale; /* for the head of the ledger at hand, or NULL */
	bool run; /* of statements on runs, and not of those on media */
};

/* Adds the ledger's statements on an asset, newest first. */
prov_status lookup_asset(struct dossier *d, prov_ledger *l,
    const struct judge *j, const uint8_t sha256[32], prov_err *err);

/* Adds the ledger's statements that share streams, the most first. */
prov_status lookup_streams(struct dossier *d, prov_ledger *l,
    const struct judge *j, const prov_identity *id, prov_err *err);

/*
 * Adds the ledger's statements that share segments with the candidate, the
 * most first: what it may be a clip of.
 */
prov_status lookup_segments(struct dossier *d, prov_ledger *l,
    const struct judge *j, const prov_identity *id, prov_err *err);

/* Segments of one candidate that are looked up, spread over its streams. */
#define SEEDS_MAX 128

/* Originals that a clip is compared with: timelines are read for each. */
#define ORIGINALS_MAX 8

/*
 * Looks for statements that supersede e, and were not revoked themselves: in
 * d, where that has all of the asset, else in the ledger.
 */
prov_status lookup_superseded(struct evidence *e, const struct dossier *d,
    prov_ledger *l, const struct revocations *r, prov_err *err);

/*
 * Compares a sidecar's proof with the ledger at hand: the entry must be there,
 * and the proof's checkpoint an earlier state of the same tree. Evidence that
 * it is none goes into m, which may be NULL.
 */
prov_status lookup_consistency(struct evidence *e, prov_ledger *l,
    struct memory *m, prov_err *err);

/*
 * A sidecar's proof that lacks cosignatures may be older than they are: where
 * the ledger at hand has the same entry, its head decides.
 */
prov_status lookup_confirm(struct evidence *e, prov_ledger *l,
    const struct judge *j, prov_err *err);

/* The verifier key of kid, if the ledger's policy has it; else "". */
prov_status lookup_vkey(char vkey[PROV_VKEY_MAX + 1], prov_ledger *l,
    const uint8_t kid[32], prov_err *err);

#endif
