/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_RECEIPT_H
#define PROV_SIGN_RECEIPT_H

#include <stdbool.h>

#include "hash/tree.h"
#include "prov/key.h"

/*
 * RFC 9942 COSE Receipt of inclusion: tagged COSE_Sign1 with {1: alg, 4: kid,
 * 15: {1: iss, 2: sub}, 395: 1} protected, {396: {-1: [bstr .cbor [size,
 * index, [* bstr]]]}} unprotected and a payload that is left out: the tree's
 * root. It signs the root and not the position: size and index only say how
 * the root is computed, and others may give the same root.
 */
#define RECEIPT_MAX 16384 /* a proof of 63 hashes is 2 KiB; headers of others \
	                   */

struct receipt {
	prov_span bytes; /* all of it, as received; the spans point in here */
	prov_span protected_; /* the byte string's content */
	int64_t alg;          /* -8 or -19: Ed25519 either way */
	bool has_kid;
	prov_span kid;
	bool has_claims;
	prov_span iss, sub;
	uint64_t size, index; /* as claimed: not signed */
	size_t n;
	uint8_t path[TREE_PATH_MAX * 32];
	uint8_t sig[64];
	struct vouched *seen; /* signatures verified lately; NULL: none */
};

/*
 * Strict but for what COSE leaves open to others: header keys in any order,
 * and further ones, except crit. Says nothing about the signature.
 * PROV_EUNSUPPORTED for other algorithms and tree structures.
 */
prov_status receipt_parse(struct receipt *out, prov_span bytes, prov_err *err);

/* Receipts of logs that are not prov's may lack kid and CWT claims. */
#define RECEIPT_FOREIGN 0x1U

/*
 * PROV_OK only if key signed the root that entry and the path give; fills root.
 * PROV_ENOTFOUND if the receipt says that it is another's.
 */
prov_status receipt_verify(uint8_t root[32], const struct receipt *r,
    prov_span entry, const prov_pubkey *key, unsigned flags, prov_err *err);

/* What a log's receipts say in their protected header, always the same. */
void receipt_protected(struct buf *b, const prov_pubkey *log);

/* Appends r's size, index and path as a receipt of log with r's signature. */
void receipt_encode(struct buf *b, const struct receipt *r,
    const prov_pubkey *log);

/*
 * The signature of a log's receipts at one root is a line of the checkpoint
 * with that root: type 0xff (C2SP signed-note), "prov-receipt/1", and the key.
 * receipt_line reads it: PROV_ENOTFOUND where there is none; does not verify
 * it. receipt_endorse (private-key half, signer.c) appends it to a note.
 */
prov_status receipt_line(uint8_t sig[64], prov_span note,
    const prov_pubkey *log, prov_err *err);
prov_status receipt_endorse(struct buf *note, const prov_key *log,
    const uint8_t root[32], prov_err *err);

/* PROV_EUNTRUSTED unless sig is log's over a receipt with this root. */
prov_status receipt_check(const uint8_t sig[64], const uint8_t root[32],
    const prov_pubkey *log, prov_err *err);

#endif
