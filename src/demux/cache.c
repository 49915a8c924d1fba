/* SPDX-License-Identifier: ISC */
#include "demux/cache.h"

#include <string.h>

void
cache_init(struct cache *c, struct source *s)
{
	c->s = s;
	c->clock = 0;
	memset(c->slots, 0, sizeof(c->slots));
}

/* The slot that holds a block, or else the one that was used longest ago. */
static size_t
find(const struct cache *c, uint64_t block, bool *hit)
{
	size_t oldest = 0;

	for (size_t i = 0; i < CACHE_BLOCKS; i++) {
		if (c->slots[i].used != 0 && c->slots[i].block == block) {
			*hit = true;
			return (i);
		}
		if (c->slots[i].used < c->slots[oldest].used)
			oldest = i;
	}
	*hit = false;
	return (oldest);
}

size_t
cache_read(struct cache *c, uint64_t off, void *p, size_t len)
{
	uint64_t block = off / CACHE_BLOCK;
	size_t at = (size_t)(off % CACHE_BLOCK), n, i;
	bool hit;

	i = find(c, block, &hit);
	if (!hit && len >= CACHE_BLOCK)
		return (source_read(c->s, off, p, len));
	if (!hit) {
		c->slots[i].used = 0;
		n = source_read(c->s, block * CACHE_BLOCK, c->bytes[i],
		    CACHE_BLOCK);
		if (n == 0)
			return (0);
		c->slots[i].block = block;
		c->slots[i].n = n;
	}
	c->slots[i].used = ++c->clock;
	if (at >= c->slots[i].n)
		return (0);
	n = c->slots[i].n - at;
	n = n < len ? n : len;
	memcpy(p, c->bytes[i] + at, n);
	return (n);
}
