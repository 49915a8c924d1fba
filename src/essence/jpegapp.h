/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_JPEGAPP_H
#define PROV_ESSENCE_JPEGAPP_H

#include "essence/image.h"
#include "essence/mpf.h"

#define ICC_CHUNKS_MAX 255

/*
 * What APPn and COM segments say. Orientation, density, ICC profile, colour
 * transform and gain map are presentation, and MPF tells of further images. No
 * decoder draws the rest: EXIF, XMP, JUMBF, Photoshop's APP13 and comments are
 * left out, and all others enter the ancillary digest.
 */
struct jpeg_app {
	struct image *im;
	bool scanned; /* behind the first scan, where decoders no longer look */
	bool jfif, adobe;
	uint8_t transform; /* Adobe's */
	unsigned icc_n;    /* chunks that are to come; 0 none seen */
	prov_span icc[ICC_CHUNKS_MAX];
	struct mpf mpf;
	const uint8_t *mpf_at; /* its TIFF header */
	struct buf gainmap;    /* all that is said of one, in order */
};

void jpeg_app_clear(struct jpeg_app *a);

/* One segment: its marker's second byte and what follows the length. */
prov_status jpeg_app_take(struct jpeg_app *a, uint8_t marker, prov_span in,
    prov_err *err);

/* From here on segments are behind the first scan. */
void jpeg_app_scan(struct jpeg_app *a);

/* States what is in effect for components of these ids. */
prov_status jpeg_app_finish(struct jpeg_app *a, const uint8_t *ids, unsigned n,
    prov_err *err);

#endif
