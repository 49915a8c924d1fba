/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_RIFF_H
#define PROV_DEMUX_RIFF_H

#include "demux/source.h"

#define RIFF_CHUNKS_MAX (1UL << 20) /* of the top two levels: a hundred */

/* WAV, RF64 and AVI: whether the chunks that hold media are all there. */
struct riff {
	bool incomplete;
	bool ambiguous; /* readers may disagree: chunks twice, two lengths */
	bool has_media, has_format;
	uint64_t media; /* bytes of data or movi; UINT64_MAX: to the end */
};

void riff_scan(struct riff *r, struct source *s);

#endif
