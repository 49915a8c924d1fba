/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_PARTS_H
#define PROV_ESSENCE_PARTS_H

#include "essence/identity.h"

/* SHA-256 over name || 0 || digest of all parts, which are in order. */
prov_status parts_digest(uint8_t out[32], const struct part *parts, size_t n,
    prov_err *err);

/* Sets a part, in alphabetical order. PROV_ELIMIT past PARTS_MAX. */
prov_status parts_set(struct stream *s, const char *name,
    const uint8_t digest[32], prov_err *err);

#endif
