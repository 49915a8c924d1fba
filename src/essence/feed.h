/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_FEED_H
#define PROV_ESSENCE_FEED_H

#include "prov/essence.h"

/* What prov-demux asks of the essence beyond what <prov/essence.h> offers. */

/*
 * Before the first stream: a digest for each picture (leaves.h), which
 * timelines then hold as frames.
 */
void essence_want_frames(prov_essence *e);

#endif
