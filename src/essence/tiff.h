/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_TIFF_H
#define PROV_ESSENCE_TIFF_H

#include <stdbool.h>

#include "base/buf.h"

/* TIFF 6.0 as EXIF and MPF use it: one directory of 12-byte entries. */
#define TIFF_ENTRY_LEN 12

struct tiff {
	prov_span in;
	bool little;
	size_t at; /* the first entry of the first directory */
	size_t n;  /* entries, all inside */
};

/* what names the format in messages. PROV_EUNSUPPORTED: it is none. */
prov_status tiff_open(struct tiff *t, prov_span in, const char *what,
    prov_err *err);

uint32_t tiff_u16(const struct tiff *t, size_t at);
uint32_t tiff_u32(const struct tiff *t, size_t at);

#endif
