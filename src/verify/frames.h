/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_FRAMES_H
#define PROV_VERIFY_FRAMES_H

#include <stdbool.h>

#include "essence/timeline.h"

/* Coded pictures of one timeline, in coded order. */
struct frames {
	const struct timeline *tl;
	uint64_t at, n;
};

/* Those of segments k to end - 1. */
struct frames frames_of(const struct timeline *tl, uint64_t k, uint64_t end);

/* Whether both timelines have a digest for each picture. */
bool frames_known(const struct timeline *was, const struct timeline *is);

/* How many are the same from the first one on, and from the last one back. */
uint64_t frames_head(const struct frames *a, const struct frames *b);
uint64_t frames_tail(const struct frames *a, const struct frames *b);

/* From when the first is presented until the last one was, ns. n > 0. */
void frames_span(const struct frames *f, int64_t *from, int64_t *to);

#endif
