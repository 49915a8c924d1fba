/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_ALIGN_H
#define PROV_VERIFY_ALIGN_H

#include "base/buf.h"

/*
 * Which leaves of one list are which of another, in order: a common start and
 * end, then the longest increasing run of leaves that stand once in each,
 * grown over equal neighbours. n log n at most, whatever the leaves.
 */
#define ALIGN_NONE UINT32_MAX

struct align {
	uint32_t n, m;
	uint32_t *to;   /* n: the partner in the other list, or ALIGN_NONE */
	uint32_t *from; /* m: the other way round */
	/* Without a partner, but such a leaf is without one over there too. */
	bool *was_moved; /* n */
	bool *is_moved;  /* m */
};

void align_clear(struct align *a);
#define AUTO_ALIGN __attribute__((cleanup(align_clear))) struct align

/* was and is hold n and m leaves of 32 bytes. PROV_ELIMIT over SEGMENTS_MAX. */
prov_status align_leaves(struct align *out, const uint8_t *was, uint64_t n,
    const uint8_t *is, uint64_t m, prov_err *err);

#endif
