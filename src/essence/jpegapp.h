/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_JPEGAPP_H
#define PROV_ESSENCE_JPEGAPP_H

#include "essence/image.h"
#include "hash/sha256.h"

#define ICC_CHUNKS_MAX 255

/*
 * What APPn and COM segments say. EXIF, XMP, JUMBF, Photoshop's APP13 and
 * comments are left out; orientation, density, ICC profile and the colour
 * transform are presentation; everything else is hashed, in order.
 */
struct jpeg_app {
	struct image *im;
	struct sha256 *other;
	bool scanned; /* behind the first scan, where decoders no longer look */
	bool jfif, adobe;
	uint8_t transform; /* Adobe's */
	unsigned icc_n;    /* chunks that are to come; 0 none seen */
	prov_span icc[ICC_CHUNKS_MAX];
};

prov_status jpeg_app_open(struct jpeg_app *a, struct image *im, prov_err *err);
void jpeg_app_clear(struct jpeg_app *a);

/* One segment: its marker's second byte and what follows the length. */
prov_status jpeg_app_take(struct jpeg_app *a, uint8_t marker, prov_span in,
    prov_err *err);

/* From here on segments are behind the first scan. */
void jpeg_app_scan(struct jpeg_app *a);

/*
 * States ICC and the transform in effect for components of these ids; the
 * digest of all that was hashed.
 */
prov_status jpeg_app_finish(struct jpeg_app *a, const uint8_t *ids, unsigned n,
    uint8_t other[SHA256_LEN], prov_err *err);

#endif
