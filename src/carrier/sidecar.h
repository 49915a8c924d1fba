/* SPDX-License-Identifier: ISC */
#ifndef PROV_CARRIER_SIDECAR_H
#define PROV_CARRIER_SIDECAR_H

#include "base/cbor.h"
#include "base/limits.h"

/*
 * FILE.prov: [{1: version, 2: statement, 3: tlog-proof, 4: receipt,
 * 5: [timeline ...], 6: [[salt16, item] ...], 7: lines}, sha256],
 * deterministic CBOR whose last 32 bytes are the SHA-256 of all bytes before that byte string's
 * head.
 */
#define SIDECAR_VERSION   1
#define SIDECAR_TIMELINES STREAMS_MAX /* one for each stream */
#define SIDECAR_OPENINGS  64          /* as a manifest's assertions */

struct opening {
	uint8_t salt[16];
	prov_span item; /* CBOR [label, value] */
};

struct sidecar {
	prov_span statement;
	prov_span proof;   /* C2SP tlog-proof text; empty: none yet */
	prov_span receipt; /* RFC 9942; empty: none */
	size_t n_timelines;
	prov_span timelines[SIDECAR_TIMELINES];
	size_t n_openings;
	struct opening openings[SIDECAR_OPENINGS];
	prov_span lines; /* of a run; empty: none */
};

prov_status sidecar_encode(struct buf *b, const struct sidecar *s,
    prov_err *err);

/* Borrows bytes. Checks form and digest, no signatures. */
prov_status sidecar_decode(struct sidecar *out, prov_span bytes, prov_err *err);

/*
 * CBOR [[salt16, item] ...] alone, as the sidecar's key 6 and the ledger's
 * private store have it. n says how many fit before and how many came after.
 */
prov_status openings_encode(struct buf *b, const struct opening *at, size_t n,
    prov_err *err);
prov_status openings_decode(struct opening *at, size_t *n, prov_span bytes,
    prov_err *err);

/* FILE.prov, or DIR/NAME.prov where dir is not NULL. malloc'ed. */
char *sidecar_path(const char *media, const char *dir);

#endif
