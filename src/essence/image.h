/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_IMAGE_H
#define PROV_ESSENCE_IMAGE_H

#include "essence/identity.h"
#include "essence/leaves.h"

/*
 * Own walkers for still images: never a demuxer (ESSENCE 1, 2). The whole file
 * is in memory. PROV_EUNSUPPORTED or PROV_EFORMAT say why there is no identity.
 */
prov_status jpeg_identify(prov_identity **out, prov_span file, prov_err *err);
prov_status png_identify(prov_identity **out, prov_span file, prov_err *err);

/*
 * An image's only stream while its file is walked: one segment, one unit,
 * untimed. Its leaf is made of records as all leaves are.
 */
struct image {
	const char *format; /* "jpeg"; the form is "jpeg/1" */
	struct stream s;
	struct leaves *leaf; /* its only one */
	uint8_t config[32];  /* the active configuration at its start */
	unsigned turned; /* EXIF orientation, 1 to 8; 0 none seen */
};

/* config is the active configuration at the start. */
prov_status image_begin(struct image *im, const char *format,
    const uint8_t config[32], prov_err *err);
void image_clear(struct image *im);

void image_record(struct image *im, uint8_t type, prov_span data);
void image_record_begin(struct image *im, uint8_t type, uint32_t len);
void image_record_add(struct image *im, prov_span data);

static inline void
image_present(struct image *im, prov_field f, int64_t v)
{
	prov_present_set(&im->s.present, f, v);
}

/*
 * Takes the orientation out of EXIF data (a TIFF file). What states none
 * states 1; PROV_EUNSUPPORTED where two EXIFs disagree, or where it cannot be
 * told what a viewer would read.
 */
prov_status image_exif(struct image *im, prov_span tiff, prov_err *err);

/* uncovered: bytes of the file behind the image. */
prov_status image_finish(struct image *im, size_t uncovered,
    prov_identity **out, prov_err *err);

#endif
