/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_EXIF_H
#define PROV_ESSENCE_EXIF_H

#include "base/buf.h"

/*
 * The Orientation tag of the first IFD, 1 to 8; 1 where there is none or its
 * value means nothing. PROV_EUNSUPPORTED where viewers could read different
 * things: a broken header or directory, an odd type, two values.
 */
prov_status exif_orientation(unsigned *out, prov_span tiff, prov_err *err);

#endif
