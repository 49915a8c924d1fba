/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_MPF_H
#define PROV_ESSENCE_MPF_H

#include <stdbool.h>

#include "base/buf.h"

#define MPF_IMAGES_MAX 32 /* a burst or panorama; gain maps make it 2 */

/*
 * The index of a Multi-Picture Format file (CIPA DC-007): images that stand
 * behind the first one in a JPEG.
 */
struct mpf_image {
	uint32_t type; /* 24 bits of the attributes: what it is to the first */
	uint32_t offset; /* from the TIFF header; 0: the first one itself */
};

struct mpf {
	size_t n; /* images, the first one included; 0: no index was seen */
	struct mpf_image images[MPF_IMAGES_MAX];
};

/* tiff is what stands behind "MPF\0". PROV_EUNSUPPORTED: it is no index. */
prov_status mpf_parse(struct mpf *out, prov_span tiff, prov_err *err);

/* A preview that stands for the first image and is not shown beside it. */
bool mpf_is_preview(const struct mpf_image *image);

#endif
