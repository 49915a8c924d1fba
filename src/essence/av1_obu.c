/* SPDX-License-Identifier: ISC */
#include "essence/av1_obu.h"

#define LEB128_MAX 8 /* bytes, 4.10.5 */

bool
av1_leb128(prov_span *s, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < LEB128_MAX && i < s->len; i++) {
		*v |= (uint64_t)(s->p[i] & 0x7f) << (7 * i);
		if ((s->p[i] & 0x80) != 0)
			continue;
		s->p += i + 1;
		s->len -= i + 1;
		return (*v <= UINT32_MAX);
	}
	return (false);
}

bool
av1_obu_next(prov_span *s, struct av1_obu *o)
{
	prov_span in = *s;
	uint64_t len;
	size_t head;

	*o = (struct av1_obu){ 0 };
	if (in.len == 0)
		return (false);
	o->header = in.p[0];
	o->type = o->header >> 3 & 15;
	head = o->header & AV1_HAS_EXTENSION ? 2 : 1;
	/* The forbidden bit; a reserved one that must be ignored is bound. */
	if ((o->header & 0x80) != 0 || in.len < head)
		return (false);
	if (head == 2)
		o->extension = in.p[1];
	in.p += head;
	in.len -= head;
	len = in.len; /* the last one need not say */
	if ((o->header & AV1_HAS_SIZE) != 0 &&
	    (!av1_leb128(&in, &len) || len > in.len))
		return (false);
	o->payload = span(in.p, (size_t)len);
	*s = span(in.p + len, in.len - (size_t)len);
	return (true);
}

/* 5.5.3 and 5.5.4. Returns what decoder_model_info says, if it is there. */
static unsigned
skip_timing(struct bits *b, bool *model)
{
	unsigned delay_bits = 0;

	*model = false;
	if (bits_u(b, 1) == 0)
		return (0);
	bits_skip(b, 64);
	if (bits_u(b, 1))
		(void)bits_ue(b); /* as uvlc is written */
	*model = bits_u(b, 1);
	if (*model) {
		delay_bits = bits_u(b, 5) + 1;
		bits_skip(b, 32 + 5 + 5);
	}
	return (delay_bits);
}

static void
skip_operating_points(struct bits *b)
{
	bool model, delay;
	unsigned bits = skip_timing(b, &model), n;

	delay = bits_u(b, 1);
	n = bits_u(b, 5) + 1;
	for (unsigned i = 0; i < n; i++) {
		(void)bits_u(b, 12);
		if (bits_u(b, 5) > 7)
			(void)bits_u(b, 1);
		if (model && bits_u(b, 1))
			bits_skip(b, 2 * (size_t)bits + 1);
		if (delay && bits_u(b, 1))
			(void)bits_u(b, 4);
	}
}

/* The tools of a sequence, between its size and its colours. */
static void
skip_tools(struct bits *b, const struct av1_sequence *is)
{
	bool order = false;
	unsigned screen;

	if (!is->still && bits_u(b, 1)) /* frame ids */
		(void)bits_u(b, 7);
	(void)bits_u(b, 3);
	if (!is->still) {
		(void)bits_u(b, 4);
		order = bits_u(b, 1);
		if (order)
			(void)bits_u(b, 2);
		screen = bits_u(b, 1) ? 2 : bits_u(b, 1);
		if (screen > 0 && bits_u(b, 1) == 0)
			(void)bits_u(b, 1);
		if (order)
			(void)bits_u(b, 3);
	}
	(void)bits_u(b, 3);
}

/* 5.5.2. Chroma sits in two bits; RGB as sRGB is 4:4:4 by itself. */
static void
read_colour(struct av1_sequence *is, struct bits *b, unsigned profile)
{
	struct picture *p = &is->p;
	bool high = bits_u(b, 1), sub_x = true, sub_y = true;

	p->bits = high ? 10 : 8;
	if (profile == 2 && high)
		p->bits = bits_u(b, 1) ? 12 : 10;
	is->mono = profile == 1 ? false : bits_u(b, 1);
	p->primaries = p->transfer = p->matrix = 2;
	p->has_colour = bits_u(b, 1);
	if (p->has_colour) {
		p->primaries = bits_u(b, 8);
		p->transfer = bits_u(b, 8);
		p->matrix = bits_u(b, 8);
	}
	p->has_range = true;
	if (!is->mono && p->primaries == 1 && p->transfer == 13 &&
	    p->matrix == 0) {
		p->full_range = 1;
		p->chroma = 3;
		return;
	}
	p->full_range = bits_u(b, 1);
	if (is->mono)
		return;
	if (profile == 1) {
		sub_x = sub_y = false;
	} else if (profile == 2 && p->bits == 12) {
		sub_x = bits_u(b, 1);
		sub_y = sub_x ? bits_u(b, 1) : false;
	} else if (profile == 2) {
		sub_y = false;
	}
	p->chroma = sub_y ? 1 : sub_x ? 2 : 3;
}

bool
av1_sequence_parse(struct av1_sequence *is, prov_span payload)
{
	unsigned profile, w, h;
	struct bits b;

	*is = (struct av1_sequence){ 0 };
	bits_init(&b, payload, false);
	profile = bits_u(&b, 3);
	(void)bits_u(&b, 1); /* still picture */
	is->still = bits_u(&b, 1);
	if (is->still)
		(void)bits_u(&b, 5);
	else
		skip_operating_points(&b);
	w = bits_u(&b, 4) + 1;
	h = bits_u(&b, 4) + 1;
	is->p.width = (uint64_t)bits_u(&b, w) + 1;
	is->p.height = (uint64_t)bits_u(&b, h) + 1;
	skip_tools(&b, is);
	read_colour(is, &b, profile);
	return (profile <= 2 && !b.over);
}

void
av1_sequence_present(const struct av1_sequence *is, struct track *t)
{
	picture_present(&is->p, t);
}

void
av1_frame_parse(struct av1_frame *f, const struct av1_sequence *is,
    prov_span payload)
{
	struct bits b;

	*f = (struct av1_frame){ .key = is->still, .shown = true };
	bits_init(&b, payload, false);
	if (is->still || bits_u(&b, 1)) /* shows an existing frame */
		return;
	f->key = bits_u(&b, 2) == 0;
	f->shown = bits_u(&b, 1);
}
