/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_REASON_H
#define PROV_POLICY_REASON_H

#include "manifest/signals.h"
#include "verify/reason.h"

/* Reasons that a policy gives itself; reason.c has their codes. */
enum own_reason {
	OWN_FACTS,
	OWN_RULE,
	OWN_PATH,
	OWN_READ,
	OWN_BUSY,
	OWN_OPEN,
	OWN_MEMORY,
	OWN_REFUSED,
	OWN_INTERNAL,
	OWN_CARRIER,
	OWN_SIGNER,
	OWN_BINDING,
	OWN_CLIP_EDGES,
	OWN_SUPERSEDED,
	OWN_MEDIA_TYPE,
	OWN_SIZE,
	OWN_UNCOVERED,
	OWN_CAPTIONS,
	OWN_SOURCE,
	OWN_SOURCE_UNKNOWN,
	OWN_LICENSE,
	OWN_LICENSE_UNKNOWN,
	OWN_ORIGIN,
	OWN_ORIGIN_UNKNOWN,
	OWN_N
};

const char *own_code(enum own_reason r);

/* "rights.ai_training.notAllowed"; use is not USE_ALLOWED. */
const char *rights_code(enum purpose p, enum use u);

/* Whether a glob matches any code that verify or a policy gives. */
bool code_exists(const char *glob);
bool code_known(const char *code); /* the same without wildcards */

/* Adds a code once, where there is room. */
void why_add(struct findings *why, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether a code begins with a topic, such as "signature.". */
bool why_about(const struct findings *why, const char *topic);

#endif
