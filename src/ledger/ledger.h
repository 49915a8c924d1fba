/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_LEDGER_H
#define PROV_LEDGER_LEDGER_H

#include "base/buf.h"
#include "ledger/proof.h"
#include "prov/ledger.h"

DEFINE_AUTO(prov_ledger, prov_ledger_close)

/*
 * What the signing pipeline gives with each statement: timelines and openings
 * are written and fsynced before the entry is committed (LEDGER 1).
 */
struct ledger_item {
	prov_span statement;
	const prov_span *blobs; /* timelines, named by their SHA-256 */
	size_t n_blobs;
	prov_span openings; /* CBOR [[salt, item], ...], or empty: private/ */
	/*
	 * The statement's leaf hash, from a caller that made or verified its
	 * signature in this process; else NULL, and it is verified. Only code
	 * of this library can say so: prov_ledger_append always verifies.
	 */
	const uint8_t *verified;
};

/*
 * prov_ledger_append with blobs, and each entry's tlog-proof at the batch's
 * checkpoint in proofs[i] (cleared bufs; NULL to go without).
 */
prov_status ledger_append_items(prov_ledger *l, const struct ledger_item *items,
    size_t n, unsigned wait_ms, prov_entry *entries, struct buf *proofs,
    prov_err *err);

/*
 * The RFC 9942 receipt that says what a tlog-proof of this log does, appended.
 * Nothing is where the checkpoint has no signature for it, as of logs that are
 * not prov's: the proof is enough.
 */
prov_status ledger_receipt(prov_ledger *l, prov_span proof, struct buf *out,
    prov_err *err);

/* Everything of one entry at one checkpoint, checked: for verify's look-up. */
prov_status ledger_entry_proven(prov_ledger *l, uint64_t index,
    struct buf *statement, struct checkpoint *at, prov_err *err);

/*
 * Calls fn with each entry on an asset, the newest first, under the checkpoint
 * that l stands at then. Where a file was gone meanwhile it begins anew, and
 * calls fn again with what it did before. PROV_ELIMIT past max entries.
 */
typedef prov_status (*ledger_entry_fn)(void *arg, uint64_t index,
    prov_span entry, const struct checkpoint *at, prov_err *err);
prov_status ledger_each(prov_ledger *l, const uint8_t asset[32], size_t max,
    ledger_entry_fn fn, void *arg, prov_err *err);

/* A timeline blob by its SHA-256, checked. PROV_ENOTFOUND if not there. */
prov_status ledger_blob(prov_ledger *l, const uint8_t sha256[32],
    struct buf *out, prov_err *err);

/* A leaf's number among those asked for, and an entry that may have it. */
struct segment_hit {
	uint64_t seed;
	uint64_t index;
};

/* What stands in more entries than this tells none of them from the others. */
#define SEGMENT_SHARED_MAX 8

/*
 * Appends a segment_hit for each entry that n leaves of 32 bytes lead to, if
 * they are at most SEGMENT_SHARED_MAX. The timeline has to confirm them.
 */
prov_status ledger_segments(prov_ledger *l, const uint8_t *leaves, size_t n,
    struct buf *hits, prov_err *err);

/* Openings kept for an entry by its writer. PROV_ENOTFOUND if not there. */
prov_status ledger_openings(prov_ledger *l, const uint8_t statement[32],
    struct buf *out, prov_err *err);

/* The index of this signer's newest manifest on an asset, PROV_ENOTFOUND. */
prov_status ledger_find(prov_ledger *l, const uint8_t asset[32],
    const uint8_t kid[32], uint64_t *index, prov_err *err);

/* The signed note of the checkpoint that l stands at; lent, may be empty. */
prov_span ledger_note(const prov_ledger *l);

/*
 * Puts signature lines, which the caller has verified, into the note of the
 * checkpoint that l stands at: into the store and tlog/, unless the log went on
 * meanwhile, and l stands at it with them. PROV_EARG where l only reads.
 */
prov_status ledger_cosign(prov_ledger *l, prov_span lines, unsigned wait_ms,
    prov_err *err);

/* The log's key that l was opened under; lent. */
const prov_pubkey *ledger_key(const prov_ledger *l);

/*
 * Whether l's tree extends a smaller head of its log, or has it. Where not,
 * forked is set, and the evidence appended (ledger/fork.h).
 */
struct signed_head;
prov_status ledger_look(prov_ledger *l, const struct signed_head *old,
    struct buf *evidence, bool *forked, prov_err *err);

/* The root that l's tree had at a size; PROV_EUNTRUSTED past its own. */
prov_status ledger_root_at(prov_ledger *l, uint64_t size, uint8_t root[32],
    prov_err *err);

/* Reads the public checkpoint again; later reads are at it. */
prov_status ledger_refresh(prov_ledger *l, prov_err *err);

/* The same where its file was replaced, or was last read a second ago. */
prov_status ledger_follow(prov_ledger *l, prov_err *err);

#endif
