/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_IMAGE_H
#define PROV_ESSENCE_IMAGE_H

#include "essence/identity.h"

/*
 * Own walkers for still images: never a demuxer (ESSENCE 1, 2). The whole file
 * is in memory. PROV_EUNSUPPORTED or PROV_EFORMAT say why there is no identity.
 */
prov_status jpeg_identify(prov_identity **out, prov_span file, prov_err *err);
prov_status png_identify(prov_identity **out, prov_span file, prov_err *err);

#endif
