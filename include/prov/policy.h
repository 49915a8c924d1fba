/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_H
#define PROV_POLICY_H

#include <prov/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a policy makes of a verdict: in the order in which the worse counts. */
typedef enum prov_decision {
	PROV_DENY = 0, /* what nobody decided is denied */
	PROV_RETRY = 1,
	PROV_QUARANTINE = 2,
	PROV_ALLOW = 3
} prov_decision;

/* "deny", "retry", "quarantine", "allow". */
PROV_API const char *prov_decision_name(prov_decision d);

/* prov-policy(5): never changed once loaded; threads may share one. */
typedef struct prov_policy prov_policy;

/*
 * Reads a policy, YAML or JSON, and the trust and tlog-policy files that it
 * names, relative to its own directory. PROV_EFORMAT with line and column.
 */
PROV_API PROV_MUST_USE prov_status prov_policy_load(prov_policy **out,
    const char *path, prov_err *err);
PROV_API void prov_policy_free(prov_policy *p);

/* "" where it has none. */
PROV_API const char *prov_policy_name(const prov_policy *p);

/* 32 bytes: SHA-256 over what it says and what the files say that it names. */
PROV_API const uint8_t *prov_policy_digest(const prov_policy *p);

/* "ai_training", ..., "all" where it names none, or "none". */
PROV_API const char *prov_policy_purpose(const prov_policy *p);

/* What it would let in, in words, some facts a line; free it. */
PROV_API PROV_MUST_USE prov_status prov_policy_text(char **out,
    const prov_policy *p, prov_err *err);

/* What to decide about. All is borrowed; what is not said is 0. */
typedef struct prov_explain_options {
	prov_span facts; /* one object, as prov gate --facts prints it */
	int64_t now;     /* Unix seconds; 0 reads the clock */
	int json;        /* one line of JSON instead of a table */
} prov_explain_options;

/*
 * Decides, and says of each requirement what was wanted, what was found and
 * where, of the rules which one was applied, and why; free *out. *decision is
 * the one in effect. PROV_EFORMAT where facts are none.
 */
PROV_API PROV_MUST_USE prov_status prov_policy_explain(char **out,
    prov_decision *decision, const prov_policy *p,
    const prov_explain_options *options, prov_err *err);

/* How many cases a table has, and how many came out otherwise. */
typedef struct prov_policy_tested {
	size_t n, n_failed;
} prov_policy_tested;

/*
 * Runs a table of expected decisions, see prov-policy(1), against p, or where
 * that is NULL against the policy that the table names. *out says for each case
 * that failed what was expected and what came out; free it.
 */
PROV_API PROV_MUST_USE prov_status prov_policy_test(char **out,
    prov_policy_tested *tested, const char *table, const prov_policy *p,
    prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
