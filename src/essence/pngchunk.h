/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_PNGCHUNK_H
#define PROV_ESSENCE_PNGCHUNK_H

#include "base/buf.h"

#define PNG_SIGNATURE     "\x89PNG\r\n\x1a\n"
#define PNG_SIGNATURE_LEN 8
#define PNG_LEN_MAX       0x7fffffffU
#define PNG_FRAME_LEN     12 /* length, type and CRC of a chunk */

#define PNG_TYPE(a, b, c, d)                                              \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | \
	    (uint32_t)(d))

enum png_role {
	ROLE_HASHED, /* everything that is not in the table */
	ROLE_HEAD,
	ROLE_PALETTE,
	ROLE_PIXELS,
	ROLE_END,
	ROLE_DROPPED,
	ROLE_EXIF,
	ROLE_COLOUR,      /* presentation; before PLTE and IDAT, once */
	ROLE_DENSITY,     /* presentation; before IDAT, once */
	ROLE_TRANSPARENT, /* hashed; before IDAT, once */
	ROLE_CONTROL,     /* acTL */
	ROLE_FRAME,       /* fcTL */
	ROLE_MORE         /* fdAT */
};

struct png_chunk {
	uint32_t type;
	prov_span data;
	size_t size; /* with its frame */
};

/* A PNG's bytes, and what its checksums are made with. */
struct png_chunks {
	prov_span file;
	uint32_t crc[256];
};

/* PROV_EFORMAT where the signature is not there. */
prov_status png_chunks_open(struct png_chunks *p, prov_span file,
    prov_err *err);

/*
 * The chunk at byte at, its CRC checked. PROV_EUNSUPPORTED for a critical one
 * that is not known.
 */
prov_status png_chunk_at(const struct png_chunks *p, size_t at,
    struct png_chunk *c, prov_err *err);

enum png_role png_role(uint32_t type);

/* Says that a chunk is not as it has to be: "comes twice". */
prov_status png_misplaced(const struct png_chunk *c, const char *why,
    prov_err *err);

#endif
