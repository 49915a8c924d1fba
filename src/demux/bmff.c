/* SPDX-License-Identifier: ISC */
/* ISO/IEC 14496-12: what libavformat hides or does not check. */
#include "demux/bmff.h"

#include <string.h>

#include "base/bytes.h"

#define TYPE(s) FOURCC((s)[0], (s)[1], (s)[2], (s)[3])
#define ROOT    0

typedef prov_status (
    *box_fn)(struct bmff *b, const struct box *box, prov_err *err);

static prov_status walk(struct bmff *b, uint32_t parent, uint64_t at,
    uint64_t end, unsigned depth, prov_err *err);
static bool has_both(uint64_t seen, const char *one, const char *other);

bool
box_next(struct bmff *b, uint64_t *at, uint64_t end, struct box *box)
{
	uint8_t head[16];
	uint64_t len, head_len = 8;

	if (end - *at < 8 || !source_get(b->s, *at, head, 8))
		return (false);
	len = be32(head);
	box->type = be32(head + 4);
	if (len == 1) {
		if (end - *at < 16 || !source_get(b->s, *at, head, 16))
			return (false);
		len = be64(head + 8);
		head_len = 16;
	} else if (len == 0)
		len = end - *at;
	if (len < head_len)
		return (false);
	box->cut = len > end - *at;
	box->at = *at + head_len;
	box->end = box->cut ? end : *at + len;
	*at = box->end;
	return (true);
}

bool
box_get(struct bmff *b, const struct box *box, void *p, size_t len, size_t need)
{
	uint64_t have = box->end - box->at;
	size_t n = have < len ? (size_t)have : len;

	memset(p, 0, len);
	if (n < need)
		return (false);
	return (n == 0 || source_get(b->s, box->at, p, n));
}

static void
get_matrix(int32_t out[9], const uint8_t *p)
{
	for (size_t i = 0; i < 9; i++)
		out[i] = (int32_t)be32(p + 4 * i);
}

/* A duration that is said to be unknown is none. */
static uint64_t
get_duration(const uint8_t *p, bool wide)
{
	uint64_t v = wide ? be64(p) : be32(p);

	return (v == (wide ? UINT64_MAX : UINT32_MAX) ? 0 : v);
}

static prov_status
read_mvhd(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[108];
	size_t at;
	uint32_t rate;

	(void)err;
	if (!box_get(b, box, p, sizeof(p), 96)) {
		b->incomplete = true;
		return (PROV_OK);
	}
	at = p[0] == 1 ? 20 : 12;
	b->timescale = be32(p + at);
	b->duration = get_duration(p + (p[0] == 1 ? 24 : 16), p[0] == 1);
	rate = be32(p + (p[0] == 1 ? 32 : 20));
	b->odd_rate = rate != 0x10000 && rate != 0;
	b->odd_volume = be16(p + (p[0] == 1 ? 36 : 24)) != 0x100;
	get_matrix(b->matrix, p + (p[0] == 1 ? 48 : 36));
	return (PROV_OK);
}

static prov_status
read_tkhd(struct bmff *b, const struct box *box, prov_err *err)
{
	struct bmff_track *t = b->track;
	uint8_t p[96];
	size_t wide;

	(void)err;
	if (!box_get(b, box, p, sizeof(p), 84) ||
	    (p[0] == 1 && box->end - box->at < 96)) {
		b->incomplete = true;
		return (PROV_OK);
	}
	wide = p[0] == 1 ? 12 : 0;
	t->disabled = (p[3] & 1) == 0;
	t->quiet |= be16(p + 36 + wide) != 0x100;
	t->id = be32(p + (p[0] == 1 ? 20 : 12));
	t->duration = get_duration(p + (p[0] == 1 ? 28 : 20), p[0] == 1);
	t->layer = be16(p + 32 + wide);
	get_matrix(t->matrix, p + 40 + wide);
	t->width = be32(p + 76 + wide);
	t->height = be32(p + 80 + wide);
	for (const struct bmff_track *o = b->tracks; o < t; o++)
		b->ambiguous |= o->id == t->id;
	return (PROV_OK);
}

static prov_status
read_mdhd(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[36];

	(void)err;
	if (!box_get(b, box, p, sizeof(p), 20))
		b->incomplete = true;
	else
		b->track->timescale = be32(p + (p[0] == 1 ? 20 : 12));
	return (PROV_OK);
}

static prov_status
read_hdlr(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[12];

	(void)err;
	if (box_get(b, box, p, sizeof(p), sizeof(p)))
		b->track->handler = be32(p + 8);
	return (PROV_OK);
}

static prov_status
read_smhd(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[6];

	(void)err;
	if (box_get(b, box, p, sizeof(p), sizeof(p)) && be16(p + 4) != 0)
		b->track->quiet = true;
	return (PROV_OK);
}

/* Any entry whose data is not in this file (14496-12 8.7.2). */
static prov_status
read_dref(struct bmff *b, const struct box *box, prov_err *err)
{
	uint64_t at = box->at + 8;
	struct box entry;
	uint8_t p[4];

	(void)err;
	while (at < box->end && box_next(b, &at, box->end, &entry)) {
		b->boxes++;
		if (!box_get(b, &entry, p, sizeof(p), sizeof(p)) ||
		    (p[3] & 1) == 0)
			b->track->external = true;
	}
	return (PROV_OK);
}

struct edit {
	uint64_t duration;
	int64_t from;
	uint32_t rate;
};

/* Emptiness, then one piece of media; any other list is odd. */
static void
take_edit(struct bmff_edits *e, const struct edit *edit)
{
	if (edit->rate != 0x10000)
		e->odd = true;
	if (edit->from == -1 && !e->open) {
		e->odd |=
		    __builtin_add_overflow(e->empty, edit->duration, &e->empty);
		return;
	}
	if (!e->open && edit->from >= 0) {
		e->open = true;
		e->from = edit->from;
		e->duration = edit->duration;
		return;
	}
	e->odd = true;
}

static prov_status
read_elst(struct bmff *b, const struct box *box, prov_err *err)
{
	struct bmff_edits *e = &b->track->edits;
	uint8_t p[20];
	uint64_t at = box->at + 8;
	uint32_t n;
	size_t len;

	(void)err;
	if (!box_get(b, box, p, 8, 8)) {
		b->incomplete = true;
		return (PROV_OK);
	}
	b->ambiguous |= e->present;
	len = p[0] == 1 ? 20 : 12;
	n = be32(p + 4);
	e->present = n > 0;
	/* Some readers count the entries themselves, by the box's length. */
	e->odd |= (box->end - at) / len != n;
	for (; n > 0; n--, at += len) {
		struct edit edit;

		if (box->end - at < len || !source_get(b->s, at, p, len)) {
			b->incomplete = true;
			return (PROV_OK);
		}
		if (len == 20)
			edit = (struct edit){ be64(p), (int64_t)be64(p + 8),
				be32(p + 16) };
		else
			edit = (struct edit){ be32(p), (int32_t)be32(p + 4),
				be32(p + 8) };
		take_edit(e, &edit);
		if (e->odd)
			break;
	}
	e->odd |= e->present && !e->open;
	e->present |= e->odd;
	/* Some readers go by what they know at this place, others look ahead.
	 */
	e->clockless = b->timescale == 0;
	return (PROV_OK);
}

static prov_status
read_table(struct bmff *b, const struct box *box, prov_err *err)
{
	struct bmff_track *t = b->track;
	bool offsets = box->type == TYPE("ctts");
	uint64_t *at = offsets ? &t->ctts : &t->stts;
	uint64_t *len = offsets ? &t->ctts_len : &t->stts_len;
	uint8_t p[8];

	(void)err;
	b->ambiguous |= *at != 0;
	if (!box_get(b, box, p, sizeof(p), sizeof(p))) {
		b->incomplete = true;
		return (PROV_OK);
	}
	*at = box->at + 8;
	*len = be32(p + 4);
	if (*len > (box->end - *at) / 8) {
		*len = (box->end - *at) / 8;
		b->incomplete = true;
	}
	return (PROV_OK);
}

static prov_status
read_stsz(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[12];

	(void)err;
	b->ambiguous |= b->track->samples > 0;
	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		b->incomplete = true;
	else
		b->track->samples = be32(p + 8);
	return (PROV_OK);
}

static struct bmff_track *
track_by_id(struct bmff *b, uint32_t id)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->tracks[i].id == id)
			return (&b->tracks[i]);
	return (NULL);
}

/* tref: the tracks that are chapters may come before or after. */
static prov_status
read_chap(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[4];

	(void)err;
	for (uint64_t at = box->at;
	     box->end - at >= 4 && source_get(b->s, at, p, 4); at += 4) {
		struct bmff_track *t = track_by_id(b, be32(p));

		if (t != NULL)
			t->chapters = true;
	}
	return (PROV_OK);
}

static prov_status
read_trex(struct bmff *b, const struct box *box, prov_err *err)
{
	struct bmff_track *t;
	uint8_t p[24];

	(void)err;
	b->fragmented = true;
	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		b->incomplete = true;
	else if ((t = track_by_id(b, be32(p + 4))) != NULL)
		t->default_duration = be32(p + 12);
	return (PROV_OK);
}

static prov_status
read_tfhd(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[32];
	uint32_t flags;
	size_t at = 8;

	(void)err;
	b->ambiguous |= b->fragment != NULL;
	if (!box_get(b, box, p, sizeof(p), 8)) {
		b->incomplete = true;
		return (PROV_OK);
	}
	flags = be32(p) & 0xffffff;
	at += (flags & 1 ? 8U : 0U) + (flags & 2 ? 4U : 0U);
	b->fragment = track_by_id(b, be32(p + 4));
	b->incomplete |= b->fragment == NULL;
	if (b->fragment != NULL)
		b->fragment_duration =
		    flags & 8 ? be32(p + at) : b->fragment->default_duration;
	return (PROV_OK);
}

static prov_status
read_tfdt(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[12];

	(void)err;
	if (b->fragment != NULL && box_get(b, box, p, sizeof(p), 8))
		b->fragment->dts = p[0] == 1 ? be64(p + 4) : be32(p + 4);
	return (PROV_OK);
}

static prov_status
read_space(struct bmff *b, const struct box *box, prov_err *err)
{
	(void)err;
	bmff_space(b, box);
	return (PROV_OK);
}

/* QuickTime's regions and mattes: nobody else cuts anything out for them. */
static prov_status
read_cut(struct bmff *b, const struct box *box, prov_err *err)
{
	(void)box, (void)err;
	if (b->track != NULL)
		b->track->cut_out = true;
	else
		b->cut_out = true;
	return (PROV_OK);
}

static prov_status
read_clef(struct bmff *b, const struct box *box, prov_err *err)
{
	uint8_t p[12];

	(void)err;
	if (box_get(b, box, p, sizeof(p), sizeof(p))) {
		b->track->clean_w = be32(p + 4);
		b->track->clean_h = be32(p + 8);
	}
	return (PROV_OK);
}

static prov_status
enter_moov(struct bmff *b, const struct box *box, prov_err *err)
{
	struct box inner;
	prov_status st;

	if (b->has_movie) {
		b->ambiguous = true;
		return (PROV_OK);
	}
	b->has_movie = true;
	st = walk(b, box->type, box->at, box->end, 1, err);
	if (st != PROV_OK)
		return (st);
	/* Once more for references, now that all ids are known. */
	for (uint64_t at = box->at; box_next(b, &at, box->end, &inner);)
		if (inner.type == TYPE("trak") &&
		    (st = walk(b, TYPE("again"), inner.at, inner.end, 2,
			 err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
enter_trak(struct bmff *b, const struct box *box, prov_err *err)
{
	prov_status st;

	if (b->n == BMFF_TRACKS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.streams: more than %d tracks", BMFF_TRACKS_MAX));
	b->track = &b->tracks[b->n++];
	if ((st = walk(b, box->type, box->at, box->end, 2, err)) != PROV_OK ||
	    (st = bmff_times(b, err)) != PROV_OK)
		return (st);
	b->ambiguous |= has_both(b->track->seen, "stco", "co64") ||
	                has_both(b->track->seen, "stsz", "stz2");
	b->track = NULL;
	return (PROV_OK);
}

static prov_status
enter_traf(struct bmff *b, const struct box *box, prov_err *err)
{
	b->fragment = NULL;
	b->seen = 0;
	return (walk(b, box->type, box->at, box->end, 2, err));
}

/* A box that matters only for where it stands, and that it is the only one. */
static prov_status
pass_by(struct bmff *b, const struct box *box, prov_err *err)
{
	(void)b, (void)box, (void)err;
	return (PROV_OK);
}

#define MANY true /* it may stand there more than once */

/* Which box means what, and where. Without a function: more boxes. */
static const struct row {
	char parent[5], type[5];
	box_fn read;
	bool many;
} rows[] = {
	{ "", "moov", enter_moov, MANY },
	{ "", "moof", NULL, MANY },
	{ "moov", "mvhd", read_mvhd, false },
	{ "moov", "trak", enter_trak, MANY },
	{ "moov", "mvex", NULL, false },
	{ "mvex", "trex", read_trex, MANY },
	{ "trak", "tkhd", read_tkhd, false },
	{ "trak", "edts", NULL, false },
	{ "edts", "elst", read_elst, false },
	{ "trak", "uuid", read_space, MANY },
	{ "trak", "clip", read_cut, MANY },
	{ "trak", "matt", read_cut, MANY },
	{ "moov", "clip", read_cut, MANY },
	{ "trak", "tapt", NULL, false },
	{ "tapt", "clef", read_clef, false },
	{ "agai", "tref", NULL, MANY },
	{ "tref", "chap", read_chap, MANY },
	{ "trak", "mdia", NULL, false },
	{ "mdia", "mdhd", read_mdhd, false },
	{ "mdia", "hdlr", read_hdlr, false },
	{ "mdia", "minf", NULL, false },
	{ "minf", "smhd", read_smhd, false },
	{ "minf", "dinf", NULL, false },
	{ "dinf", "dref", read_dref, false },
	{ "minf", "stbl", NULL, false },
	{ "stbl", "stsd", bmff_descriptions, false },
	{ "stbl", "stts", read_table, false },
	{ "stbl", "ctts", read_table, false },
	{ "stbl", "stsz", read_stsz, false },
	{ "stbl", "stz2", read_stsz, false },
	{ "stbl", "stsc", pass_by, false },
	{ "stbl", "stco", pass_by, false },
	{ "stbl", "co64", pass_by, false },
	{ "stbl", "stss", pass_by, false },
	{ "moof", "traf", enter_traf, MANY },
	{ "traf", "tfhd", read_tfhd, false },
	{ "traf", "tfdt", read_tfdt, false },
	{ "traf", "trun", bmff_run, MANY },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(N_ROWS <= 64, "rows are bits of seen");

/* What libavformat takes wherever it stands, and others only in its place. */
static bool
out_of_place(uint32_t type)
{
	static const char types[][5] = { "hoov", "cmov", "pasp", "colr", "clap",
		"fiel", "st3d", "sv3d", "mdcv", "clli", "avcC", "hvcC", "esds",
		"glbl", "vexu", "dvcC", "dvvC", "dvwC" };

	/* Handlers and item references of metadata have names of ours. */
	if (type == TYPE("hdlr") || type == TYPE("uuid") ||
	    type == TYPE("tref") || type == TYPE("dinf") ||
	    type == TYPE("dref") || type == TYPE("clip"))
		return (false);
	for (size_t i = 0; i < N_ROWS; i++)
		if (TYPE(rows[i].type) == type)
			return (true);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (TYPE(types[i]) == type)
			return (true);
	return (false);
}

/* Boxes of no interest that libavformat looks into all the same. */
static bool
is_looked_into(uint32_t type)
{
	return (type == TYPE("udta") || type == TYPE("meta") ||
		type == TYPE("tref") || type == TYPE("dinf") ||
		type == TYPE("ilst") || type == TYPE("wave"));
}

static const struct row *
row_of(uint32_t parent, uint32_t type)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (TYPE(rows[i].type) == type &&
		    TYPE(rows[i].parent) == parent)
			return (&rows[i]);
	return (NULL);
}

/* Readers differ in which of two boxes they take. */
static void
mark_seen(struct bmff *b, const struct row *row)
{
	uint64_t *seen = b->track != NULL ? &b->track->seen : &b->seen;
	uint64_t bit = UINT64_C(1) << (row - rows);

	b->ambiguous |= !row->many && (*seen & bit) != 0;
	*seen |= bit;
}

/* Of one table in two forms, one. */
static bool
has_both(uint64_t seen, const char *one, const char *other)
{
	const struct row *x = row_of(TYPE("stbl"), TYPE(one));
	const struct row *y = row_of(TYPE("stbl"), TYPE(other));

	return ((seen >> (x - rows) & seen >> (y - rows) & 1) != 0);
}

/* A box without a row: nothing, unless it is one at the wrong place. */
static prov_status
visit_other(struct bmff *b, uint32_t parent, const struct box *box,
    unsigned depth, prov_err *err)
{
	uint64_t at = box->at;

	if (parent == TYPE("agai"))
		return (PROV_OK);
	if (out_of_place(box->type))
		b->ambiguous = true;
	if (parent == ROOT || !is_looked_into(box->type))
		return (PROV_OK);
	/* A full box, but not in QuickTime files. */
	if (box->type == TYPE("meta") && box->end - at >= 4) {
		uint8_t p[8];

		if (!box_get(b, box, p, sizeof(p), 4) || be32(p) == 0)
			at += 4;
	}
	return (walk(b, box->type, at, box->end, depth + 1, err));
}

static prov_status
visit(struct bmff *b, uint32_t parent, const struct box *box, unsigned depth,
    prov_err *err)
{
	const struct row *row = row_of(parent, box->type);

	if (++b->boxes > BMFF_BOXES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.boxes: more than %lu boxes", BMFF_BOXES_MAX));
	/* Unknown boxes that are cut lose no media: junk behind the end. */
	if (box->cut &&
	    (row != NULL || parent != ROOT || box->type == TYPE("mdat")))
		b->incomplete = true;
	if (row == NULL)
		return (visit_other(b, parent, box, depth, err));
	mark_seen(b, row);
	if (row->read != NULL)
		return (row->read(b, box, err));
	return (walk(b, box->type, box->at, box->end, depth + 1, err));
}

static prov_status
walk(struct bmff *b, uint32_t parent, uint64_t at, uint64_t end, unsigned depth,
    prov_err *err)
{
	struct box box;
	prov_status st;

	if (depth > BMFF_DEPTH_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.depth: boxes %u deep", depth));
	while (at < end && box_next(b, &at, end, &box))
		if ((st = visit(b, parent, &box, depth, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
bmff_scan(struct bmff *b, struct source *s, prov_err *err)
{
	memset(b, 0, sizeof(*b));
	b->s = s;
	return (walk(b, ROOT, 0, s->size, 0, err));
}
