/* SPDX-License-Identifier: ISC */
#include "demux/held.h"

bool
held_init(struct held *h, struct pool *pool)
{
	h->pool = pool;
	for (size_t i = 0; i < HELD_MAX; i++) {
		/* Without a pool, each packet is done with at once. */
		if (i > 0 && pool == NULL)
			break;
		if ((h->at[i].packet = av_packet_alloc()) == NULL)
			return (false);
	}
	return (true);
}

/* The oldest one, when no thread reads it any more. */
static void
release(struct held *h)
{
	AVPacket *packet = h->at[h->first].packet;

	pool_wait(h->pool, &h->at[h->first].busy);
	h->bytes -= (size_t)packet->size;
	av_packet_unref(packet);
	h->first = (h->first + 1) % HELD_MAX;
	h->n--;
}

void
held_clear(struct held *h)
{
	while (h->n > 0)
		release(h);
	for (size_t i = 0; i < HELD_MAX; i++)
		av_packet_free(&h->at[i].packet);
}

static bool
is_full(const struct held *h)
{
	if (h->n == HELD_MAX || h->bytes > HELD_BYTES_MAX)
		return (true);
	return (h->n >= HELD_PACKETS && h->bytes > HELD_BYTES);
}

AVPacket *
held_next(struct held *h, atomic_uint **busy)
{
	size_t i;

	while (is_full(h))
		release(h);
	i = (h->first + h->n) % HELD_MAX;
	*busy = &h->at[i].busy;
	return (h->at[i].packet);
}

void
held_fed(struct held *h)
{
	size_t i = (h->first + h->n) % HELD_MAX;

	if (atomic_load_explicit(&h->at[i].busy, memory_order_acquire) == 0) {
		av_packet_unref(h->at[i].packet);
		return;
	}
	h->bytes += (size_t)h->at[i].packet->size;
	h->n++;
}
