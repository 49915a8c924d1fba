/* SPDX-License-Identifier: ISC */
/*
 * mpeg2video/1: what stands between start codes (ITU-T H.262 6.2), each one
 * record. Sequence headers and their extensions are the configuration, written
 * once; of a group's header two bits are essence, the time code and user data
 * are ancillary. Two field pictures are one frame, in one packet or two.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/coded.h"
#include "essence/nal.h"
#include "essence/sei.h"

enum {
	CODE_PICTURE = 0x00,
	CODE_USER = 0xb2,
	CODE_SEQUENCE = 0xb3,
	CODE_EXTENSION = 0xb5,
	CODE_GROUP = 0xb8
};

enum { /* extensions, by their first four bits */
	EXT_SEQUENCE = 1,
	EXT_DISPLAY = 2,
	EXT_MATRIX = 3,
	EXT_SCALABLE = 5,
	EXT_PICTURE = 8
};

enum { STRUCTURE_TOP = 1, STRUCTURE_BOTTOM = 2, STRUCTURE_FRAME = 3 };

#define TYPE_INTRA         1
#define UNITS_MAX_SEQUENCE 16 /* a header has three extensions at most */

struct mpeg2 {
	struct coded c;
	struct sei sei; /* captions */
	struct nals nals;
	struct buf sequence; /* header and extensions, being gathered */
	unsigned n_sequence;
	bool gathering;
	bool matrices;     /* were replaced since the last sequence header */
	bool reset, group; /* to be recorded with the next picture */
	uint8_t links;
	bool open; /* a first field waits for its second */
	unsigned parity, order;
};

/* A picture's header and coding extension. */
struct coding {
	unsigned order, type, structure;
	bool top_first;
};

static void
mpeg2_close(void *state)
{
	struct mpeg2 *m = state;

	if (m == NULL)
		return;
	coded_clear(&m->c);
	sei_clear(&m->sei);
	nals_free(&m->nals);
	buf_free(&m->sequence);
	free(m);
}

static unsigned
extension(prov_span unit)
{
	if (unit.len < 2 || unit.p[0] != CODE_EXTENSION)
		return (0);
	return (unit.p[1] >> 4);
}

/* What a sequence's header and extensions come to. */
struct sequence {
	struct picture p;
	unsigned aspect, shown_w, shown_h;
	bool progressive;
};

static void
read_header(struct sequence *q, struct bits *b)
{
	q->p.width = bits_u(b, 12);
	q->p.height = bits_u(b, 12);
	q->aspect = bits_u(b, 4);
	q->p.bits = 8;
	q->p.chroma = 1;
	q->progressive = true; /* MPEG-1 knows nothing else */
}

static void
read_extension(struct sequence *q, struct bits *b)
{
	(void)bits_u(b, 8); /* profile and level */
	q->progressive = bits_u(b, 1);
	q->p.chroma = bits_u(b, 2);
	q->p.width |= (uint64_t)bits_u(b, 2) << 12;
	q->p.height |= (uint64_t)bits_u(b, 2) << 12;
}

static void
read_display(struct sequence *q, struct bits *b)
{
	(void)bits_u(b, 3);
	if (bits_u(b, 1)) {
		q->p.has_colour = true;
		q->p.primaries = bits_u(b, 8);
		q->p.transfer = bits_u(b, 8);
		q->p.matrix = bits_u(b, 8);
	}
	q->shown_w = bits_u(b, 14);
	(void)bits_u(b, 1);
	q->shown_h = bits_u(b, 14);
}

/*
 * The picture's ratio, table 6-3. It belongs to the displayed rectangle, but
 * only where that makes the whole picture 4:3 or 16:9: streams exist that get
 * it wrong, and FFmpeg, which writes this into containers, decides so.
 */
static void
set_aspect(struct sequence *q)
{
	static const uint32_t ratio[][2] = { { 0, 0 }, { 0, 0 }, { 4, 3 },
		{ 16, 9 }, { 221, 100 } };
	uint64_t w = q->p.width, h = q->p.height;
	const uint32_t *r;

	if (q->aspect == 1)
		q->p.sar_w = q->p.sar_h = 1;
	if (q->aspect < 2 || q->aspect > 4 || w == 0 || h == 0)
		return;
	r = ratio[q->aspect];
	if (q->shown_w != 0 && q->shown_h != 0) {
		uint64_t x = (uint64_t)r[0] * w * q->shown_h;
		uint64_t y = (uint64_t)r[1] * h * q->shown_w;

		if (x * 3 == y * 4 || x * 9 == y * 16) {
			w = q->shown_w;
			h = q->shown_h;
		}
	}
	q->p.sar_w = (uint32_t)(r[0] * h);
	q->p.sar_h = (uint32_t)(r[1] * w);
}

/* From the active configuration: units behind their lengths. */
static void
read_sequence(struct sequence *q, prov_span content)
{
	*q = (struct sequence){ 0 };
	while (content.len >= 5) {
		size_t len = (size_t)content.p[2] << 8 | content.p[3];
		struct bits b;

		bits_init(&b, span(content.p + 5, len - 1), false);
		if (content.p[4] == CODE_SEQUENCE) {
			read_header(q, &b);
		} else {
			unsigned id = bits_u(&b, 4);

			if (id == EXT_SEQUENCE)
				read_extension(q, &b);
			else if (id == EXT_DISPLAY)
				read_display(q, &b);
		}
		content.p += 4 + len;
		content.len -= 4 + len;
	}
	set_aspect(q);
}

static void
present(struct mpeg2 *m, const struct coding *k)
{
	struct sequence q;

	read_sequence(&q, span(m->c.set.p, m->c.set.len));
	if (q.progressive)
		q.p.fields = 0;
	else if (k->structure == STRUCTURE_FRAME)
		q.p.fields = k->top_first ? 1 : 2;
	else
		q.p.fields = k->structure == STRUCTURE_TOP ? 1 : 2;
	picture_present(&q.p, m->c.t);
}

static prov_status
gather(struct mpeg2 *m, prov_span unit, prov_err *err)
{
	if (unit.len > UINT16_MAX || m->n_sequence == UNITS_MAX_SEQUENCE)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: a sequence header of %u units",
		    m->n_sequence + 1));
	m->n_sequence++;
	buf_put_be32(&m->sequence, (uint32_t)unit.len);
	buf_put_span(&m->sequence, unit);
	return (buf_done(&m->sequence, err));
}

/* The sequence header is complete. */
static prov_status
settle(struct mpeg2 *m, bool container, prov_err *err)
{
	prov_span content = buf_span(&m->sequence);

	if (!m->gathering)
		return (PROV_OK);
	m->gathering = false;
	if (container)
		return (coded_container(&m->c, content, err));
	m->reset = m->reset || m->matrices;
	m->matrices = false;
	return (coded_stated(&m->c, content, err));
}

/*
 * Whether the unit is of a sequence header, or drops out with it. A header
 * ends where a group or a picture begins.
 */
static prov_status
take_sequence(struct mpeg2 *m, prov_span unit, bool container, bool *taken,
    prov_err *err)
{
	unsigned id = extension(unit);
	prov_status st;

	*taken = true;
	if (unit.p[0] == CODE_SEQUENCE) {
		if ((st = settle(m, container, err)) != PROV_OK)
			return (st);
		m->sequence.len = 0;
		m->n_sequence = 0;
		m->gathering = true;
		return (gather(m, unit, err));
	}
	if (m->gathering &&
	    (id == EXT_SEQUENCE || id == EXT_DISPLAY || id == EXT_SCALABLE))
		return (gather(m, unit, err));
	*taken = false;
	if (unit.p[0] == CODE_USER)
		return (PROV_OK);
	return (settle(m, container, err));
}

/* Captions, the active format, and what encoders say of themselves. */
static prov_status
take_user(struct mpeg2 *m, prov_span unit, prov_err *err)
{
	prov_status st = track_ancillary(m->c.t, unit, err);

	if (st != PROV_OK)
		return (st);
	return (sei_atsc(&m->sei, span(unit.p + 1, unit.len - 1), err));
}

/* 6.2.2.6: 25 bits of time code, closed_gop, broken_link. */
static prov_status
take_group(struct mpeg2 *m, prov_span unit, prov_err *err)
{
	m->group = true;
	m->links = unit.len < 5 ? 0 : unit.p[4] >> 5 & 3;
	return (track_ancillary(m->c.t, unit, err));
}

/* The header at i, and the extension that is next to it. */
static void
read_picture(const struct mpeg2 *m, size_t i, struct coding *k)
{
	struct bits b;

	*k = (struct coding){ .structure = STRUCTURE_FRAME, .top_first = true };
	bits_init(&b, m->nals.at[i].s, false);
	(void)bits_u(&b, 8);
	k->order = bits_u(&b, 10);
	k->type = bits_u(&b, 3);
	if (b.over)
		track_refuse(m->c.t, "essence.noncanonical");
	if (i + 1 == m->nals.n || extension(m->nals.at[i + 1].s) != EXT_PICTURE)
		return;
	bits_init(&b, m->nals.at[i + 1].s, false);
	bits_skip(&b, 8 + 4 + 16 + 2);
	k->structure = bits_u(&b, 2);
	k->top_first = bits_u(&b, 1);
	/* What runs over the end here is zeros that were stripped. */
	if (k->structure == 0)
		track_refuse(m->c.t, "essence.noncanonical");
}

/* Whether the picture is the second field of the frame before it. */
static bool
continues(struct mpeg2 *m, const struct coding *k)
{
	bool is = m->open && k->structure != STRUCTURE_FRAME &&
	          k->structure != m->parity && k->order == m->order;

	m->open = !is && (k->structure == STRUCTURE_TOP ||
			     k->structure == STRUCTURE_BOTTOM);
	m->parity = k->structure;
	m->order = k->order;
	return (is);
}

/* What stood ahead of the picture, now that its segment has begun. */
static prov_status
record_ahead(struct mpeg2 *m, prov_err *err)
{
	prov_status st = PROV_OK;

	if (m->reset)
		st = track_record(m->c.t, RECORD_RESET, span(NULL, 0), err);
	if (st == PROV_OK && m->group)
		st =
		    track_record(m->c.t, RECORD_GROUP, span(&m->links, 1), err);
	m->reset = m->group = false;
	return (st);
}

static prov_status
begin_picture(struct mpeg2 *m, size_t i, prov_err *err)
{
	struct coding k;
	prov_status st;
	bool first;

	read_picture(m, i, &k);
	if (continues(m, &k))
		return (record_ahead(m, err));
	st = coded_begin(&m->c, k.type == TYPE_INTRA, &first, err);
	if (st != PROV_OK)
		return (st);
	if (first)
		present(m, &k);
	if ((st = record_ahead(m, err)) != PROV_OK)
		return (st);
	return (coded_shown(&m->c, err));
}

static prov_status
take_unit(struct mpeg2 *m, size_t i, bool container, prov_err *err)
{
	const struct nal *nal = &m->nals.at[i];
	prov_status st;
	bool taken;

	if (nal->stray)
		return (container
			    ? PROV_OK
			    : track_record(m->c.t, RECORD_STRAY, nal->s, err));
	st = take_sequence(m, nal->s, container, &taken, err);
	if (st != PROV_OK || taken || container)
		return (st);
	if (nal->s.p[0] == CODE_USER)
		return (take_user(m, nal->s, err));
	if (nal->s.p[0] == CODE_GROUP)
		return (take_group(m, nal->s, err));
	if (extension(nal->s) == EXT_MATRIX)
		m->matrices = true;
	if (nal->s.p[0] == CODE_PICTURE &&
	    (st = begin_picture(m, i, err)) != PROV_OK)
		return (st);
	return (track_record(m->c.t, RECORD_DATA, nal->s, err));
}

static prov_status
take_units(struct mpeg2 *m, bool container, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < m->nals.n; i++)
		if ((st = take_unit(m, i, container, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
take_packet(struct mpeg2 *m, prov_span data, bool container, prov_err *err)
{
	prov_status st;

	if ((st = nals_split(&m->nals, data, 0, err)) != PROV_OK)
		return (st);
	if (m->nals.ambiguous && !container)
		track_refuse(m->c.t, "essence.noncanonical");
	if ((st = take_units(m, container, err)) != PROV_OK || !container)
		return (st);
	return (settle(m, true, err));
}

static prov_status
start(struct mpeg2 *m, struct track *t, prov_err *err)
{
	prov_status st;

	if ((st = coded_open(&m->c, t, err)) != PROV_OK)
		return (st);
	m->c.strict = true;
	sei_open(&m->sei, t);
	return (take_packet(m, track_config_of(t)->extradata, true, err));
}

static prov_status
mpeg2_open(void **state, struct track *t, prov_err *err)
{
	struct mpeg2 *m = calloc(1, sizeof(*m));
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "MPEG-2 stream"));
	if ((st = start(m, t, err)) != PROV_OK) {
		mpeg2_close(m);
		return (st);
	}
	*state = m;
	return (PROV_OK);
}

static prov_status
mpeg2_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct mpeg2 *m = state;
	prov_status st;

	if (packet->extradata.len > 0 &&
	    (st = take_packet(m, packet->extradata, true, err)) != PROV_OK)
		return (st);
	coded_packet(&m->c, packet);
	return (take_packet(m, packet->data, false, err));
}

static prov_status
mpeg2_finish(void *state, prov_err *err)
{
	struct mpeg2 *m = state;
	prov_status st = coded_finish(&m->c, "sequence", err);

	return (st != PROV_OK ? st : sei_finish(&m->sei, err));
}

static int
mpeg2_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO &&
			(strcmp(config->codec, "mpeg2video") == 0 ||
			    strcmp(config->codec, "mpeg1video") == 0)
		    ? 10
		    : 0);
}

const struct form_ops form_mpeg2 = {
	.name = "mpeg2video/1",
	.rule = "rap/1",
	.bid = mpeg2_bid,
	.open = mpeg2_open,
	.packet = mpeg2_packet,
	.finish = mpeg2_finish,
	.close = mpeg2_close,
};
