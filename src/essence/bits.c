/* SPDX-License-Identifier: ISC */
#include "essence/bits.h"

void
bits_init(struct bits *b, prov_span in, bool epb)
{
	*b = (struct bits){ .in = in, .epb = epb };
}

/* Makes the next byte current; behind the end that is a zero. */
static void
next(struct bits *b)
{
	if (b->epb && b->zeros >= 2 && b->at < b->in.len &&
	    b->in.p[b->at] == 3) {
		b->at++;
		b->zeros = 0;
	}
	b->left = 8;
	b->cur = 0;
	if (b->at >= b->in.len) {
		b->over = true;
		return;
	}
	b->cur = b->in.p[b->at++];
	b->zeros = b->cur == 0 ? b->zeros + 1 : 0;
}

uint32_t
bits_u(struct bits *b, unsigned n)
{
	uint64_t v = 0;

	while (n > 0) {
		unsigned take;

		if (b->left == 0)
			next(b);
		take = n < b->left ? n : b->left;
		b->left -= take;
		v = v << take | ((b->cur >> b->left) & ((1U << take) - 1));
		n -= take;
	}
	return ((uint32_t)v);
}

uint32_t
bits_ue(struct bits *b)
{
	unsigned zeros = 0;

	while (bits_u(b, 1) == 0) {
		/* 32 zeros would need more than 32 bits of value. */
		if (b->over || ++zeros == 32) {
			b->over = true;
			return (0);
		}
	}
	return ((uint32_t)((UINT64_C(1) << zeros) - 1 + bits_u(b, zeros)));
}

int32_t
bits_se(struct bits *b)
{
	uint32_t v = bits_ue(b);

	/* 1, -1, 2, -2, ... */
	if (v % 2 != 0)
		return ((int32_t)(v / 2 + 1));
	return (-(int32_t)(v / 2));
}

void
bits_skip(struct bits *b, size_t n)
{
	while (n > 0 && !b->over) {
		unsigned take = n < 32 ? (unsigned)n : 32;

		(void)bits_u(b, take);
		n -= take;
	}
}
