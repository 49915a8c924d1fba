/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_REGISTRY_H
#define PROV_LEDGER_REGISTRY_H

#include "manifest/manifest.h"
#include "sign/statement.h"

/* Who may write, and the key that may revoke him, where he named one. */
struct registrant {
	prov_pubkey key;
	bool has_recovery;
	prov_pubkey recovery;
};

/*
 * Whose statements the ledger takes: as its newest logged policy says, less
 * the keys that themselves or their recovery keys revoked, whatever policies
 * say of them afterwards.
 */
struct registry {
	size_t n;
	struct registrant *at;
	size_t n_revoked;
	uint8_t (*revoked)[32]; /* kids */
};

void registry_clear(struct registry *r);
#define AUTO_REGISTRY __attribute__((cleanup(registry_clear))) struct registry

prov_status registry_copy(struct registry *out, const struct registry *r,
    prov_err *err);

/* A registry of one key: what a new ledger begins with. */
prov_status registry_one(struct registry *out, const prov_pubkey *key,
    prov_err *err);

/* The registrant with this key, or NULL. */
const struct registrant *registry_find(const struct registry *r,
    const uint8_t kid[32]);

/* The key of a registrant or of a registrant's recovery, or NULL. */
const prov_pubkey *registry_key(const struct registry *r,
    const uint8_t kid[32]);

bool registry_is_revoked(const struct registry *r, const uint8_t kid[32]);

/*
 * The payload of the policy that has all of r and more: another key, or one of
 * them with a recovery key. NULL for no more.
 */
prov_status registry_extend(struct buf *payload, const struct registry *r,
    const struct registrant *more, prov_err *err);

/* Where a statement is to stand. */
struct place {
	const char *origin;
	const uint8_t
	    *origin_digest; /* SHA-256 of origin: a policy's subject */
	uint64_t index;
};

/*
 * What a statement must be to become an entry, but for its signature: of
 * somebody who may say such a thing, its subject what its payload is about,
 * and of this very place.
 */
prov_status registry_admit(const struct registry *r, const struct statement *s,
    const struct place *place, prov_err *err);

/* What an entry changes for those behind it; nothing for most. */
prov_status registry_apply(struct registry *r, const struct statement *s,
    prov_err *err);

#endif
