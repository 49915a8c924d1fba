/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_PROOF_H
#define PROV_LEDGER_PROOF_H

#include "hash/tree.h"
#include "ledger/checkpoint.h"

/* C2SP tlog-proof: index, path, and the checkpoint verbatim. */
struct proof {
	uint64_t index;
	size_t n;
	uint8_t path[TREE_PATH_MAX * 32];
	prov_span note; /* the checkpoint; borrows */
	struct vouched *seen; /* signatures verified lately; NULL: none */
};

void proof_encode(struct buf *b, const struct proof *p);
prov_status proof_parse(struct proof *out, prov_span text, prov_err *err);

/*
 * PROV_OK only if entry is included under the proof's checkpoint and key
 * signed that. Fills *at. PROV_ENOTFOUND if the checkpoint's origin is not
 * key's name (try another key).
 */
prov_status proof_verify(struct checkpoint *at, const struct proof *p,
    prov_span entry, const prov_pubkey *key, prov_err *err);

/*
 * Appends the RFC 9942 receipt that says of an entry what the proof does, by
 * the signature that the log left in the checkpoint for it. PROV_ENOTFOUND
 * where it left none, as logs do that are not prov's.
 */
prov_status proof_receipt(struct buf *out, const struct proof *p,
    const prov_pubkey *key, prov_err *err);

#endif
