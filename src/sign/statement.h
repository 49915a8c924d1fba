/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_STATEMENT_H
#define PROV_SIGN_STATEMENT_H

#include "base/cbor.h"
#include "base/limits.h"
#include "prov/key.h"

/*
 * RFC 9943 Signed Statement: tagged COSE_Sign1 with protected headers exactly
 * {1: -8, 3: content type, 4: kid, 15: {1: iss, 2: sub}}, an empty unprotected
 * map, empty external_aad and an embedded payload; at most STATEMENT_MAX bytes.
 */
enum payload_kind {
	PAYLOAD_MANIFEST = 1,
	PAYLOAD_REVOCATION,
	PAYLOAD_TAKEDOWN,
	PAYLOAD_REGISTRATION,
	PAYLOAD_RUN
};

const char *payload_type(enum payload_kind kind); /* the content type */

#define SUB_LEN 71 /* "sha256:" and 64 hex digits */

struct statement {
	prov_span bytes; /* all of it, as received; the spans point in here */
	prov_span protected_; /* the byte string's content */
	prov_span payload;
	enum payload_kind kind;
	uint8_t kid[32];
	char iss[PROV_NAME_MAX + 1];
	char sub[SUB_LEN + 1];
	uint8_t sub_digest[32]; /* what sub names */
	uint8_t sig[64];
};

/* Strict; borrows bytes. Says nothing about the signature. */
prov_status statement_parse(struct statement *out, prov_span bytes,
    prov_err *err);

/*
 * The two ways of statement_parse, exposed for tests: a glance at the form that
 * all have, since deterministic CBOR leaves no other, and the reader that says
 * what is wrong with the rest. Both take the same bytes.
 */
bool statement_glance(struct statement *out, prov_span bytes);
prov_status statement_read(struct statement *out, prov_span bytes,
    prov_err *err);

/* Over the received bytes; PROV_EUNTRUSTED also where kid is not key's. */
prov_status statement_verify(const struct statement *s, const prov_pubkey *key,
    prov_err *err);

/* SHA-256 over the whole statement: how others refer to it. */
prov_status statement_digest(uint8_t out[32], prov_span bytes, prov_err *err);

/* Private-key half (signer.c): appends a statement to b, self-checked. */
prov_status statement_sign(struct buf *b, const prov_key *key,
    enum payload_kind kind, const uint8_t sub[32], prov_span payload,
    prov_err *err);

#endif
