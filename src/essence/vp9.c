/* SPDX-License-Identifier: ISC */
/*
 * vp9/1: superframes are split and their index is dropped (VP9 bitstream
 * specification, annex B); each frame is one record. Frames that are not shown
 * count for nothing. The configuration is what a key frame's header says of
 * all frames, as SETUP_LEN bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/coded.h"

#define FRAMES_PER_PACKET_MAX 8 /* three bits of the index count them */

enum { MARKER = 2, SYNC_CODE = 0x498342, SPACE_RGB = 7, SETUP_LEN = 14 };

struct vp9 {
	struct coded c;
};

/* The head of an uncompressed header, 6.2. */
struct frame {
	unsigned profile, bits, space;
	bool existing, key, shown, full_range, sub_x, sub_y;
	unsigned w, h, render_w, render_h;
};

static prov_status
vp9_open(void **state, struct track *t, prov_err *err)
{
	struct vp9 *v = calloc(1, sizeof(*v));
	prov_status st;

	if (v == NULL)
		return (prov_fail(err, PROV_ENOMEM, "VP9 stream"));
	if ((st = coded_open(&v->c, t, err)) != PROV_OK) {
		free(v);
		return (st);
	}
	*state = v;
	return (PROV_OK);
}

static bool
read_colour(struct frame *f, struct bits *b)
{
	bool odd = f->profile % 2 != 0, reserved = false;

	f->bits = f->profile >= 2 ? (bits_u(b, 1) ? 12 : 10) : 8;
	f->space = bits_u(b, 3);
	f->sub_x = f->sub_y = f->space != SPACE_RGB;
	if (f->space != SPACE_RGB)
		f->full_range = bits_u(b, 1);
	else
		f->full_range = true;
	if (odd && f->space != SPACE_RGB) {
		f->sub_x = bits_u(b, 1);
		f->sub_y = bits_u(b, 1);
	}
	if (odd)
		reserved = bits_u(b, 1);
	return (!reserved && (odd || f->space != SPACE_RGB));
}

static bool
read_key(struct frame *f, struct bits *b)
{
	if (bits_u(b, 24) != SYNC_CODE || !read_colour(f, b))
		return (false);
	f->w = f->render_w = bits_u(b, 16) + 1;
	f->h = f->render_h = bits_u(b, 16) + 1;
	if (bits_u(b, 1)) {
		f->render_w = bits_u(b, 16) + 1;
		f->render_h = bits_u(b, 16) + 1;
	}
	return (true);
}

/* false where this is no frame that can be read. */
static bool
read_frame(struct frame *f, prov_span s)
{
	struct bits b;

	*f = (struct frame){ 0 };
	bits_init(&b, s, false);
	if (bits_u(&b, 2) != MARKER)
		return (false);
	f->profile = bits_u(&b, 1);
	f->profile |= bits_u(&b, 1) << 1;
	if (f->profile == 3 && bits_u(&b, 1))
		return (false);
	f->existing = bits_u(&b, 1);
	if (f->existing) {
		f->shown = true;
		return (!b.over);
	}
	f->key = bits_u(&b, 1) == 0;
	f->shown = bits_u(&b, 1);
	(void)bits_u(&b, 1); /* error resilient */
	if (f->key && !read_key(f, &b))
		return (false);
	return (!b.over);
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static prov_status
state_setup(struct vp9 *v, const struct frame *f, prov_err *err)
{
	uint8_t s[SETUP_LEN] = { (uint8_t)f->profile, (uint8_t)f->bits,
		(uint8_t)f->space, f->full_range, f->sub_x, f->sub_y };

	/* Sizes less one, as they are coded. */
	put16(s + 6, f->w - 1);
	put16(s + 8, f->h - 1);
	put16(s + 10, f->render_w - 1);
	put16(s + 12, f->render_h - 1);
	return (coded_stated(&v->c, span(s, sizeof(s)), err));
}

static void
present(struct track *t, const struct frame *f)
{
	/* Unknown, BT.601, 709, SMPTE 170M, 240M, BT.2020, reserved, RGB. */
	static const uint8_t matrix[] = { 2, 5, 1, 6, 7, 9, 2, 0 };

	track_present(t, PROV_WIDTH, f->w);
	track_present(t, PROV_HEIGHT, f->h);
	if (f->render_w != f->w || f->render_h != f->h) {
		track_present(t, PROV_DISPLAY_W, f->render_w);
		track_present(t, PROV_DISPLAY_H, f->render_h);
	}
	track_present(t, PROV_BITS, f->bits);
	track_present(t, PROV_CHROMA, f->sub_y ? 1 : f->sub_x ? 2 : 3);
	track_present(t, PROV_RANGE, f->full_range ? 2 : 1);
	track_present(t, PROV_MATRIX, matrix[f->space]);
}

static prov_status
take_frame(struct vp9 *v, prov_span s, prov_err *err)
{
	struct frame f;
	prov_status st;
	bool first;

	if (!read_frame(&f, s)) {
		track_refuse(v->c.t, "essence.noncanonical");
		f = (struct frame){ .shown = true };
	}
	if (f.key && (st = state_setup(v, &f, err)) != PROV_OK)
		return (st);
	if ((st = coded_begin(&v->c, f.key, &first, err)) != PROV_OK)
		return (st);
	if (first && f.key)
		present(v->c.t, &f);
	if ((st = track_record(v->c.t, RECORD_DATA, s, err)) != PROV_OK)
		return (st);
	return (f.shown ? coded_shown(&v->c, err) : PROV_OK);
}

/*
 * The frames of a superframe, by its index; 0 where there is none. An index
 * that does not account for each byte is refused: readers would differ.
 */
static unsigned
split(struct vp9 *v, prov_span s, size_t len[FRAMES_PER_PACKET_MAX])
{
	uint8_t mark = s.len == 0 ? 0 : s.p[s.len - 1];
	unsigned n = (mark & 7) + 1U, bytes = (mark >> 3 & 3) + 1U;
	size_t index = 2 + (size_t)n * bytes, sum = index;
	bool sound = true;
	const uint8_t *p;

	if ((mark & 0xe0) != 0xc0 || s.len < index ||
	    s.p[s.len - index] != mark)
		return (0);
	p = s.p + s.len - index + 1;
	for (unsigned i = 0; i < n; i++) {
		len[i] = 0;
		for (unsigned k = 0; k < bytes; k++)
			len[i] |= (size_t)*p++ << (8 * k);
		sound = sound && len[i] > 0;
		sum += len[i];
	}
	if (sound && sum == s.len)
		return (n);
	track_refuse(v->c.t, "essence.noncanonical");
	return (0);
}

static prov_status
vp9_packet(void *state, const prov_packet *packet, prov_err *err)
{
	size_t len[FRAMES_PER_PACKET_MAX];
	prov_span s = packet->data;
	struct vp9 *v = state;
	unsigned n = split(v, s, len);
	prov_status st;

	coded_packet(&v->c, packet);
	if (n == 0)
		return (take_frame(v, s, err));
	for (unsigned i = 0; i < n; i++) {
		st = take_frame(v, span(s.p, len[i]), err);
		if (st != PROV_OK)
			return (st);
		s.p += len[i];
	}
	return (PROV_OK);
}

static prov_status
vp9_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct vp9 *)state)->c, "header", err));
}

static void
vp9_close(void *state)
{
	struct vp9 *v = state;

	if (v == NULL)
		return;
	coded_clear(&v->c);
	free(v);
}

static int
vp9_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO && strcmp(config->codec, "vp9") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_vp9 = {
	.name = "vp9/1",
	.rule = "rap/1",
	.bid = vp9_bid,
	.open = vp9_open,
	.packet = vp9_packet,
	.finish = vp9_finish,
	.close = vp9_close,
};
