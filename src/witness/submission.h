/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_SUBMISSION_H
#define PROV_WITNESS_SUBMISSION_H

#include "base/limits.h"
#include "hash/tree.h"
#include "ledger/checkpoint.h"

/*
 * What C2SP tlog-witness posts to add-checkpoint: "old SIZE", the consistency
 * proof's hashes from there, an empty line, and the checkpoint verbatim.
 */
#define SUBMISSION_MAX (NOTE_MAX + 4096) /* 63 hashes are under 3 KiB */

struct submission {
	uint64_t old;
	size_t n;
	uint8_t path[TREE_PATH_MAX * 32];
	prov_span note;
	prov_span text; /* of the note */
	struct checkpoint at;
	const prov_pubkey *log; /* whose it is */
};

void submission_encode(struct buf *b, uint64_t old, const uint8_t *path,
    size_t n, prov_span note);

/* The form alone: note is not looked at. Borrows body. */
prov_status submission_parse(struct submission *out, prov_span body,
    prov_err *err);

/*
 * Reads a request and finds whose it is. 0, or the HTTP status to refuse it
 * with: 400 malformed, 404 no log of this origin, 403 not signed by it, 422
 * the empty tree with another root, 500 trouble here. why says more.
 */
unsigned submission_open(struct submission *out, prov_span body,
    const prov_pubkey *logs, size_t n_logs, prov_err *why);

/*
 * Whether it may follow what was cosigned last, NULL: nothing yet. 0, or 400
 * its old size is above its own, 409 and not the last one's, 422 no proof of
 * consistency, 500.
 */
unsigned submission_judge(const struct submission *s,
    const struct checkpoint *last, prov_err *why);

#endif
