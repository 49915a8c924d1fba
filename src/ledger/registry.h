/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_REGISTRY_H
#define PROV_LEDGER_REGISTRY_H

#include "manifest/manifest.h"
#include "sign/statement.h"

/* Whose statements the ledger takes, as its newest logged policy says. */
struct registry {
	size_t n;
	prov_pubkey *at;
};

void registry_clear(struct registry *r);

/* From a registration statement; says nothing of its signature. */
prov_status registry_read(struct registry *out, const struct statement *s,
    prov_err *err);

/* A registry of one key: what a new ledger begins with. */
prov_status registry_one(struct registry *out, const prov_pubkey *key,
    prov_err *err);

const prov_pubkey *registry_find(const struct registry *r,
    const uint8_t kid[32]);

/* The payload of the policy that has all of r and one key more. */
prov_status registry_extend(struct buf *payload, const struct registry *r,
    const prov_pubkey *more, prov_err *err);

/*
 * What a statement must be to become an entry, but for its signature: of a
 * registered signer, and its subject what its payload is about. origin is the
 * SHA-256 of the log's origin.
 */
prov_status registry_admit(const struct registry *r, const struct statement *s,
    const uint8_t origin[32], prov_err *err);

#endif
