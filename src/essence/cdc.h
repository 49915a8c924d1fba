/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_CDC_H
#define PROV_ESSENCE_CDC_H

#include <stdbool.h>

#include "hash/sha256.h"

/*
 * cdc/1: content-defined boundaries for what has no random access points.
 * Gear hash h = (h << 1) + G[byte], G[i] = first 8 bytes (big endian) of
 * SHA-256("prov/cdc/1" || i), so the window is the last 64 bytes. A boundary
 * may follow a unit where the top b bits of h are 0, b = floor(log2(units a
 * second)); never under 0.25 s, always at 4 s.
 */
struct cdc {
	uint64_t gear[256];
	uint64_t h;
	unsigned bits;
	uint64_t min, max; /* units */
};

prov_status cdc_init(struct cdc *c, uint32_t units_per_s, prov_err *err);
void cdc_add(struct cdc *c, prov_span bytes);
/* Whether to cut behind a unit, when so many units are in the segment. */
bool cdc_cuts(const struct cdc *c, uint64_t units);

#endif
