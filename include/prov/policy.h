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

#ifdef __cplusplus
}
#endif
#endif
