/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_PNGS_H
#define PROV_TESTS_PNGS_H

/* PNG chunks with their checksums. */
#include "picture.h"

/* ISO 3309, bit by bit: not how png.c does it. */
static inline uint32_t
crc_of(const uint8_t *p, size_t len)
{
	uint32_t c = UINT32_MAX;

	for (size_t i = 0; i < 8 * len; i++) {
		uint32_t bit = (p[i / 8] >> i % 8 & 1) ^ (c & 1);

		c = c >> 1 ^ (bit ? 0xedb88320U : 0);
	}
	return (~c);
}

static inline void
chunk(struct picture *f, const char *type, const void *p, size_t len,
    bool loose)
{
	uint8_t n[4], crc[4];
	size_t at = f->len + 4;

	put_be32(n, (uint32_t)len);
	picture_put(f, n, 4, false);
	picture_put(f, type, 4, false);
	picture_put(f, p, len, loose);
	put_be32(crc, crc_of(f->p + at, len + 4));
	picture_put(f, crc, 4, false);
}

#endif
