/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_DOSSIER_H
#define PROV_VERIFY_DOSSIER_H

#include "verify/evidence.h"

/* Statements that are weighed for one file, and of those not trusted. */
#define EVIDENCE_MAX  32
#define UNTRUSTED_MAX 4

/* The statements that are known on one file. */
struct dossier {
	size_t n;
	struct evidence *at[EVIDENCE_MAX]; /* owned */
	size_t n_untrusted;
	/* All statements on one asset of the ledger at hand are among them. */
	bool whole;
	uint8_t asset[32];
};

void dossier_clear(struct dossier *d);

/* Takes e over where it returns PROV_OK. */
prov_status dossier_add(struct dossier *d, struct evidence *e, prov_err *err);

/* The one with this digest of its statement, or NULL. */
struct evidence *dossier_find(const struct dossier *d,
    const uint8_t digest[32]);

/* Whether one is a lie, so that nothing can be said to be valid beside it. */
bool dossier_lies(const struct dossier *d);

/* The one that a verdict is about: that which says most. NULL: none. */
struct evidence *dossier_choose(const struct dossier *d);

#endif
