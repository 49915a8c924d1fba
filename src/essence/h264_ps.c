/* SPDX-License-Identifier: ISC */
#include "essence/h264_ps.h"

/* 16,384 macroblocks a side are 262,144 pixels: 8 times level 6.2's most. */
#define MACROBLOCKS_MAX 16384
#define POC_CYCLE_MAX   255 /* num_ref_frames_in_pic_order_cnt_cycle */
#define CPB_MAX         32  /* cpb_cnt_minus1 + 1, E.2.2 */

static bool
has_chroma_format(unsigned profile)
{
	static const uint8_t high[] = { 100, 110, 122, 244, 44, 83, 86, 118,
		128, 138, 139, 134, 135 };

	for (size_t i = 0; i < sizeof(high); i++)
		if (high[i] == profile)
			return (true);
	return (false);
}

static void
skip_scaling_list(struct bits *b, unsigned size)
{
	int last = 8, next = 8;

	for (unsigned j = 0; j < size && next != 0; j++) {
		next = (int)(((int64_t)last + bits_se(b) + 256) & 255);
		if (next != 0)
			last = next;
	}
}

static void
skip_scaling(struct bits *b, unsigned chroma)
{
	unsigned n = chroma == 3 ? 12 : 8;

	for (unsigned i = 0; i < n; i++)
		if (bits_u(b, 1))
			skip_scaling_list(b, i < 6 ? 16 : 64);
}

static void
parse_format(struct bits *b, struct h264_sps *sps)
{
	sps->picture.chroma = bits_ue(b);
	if (sps->picture.chroma == 3)
		sps->planes = bits_u(b, 1) != 0;
	sps->picture.bits = 8 + bits_ue(b);
	(void)bits_ue(b); /* bit_depth_chroma_minus8 */
	bits_skip(b, 1);  /* qpprime_y_zero_transform_bypass_flag */
	if (bits_u(b, 1))
		skip_scaling(b, sps->picture.chroma);
}

static void
skip_order(struct bits *b)
{
	unsigned type = bits_ue(b), n;

	if (type == 0)
		(void)bits_ue(b);
	if (type != 1)
		return;
	bits_skip(b, 1);
	(void)bits_se(b);
	(void)bits_se(b);
	n = bits_ue(b);
	if (n > POC_CYCLE_MAX)
		b->over = true;
	for (unsigned i = 0; i < n && !b->over; i++)
		(void)bits_se(b);
}

/* Sizes and cropping, 7.4.2.1.1. */
static bool
parse_size(struct bits *b, struct h264_sps *sps)
{
	struct picture *p = &sps->picture;
	uint64_t w = (uint64_t)bits_ue(b) + 1, h = (uint64_t)bits_ue(b) + 1;
	uint64_t unit_x, unit_y, crop_x, crop_y;

	sps->frames_only = bits_u(b, 1) != 0;
	if (!sps->frames_only)
		bits_skip(b, 1);
	bits_skip(b, 1);
	if (b->over || w > MACROBLOCKS_MAX || h > MACROBLOCKS_MAX)
		return (false);
	p->fields = sps->frames_only ? 0 : 1;
	p->width = w * 16;
	p->height = h * 16 * (sps->frames_only ? 1 : 2);
	if (bits_u(b, 1) == 0)
		return (true);
	unit_x = !sps->planes && (p->chroma == 1 || p->chroma == 2) ? 2 : 1;
	unit_y = !sps->planes && p->chroma == 1 ? 2 : 1;
	unit_y *= sps->frames_only ? 1 : 2;
	crop_x = bits_ue(b);
	crop_x = (crop_x + bits_ue(b)) * unit_x;
	crop_y = bits_ue(b);
	crop_y = (crop_y + bits_ue(b)) * unit_y;
	if (crop_x >= p->width || crop_y >= p->height)
		return (false);
	p->width -= crop_x;
	p->height -= crop_y;
	return (true);
}

/* E.1.2: how long the two delays of picture timing are. */
static unsigned
parse_hrd(struct bits *b)
{
	unsigned n = bits_ue(b), bits;

	bits_skip(b, 8);
	if (n >= CPB_MAX)
		b->over = true;
	for (unsigned i = 0; i <= n && !b->over; i++) {
		(void)bits_ue(b);
		(void)bits_ue(b);
		bits_skip(b, 1);
	}
	bits_skip(b, 5);
	bits = bits_u(b, 5) + 1;
	bits += bits_u(b, 5) + 1;
	bits_skip(b, 5);
	return (bits);
}

/* The VUI behind its head, E.1.1, as far as pic_struct_present_flag. */
static void
parse_timing(struct bits *b, struct h264_sps *sps)
{
	bool hrd = false;
	unsigned bits = 0;

	if (bits_u(b, 1)) {
		(void)bits_ue(b);
		(void)bits_ue(b);
	}
	if (bits_u(b, 1))
		bits_skip(b, 65);
	for (int i = 0; i < 2; i++) {
		if (bits_u(b, 1)) {
			bits = parse_hrd(b);
			hrd = true;
		}
	}
	if (hrd)
		bits_skip(b, 1);
	sps->shows = bits_u(b, 1) != 0 && !b->over;
	sps->delay_bits = bits;
}

bool
h264_sps_parse(struct h264_sps *out, prov_span nal)
{
	struct h264_sps sps = { .picture = { .bits = 8, .chroma = 1 } };
	unsigned profile, log2_frames;
	struct bits b;

	bits_init(&b, nal, true);
	bits_skip(&b, 8);
	profile = bits_u(&b, 8);
	bits_skip(&b, 16);
	sps.id = bits_ue(&b);
	if (has_chroma_format(profile))
		parse_format(&b, &sps);
	log2_frames = bits_ue(&b);
	skip_order(&b);
	(void)bits_ue(&b); /* max_num_ref_frames */
	bits_skip(&b, 1);
	if (sps.id >= H264_SPS_MAX || sps.picture.chroma > 3 ||
	    sps.picture.bits > 14 || log2_frames > 12)
		return (false);
	sps.frame_num_bits = log2_frames + 4;
	if (!parse_size(&b, &sps))
		return (false);
	if (b.over)
		return (false);
	if (bits_u(&b, 1)) {
		vui_head(&b, &sps.picture);
		parse_timing(&b, &sps);
	}
	*out = sps;
	return (true);
}

bool
h264_pps_parse(struct h264_pps *out, prov_span nal)
{
	struct h264_pps pps;
	struct bits b;

	bits_init(&b, nal, true);
	bits_skip(&b, 8);
	pps.id = bits_ue(&b);
	pps.sps = bits_ue(&b);
	if (b.over || pps.id >= H264_PPS_MAX || pps.sps >= H264_SPS_MAX)
		return (false);
	*out = pps;
	return (true);
}

bool
h264_sps_ext_parse(unsigned *sps, prov_span nal)
{
	struct bits b;
	unsigned id;

	bits_init(&b, nal, true);
	bits_skip(&b, 8);
	id = bits_ue(&b);
	if (b.over || id >= H264_SPS_MAX)
		return (false);
	*sps = id;
	return (true);
}
