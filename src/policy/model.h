/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_MODEL_H
#define PROV_POLICY_MODEL_H

#include "policy/policy.h"
#include "policy/setting.h"
#include "verify/trust.h"

#define POLICY_NAME_MAX 63   /* it is a label of metrics */
#define POLICY_NOTE_MAX 1023 /* of a rule, for people */
#define RULES_MAX       1000 /* each item may be held against each of them */

/* What a rule may ask about an item; match.c has the table. */
enum match {
	MATCH_PATH,
	MATCH_SIGNER,
	MATCH_ISS,
	MATCH_REASON,
	MATCH_SOURCE_TYPE,
	MATCH_LICENSE,
	MATCH_MEDIA_TYPE,
	MATCH_BINDING,
	MATCH_CARRIER,
	MATCH_RIGHTS,
	MATCH_ORIGIN,
	MATCH_TENANT,
	MATCH_N
};

/* A requirement that a rule puts in place of the policy's. */
struct change {
	enum setting what;
	struct value value;
};

const char *match_name(enum match m); /* "media_type" */

enum then { THEN_JUDGE, THEN_DENY, THEN_QUARANTINE };

struct rule {
	struct words match[MATCH_N]; /* not asked about where empty */
	size_t n_set;
	struct change *set;
	enum then then;
	char route[ROUTE_MAX + 1];
	char *note; /* NULL: none */
};

/* For which purposes an item has to be allowed. */
enum asked { ASKED_ALL, ASKED_ONE, ASKED_NONE };

struct prov_policy {
	char name[POLICY_NAME_MAX + 1]; /* "" none */
	enum asked asked;
	enum purpose purpose; /* ASKED_ONE */
	bool warn;
	prov_trust *trust; /* owned */
	int64_t max_age;   /* of the head, in seconds; 0: any */
	struct value at[SETTING_N];
	size_t n_rules;
	struct rule *rules;      /* owned */
	prov_decision otherwise; /* where a requirement is not met */
	prov_decision on_error;
	uint8_t digest[32];
};

DEFINE_AUTO(prov_policy, prov_policy_free)

/* SHA-256 over deterministic CBOR of all the above. */
prov_status policy_seal(prov_policy *p, prov_err *err);

/* Whether it names this signer: facts may be older, or of another policy. */
bool policy_trusts(const prov_policy *p, const char *signer);

/* What an item is, as requirements and rules see it. */
struct item {
	const prov_policy *p;
	const struct facts *f;
	const struct value *at; /* settings that hold now */
	bool holds;             /* a trusted statement is about it */
};

/* What is said of a purpose by whom the policy honours, joined. */
enum use item_use(const struct item *i, enum purpose purpose);

/* The worst of all purposes that the policy asks about. */
enum use item_rights(const struct item *i);

/* Whether a rule is about an item that the reasons in why speak against. */
bool rule_matches(const struct rule *r, const struct item *i,
    const struct findings *why);

#endif
