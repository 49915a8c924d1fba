/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_OGG_H
#define PROV_DEMUX_OGG_H

#include "demux/source.h"

#define OGG_STREAMS_MAX 64

/* RFC 3533: whether all pages are there, in order, to the last. */
struct ogg {
	bool incomplete;
	size_t n;
	int64_t end[OGG_STREAMS_MAX]; /* granule position of the last page */
};

void ogg_scan(struct ogg *o, struct source *s);

#endif
