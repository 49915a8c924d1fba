/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_GLOB_H
#define PROV_BASE_GLOB_H

#include <stdbool.h>

/* Whether glob can match what name_check (base/name.h) takes for a name. */
bool glob_valid(const char *glob);

/*
 * Whether the whole of a name matches: '*' stands for anything and '?' for one
 * character within a part, "**" for anything at all, and a whole part "**" in
 * front of a slash for any number of parts, none too. Nothing else is special.
 */
bool glob_path(const char *glob, const char *name);

/* The same for text that has no parts: '*' and '?' match slashes, too. */
bool glob_text(const char *glob, const char *text);

#endif
