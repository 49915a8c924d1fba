/* SPDX-License-Identifier: ISC */
#include "essence/apng.h"

#include <string.h>

#include "base/bytes.h"

#define RECORD_FRAME 0x12 /* where and how a frame is drawn */

prov_status
apng_control(struct apng *a, struct image *im, const struct png_chunk *c,
    prov_err *err)
{
	uint32_t n, loops;

	if (c->data.len != 8)
		return (png_misplaced(c, "is malformed", err));
	n = be32(c->data.p);
	loops = be32(c->data.p + 4);
	if (n < 1 || n > PNG_LEN_MAX || loops > PNG_LEN_MAX)
		return (png_misplaced(c, "is malformed", err));
	if (n > IMAGE_FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: an animation of %u frames", n));
	a->on = true;
	im->n_frames = n;
	image_present(im, PROV_LOOPS, loops);
	return (PROV_OK);
}

static prov_status
take_number(struct apng *a, const struct png_chunk *c, prov_err *err)
{
	if (c->data.len < 4 || be32(c->data.p) != a->next)
		return (png_misplaced(c, "is out of sequence", err));
	a->next++;
	return (PROV_OK);
}

/* Seconds as a fraction; over 0 stands for over 100. To the nearest ns. */
static int64_t
delay_ns(uint32_t num, uint32_t den)
{
	den = den == 0 ? 100 : den;
	return (((int64_t)num * NS_PER_S + den / 2) / den);
}

/* Inside the canvas; a frame that the still is has the still's size. */
static bool
fits(const struct apng *a, const uint8_t *d, bool pixels)
{
	uint64_t w = be32(d), h = be32(d + 4), x = be32(d + 8);
	uint64_t y = be32(d + 12);

	if (w == 0 || h == 0 || x + w > a->width || y + h > a->height)
		return (false);
	return (pixels || (w == a->width && h == a->height));
}

prov_status
apng_frame(struct apng *a, struct image *im, const struct png_chunk *c,
    bool pixels, prov_err *err)
{
	const uint8_t *d = c->data.p + 4;
	uint8_t frame[18];
	prov_status st;

	if ((st = take_number(a, c, err)) != PROV_OK)
		return (st);
	if (c->data.len != 26 || a->pending || a->seen == im->n_frames ||
	    !fits(a, d, pixels) || d[20] > 2 || d[21] > 1)
		return (png_misplaced(c, "is malformed", err));
	a->pending = true;
	a->lasts_ns = delay_ns(be16(d + 16), be16(d + 18));
	/* Where, how large, what becomes of it and how it is drawn. */
	memcpy(frame, d, 16);
	memcpy(frame + 16, d + 20, 2);
	image_cut(im);
	image_record(im, RECORD_FRAME, span(frame, sizeof(frame)));
	return (PROV_OK);
}

prov_status
apng_more(struct apng *a, struct png_chunk *c, prov_err *err)
{
	prov_status st;

	if ((st = take_number(a, c, err)) != PROV_OK)
		return (st);
	c->data = span(c->data.p + 4, c->data.len - 4);
	return (PROV_OK);
}

void
apng_data(struct apng *a, struct image *im)
{
	if (!a->on) {
		image_frame(im, 0);
		return;
	}
	/* A still that is no frame stands in the first frame's segment. */
	if (!a->pending)
		return;
	a->pending = false;
	a->seen++;
	image_frame(im, a->lasts_ns);
}

prov_status
apng_end(const struct apng *a, const struct image *im,
    const struct png_chunk *c, prov_err *err)
{
	if (a->on && (a->pending || a->seen != im->n_frames))
		return (png_misplaced(c, "comes before all frames", err));
	return (PROV_OK);
}
