/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_TRUST_H
#define PROV_VERIFY_TRUST_H

#include "base/buf.h"
#include "prov/trust.h"
#include "witness/tlogpolicy.h"

DEFINE_AUTO(prov_trust, prov_trust_free)

/* More signers than this belong into several trust files. */
#define TRUST_SIGNERS_MAX 10000
#define TRUST_LIST_MAX    64 /* issuers or paths of one signer */

struct prov_trust {
	size_t n;
	struct prov_trust_signer *signers; /* owned, with their lists */
	int foreign_receipts;              /* may lack kid and CWT claims */
	bool rooted; /* of a policy: scopes are of names below a root */
	char policy[NAME_MAX + 1]; /* the tlog-policy file, beside trust.yaml */
	struct tlogpolicy logs;
};

/* trust.yaml alone, from its bytes; name is for messages. Fuzzed. */
prov_status trust_parse(prov_trust **out, prov_span bytes, const char *name,
    prov_err *err);

/* The signer with this key, or NULL. */
const prov_trust_signer *trust_find(const prov_trust *trust,
    const uint8_t kid[32]);

/* Whether the signer may sign for iss: listed, or the key's own name. */
bool trust_allows_iss(const prov_trust_signer *signer, const char *iss);

/*
 * Whether the signer's scope takes in a file, given by its canonical path. A
 * glob that does not begin with a slash may match from any slash on; '*' also
 * matches slashes. Where trust is rooted, path is the name below the root and
 * glob_path decides. path NULL is in no scope.
 */
bool trust_allows_path(const prov_trust *trust, const prov_trust_signer *signer,
    const char *path);

/* Whether the key is valid at a time. */
bool trust_valid_at(const prov_trust_signer *signer, int64_t t);

#endif
