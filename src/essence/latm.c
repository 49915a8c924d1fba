/* SPDX-License-Identifier: ISC */
#include "essence/latm.h"

#define LOAS_HEADER 3
#define LOAS_SYNC   0x2b7 /* 11 bits */

/* An AudioSpecificConfig with the longest PCE, and what may follow it. */
#define ASC_MAX (PCE_MAX + 64)

/* Lengths are sums of bytes of 255, or bytes with a flag each: 4 will do. */
#define OTHER_BYTES_MAX 4

size_t
loas_len(prov_span in)
{
	if (in.len < LOAS_HEADER || in.p[0] != LOAS_SYNC >> 3 ||
	    in.p[1] >> 5 != (LOAS_SYNC & 7))
		return (0);
	return (LOAS_HEADER + ((size_t)(in.p[1] & 0x1f) << 8 | in.p[2]));
}

static uint32_t
get_value(struct bits *b)
{
	unsigned bytes = bits_u(b, 2) + 1;

	return (bits_u(b, 8 * bytes));
}

/* The bits from here on, aligned to a byte, as far as they go. */
static prov_span
aligned(const struct bits *from, uint8_t out[ASC_MAX])
{
	struct bits b = *from;
	size_t n = 0;

	while (n < ASC_MAX) {
		uint8_t byte = (uint8_t)bits_u(&b, 8);

		if (b.over)
			break;
		out[n++] = byte;
	}
	return (span(out, n));
}

/* What a PCE is aligned by is the configuration's own start. */
static bool
get_asc(struct latm *l, struct bits *b, bool sized)
{
	uint8_t bytes[ASC_MAX];
	size_t len = sized ? get_value(b) : 0, used;
	prov_span in = aligned(b, bytes);

	if (!sized) {
		if (asc_read(&l->asc, in, &used, NULL) != PROV_OK)
			return (false);
		bits_skip(b, used);
		return (true);
	}
	if (len / 8 >= in.len)
		return (false);
	in.len = (len + 7) / 8;
	if (len % 8 != 0)
		bytes[in.len - 1] &= (uint8_t)(0xff00U >> len % 8);
	if (asc_parse(&l->asc, in, NULL) != PROV_OK)
		return (false);
	bits_skip(b, len);
	return (true);
}

/* Data beside the sound has no place in other containers. */
static bool
has_other_data(struct bits *b, bool sized)
{
	uint32_t len = 0;
	bool more = true;

	if (bits_u(b, 1) == 0)
		return (false);
	if (sized)
		return (get_value(b) != 0);
	for (unsigned i = 0; more && i < OTHER_BYTES_MAX; i++) {
		more = bits_u(b, 1);
		len = len << 8 | bits_u(b, 8);
	}
	return (more || len != 0);
}

static bool
get_config(struct latm *l, struct bits *b)
{
	bool version = bits_u(b, 1);

	if (version && bits_u(b, 1))
		return (false); /* reserved */
	if (version)
		(void)get_value(b); /* taraBufferFullness */
	if (bits_u(b, 1) == 0)
		return (false); /* streams of several framings */
	l->subframes = bits_u(b, 6) + 1;
	if (bits_u(b, 4) != 0 || bits_u(b, 3) != 0)
		return (false); /* several programs or layers */
	if (!get_asc(l, b, version) || bits_u(b, 3) != 0)
		return (false); /* frames of a fixed length */
	bits_skip(b, 8);        /* latmBufferFullness */
	if (has_other_data(b, version))
		return (false);
	if (bits_u(b, 1))
		bits_skip(b, 8); /* CRC */
	return (!b->over);
}

bool
latm_begin(struct latm *l, prov_span frame)
{
	l->left = 0;
	if (frame.len < LOAS_HEADER || frame.len > LOAS_MAX)
		return (false);
	bits_init(&l->bits,
	    span(frame.p + LOAS_HEADER, frame.len - LOAS_HEADER), false);
	if (bits_u(&l->bits, 1) == 0 && !get_config(l, &l->bits)) {
		l->asc.rate = 0;
		return (false);
	}
	if (l->asc.rate == 0 || l->bits.over)
		return (false);
	l->left = l->subframes;
	return (true);
}

bool
latm_next(struct latm *l, prov_span *payload, bool *more)
{
	size_t len = 0;
	unsigned byte;

	*more = l->left > 0;
	if (!*more)
		return (true);
	l->left--;
	do {
		byte = bits_u(&l->bits, 8);
		len += byte;
	} while (byte == 255 && !l->bits.over);
	if (l->bits.over || len > l->bits.in.len)
		return (false);
	for (size_t i = 0; i < len; i++)
		l->payload[i] = (uint8_t)bits_u(&l->bits, 8);
	*payload = span(l->payload, len);
	return (!l->bits.over);
}
