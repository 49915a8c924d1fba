/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_NAL_H
#define PROV_ESSENCE_NAL_H

#include "base/buf.h"

/*
 * NAL units of one packet, in place: behind lengths as avcC and hvcC announce
 * them, or between start codes (ITU-T H.264 Annex B). Trailing zero bytes are
 * no part of a unit; empty units are left out.
 */
#define NALS_MAX 65536 /* an 8K picture has under 1,000 slices */

struct nal {
	prov_span s;
	uint32_t config; /* for its reader: which configuration it refers to */
	uint8_t use;     /* for its reader */
	bool stray;      /* bytes that stand before the first start code */
};

struct nals {
	struct nal *at;
	size_t n, room;
	bool truncated; /* a length reached past the packet's end */
	bool ambiguous; /* other readers may see other units */
};

void nals_free(struct nals *ns);

/*
 * len_size 0: start codes. A length-prefixed unit that holds a start code, and
 * start codes where lengths were announced, are ambiguous.
 */
prov_status nals_split(struct nals *ns, prov_span packet, unsigned len_size,
    prov_err *err);

/* s without its trailing zero bytes. */
prov_span nal_strip(prov_span s);

/* Whether s begins with 00 00 01 or 00 00 00 01. */
bool nal_is_annexb(prov_span s);

#endif
