/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_FEED_H
#define PROV_ESSENCE_FEED_H

#include <stdatomic.h>

#include "hash/pool.h"
#include "prov/essence.h"

/* What prov-demux asks of the essence beyond what <prov/essence.h> offers. */

/*
 * Before the first stream: a digest for each picture (leaves.h), which
 * timelines then hold as frames.
 */
void essence_want_frames(prov_essence *e);

/* Before the first stream: threads to help, which outlive e. */
void essence_use_pool(prov_essence *e, struct pool *pool);

/*
 * As prov_essence_packet, but packet->data has to stay until *held, which is 0
 * before, is 0 again: now, or when the pool is done with it, but not later than
 * e is finished or freed.
 */
prov_status essence_packet_held(prov_essence *e, unsigned index,
    const prov_packet *packet, atomic_uint *held, prov_err *err);

#endif
