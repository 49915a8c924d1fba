/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_HELD_H
#define PROV_DEMUX_HELD_H

#include <libavcodec/avcodec.h>

#include <stdatomic.h>
#include <stdbool.h>

#include "hash/pool.h"

/*
 * Packets that hash threads still read, in the order in which they came. All
 * calls are the demuxing thread's: packets are made and released on it alone.
 */
#define HELD_MAX 64

/*
 * How many bytes are held, but for the newest packet: as many as stay in a
 * processor's cache, but four packets up to HELD_BYTES_MAX.
 */
#define HELD_BYTES     (4UL << 20)
#define HELD_PACKETS   4
#define HELD_BYTES_MAX (16UL << 20)

struct held {
	struct pool *pool;
	struct {
		AVPacket *packet;
		atomic_uint busy; /* jobs that read it */
	} at[HELD_MAX];
	size_t first, n;
	size_t bytes;
};

/* false: out of memory; call held_clear all the same. */
bool held_init(struct held *h, struct pool *pool);

/* Waits until no packet is read any more, and releases all. */
void held_clear(struct held *h);

/* An empty packet to be filled, and what counts the jobs that read it. */
AVPacket *held_next(struct held *h, atomic_uint **busy);

/* That packet was fed: keeps it while it is read. */
void held_fed(struct held *h);

#endif
