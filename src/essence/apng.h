/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_APNG_H
#define PROV_ESSENCE_APNG_H

#include "essence/image.h"
#include "essence/pngchunk.h"

/*
 * A PNG's animation (W3C PNG, third edition, 11.3.6): begun by acTL; without
 * one before IDAT the other two chunks animate nothing. Frames are numbered,
 * and there are as many as acTL says.
 */
struct apng {
	bool on;
	bool pending;           /* an fcTL waits for its data */
	uint32_t width, height; /* of the canvas */
	uint32_t next;          /* sequence number */
	uint64_t seen;          /* frames */
	int64_t lasts_ns;       /* of the pending one */
};

prov_status apng_control(struct apng *a, struct image *im,
    const struct png_chunk *c, prov_err *err);

/* pixels: IDAT was there before. */
prov_status apng_frame(struct apng *a, struct image *im,
    const struct png_chunk *c, bool pixels, prov_err *err);

/* Takes fdAT's sequence number off c->data. */
prov_status apng_more(struct apng *a, struct png_chunk *c, prov_err *err);

/* Data was recorded: a frame's, or that of the image that is no frame. */
void apng_data(struct apng *a, struct image *im);

prov_status apng_end(const struct apng *a, const struct image *im,
    const struct png_chunk *c, prov_err *err);

#endif
