/* SPDX-License-Identifier: ISC */
#ifndef PROV_CARRIER_XMP_H
#define PROV_CARRIER_XMP_H

#include "manifest/signals.h"

/*
 * What unsigned metadata says of a use: IPTC's and PLUS's data mining words
 * (DMI-*) and digital source types, found in the raw bytes of a file while it
 * is hashed, in UTF-8 or UTF-16, whatever the container. No parser of media
 * runs. What is found restricts and never grants; what is compressed is not
 * found.
 */
struct xmp_scan {
	struct signals found;
	size_t n; /* of bytes that words may begin in, or go on behind */
	uint8_t held[384];
};

void xmp_scan_begin(struct xmp_scan *s);

/* The next bytes of the file, as many as there are at hand. */
void xmp_scan_feed(struct xmp_scan *s, prov_span bytes);

/* The file has ended: joins what was found to out. */
void xmp_scan_end(struct xmp_scan *s, struct signals *out);

#endif
