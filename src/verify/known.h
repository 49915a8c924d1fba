/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_KNOWN_H
#define PROV_VERIFY_KNOWN_H

#include "manifest/signals.h"
#include "verify/dossier.h"

/*
 * What was proven of an asset under one head: its statements, as signed and
 * logged. Whom to trust, until when, what was revoked and whether the head is
 * fresh is no part of it. Deterministic CBOR:
 *
 *	[version, [[digest, kid, iss, verified, time, index, size, format,
 *	    origin class, supersedes, captions, media type, uses, source type,
 *	    license], ...]]
 *
 * supersedes is empty where it does not, and uses has a byte for each signal
 * and purpose.
 */
#define KNOWN_VERSION 1

/* As much as facts.h has room for. */
#define KNOWN_TYPE_MAX 63

struct known_statement {
	uint8_t digest[32], kid[32];
	char iss[PROV_NAME_MAX + 1];
	bool verified; /* or nobody trusted had the key then */
	int64_t time;
	uint64_t index, size;
	char format[CODEC_NAME_MAX + 1]; /* "" none */
	prov_origin origin;
	bool has_supersedes;
	uint8_t supersedes[32];
	bool captions; /* some were signed */
	char media_type[KNOWN_TYPE_MAX + 1];
	struct signals claimed;
};

struct known {
	size_t n;
	struct known_statement at[EVIDENCE_MAX];
};

/* 32 statements whose every text is as long as may be, and their digest. */
#define KNOWN_MAX ((size_t)EVIDENCE_MAX * 1024 + 64)

/*
 * The key of what is known of an asset at a head by this version of prov, for
 * one that holds it for all logs and heads.
 */
prov_status known_key(uint8_t key[32], const uint8_t asset[32],
    const struct checkpoint *head, prov_err *err);

prov_status known_encode(struct buf *b, const struct known *k, prov_err *err);

/* Strict: PROV_EFORMAT or PROV_ELIMIT for what known_encode does not write. */
prov_status known_decode(struct known *out, prov_span bytes, prov_err *err);

/*
 * The same behind the SHA-256 of the key and all of it: so what was damaged,
 * or belongs to another key, is none. Who may write there needs a MAC besides.
 */
prov_status known_seal(struct buf *b, const uint8_t key[32],
    const struct known *k, prov_err *err);
prov_status known_open(struct known *out, const uint8_t key[32],
    prov_span bytes, prov_err *err);

/*
 * Notes what a look-up found of an asset at a head. false where that is not
 * all, or not of this head, or did not verify, or nothing: then there is
 * nothing to remember.
 */
prov_status known_note(struct known *out, bool *whole, const struct dossier *d,
    const struct checkpoint *head, prov_err *err);

/* Makes it evidence again, on an asset: nobody's yet, and in no log. */
prov_status known_evidence(struct evidence **out,
    const struct known_statement *s, const uint8_t asset[32], prov_err *err);

#endif
