/* SPDX-License-Identifier: ISC */
#ifndef TESTS_SHARED_H
#define TESTS_SHARED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The path of a file among the shared vectors, $PROV_SHARED/name. False, with
 * a comment in the output, where they are not installed.
 */
static inline bool
shared_path(char *path, size_t size, const char *name)
{
	const char *dir = getenv("PROV_SHARED");
	FILE *f;
	int n;

	if (dir == NULL || dir[0] == '\0')
		dir = "../shared";
	n = snprintf(path, size, "%s/%s", dir, name);
	if (n > 0 && (size_t)n < size && (f = fopen(path, "r")) != NULL) {
		(void)fclose(f);
		return (true);
	}
	printf("# %s/%s is not here: not tested (set PROV_SHARED)\n", dir,
	    name);
	return (false);
}

#endif
