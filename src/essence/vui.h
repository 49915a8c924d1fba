/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_VUI_H
#define PROV_ESSENCE_VUI_H

#include "essence/bits.h"
#include "essence/track.h"

/*
 * What a sequence parameter set says about presentation: H.264 and HEVC write
 * the head of their VUI alike (H.264 E.1.1, H.265 E.2.1).
 */
struct picture {
	uint64_t width, height; /* after cropping */
	unsigned bits, chroma;
	unsigned fields; /* as PROV_FIELDS */
	bool any_fields; /* interlaced in an order that is not stated */
	uint32_t sar_w, sar_h; /* 0: not stated */
	bool has_range, has_colour;
	unsigned full_range, primaries, transfer, matrix;
};

/* Aspect, overscan and colour. What runs over the end is left unstated. */
void vui_head(struct bits *b, struct picture *p);

void picture_present(const struct picture *p, struct track *t);

#endif
