/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_MANIFEST_H
#define PROV_MANIFEST_MANIFEST_H

#include "base/limits.h"
#include "essence/identity.h"
#include "prov/manifest.h"
#include "prov/media.h"

#define ASSERTIONS_MAX  64
#define INGREDIENTS_MAX 64
#define MANIFEST_VERSION 1
#define LABEL_MAX 63 /* bytes of an assertion's label */

/* A sentence or a page; the statement's 65,535 bytes hold a few in clear. */
#define ASSERTION_VALUE_MAX 16384

/* Room for CAWG's three levels and a few of one's own; JSON nests 16 deep. */
#define ASSERTION_DEPTH_MAX 8

/* The claimed time ends with the year 9999, as RFC 3339 does. */
#define MANIFEST_TIME_MAX 253402300799

/*
 * An assertion is logged in clear as [label, value], or as the digest
 * SHA-256(salt16 || CBOR [label, value]) with an opening in the sidecar.
 */
struct assertion {
	bool is_private;
	char label[LABEL_MAX + 1]; /* "" where only the digest is known */
	struct buf value; /* CBOR item; empty where only the digest is known */
	uint8_t salt[16];
	uint8_t digest[32];
};

struct ingredient {
	uint8_t statement[32]; /* SHA-256 of a statement */
	char relation[32];     /* "derivedFrom" */
};

struct manifest {
	int64_t time; /* claimed, Unix seconds */
	char tool[64];
	prov_digest asset;
	char format[CODEC_NAME_MAX + 1];
	char refused[CODE_MAX + 1]; /* identity's; "" if none */
	size_t n_streams;
	struct stream *streams; /* tl is NULL after decoding */
	size_t n_assertions;
	struct assertion *assertions;
	size_t n_ingredients;
	struct ingredient *ingredients;
	prov_origin origin;
	bool has_supersedes;
	uint8_t supersedes[32]; /* SHA-256 of a statement */
};

struct prov_claim {
	prov_origin origin;
	bool has_supersedes;
	uint8_t supersedes[32];
	size_t n_assertions;
	struct assertion *assertions; /* salts and digests not yet drawn */
	size_t n_ingredients;
	struct ingredient *ingredients;
};
DEFINE_AUTO(prov_claim, prov_claim_free)

/* prov_claim_load of bytes; file is for messages. Exposed for fuzzing. */
prov_status claim_parse(prov_claim **out, prov_span bytes, const char *file,
    prov_err *err);

void assertion_clear(struct assertion *a); /* releases what it owns */

/* 1 to 63 bytes of [A-Za-z0-9._:-]. */
bool label_valid(const char *label);

/* CBOR [label, value]: what the digest covers and an opening carries. */
void assertion_item(struct buf *b, const struct assertion *a);

/* Sets salt and digest of a private assertion; the caller draws the salt. */
prov_status assertion_seal(struct assertion *a, const uint8_t salt[16],
    prov_err *err);

void manifest_clear(struct manifest *m);
#define AUTO_MANIFEST __attribute__((cleanup(manifest_clear))) struct manifest

/*
 * Copies what a claim states into a manifest that has none of it yet. Private
 * assertions still want assertion_seal before manifest_encode.
 */
prov_status manifest_claim(struct manifest *m, const prov_claim *claim,
    prov_err *err);

/* Deterministic CBOR as manifest.cddl says. */
prov_status manifest_encode(struct buf *b, const struct manifest *m,
    prov_err *err);

/* Strict: unknown keys, versions, and trailing bytes are refused. Owns copies. */
prov_status manifest_decode(struct manifest *out, prov_span bytes,
    prov_err *err);

/* What a manifest's entry is found by; borrows. */
struct outline {
	const uint8_t *asset; /* SHA-256 */
	size_t n;
	struct stream_outline at[STREAMS_MAX];
};

/*
 * Reads no more than that, several times as fast as manifest_decode. Says
 * nothing of the rest: for what was decoded before it was logged.
 */
prov_status manifest_outline(struct outline *out, prov_span bytes,
    prov_err *err);

/*
 * Opens a private assertion: finds the one whose digest fits and fills its
 * label and value. PROV_EUNTRUSTED if none fits.
 */
prov_status manifest_open(struct manifest *m, const uint8_t salt[16],
    prov_span item, prov_err *err);

/*
 * What a registration policy (ledger entry 0) says: the public keys whose
 * statements the ledger takes, and for each perhaps a recovery key, which may
 * revoke it: {1: version, 2: [[name, key32] / [name, key32, key32], ...]}.
 */
#define REGISTERED_MAX 400 /* 65,535 bytes hold that many with short names */
struct registration {
	size_t n;
	struct registered {
		char name[256];
		uint8_t key[32];
		bool has_recovery;
		uint8_t recovery[32];
	} *at;
};
void registration_clear(struct registration *r);
prov_status registration_encode(struct buf *b, const struct registration *r,
    prov_err *err);
prov_status registration_decode(struct registration *out, prov_span bytes,
    prov_err *err);

#endif
