/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_LATM_H
#define PROV_ESSENCE_LATM_H

#include "essence/asc.h"

/*
 * AAC as broadcasters wrap it (ISO/IEC 14496-3, 1.7): a LOAS frame holds one
 * AudioMuxElement, which holds a configuration now and then, and subframes
 * whose bits begin anywhere in a byte. One program with one layer is read, as
 * all broadcasts have it.
 */
#define LOAS_MAX (3 + 0x1fff) /* a frame: 13 bits count what follows */

struct latm {
	struct asc asc; /* rate is 0: none seen yet */
	unsigned subframes;
	/* Of the element that is being read. */
	struct bits bits;
	unsigned left;
	uint8_t payload[LOAS_MAX];
};

/* The whole length of a LOAS frame, by its header; 0: it is none. */
size_t loas_len(prov_span in);

/*
 * Begins with a whole LOAS frame; false where it cannot be read, or there is
 * no configuration yet.
 */
bool latm_begin(struct latm *l, prov_span frame);

/*
 * The next subframe, lent until the next call; false where it is cut short.
 * *more says whether there was one.
 */
bool latm_next(struct latm *l, prov_span *payload, bool *more);

#endif
