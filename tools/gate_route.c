/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "gate_route.h"

void
routes_free(struct routes *r)
{
	for (size_t i = 0; i < r->n; i++) {
		prov_free((char *)(uintptr_t)r->at[i].route);
		prov_free((char *)(uintptr_t)r->at[i].path);
	}
	r->n = 0;
}

bool
routes_make(struct routes *r, const struct args *args,
    char *(*where)(const char *path, const char *of), const char *of)
{
	const char *text;

	while ((text = args_nth(args, "route", r->n)) != NULL) {
		const char *eq = strchr(text, '=');
		prov_route *to = &r->at[r->n++];

		to->route = strndup(text, (size_t)(eq - text));
		to->path = where != NULL ? where(eq + 1, of) : strdup(eq + 1);
		if (to->route == NULL || to->path == NULL) {
			complain(args, NULL, "out of memory");
			return (false);
		}
	}
	return (true);
}

bool
routes_check(const struct args *args)
{
	const char *text;

	for (size_t i = 0; (text = args_nth(args, "route", i)) != NULL; i++) {
		const char *eq = strchr(text, '=');

		if (eq == NULL || eq == text || eq[1] == '\0') {
			complain(args, text, "a route is NAME=WHERE");
			return (false);
		}
		if (i == ROUTES_MAX) {
			complain(args, text, "at most %d routes", ROUTES_MAX);
			return (false);
		}
	}
	return (true);
}
