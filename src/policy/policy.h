/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_POLICY_H
#define PROV_POLICY_POLICY_H

#include "prov/policy.h"
#include "verify/facts.h"

/*
 * prov-policy(5): what decides, from its bytes, YAML or JSON. name is for
 * messages; dir is where files that it names are, NULL: it may name none.
 */
prov_status policy_parse(prov_policy **out, prov_span bytes, const char *name,
    const char *dir, prov_err *err);

/* SHA-256 over deterministic CBOR of what was parsed: comments are no part. */
const uint8_t *policy_digest(const prov_policy *p);
const char *policy_name(const prov_policy *p);  /* "" none */
enum purpose policy_purpose(const prov_policy *p); /* PURPOSE_N: none */

/*
 * Whom the policy trusts, for a verifier: its signers are scoped to whole
 * names below the root. Borrowed.
 */
const prov_trust *policy_trust(const prov_policy *p);

/* What the policy wants that costs a verifier work. */
bool policy_accepts_clips(const prov_policy *p);

#define ROUTE_MAX 63

/* One requirement, for prov policy explain. */
struct requirement {
	const char *name; /* "binding" */
	char wanted[128], found[128], where[64];
	bool met;
};
#define REQUIREMENTS_MAX 32

struct decision {
	prov_decision decision;
	prov_decision effective; /* another one only under mode: warn */
	struct findings why;     /* of facts first, then the policy's own codes */
	char rule[64];           /* the note or number of the rule; "" none */
	char route[ROUTE_MAX + 1];
	enum use rights;         /* what was found for the purpose */
	char source_type[SOURCE_TYPE_MAX + 1];
	char license[LICENSE_NAME_MAX + 1];
	size_t n_requirements;
	struct requirement requirements[REQUIREMENTS_MAX];
};

/* Decides; reads no clock and opens nothing. now is Unix seconds. */
void policy_judge(struct decision *out, const prov_policy *p,
    const struct facts *f, int64_t now);

#endif
