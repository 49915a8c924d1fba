/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_CDC_H
#define PROV_ESSENCE_CDC_H

#include <stdbool.h>

#include "hash/sha256.h"

/*
 * cdc/1: content-defined boundaries for what has no random access points.
 * Gear hash h = (h << 1) + G[byte], G[i] = first 8 bytes (big endian) of
 * SHA-256("prov/cdc/1" || i), so the window is the last 64 bytes.
 *
 * PCM: h rolls over all sample frames. Coded sound: h begins at 0 for each
 * syncframe and takes its first CDC_WINDOW bytes, so that a decision depends
 * on that frame alone (the head, because encoders pad at the end).
 *
 * A boundary may follow a unit (a syncframe, a sample frame) of step samples
 * where the top b bits of h are 0, b = floor(log2(rate / step)): once a second
 * where content is random. Never under 0.25 s, always from 4 s on.
 */
#define CDC_WINDOW 64

struct cdc {
	uint64_t gear[256];
	uint64_t h;
	uint32_t rate;
	uint64_t min, max; /* samples */
};

/* rate: samples a second, at least 1. */
prov_status cdc_init(struct cdc *c, uint32_t rate, prov_err *err);

/* Changes the rate; the table stays. */
void cdc_set_rate(struct cdc *c, uint32_t rate);

/*
 * Takes one syncframe of step samples: whether to cut behind it, when samples
 * are in the segment, with it.
 */
bool cdc_frame(const struct cdc *c, prov_span frame, uint32_t step,
    uint64_t samples);

/*
 * Takes sample frames of len bytes each, until behind one of them is to be cut
 * or n are done, when samples are in the segment before. Returns how many were
 * taken and sets *cut.
 */
size_t cdc_scan(struct cdc *c, const uint8_t *p, size_t n, size_t len,
    uint64_t samples, bool *cut);

#endif
