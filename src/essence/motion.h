/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_MOTION_H
#define PROV_ESSENCE_MOTION_H

#include "essence/image.h"

/*
 * The video of a motion photo: an MP4 file behind a JPEG's images, wherever in
 * what follows from byte from on, and whatever XMP says of it. *len is 0 where
 * there is none; it ends before the first thing that is no box of such a file.
 */
void motion_find(prov_span file, size_t from, uint64_t *at, uint64_t *len);

#endif
