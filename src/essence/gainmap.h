/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_GAINMAP_H
#define PROV_ESSENCE_GAINMAP_H

#include "base/buf.h"

/*
 * How a picture and its gain map become one of high dynamic range: it decides
 * what is seen. As XMP in Adobe's namespace or as binary ISO 21496-1.
 */
#define GAINMAP_PROPERTIES_MAX 32 /* there are 12 */

/*
 * Appends what an XMP packet says of it: for each property, by rising names and
 * values, name || "=" || value || LF, whether it is an attribute or an element;
 * of elements the words of their text, with a blank between two.
 * PROV_EUNSUPPORTED where the namespace is there but cannot be followed.
 */
prov_status gainmap_xmp(struct buf *out, prov_span xmp, prov_err *err);

#endif
