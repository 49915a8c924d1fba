/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_GATE_ROUTE_H
#define PROV_TOOLS_GATE_ROUTE_H

#include "cmd.h"

#define ROUTES_MAX 64

/* What --route NAME=WHERE says; names and paths are owned. */
struct routes {
	size_t n;
	prov_route at[ROUTES_MAX];
};

/*
 * The routes of the command line; where finds the place of each, malloc'ed,
 * from what stands behind the name, or NULL: as it stands there. False after
 * complaining.
 */
bool routes_make(struct routes *r, const struct args *args,
    char *(*where)(const char *path, const char *of), const char *of);
void routes_free(struct routes *r);

/* False after complaining where one is no route. */
bool routes_check(const struct args *args);

#endif
