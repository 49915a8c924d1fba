/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_ASSERTION_H
#define PROV_MANIFEST_ASSERTION_H

#include "manifest/manifest.h"

/* An assertion that is cleared when its scope ends. */
#define AUTO_ASSERTION \
	__attribute__((cleanup(assertion_clear))) struct assertion

/* A label: checked text. */
prov_status label_get(struct cbor *c, char *label, size_t size, prov_err *err);

/* The manifest's form of one: [label, value], or the digest. */
prov_status assertion_put(struct buf *b, const struct assertion *a,
    prov_err *err);
prov_status assertion_get(struct assertion *a, struct cbor *c, prov_err *err);

/* out is cleared before. */
prov_status assertion_copy(struct assertion *out, const struct assertion *a,
    prov_err *err);

/* Whether a manifest cannot have both. */
bool assertion_clashes(const struct assertion *a, const struct assertion *b);

#endif
