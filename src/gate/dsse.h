/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_DSSE_H
#define PROV_GATE_DSSE_H

#include "prov/key.h"
#include "sign/key.h"

/*
 * DSSE 1.0 envelopes around in-toto statements, signed by Ed25519; a keyid is
 * a kid in hex, and a hint, no more.
 */
#define DSSE_TYPE     "application/vnd.in-toto+json"
#define DSSE_MAX      (1UL << 20) /* a run's statement is some 20 KiB */
#define DSSE_SIGS_MAX 16

struct dsse {
	struct buf payload;
	size_t n;
	uint8_t sig[DSSE_SIGS_MAX][64];
};

void dsse_clear(struct dsse *d);
#define AUTO_DSSE __attribute__((cleanup(dsse_clear))) struct dsse

/* What is signed: the type and the body, each behind its length. */
void dsse_pae(struct buf *b, const char *type, prov_span body);

/* Appends an envelope of one line with one signature. */
prov_status dsse_sign(struct buf *b, const prov_key *key, prov_span payload,
    prov_err *err);

/* Reads an envelope of DSSE_TYPE. Says nothing about its signatures. */
prov_status dsse_parse(struct dsse *out, prov_span bytes, prov_err *err);

/* PROV_OK only if one of the signatures is by key; else PROV_EUNTRUSTED. */
prov_status dsse_verify(const struct dsse *d, const prov_pubkey *key,
    prov_err *err);

#endif
