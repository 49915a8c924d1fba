/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_CACHE_H
#define PROV_DEMUX_CACHE_H

#include "demux/source.h"

/*
 * Blocks of a source that were read last. Containers keep streams apart, and a
 * demuxer goes back and forth between them: each of up to CACHE_BLOCKS places
 * is then read once.
 */
#define CACHE_BLOCK  32768
#define CACHE_BLOCKS 32

struct cache {
	struct source *s;
	uint64_t clock;
	struct {
		uint64_t block; /* its number */
		uint64_t used;  /* when; 0: never */
		size_t n;
	} slots[CACHE_BLOCKS];
	uint8_t bytes[CACHE_BLOCKS][CACHE_BLOCK];
};

void cache_init(struct cache *c, struct source *s);

/* As source_read, but may return less at a block's end. */
size_t cache_read(struct cache *c, uint64_t off, void *p, size_t len);

#endif
