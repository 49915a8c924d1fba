/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_SUBJECT_H
#define PROV_VERIFY_SUBJECT_H

#include "base/file.h"
#include "verify/facts.h"

/*
 * What is verified: exactly one of a descriptor, bytes and a digest. All is
 * borrowed. The name is for messages and records alone and opens nothing.
 */
struct subject {
	const char *name;
	const char *path;      /* in whose scope it is; NULL: in none */
	int fd;                /* -1: not given */
	prov_span bytes;       /* p NULL: not given */
	const uint8_t *sha256; /* all that is known; NULL: not given */
	prov_span sidecar; /* p NULL: none; else it replaces none by look-up */
	const struct signals *seen; /* what a request says; NULL: nothing */
};

/*
 * Judges it as prov_verify_file does and fills facts, which borrow id and path
 * of the subject. PROV_OK wherever facts are filled, whatever they say: the
 * caller asks a policy. Else PROV_ENOMEM or PROV_EARG.
 */
prov_status verify_subject(prov_verifier *v, const struct subject *s,
    struct facts *out, prov_err *err);

/*
 * What was proven once of an asset under one head, kept by who asks: facts,
 * never decisions. What keys, revocations and clocks say is asked anew.
 * Both may be called from several threads.
 */
struct recollection {
	void *arg;
	/* Appends to out; leaves it empty where nothing is known. */
	prov_status (*get)(void *arg, struct buf *out, const uint8_t key[32],
	    prov_err *err);
	prov_status (*put)(void *arg, const uint8_t key[32], prov_span bytes,
	    prov_err *err);
};

/* Borrowed until the verifier is freed. */
void verifier_recollect(prov_verifier *v, const struct recollection *r);

/* What came of it, for one verifier. */
struct recalls {
	uint64_t hits, misses;
	uint64_t damaged; /* of the misses: there was something, no answer */
	uint64_t lost;    /* could not be kept */
};
void verifier_recalls(const prov_verifier *v, struct recalls *out);

#endif
