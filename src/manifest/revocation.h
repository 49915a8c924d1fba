/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_REVOCATION_H
#define PROV_MANIFEST_REVOCATION_H

#include <stdbool.h>

#include "base/buf.h"
#include "prov/key.h"

/*
 * Notices: what a log says against statements. A revocation takes a key's
 * signatures back, in the log origin from an index on and in all others whole;
 * a takedown those on one asset. Deterministic CBOR as manifest.cddl says.
 */
#define NOTICE_VERSION 1

struct revocation {
	uint8_t kid[32]; /* whose */
	char origin[PROV_NAME_MAX + 1];
	int64_t time; /* claimed; judges nothing */
	uint64_t from_index;
	unsigned reason; /* a CRLReason of RFC 5280; 0 is unspecified */
};

struct takedown {
	uint8_t asset[32];
	char origin[PROV_NAME_MAX + 1];
	int64_t time; /* claimed; judges nothing */
	unsigned reason;
};

prov_status revocation_encode(struct buf *b, const struct revocation *r,
    prov_err *err);
prov_status revocation_decode(struct revocation *out, prov_span bytes,
    prov_err *err);
prov_status takedown_encode(struct buf *b, const struct takedown *t,
    prov_err *err);
prov_status takedown_decode(struct takedown *out, prov_span bytes,
    prov_err *err);

/* "key-compromise"; NULL where the number is none. */
const char *revocation_reason(unsigned reason);
const char *takedown_reason(unsigned reason);

/* By name; PROV_EARG lists those there are. */
prov_status revocation_reason_parse(unsigned *out, const char *name,
    prov_err *err);
prov_status takedown_reason_parse(unsigned *out, const char *name,
    prov_err *err);

#endif
