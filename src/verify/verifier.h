/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_VERIFIER_H
#define PROV_VERIFY_VERIFIER_H

#include "verify/lookup.h"
#include "verify/recall.h"
#include "verify/revocations.h"
#include "verify/subject.h"

/*
 * What is at hand for verifying: a ledger, what is remembered of its log, and
 * what it revokes. One is for one thread, and shares nothing with others.
 */
struct prov_verifier {
	prov_verify_options o;
	prov_ledger *ledger; /* NULL: none at hand, or bad */
	bool ledger_bad;     /* at hand, and does not verify */
	enum reason ledger_reason;
	prov_err ledger_why;
	struct memory *memory;            /* NULL: none */
	struct standing standing;         /* of the ledger; recalled or not */
	struct revocations revocations;   /* that the ledger knows */
	struct scale scale;             /* for the ledger's head */
	struct lately lately;           /* for sidecars */
	int64_t recalled_ms;            /* when standing was looked at */
	prov_media *media;                /* made when first used */
	const struct recollection *known; /* borrowed; NULL: none */
	struct recalls recalls;
	struct buf scratch; /* of what is recalled and remembered */
};

/* Unix seconds, by the clock or as the options say. */
int64_t verifier_now(const prov_verifier *v);

/*
 * Follows the ledger. What is wrong with it is an answer, of prov_is_no, or in
 * ledger_bad or standing.
 */
prov_status verifier_refresh(prov_verifier *v, prov_err *err);

#endif
