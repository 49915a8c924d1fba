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

#ifdef __cplusplus
}
#endif
#endif
