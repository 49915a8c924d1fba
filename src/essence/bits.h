/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_BITS_H
#define PROV_ESSENCE_BITS_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Bits of received bytes, most significant first. Reading past the end gives
 * zeros and sets over: check it once at the end. epb skips the emulation
 * prevention bytes of H.264 and HEVC.
 */
struct bits {
	prov_span in;
	size_t at;     /* next byte */
	unsigned left; /* bits left in cur */
	unsigned cur;
	unsigned zeros; /* run of zero bytes, for epb */
	bool epb;
	bool over;
};

void bits_init(struct bits *b, prov_span in, bool epb);
uint32_t bits_u(struct bits *b, unsigned n); /* n <= 32 */
uint32_t bits_ue(struct bits *b);            /* Exp-Golomb */
int32_t bits_se(struct bits *b);
void bits_skip(struct bits *b, size_t n);

#endif
