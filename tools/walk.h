/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_WALK_H
#define PROV_TOOLS_WALK_H

#include "cmd.h"

/* The files that a command works on. */
struct files {
	char **at;
	size_t n;
	size_t cap;
};

/*
 * The operands and, for each -r DIR, the regular files below it in the order
 * of their names; links are not followed; *.prov and what a killed run left
 * are passed over. False after complaining where a directory cannot be read.
 */
bool files_gather(struct files *f, const struct args *args);
void files_free(struct files *f);

bool is_sidecar(const char *path); /* ends in ".prov" */

#endif
