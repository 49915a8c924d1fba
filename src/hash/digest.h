/* SPDX-License-Identifier: ISC */
#ifndef PROV_HASH_DIGEST_H
#define PROV_HASH_DIGEST_H

#include <sys/stat.h>

#include "prov/media.h"

/* Whether two looks at one descriptor saw the same, unchanged file. */
int stat_same(const struct stat *a, const struct stat *b);

#endif
