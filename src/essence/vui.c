/* SPDX-License-Identifier: ISC */
#include "essence/vui.h"

#define SAR_EXTENDED 255

static void
aspect(struct bits *b, struct picture *p)
{
	/* H.264 table E-1, H.265 table E.1. */
	static const uint8_t sar[][2] = { { 0, 0 }, { 1, 1 }, { 12, 11 },
		{ 10, 11 }, { 16, 11 }, { 40, 33 }, { 24, 11 }, { 20, 11 },
		{ 32, 11 }, { 80, 33 }, { 18, 11 }, { 15, 11 }, { 64, 33 },
		{ 160, 99 }, { 4, 3 }, { 3, 2 }, { 2, 1 } };
	unsigned idc = bits_u(b, 8);

	if (idc == SAR_EXTENDED) {
		p->sar_w = bits_u(b, 16);
		p->sar_h = bits_u(b, 16);
	} else if (idc < sizeof(sar) / sizeof(sar[0])) {
		p->sar_w = sar[idc][0];
		p->sar_h = sar[idc][1];
	}
}

static void
colour(struct bits *b, struct picture *p)
{
	(void)bits_u(b, 3); /* video_format: PAL, NTSC, ... */
	p->full_range = bits_u(b, 1);
	p->has_range = true;
	if (bits_u(b, 1) == 0)
		return;
	p->primaries = bits_u(b, 8);
	p->transfer = bits_u(b, 8);
	p->matrix = bits_u(b, 8);
	p->has_colour = true;
}

void
vui_head(struct bits *b, struct picture *p)
{
	struct picture before = *p;

	if (bits_u(b, 1))
		aspect(b, p);
	if (bits_u(b, 1))
		(void)bits_u(b, 1); /* overscan */
	if (bits_u(b, 1))
		colour(b, p);
	if (b->over)
		*p = before;
}

void
picture_present(const struct picture *p, struct track *t)
{
	track_present(t, PROV_WIDTH, (int64_t)p->width);
	track_present(t, PROV_HEIGHT, (int64_t)p->height);
	if (p->sar_w != 0 && p->sar_h != 0) {
		/* Width times 16 bits, to the nearest pixel. */
		uint64_t w = (p->width * p->sar_w + p->sar_h / 2) / p->sar_h;

		track_present(t, PROV_DISPLAY_W, (int64_t)w);
		track_present(t, PROV_DISPLAY_H, (int64_t)p->height);
	}
	track_present(t, PROV_BITS, p->bits);
	track_present(t, PROV_CHROMA, p->chroma);
	if (!p->any_fields)
		track_present(t, PROV_FIELDS, p->fields);
	if (p->has_range)
		track_present(t, PROV_RANGE, p->full_range ? 2 : 1);
	if (!p->has_colour)
		return;
	track_present(t, PROV_PRIMARIES, p->primaries);
	track_present(t, PROV_TRANSFER, p->transfer);
	track_present(t, PROV_MATRIX, p->matrix);
}
