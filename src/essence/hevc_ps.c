/* SPDX-License-Identifier: ISC */
#include "essence/hevc_ps.h"

#define PIXELS_MAX     (1U << 18) /* a side: 16 times what level 6.2 allows */
#define SHORT_SETS_MAX 64         /* num_short_term_ref_pic_sets */
#define LONG_REFS_MAX  32         /* num_long_term_ref_pics_sps */
#define REFS_MAX       16         /* pictures in one reference set */

bool
hevc_vps_parse(unsigned *id, prov_span nal)
{
	struct bits b;
	unsigned v;

	bits_init(&b, nal, true);
	bits_skip(&b, 16);
	v = bits_u(&b, 4);
	if (b.over)
		return (false);
	*id = v;
	return (true);
}

/* profile_tier_level(1, n): the ids behind it are what we are after. */
static void
skip_profile(struct bits *b, unsigned n)
{
	bool profile[8] = { false }, level[8] = { false };

	bits_skip(b, 96);
	for (unsigned i = 0; i < n; i++) {
		profile[i] = bits_u(b, 1) != 0;
		level[i] = bits_u(b, 1) != 0;
	}
	if (n > 0)
		bits_skip(b, 2 * (size_t)(8 - n));
	for (unsigned i = 0; i < n; i++)
		bits_skip(b, (profile[i] ? 88U : 0) + (level[i] ? 8U : 0));
}

static void
skip_scaling_list(struct bits *b, unsigned size)
{
	unsigned n = size == 0 ? 16 : 64;

	if (bits_u(b, 1) == 0) {
		(void)bits_ue(b);
		return;
	}
	if (size > 1)
		(void)bits_se(b);
	for (unsigned i = 0; i < n && !b->over; i++)
		(void)bits_se(b);
}

static void
skip_scaling(struct bits *b)
{
	if (bits_u(b, 1) == 0)
		return;
	for (unsigned size = 0; size < 4; size++)
		for (unsigned m = 0; m < 6; m += size == 3 ? 3 : 1)
			skip_scaling_list(b, size);
}

static void
skip_pcm(struct bits *b)
{
	if (bits_u(b, 1) == 0)
		return;
	bits_skip(b, 8);
	(void)bits_ue(b);
	(void)bits_ue(b);
	bits_skip(b, 1);
}

/* st_ref_pic_set(), 7.3.7; returns how many pictures the set has. */
static unsigned
skip_short_set(struct bits *b, unsigned idx, unsigned before)
{
	unsigned neg, pos, n = 0;

	if (idx > 0 && bits_u(b, 1)) {
		bits_skip(b, 1);
		(void)bits_ue(b);
		for (unsigned j = 0; j <= before; j++)
			n += bits_u(b, 1) || bits_u(b, 1);
		return (n);
	}
	neg = bits_ue(b);
	pos = bits_ue(b);
	if (neg > REFS_MAX || pos > REFS_MAX) {
		b->over = true;
		return (0);
	}
	for (unsigned j = 0; j < neg + pos && !b->over; j++) {
		(void)bits_ue(b);
		bits_skip(b, 1);
	}
	return (neg + pos);
}

static void
skip_refs(struct bits *b, unsigned poc_bits)
{
	unsigned n = bits_ue(b), pictures = 0;

	if (n > SHORT_SETS_MAX)
		b->over = true;
	for (unsigned i = 0; i < n && !b->over; i++) {
		pictures = skip_short_set(b, i, pictures);
		if (pictures > 2 * REFS_MAX)
			b->over = true;
	}
	if (bits_u(b, 1) == 0)
		return;
	n = bits_ue(b);
	if (n > LONG_REFS_MAX)
		b->over = true;
	for (unsigned i = 0; i < n && !b->over; i++)
		bits_skip(b, poc_bits + 1);
}

/* Sizes and the conformance window, 7.4.3.2.1. */
static bool
parse_size(struct bits *b, struct picture *p, uint64_t *w, uint64_t *h)
{
	bool planes = false;
	uint64_t x, y;

	p->chroma = bits_ue(b);
	if (p->chroma == 3)
		planes = bits_u(b, 1) != 0;
	p->width = *w = bits_ue(b);
	p->height = *h = bits_ue(b);
	if (p->chroma > 3 || *w == 0 || *h == 0 || *w > PIXELS_MAX ||
	    *h > PIXELS_MAX)
		return (false);
	if (bits_u(b, 1) == 0)
		return (true);
	x = bits_ue(b);
	x += bits_ue(b);
	y = bits_ue(b);
	y += bits_ue(b);
	x *= !planes && (p->chroma == 1 || p->chroma == 2) ? 2 : 1;
	y *= !planes && p->chroma == 1 ? 2 : 1;
	if (x >= *w || y >= *h)
		return (false);
	p->width -= x;
	p->height -= y;
	return (true);
}

static unsigned
ceil_log2(uint64_t v)
{
	unsigned n = 0;

	while (n < 63 && UINT64_C(1) << n < v)
		n++;
	return (n);
}

/* Block sizes, for the bits of a slice's address. */
static bool
parse_blocks(struct bits *b, struct hevc_sps *sps, uint64_t w, uint64_t h)
{
	uint64_t log2 = (uint64_t)bits_ue(b) + 3, size;

	log2 += bits_ue(b);
	if (b->over || log2 < 3 || log2 > 6)
		return (false);
	size = UINT64_C(1) << log2;
	sps->address_bits =
	    ceil_log2(((w + size - 1) / size) * ((h + size - 1) / size));
	for (int i = 0; i < 4; i++)
		(void)bits_ue(b); /* transform sizes and depths */
	return (true);
}

/* The rest, for what the VUI says; it need not be there. */
static void
parse_tail(struct bits *b, struct hevc_sps *sps, unsigned poc_bits)
{
	struct picture *p = &sps->picture;

	if (bits_u(b, 1))
		skip_scaling(b);
	bits_skip(b, 2);
	skip_pcm(b);
	skip_refs(b, poc_bits);
	bits_skip(b, 2);
	if (b->over || bits_u(b, 1) == 0)
		return;
	vui_head(b, p);
	if (bits_u(b, 1)) {
		(void)bits_ue(b);
		(void)bits_ue(b);
	}
	bits_skip(b, 1);
	if (bits_u(b, 1) && !b->over)
		p->fields = 1; /* field_seq_flag */
	sps->shows = bits_u(b, 1) != 0 && !b->over;
}

/*
 * An SPS of an enhancement layer may leave all but its ids to the VPS
 * (F.7.3.2.2.1): then its slices' types cannot be read, and need not be.
 */
static bool
parse_ext(struct bits *b, struct hevc_sps *sps, prov_span nal, unsigned n)
{
	if (hevc_layer(nal) == 0 || n != 7)
		return (false);
	sps->id = bits_ue(b);
	return (true);
}

bool
hevc_sps_parse(struct hevc_sps *out, prov_span nal)
{
	struct hevc_sps sps = { 0 };
	unsigned layers, poc_bits;
	uint64_t w, h;
	struct bits b;
	bool all;

	if (nal.len < 3)
		return (false);
	bits_init(&b, nal, true);
	bits_skip(&b, 16);
	sps.vps = bits_u(&b, 4);
	layers = bits_u(&b, 3);
	if (parse_ext(&b, &sps, nal, layers)) {
		*out = sps;
		return (!b.over && sps.id < HEVC_SPS_MAX);
	}
	bits_skip(&b, 1);
	skip_profile(&b, layers);
	sps.id = bits_ue(&b);
	if (layers > 6 || sps.id >= HEVC_SPS_MAX ||
	    !parse_size(&b, &sps.picture, &w, &h))
		return (false);
	sps.picture.bits = 8 + bits_ue(&b);
	(void)bits_ue(&b);
	poc_bits = 4 + bits_ue(&b);
	if (sps.picture.bits > 16 || poc_bits > 16)
		return (false);
	all = bits_u(&b, 1) != 0;
	for (unsigned i = all ? 0 : layers; i <= layers; i++)
		for (int k = 0; k < 3; k++)
			(void)bits_ue(&b);
	if (!parse_blocks(&b, &sps, w, h) || b.over)
		return (false);
	parse_tail(&b, &sps, poc_bits);
	*out = sps;
	return (true);
}

bool
hevc_pps_parse(struct hevc_pps *out, prov_span nal)
{
	struct hevc_pps pps;
	struct bits b;

	bits_init(&b, nal, true);
	bits_skip(&b, 16);
	pps.id = bits_ue(&b);
	pps.sps = bits_ue(&b);
	pps.dependent = bits_u(&b, 1) != 0;
	bits_skip(&b, 1);
	pps.extra = bits_u(&b, 3);
	if (b.over || pps.id >= HEVC_PPS_MAX || pps.sps >= HEVC_SPS_MAX)
		return (false);
	*out = pps;
	return (true);
}
