/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_RIGHTS_H
#define PROV_MANIFEST_RIGHTS_H

#include "base/yaml.h"
#include "manifest/manifest.h"

/*
 * What a claim's rights become, always in clear. Entries named cawg.* are
 * logged as CAWG Training and Data Mining 1.1 has them, under its own label,
 * so that one policy reads prov's and C2PA's; all others as a map of text to
 * text or lists of text.
 */
#define RIGHTS_LABEL "rights"
#define MINING_LABEL "cawg.training-mining"

#define RIGHTS_MAX 64 /* entries, and items of one: people write them */

/*
 * Writes the values of both assertions; one that has no entry stays empty.
 * file is for messages.
 */
prov_status rights_read(struct buf *rights, struct buf *mining,
    const struct yaml *y, const char *file, prov_err *err);

/* Whether a label says something about rights and so is no free label. */
bool rights_owns(const char *label);

#endif
