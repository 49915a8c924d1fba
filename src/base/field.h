/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_FIELD_H
#define PROV_BASE_FIELD_H

#include "base/cbor.h"

/*
 * Reading maps whose keys are small numbers in a fixed order, as all of our
 * formats have them: what is missing, unknown or in addition is refused.
 */

/* A map of exactly n fields. */
prov_status field_map(struct cbor *c, uint64_t n, const char *what,
    prov_err *err);

/* An array of exactly n items. */
prov_status field_array(struct cbor *c, uint64_t n, const char *what,
    prov_err *err);

/* An array of at most max items; *n tells how many. */
prov_status field_list(struct cbor *c, uint64_t max, size_t *n,
    const char *what, prov_err *err);

/* The next key, which must be key. */
prov_status field_key(struct cbor *c, uint64_t key, const char *what,
    prov_err *err);

/* Whether the next key is key; then it is read. */
bool field_next(struct cbor *c, uint64_t key);

/* A version number, which must be known. */
prov_status field_version(struct cbor *c, uint64_t known, const char *what,
    prov_err *err);

/* Nothing may be left. */
prov_status field_end(const struct cbor *c, const char *what, prov_err *err);

#endif
