/* SPDX-License-Identifier: ISC */
#include "policy/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/glob.h"
#include "policy/policy.h"

static const struct {
	const char *code;
	const char *text;
} own[OWN_N] = {
	[OWN_FACTS] = { "policy.facts",
	    "what is known of it is not whole or contradicts itself" },
	[OWN_RULE] = { "policy.rule", "a rule of the policy says so" },
	[OWN_PATH] = { "path.invalid", "its path is no name below the root" },
	[OWN_READ] = { "error.read",
	    "reading it failed, or it changed meanwhile" },
	[OWN_BUSY] = { "error.busy", "somebody else holds what is needed" },
	[OWN_OPEN] = { "error.open", "it is not there or cannot be opened" },
	[OWN_MEMORY] = { "error.memory", "memory ran out" },
	[OWN_REFUSED] = { "error.refused",
	    "it is nothing that can be verified" },
	[OWN_INTERNAL] = { "error.internal",
	    "something failed that has nothing to do with it" },
	[OWN_CARRIER] = { "carrier.denied",
	    "the statement was found where the policy does not look" },
	[OWN_SIGNER] = { "signer.denied", "another signer is asked for" },
	[OWN_BINDING] = { "binding.denied", "a stronger binding is asked for" },
	[OWN_CLIP_EDGES] = { "clip_edges.denied",
	    "what stands at the ends of the clip is not proven" },
	[OWN_SUPERSEDED] = { "superseded.unchecked",
	    "whether the signer replaced the statement was not checked" },
	[OWN_MEDIA_TYPE] = { "media_type.denied",
	    "another kind of media is asked for" },
	[OWN_SIZE] = { "size.denied", "it is too large, too small or neither "
				      "is known" },
	[OWN_UNCOVERED] = { "uncovered_bytes.denied",
	    "more of its bytes are unsigned than the policy allows" },
	[OWN_CAPTIONS] = { "captions.denied",
	    "its captions are not as the policy asks" },
	[OWN_SOURCE] = { "source_type.denied",
	    "its digital source type is not wanted" },
	[OWN_SOURCE_UNKNOWN] = { "source_type.unknown",
	    "nobody signed a digital source type that is known" },
	[OWN_LICENSE] = { "license.denied", "its license is not wanted" },
	[OWN_LICENSE_UNKNOWN] = { "license.unknown",
	    "nobody signed a license for it" },
	[OWN_ORIGIN] = { "origin.denied", "its origin is not wanted" },
	[OWN_ORIGIN_UNKNOWN] = { "origin.unknown",
	    "nobody signed where it comes from" },
};

#define RIGHTS_N 3

static const char *const rights[PURPOSE_N][RIGHTS_N] = {
	[PURPOSE_DATA_MINING] = { "rights.data_mining.unknown",
	    "rights.data_mining.constrained", "rights.data_mining.notAllowed" },
	[PURPOSE_AI_INFERENCE] = { "rights.ai_inference.unknown",
	    "rights.ai_inference.constrained",
	    "rights.ai_inference.notAllowed" },
	[PURPOSE_AI_TRAINING] = { "rights.ai_training.unknown",
	    "rights.ai_training.constrained", "rights.ai_training.notAllowed" },
	[PURPOSE_AI_GENERATIVE_TRAINING] = { "rights.ai_generative_training."
					     "unknown",
	    "rights.ai_generative_training.constrained",
	    "rights.ai_generative_training.notAllowed" },
};

static const char *const rights_text[RIGHTS_N] = {
	"nobody signed that it may be used for this",
	"its use for this is tied to conditions",
	"it may not be used for this",
};

const char *
own_code(enum own_reason r)
{
	return (own[r].code);
}

const char *
rights_code(enum purpose p, enum use u)
{
	switch (u) {
	case USE_CONSTRAINED:
		return (rights[p][1]);
	case USE_NOT_ALLOWED:
		return (rights[p][2]);
	case USE_SILENT:
	case USE_ALLOWED:
	case USE_N:
		break;
	}
	return (rights[p][0]);
}

const char *
policy_reason(size_t i)
{
	if (i < OWN_N)
		return (own[i].code);
	i -= OWN_N;
	if (i < PURPOSE_N * RIGHTS_N)
		return (rights[i / RIGHTS_N][i % RIGHTS_N]);
	return (NULL);
}

const char *
policy_reason_text(const char *code)
{
	for (size_t i = 0; i < OWN_N; i++)
		if (strcmp(own[i].code, code) == 0)
			return (own[i].text);
	for (size_t i = 0; i < PURPOSE_N * RIGHTS_N; i++)
		if (strcmp(rights[i / RIGHTS_N][i % RIGHTS_N], code) == 0)
			return (rights_text[i % RIGHTS_N]);
	return (NULL);
}

bool
code_exists(const char *glob)
{
	const char *code;

	for (size_t i = 0; i < REASON_N; i++)
		if (glob_text(glob, reason_code((enum reason)i)))
			return (true);
	for (size_t i = 0; (code = reason_foreign(i)) != NULL; i++)
		if (glob_text(glob, code))
			return (true);
	for (size_t i = 0; (code = policy_reason(i)) != NULL; i++)
		if (glob_text(glob, code))
			return (true);
	return (false);
}

bool
code_known(const char *code)
{
	return (strpbrk(code, "*?") == NULL && code_exists(code));
}

void
why_add(struct findings *why, const char *code, const char *fmt, ...)
{
	struct finding *new;
	va_list ap;

	for (size_t i = 0; i < why->n; i++)
		if (strcmp(why->at[i].code, code) == 0)
			return;
	if (why->n == FINDINGS_MAX)
		return;
	new = &why->at[why->n++];
	(void)snprintf(new->code, sizeof(new->code), "%s", code);
	va_start(ap, fmt);
	(void)vsnprintf(new->detail, sizeof(new->detail), fmt, ap);
	va_end(ap);
}

bool
why_about(const struct findings *why, const char *topic)
{
	for (size_t i = 0; i < why->n; i++)
		if (strncmp(why->at[i].code, topic, strlen(topic)) == 0)
			return (true);
	return (false);
}
