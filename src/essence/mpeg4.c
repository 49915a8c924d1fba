/* SPDX-License-Identifier: ISC */
/*
 * mpeg4/1: what stands between start codes (ISO/IEC 14496-2 6.2), each one
 * record. The headers of the object sequence, the visual object and its layer
 * are the configuration, written once, wherever they stand; of a group's
 * header two bits are essence, the time code and user data are ancillary.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/coded.h"
#include "essence/nal.h"

enum {
	CODE_OBJECT_LAST = 0x1f, /* starts a video object, and says nothing */
	CODE_LAYER = 0x20,
	CODE_LAYER_LAST = 0x2f,
	CODE_SEQUENCE = 0xb0,
	CODE_USER = 0xb2,
	CODE_GROUP = 0xb3,
	CODE_VISUAL = 0xb5,
	CODE_PICTURE = 0xb6
};

#define TYPE_INTRA   0
#define HEADER_MAX   4096 /* of one header: matrices are 128 bytes */
#define PAR_EXTENDED 15

/* The headers that make up the configuration, in their order. */
enum { PART_SEQUENCE, PART_VISUAL, PART_LAYER, PART_USER, PARTS };

struct mpeg4 {
	struct coded c;
	struct nals nals;
	struct buf part[PARTS];
	bool gathering;
	bool group; /* to be recorded with the next picture */
	uint8_t links;
	unsigned pictures; /* of this packet */
};

static void
mpeg4_close(void *state)
{
	struct mpeg4 *m = state;

	if (m == NULL)
		return;
	coded_clear(&m->c);
	nals_free(&m->nals);
	for (size_t i = 0; i < PARTS; i++)
		buf_free(&m->part[i]);
	free(m);
}

/* 6.2.2, and 6.2.2.2: type 1 is video. */
static void
read_visual(struct picture *p, prov_span unit, unsigned *verid)
{
	struct bits b;

	bits_init(&b, unit, false);
	(void)bits_u(&b, 8);
	if (bits_u(&b, 1)) {
		*verid = bits_u(&b, 4);
		(void)bits_u(&b, 3);
	}
	if (bits_u(&b, 4) != 1 || bits_u(&b, 1) == 0)
		return;
	(void)bits_u(&b, 3);
	p->full_range = bits_u(&b, 1);
	p->has_range = !b.over;
	if (bits_u(&b, 1) == 0)
		return;
	p->primaries = bits_u(&b, 8);
	p->transfer = bits_u(&b, 8);
	p->matrix = bits_u(&b, 8);
	p->has_colour = !b.over;
}

/* Table 6-12. */
static void
read_aspect(struct picture *p, struct bits *b)
{
	static const uint8_t par[][2] = { { 0, 0 }, { 1, 1 }, { 12, 11 },
		{ 10, 11 }, { 16, 11 }, { 40, 33 } };
	unsigned info = bits_u(b, 4);

	if (info == PAR_EXTENDED) {
		p->sar_w = bits_u(b, 8);
		p->sar_h = bits_u(b, 8);
	} else if (info < sizeof(par) / sizeof(par[0])) {
		p->sar_w = par[info][0];
		p->sar_h = par[info][1];
	}
}

static void
skip_control(struct bits *b)
{
	if (bits_u(b, 1) == 0)
		return;
	(void)bits_u(b, 3); /* chroma format is 4:2:0; low delay */
	if (bits_u(b, 1))
		bits_skip(b, 79);
}

/* Time resolution, and the rate in as many bits as that takes. */
static void
skip_rate(struct bits *b)
{
	unsigned ticks, n = 1;

	(void)bits_u(b, 1);
	ticks = bits_u(b, 16);
	(void)bits_u(b, 1);
	while (ticks > 1 && (ticks - 1) >> n != 0)
		n++;
	if (bits_u(b, 1))
		(void)bits_u(b, n);
}

/* 6.2.3, as far as interlacing. */
static void
read_layer(struct picture *p, prov_span unit, unsigned verid)
{
	struct bits b;
	unsigned shape;

	bits_init(&b, unit, false);
	bits_skip(&b, 8 + 1 + 8);
	if (bits_u(&b, 1)) {
		verid = bits_u(&b, 4);
		(void)bits_u(&b, 3);
	}
	read_aspect(p, &b);
	skip_control(&b);
	shape = bits_u(&b, 2);
	if (shape == 3 && verid != 1)
		(void)bits_u(&b, 4);
	skip_rate(&b);
	/* Other shapes take their size from each picture. */
	if (shape != 0)
		return;
	(void)bits_u(&b, 1);
	p->width = bits_u(&b, 13);
	(void)bits_u(&b, 1);
	p->height = bits_u(&b, 13);
	(void)bits_u(&b, 1);
	p->any_fields = bits_u(&b, 1);
}

static void
present(struct mpeg4 *m)
{
	struct picture p = { .bits = 8, .chroma = 1 };
	unsigned verid = 1;

	if (m->part[PART_VISUAL].len > 0)
		read_visual(&p, buf_span(&m->part[PART_VISUAL]), &verid);
	read_layer(&p, buf_span(&m->part[PART_LAYER]), verid);
	picture_present(&p, m->c.t);
}

static int
part_of(unsigned code)
{
	if (code == CODE_SEQUENCE)
		return (PART_SEQUENCE);
	if (code == CODE_VISUAL)
		return (PART_VISUAL);
	if (code >= CODE_LAYER && code <= CODE_LAYER_LAST)
		return (PART_LAYER);
	return (PARTS);
}

static prov_status
gather(struct mpeg4 *m, int part, prov_span unit, prov_err *err)
{
	if (unit.len > HEADER_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: a header of %zu bytes", unit.len));
	/* What came before a new sequence of objects is over. */
	for (int i = part; i < PART_USER; i++)
		m->part[i].len = 0;
	if (!m->gathering || part == PART_SEQUENCE)
		m->part[PART_USER].len = 0;
	buf_put_span(&m->part[part], unit);
	m->gathering = true;
	return (buf_done(&m->part[part], err));
}

/* The headers are complete: a group or a picture follows. */
static prov_status
settle(struct mpeg4 *m, bool container, prov_err *err)
{
	AUTO_BUF content = { 0 };
	prov_status st;

	if (!m->gathering)
		return (PROV_OK);
	m->gathering = false;
	if (m->part[PART_LAYER].len == 0)
		return (PROV_OK);
	for (size_t i = 0; i < PARTS; i++) {
		buf_put_be32(&content, (uint32_t)m->part[i].len);
		buf_put_span(&content, buf_span(&m->part[i]));
	}
	if ((st = buf_done(&content, err)) != PROV_OK)
		return (st);
	if (container)
		return (coded_container(&m->c, buf_span(&content), err));
	return (coded_stated(&m->c, buf_span(&content), err));
}

/*
 * User data of the headers: decoders tell by it which encoder's bugs and which
 * inverse transform they have to live with. Elsewhere it is essence.
 */
static prov_status
take_user(struct mpeg4 *m, prov_span unit, bool container, prov_err *err)
{
	struct buf *user = &m->part[PART_USER];

	if (!m->gathering)
		return (container
			    ? PROV_OK
			    : track_record(m->c.t, RECORD_DATA, unit, err));
	if (user->len + unit.len > HEADER_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: user data of %zu bytes", unit.len));
	buf_put_be32(user, (uint32_t)unit.len);
	buf_put_span(user, unit);
	return (buf_done(user, err));
}

/* 6.2.4: 18 bits of time code, closed_gov, broken_link. */
static prov_status
take_group(struct mpeg4 *m, prov_span unit, prov_err *err)
{
	m->group = true;
	m->links = unit.len < 4 ? 0 : unit.p[3] >> 4 & 3;
	return (track_ancillary(m->c.t, unit, err));
}

static prov_status
begin_picture(struct mpeg4 *m, prov_span unit, prov_err *err)
{
	bool intra = unit.len > 1 && unit.p[1] >> 6 == TYPE_INTRA, first;
	prov_status st;

	/* Packed by encoders for AVI; unpacking drops pictures. */
	if (++m->pictures > 1)
		track_refuse(m->c.t, "essence.noncanonical");
	if ((st = coded_begin(&m->c, intra, &first, err)) != PROV_OK)
		return (st);
	if (first)
		present(m);
	if (m->group) {
		m->group = false;
		st =
		    track_record(m->c.t, RECORD_GROUP, span(&m->links, 1), err);
		if (st != PROV_OK)
			return (st);
	}
	return (coded_shown(&m->c, err));
}

static prov_status
take_unit(struct mpeg4 *m, const struct nal *nal, bool container, prov_err *err)
{
	unsigned code = nal->s.p[0];
	int part = part_of(code);
	prov_status st;

	if (nal->stray)
		return (container
			    ? PROV_OK
			    : track_record(m->c.t, RECORD_STRAY, nal->s, err));
	if (part < PARTS)
		return (gather(m, part, nal->s, err));
	if (code <= CODE_OBJECT_LAST)
		return (PROV_OK);
	if (code == CODE_USER)
		return (take_user(m, nal->s, container, err));
	if ((st = settle(m, container, err)) != PROV_OK || container)
		return (st);
	if (code == CODE_GROUP)
		return (take_group(m, nal->s, err));
	if (code == CODE_PICTURE &&
	    (st = begin_picture(m, nal->s, err)) != PROV_OK)
		return (st);
	return (track_record(m->c.t, RECORD_DATA, nal->s, err));
}

static prov_status
take_packet(struct mpeg4 *m, prov_span data, bool container, prov_err *err)
{
	prov_status st;

	m->pictures = 0;
	if ((st = nals_split(&m->nals, data, 0, err)) != PROV_OK)
		return (st);
	if (m->nals.ambiguous && !container)
		track_refuse(m->c.t, "essence.noncanonical");
	for (size_t i = 0; i < m->nals.n; i++) {
		st = take_unit(m, &m->nals.at[i], container, err);
		if (st != PROV_OK)
			return (st);
	}
	return (container ? settle(m, true, err) : PROV_OK);
}

static prov_status
start(struct mpeg4 *m, struct track *t, prov_err *err)
{
	prov_status st;

	if ((st = coded_open(&m->c, t, err)) != PROV_OK)
		return (st);
	m->c.strict = true;
	return (take_packet(m, track_config_of(t)->extradata, true, err));
}

static prov_status
mpeg4_open(void **state, struct track *t, prov_err *err)
{
	struct mpeg4 *m = calloc(1, sizeof(*m));
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "MPEG-4 stream"));
	if ((st = start(m, t, err)) != PROV_OK) {
		mpeg4_close(m);
		return (st);
	}
	*state = m;
	return (PROV_OK);
}

static prov_status
mpeg4_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct mpeg4 *m = state;
	prov_status st;

	if (packet->extradata.len > 0 &&
	    (st = take_packet(m, packet->extradata, true, err)) != PROV_OK)
		return (st);
	coded_packet(&m->c, packet);
	return (take_packet(m, packet->data, false, err));
}

static prov_status
mpeg4_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct mpeg4 *)state)->c, "layer", err));
}

static int
mpeg4_bid(const prov_config *config)
{
	return (
	    config->kind == PROV_VIDEO && strcmp(config->codec, "mpeg4") == 0
		? 10
		: 0);
}

const struct form_ops form_mpeg4 = {
	.name = "mpeg4/1",
	.rule = "rap/1",
	.bid = mpeg4_bid,
	.open = mpeg4_open,
	.packet = mpeg4_packet,
	.finish = mpeg4_finish,
	.close = mpeg4_close,
};
