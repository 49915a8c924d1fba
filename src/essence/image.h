/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_IMAGE_H
#define PROV_ESSENCE_IMAGE_H

#include "essence/identity.h"
#include "essence/track.h"

/*
 * Own walkers for images: never a demuxer (ESSENCE 1, 2). The whole file is in
 * memory, and nothing is decompressed. PROV_EUNSUPPORTED or PROV_EFORMAT say
 * why there is no identity.
 */
prov_status jpeg_identify(prov_identity **out, prov_span file, prov_err *err);
prov_status png_identify(prov_identity **out, prov_span file, prov_err *err);
prov_status webp_identify(prov_identity **out, prov_span file, prov_err *err);
prov_status gif_identify(prov_identity **out, prov_span file, prov_err *err);

#define IMAGE_FRAMES_MAX \
	1000000U /* of one animation: half a day at 24 a second */

#define NS_PER_S 1000000000

/*
 * One image stream while its file is walked. A still is one segment of one
 * unit without time; each picture of an animation is a segment of its own, at
 * its time. The first failure is kept, and told by image_seal.
 */
struct image {
	struct track *t;
	size_t covered;  /* bytes of the file that are accounted for */
	unsigned turned; /* EXIF orientation, 1 to 8; 0 none seen */
	uint64_t
	    n_frames;     /* as the file says before it is walked; 1: a still */
	int64_t at_ns;    /* when the next picture of an animation is shown */
	int64_t lasts_ns; /* how long the last one stands */
	prov_status failed;
	prov_err why;
};

/* format is "jpeg"; the form is "jpeg/1". A still until n_frames is set. */
prov_status image_open(struct image *im, const char *format, prov_kind kind,
    prov_err *err);
void image_clear(struct image *im);

/* A part of the configuration, and what is active from here on. */
void image_part(struct image *im, const char *name, const uint8_t digest[32]);
void image_config(struct image *im, const uint8_t digest[32]);

void image_record(struct image *im, uint8_t type, prov_span data);
void image_record_begin(struct image *im, uint8_t type, size_t len);
void image_record_add(struct image *im, prov_span data);
void image_ancillary(struct image *im, prov_span data);

/* What was recorded is a picture, which stands so long; and a new segment. */
void image_frame(struct image *im, int64_t lasts_ns);
void image_cut(struct image *im);

static inline void
image_present(struct image *im, prov_field f, int64_t v)
{
	track_present(im->t, f, v);
}

/* Square pixels of no size are what there is without a density. */
void image_density(struct image *im, unsigned unit, uint32_t x, uint32_t y);

/* States the first 63 bits of SHA-256 over data. */
void image_present_digest(struct image *im, prov_field f, prov_span data);

/*
 * Takes the orientation out of EXIF data (a TIFF file). What states none
 * states 1; PROV_EUNSUPPORTED where two EXIFs disagree, or where it cannot be
 * told what a viewer would read.
 */
prov_status image_exif(struct image *im, prov_span tiff, prov_err *err);

/* Adds the stream to id. im is spent. */
prov_status image_seal(struct image *im, prov_identity *id, prov_err *err);

/* The same for a file of one stream; all that is not covered is not. */
prov_status image_finish(struct image *im, const char *format, size_t len,
    prov_identity **out, prov_err *err);

#endif
