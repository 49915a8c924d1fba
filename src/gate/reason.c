/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "gate/gate.h"

const char *
gate_reason(size_t i)
{
	static const char *const codes[GATE_REASON_N] = {
		[GATE_MALFORMED] = "request.malformed",
		[GATE_NAME] = "path.invalid",
		[GATE_WRITE] = "error.write",
		[GATE_MEMBER] = "shard.member",
		[GATE_SAMPLE] = "shard.sample",
	};

	return (i < GATE_REASON_N ? codes[i] : NULL);
}

void
gate_find(struct findings *f, enum gate_reason r, const char *detail)
{
	struct finding *to;

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->at[i].code, gate_reason(r)) == 0)
			return;
	/* A list that is full says enough against the item. */
	if (f->n == FINDINGS_MAX)
		return;
	to = &f->at[f->n++];
	(void)snprintf(to->code, sizeof(to->code), "%s", gate_reason(r));
	(void)snprintf(to->detail, sizeof(to->detail), "%.150s", detail);
}
