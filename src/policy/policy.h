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

/* The one purpose that it is about; PURPOSE_N: all, or none. */
enum purpose policy_purpose(const prov_policy *p);

/*
 * Whom the policy trusts, for a verifier: its signers are scoped to whole
 * names below the root. Borrowed.
 */
const prov_trust *policy_trust(const prov_policy *p);

/* What the policy, or a rule of it, wants that costs a verifier work. */
bool policy_accepts_clips(const prov_policy *p);

#define ROUTE_MAX 63

/* Codes that a policy itself gives, at most so many for one item. */
#define POLICY_REASONS_MAX 24

struct decision {
	prov_decision decision;
	prov_decision effective; /* another one only under mode: warn */
	/*
	 * Those of facts first, then the policy's own; none where it is
	 * allowed. What was not checked is copied from facts.
	 */
	struct findings why;
	unsigned rule;    /* that was applied, from 1; 0: none */
	const char *note; /* of the rule, borrowed from the policy; or NULL */
	char route[ROUTE_MAX + 1]; /* of what is allowed in effect; "" none */
	enum use rights;           /* what was found for the purpose */
	char source_type[SOURCE_TYPE_MAX + 1]; /* signed, else as seen */
	char license[LICENSE_NAME_MAX + 1];
};

/* Decides; reads no clock and opens nothing. now is Unix seconds. */
void policy_judge(struct decision *out, const prov_policy *p,
    const struct facts *f, int64_t now);

/* One requirement, for prov policy explain. */
struct requirement {
	char name[48]; /* "require.binding" */
	char wanted[160], found[160], where[48];
	bool met;
};
#define REQUIREMENTS_MAX 32

struct explanation {
	size_t n;
	struct requirement at[REQUIREMENTS_MAX];
	bool failed; /* memory ran out: some texts are cut off */
};

/* The same, and how it came to that. */
void policy_explain(struct decision *out, struct explanation *x,
    const prov_policy *p, const struct facts *f, int64_t now);

/* Each code that a policy gives, and what it means; NULL past the last. */
const char *policy_reason(size_t i);
const char *policy_reason_text(const char *code); /* NULL: none of them */

#endif
