/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_REQUIREMENT_H
#define PROV_POLICY_REQUIREMENT_H

#include "policy/model.h"

/* An item being held against what a policy wants. */
struct weight {
	const struct item *i;
	int64_t now;
	struct findings *why;  /* what is not met adds its reason */
	struct explanation *x; /* each requirement, if anybody asks; or NULL */
	bool met;              /* out: all of them are */
	bool stale; /* out: the head is too old for anything to be known */
};

/* Holds the item against each requirement, whatever became of the others. */
void requirements_weigh(struct weight *w);

/* The same for the explanation alone. */
void requirements_explain(struct explanation *x, const struct item *i,
    int64_t now);

#endif
