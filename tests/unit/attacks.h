/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_ATTACKS_H
#define PROV_TESTS_ATTACKS_H

/* c2pa-attacks, where they are at hand: what people put into names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shared.h"

static inline size_t
attacks_in(const char *path, void (*fn)(const char *text))
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, n = 0;

	if (f == NULL)
		return (0);
	for (; getline(&line, &cap, f) > 0; n++) {
		line[strcspn(line, "\n")] = '\0';
		fn(line);
	}
	free(line);
	(void)fclose(f);
	return (n);
}

/* Calls fn with each, without the line's end, and says how many there were. */
static inline void
attacks_each(void (*fn)(const char *text))
{
	static const char *const files[] = { "rendering", "special_characters",
		"sql_injection", "ten_thousand_characters", "xss" };
	char path[4096], name[128];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(name, sizeof(name),
		    "vectors/c2pa-attacks/attacks/%s.attack", files[i]);
		if (shared_path(path, sizeof(path), name))
			n += attacks_in(path, fn);
	}
	printf("# %zu strings\n", n);
}

#endif
