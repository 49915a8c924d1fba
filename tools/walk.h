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

/* What a walk does with each file; false ends it. */
typedef bool (*walk_fn)(void *arg, const char *path, uint64_t size);

/* The same for one directory, one by one. *ended where each ended it. */
bool walk_each(const struct args *args, const char *dir, walk_fn each,
    void *arg, bool *ended);

bool is_sidecar(const char *path); /* ends in ".prov" */

#endif
