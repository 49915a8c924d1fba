/* SPDX-License-Identifier: ISC */
/* RFC 8794 and 9559: what libavformat hides or does not check. */
#include "demux/ebml.h"

#include <string.h>

#include "base/bytes.h"

#define UNKNOWN UINT64_MAX /* a size that is not stated */

enum {
	ID_EBML = 0x1a45dfa3,
	ID_SEGMENT = 0x18538067,
	ID_INFO = 0x1549a966,
	ID_TRACKS = 0x1654ae6b,
	ID_CLUSTER = 0x1f43b675,
	ID_CHAPTERS = 0x1043a770,
	ID_CUES = 0x1c53bb6b,
	ID_SEEK = 0x114d9b74,
	ID_TAGS = 0x1254c367,
	ID_FILES = 0x1941a469,
	ID_FILE = 0x61a7,
	ID_ENTRY = 0xae,
	ID_GROUP = 0xa0,
	ID_BLOCK = 0xa1,
	ID_SIMPLE = 0xa3,
	ID_PADDING = 0x75a2,
	ID_SCALE = 0x2ad7b1,
	ID_CLUSTER_TIME = 0xe7,
	ID_STATE = 0xa4,
	ID_SILENT = 0x5854,
	ID_SECRET = 0xaf
};

/* Dolby Vision's mappings have the names of MP4's boxes. */
enum { DVCC = 0x64766343, DVVC = 0x64767643, DVWC = 0x64767743 };

struct element {
	uint32_t id;
	uint64_t start, at, end; /* header, payload */
	bool open;               /* of unknown size: end is the parent's */
};

typedef void (*element_fn)(struct ebml *e, const struct element *x);

/* A number of 1 to 8 bytes; keep leaves its marker bit in place (ids). */
static size_t
get_number(struct ebml *e, uint64_t at, uint64_t end, size_t max, bool keep,
    uint64_t *out)
{
	uint8_t p[8];
	size_t len = 1;
	uint64_t v;

	if (at >= end || !source_get(e->s, at, p, 1) || p[0] == 0)
		return (0);
	while ((p[0] & 0x80 >> (len - 1)) == 0)
		len++;
	if (len > max || len > end - at || !source_get(e->s, at, p, len))
		return (0);
	v = keep ? p[0] : p[0] & (0xffU >> len);
	for (size_t i = 1; i < len; i++)
		v = v << 8 | p[i];
	if (!keep && v == (UINT64_C(1) << 7 * len) - 1)
		v = UNKNOWN;
	*out = v;
	return (len);
}

/* The element at *at; *at moves behind its header. */
static bool
element_next(struct ebml *e, uint64_t *at, uint64_t end, struct element *x)
{
	uint64_t id, len;
	size_t n, m;

	if ((n = get_number(e, *at, end, 4, true, &id)) == 0 ||
	    (m = get_number(e, *at + n, end, 8, false, &len)) == 0) {
		e->incomplete = true;
		return (false);
	}
	x->id = (uint32_t)id;
	x->start = *at;
	x->at = *at + n + m;
	x->open = len == UNKNOWN;
	if (!x->open && len > end - x->at)
		e->incomplete = true;
	x->end = x->open || len > end - x->at ? end : x->at + len;
	*at = x->at;
	return (true);
}

static uint64_t
get_uint(struct ebml *e, const struct element *x)
{
	uint8_t p[8];
	uint64_t v = 0;
	size_t len = x->end - x->at > 8 ? 8 : (size_t)(x->end - x->at);

	if (len > 0 && !source_get(e->s, x->at, p, len))
		return (0);
	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return (v);
}

static double
get_float(struct ebml *e, const struct element *x)
{
	uint8_t p[8];
	uint32_t v4;
	uint64_t v8;
	float f;
	double d;

	switch (x->end - x->at) {
	case 4:
		if (!source_get(e->s, x->at, p, 4))
			return (0);
		v4 = be32(p);
		memcpy(&f, &v4, 4);
		return (f);
	case 8:
		if (!source_get(e->s, x->at, p, 8))
			return (0);
		v8 = be64(p);
		memcpy(&d, &v8, 8);
		return (d);
	default:
		return (0);
	}
}

/* Elements of a track that are numbers, and where they go. */
enum type { UINT, FLOAT, FLAG };

static const struct field {
	uint32_t parent, id;
	enum type type;
	size_t at;  /* in struct ebml_track */
	size_t has; /* a bool there; 0: none, number stands at 0 */
} fields[] = {
#define F(member) offsetof(struct ebml_track, member)
	{ 0xae, 0xd7, UINT, F(number), 0 },
	{ 0xae, 0x83, UINT, F(type), 0 },
	{ 0xae, 0x56aa, UINT, F(codec_delay), 0 },
	{ 0xe0, 0xb0, UINT, F(pixel_w), 0 },
	{ 0xe0, 0xba, UINT, F(pixel_h), 0 },
	{ 0xe0, 0x54cc, UINT, F(crop[0]), F(has_crop) },
	{ 0xe0, 0x54bb, UINT, F(crop[1]), F(has_crop) },
	{ 0xe0, 0x54dd, UINT, F(crop[2]), F(has_crop) },
	{ 0xe0, 0x54aa, UINT, F(crop[3]), F(has_crop) },
	{ 0xe0, 0x54b0, UINT, F(display_w), F(has_display) },
	{ 0xe0, 0x54ba, UINT, F(display_h), F(has_display) },
	{ 0xe0, 0x54b2, UINT, F(display_unit), 0 },
	{ 0xe0, 0x53b8, UINT, F(stereo), F(has_stereo) },
	{ 0xe0, 0x53c0, UINT, F(alpha), F(has_alpha) },
	{ 0xe0, 0x9a, UINT, F(interlaced), F(has_fields) },
	{ 0xe0, 0x9d, UINT, F(field_order), 0 },
	{ 0x55b0, 0x55bb, UINT, F(primaries), F(has_colour) },
	{ 0x55b0, 0x55ba, UINT, F(transfer), F(has_colour) },
	{ 0x55b0, 0x55b1, UINT, F(matrix), F(has_colour) },
	{ 0x55b0, 0x55b9, UINT, F(range), F(has_range) },
	{ 0x55b0, 0x55bc, UINT, F(max_cll), F(has_light) },
	{ 0x55b0, 0x55bd, UINT, F(max_fall), F(has_light) },
	{ 0x55d0, 0x55d1, FLOAT, F(mastering[0]), F(has_mastering) },
	{ 0x55d0, 0x55d2, FLOAT, F(mastering[1]), F(has_mastering) },
	{ 0x55d0, 0x55d3, FLOAT, F(mastering[2]), F(has_mastering) },
	{ 0x55d0, 0x55d4, FLOAT, F(mastering[3]), F(has_mastering) },
	{ 0x55d0, 0x55d5, FLOAT, F(mastering[4]), F(has_mastering) },
	{ 0x55d0, 0x55d6, FLOAT, F(mastering[5]), F(has_mastering) },
	{ 0x55d0, 0x55d7, FLOAT, F(mastering[6]), F(has_mastering) },
	{ 0x55d0, 0x55d8, FLOAT, F(mastering[7]), F(has_mastering) },
	{ 0x55d0, 0x55d9, FLOAT, F(mastering[8]), F(has_mastering) },
	{ 0x55d0, 0x55da, FLOAT, F(mastering[9]), F(has_mastering) },
	{ 0x7670, 0x7671, UINT, F(projection), F(has_projection) },
	{ 0x7670, 0x7673, FLOAT, F(yaw), F(has_projection) },
	{ 0x7670, 0x7674, FLOAT, F(pitch), F(has_projection) },
	{ 0x7670, 0x7675, FLOAT, F(roll), F(has_projection) },
	{ 0xae, 0x86, FLAG, F(has_codec), 0 },
	{ 0xae, 0xe2, FLAG, F(combined), 0 },
	{ 0x6240, 0x5035, FLAG, F(encrypted), 0 },
#undef F
};
_Static_assert(sizeof(fields) / sizeof(fields[0]) <= 64,
    "fields are bits of seen");

/* Elements of a track that hold others. */
static const uint32_t masters[][2] = { { 0xae, 0xe0 }, { 0xae, 0xe1 },
	{ 0xe0, 0x55b0 }, { 0x55b0, 0x55d0 }, { 0xe0, 0x7670 },
	{ 0xae, 0x6d80 }, { 0x6d80, 0x6240 } };

/* Readers differ in which of two they take. */
static void
note_field(struct ebml *e, size_t row)
{
	uint64_t bit = UINT64_C(1) << row;

	/* Several encodings may each be an encryption. */
	e->ambiguous |= (e->track->seen & bit) != 0 && fields[row].type != FLAG;
	e->track->seen |= bit;
}

static void
note_other(struct ebml *e, unsigned bit)
{
	e->ambiguous |= (e->track->others & bit) != 0;
	e->track->others |= bit;
}

static void
take_field(struct ebml *e, const struct field *f, const struct element *x)
{
	uint8_t *track = (uint8_t *)e->track;
	const bool yes = true;
	uint64_t v;
	double d;

	switch (f->type) {
	case UINT:
		v = get_uint(e, x);
		memcpy(track + f->at, &v, sizeof(v));
		break;
	case FLOAT:
		d = get_float(e, x);
		memcpy(track + f->at, &d, sizeof(d));
		break;
	case FLAG:
		memcpy(track + f->at, &yes, sizeof(yes));
		break;
	}
	if (f->has != 0)
		memcpy(track + f->has, &yes, sizeof(yes));
}

/* A BlockAdditionMapping; of those, Dolby Vision's has all in itself. */
static void
read_mapping(struct ebml *e, const struct element *mapping)
{
	struct element x, data = { 0 };
	uint64_t type = 0;
	size_t len;

	for (uint64_t at = mapping->at;
	     at < mapping->end && element_next(e, &at, mapping->end, &x);
	     at = x.end) {
		e->elements++;
		if (x.id == 0x41e7)
			type = get_uint(e, &x);
		if (x.id == 0x41ed)
			data = x;
	}
	if (type != DVCC && type != DVVC && type != DVWC)
		return;
	len = data.end - data.at < sizeof(e->track->dovi)
	          ? (size_t)(data.end - data.at)
	          : sizeof(e->track->dovi);
	e->ambiguous |= e->track->has_dovi || len < 5;
	e->track->has_dovi =
	    len >= 5 && source_get(e->s, data.at, e->track->dovi, len);
}

/* Past version and flags, as MP4 has it. */
static void
take_private(struct ebml *e, const struct element *x)
{
	note_other(e, 16);
	if (x->end - x->at <= 4)
		return;
	e->track->sphere_at = x->at + 4;
	e->track->sphere_len = x->end - x->at - 4;
}

static void
take_other(struct ebml *e, uint32_t parent, const struct element *x)
{
	double d;

	if (parent == ID_ENTRY && x->id == 0x23314f) {
		note_other(e, 1);
		d = get_float(e, x);
		e->track->slowed = d < 0.999999 || d > 1.000001;
	}
	if (parent == ID_ENTRY && x->id == 0xb9) {
		note_other(e, 2);
		e->track->disabled = get_uint(e, x) == 0;
	}
	if (parent == ID_ENTRY && x->id == 0x63a2)
		note_other(e, 4);
	if (parent == ID_ENTRY && x->id == 0x537f)
		e->track->moved = get_uint(e, x) != 0;
	if (parent == ID_ENTRY && x->id == 0x41e4)
		read_mapping(e, x);
	if (parent == 0x7670 && x->id == 0x7672)
		take_private(e, x);
	if (parent == 0xe1 && x->id == 0xb5) {
		note_other(e, 8);
		d = get_float(e, x);
		if (d >= 1 && d < 1e9)
			e->track->rate = (uint64_t)d;
	}
}

static void
read_track(struct ebml *e, uint32_t parent, uint64_t at, uint64_t end,
    unsigned depth)
{
	struct element x;

	while (at < end && element_next(e, &at, end, &x)) {
		e->elements++;
		at = x.end;
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (fields[i].parent == parent &&
			    fields[i].id == x.id) {
				note_field(e, i);
				take_field(e, &fields[i], &x);
			}
		take_other(e, parent, &x);
		for (size_t i = 0; i < sizeof(masters) / sizeof(masters[0]);
		     i++)
			if (masters[i][0] == parent && masters[i][1] == x.id &&
			    depth < EBML_DEPTH_MAX)
				read_track(e, x.id, x.at, x.end, depth + 1);
	}
}

static prov_status
read_tracks(struct ebml *e, const struct element *tracks, prov_err *err)
{
	struct element x;

	e->ambiguous |= e->has_tracks;
	e->has_tracks = true;
	for (uint64_t at = tracks->at;
	     at < tracks->end && element_next(e, &at, tracks->end, &x);
	     at = x.end) {
		e->elements++;
		if (x.id != ID_ENTRY)
			continue;
		if (e->n == EBML_TRACKS_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "limit.streams: more than %d tracks",
			    EBML_TRACKS_MAX));
		e->track = &e->tracks[e->n++];
		*e->track = (struct ebml_track){ .transfer = 2,
			.primaries = 2,
			.matrix = 2 };
		read_track(e, ID_ENTRY, x.at, x.end, 0);
		for (const struct ebml_track *o = e->tracks; o < e->track; o++)
			e->ambiguous |= o->number == e->track->number;
	}
	return (PROV_OK);
}

/* Neighbours in other files. */
static void
read_info(struct ebml *e, const struct element *info)
{
	struct element x;
	bool scaled = false;

	e->ambiguous |= e->has_info;
	e->has_info = true;
	for (uint64_t at = info->at;
	     at < info->end && element_next(e, &at, info->end, &x);
	     at = x.end) {
		e->elements++;
		if (x.id == 0x3cb923 || x.id == 0x3eb923)
			e->linked = true;
		e->ambiguous |= x.id == ID_SCALE && scaled;
		scaled |= x.id == ID_SCALE;
	}
}

static void
count_attachments(struct ebml *e, const struct element *files)
{
	struct element x;

	for (uint64_t at = files->at;
	     at < files->end && element_next(e, &at, files->end, &x);
	     at = x.end) {
		e->elements++;
		e->attachments += x.id == ID_FILE;
	}
}

/* Editions that play pieces in an order of their own. */
static void
read_chapters(struct ebml *e, uint64_t at, uint64_t end, unsigned depth)
{
	struct element x;

	while (at < end && element_next(e, &at, end, &x)) {
		e->elements++;
		at = x.end;
		if (x.id == 0x45dd && get_uint(e, &x) != 0)
			e->ordered = true;
		if (x.id == 0x6e67)
			e->linked = true;
		/* EditionEntry, ChapterAtom */
		if ((x.id == 0x45b9 || x.id == 0xb6) && depth < EBML_DEPTH_MAX)
			read_chapters(e, x.at, x.end, depth + 1);
	}
}

/* Frames of a block by its lacing (RFC 9559 10.3). */
static void
read_block(struct ebml *e, const struct element *x)
{
	uint64_t number;
	uint8_t p[4];
	size_t n = get_number(e, x->at, x->end, 8, false, &number);

	if (n == 0 || x->end - x->at - n < 3 ||
	    !source_get(e->s, x->at + n, p, 3)) {
		e->incomplete = true;
		return;
	}
	p[3] = 0;
	if ((p[2] & 0x06) != 0 &&
	    (x->end - x->at - n < 4 || !source_get(e->s, x->at + n, p, 4))) {
		e->incomplete = true;
		return;
	}
	for (size_t i = 0; i < e->n; i++)
		if (e->tracks[i].number == number) {
			e->track = &e->tracks[i];
			e->track->frames += 1U + p[3];
			return;
		}
}

/* DiscardPadding, behind its block: samples at its end, or at its start. */
static void
read_padding(struct ebml *e, const struct element *x)
{
	uint64_t ns = get_uint(e, x);
	size_t len = (size_t)(x->end - x->at);

	if (e->track == NULL || len == 0 || len > 8)
		return;
	/* Negative, at the start: its size is what matters. */
	if (ns >> (8 * len - 1) != 0)
		ns = (UINT64_C(1) << (8 * len - 1)) -
		     (ns ^ UINT64_C(1) << (8 * len - 1));
	if (__builtin_add_overflow(e->track->padding, ns, &e->track->padding))
		e->track->padding = UINT64_MAX;
}

/* What can only stand in a segment ends a cluster of unknown size. */
static bool
is_top(uint32_t id)
{
	static const uint32_t ids[] = { ID_CLUSTER, ID_INFO, ID_TRACKS,
		ID_CHAPTERS, ID_CUES, ID_SEEK, ID_TAGS, ID_FILES, ID_SEGMENT,
		ID_EBML };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return (true);
	return (false);
}

static prov_status
count_element(struct ebml *e, prov_err *err)
{
	if (++e->elements > EBML_ELEMENTS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.elements: more than %lu elements",
		    EBML_ELEMENTS_MAX));
	return (PROV_OK);
}

/* Where the cluster ended is in *at. */
static prov_status
read_cluster(struct ebml *e, const struct element *cluster, uint64_t *at,
    prov_err *err)
{
	bool timed = false;
	struct element x;
	prov_status st;

	for (*at = cluster->at; *at < cluster->end;) {
		if (!element_next(e, at, cluster->end, &x)) {
			*at = cluster->end;
			return (PROV_OK);
		}
		if (cluster->open && is_top(x.id)) {
			*at = x.start;
			return (PROV_OK);
		}
		if ((st = count_element(e, err)) != PROV_OK)
			return (st);
		e->ambiguous |= x.id == ID_CLUSTER_TIME && timed;
		timed |= x.id == ID_CLUSTER_TIME;
		if (x.id == ID_SIMPLE || x.id == ID_BLOCK)
			read_block(e, &x);
		if (x.id == ID_PADDING)
			read_padding(e, &x);
		/* New configurations and the like: not every reader follows. */
		e->ambiguous |=
		    x.id == ID_STATE || x.id == ID_SILENT || x.id == ID_SECRET;
		/* The group's elements come next. */
		*at = x.id == ID_GROUP ? x.at : x.end;
	}
	return (PROV_OK);
}

static prov_status
read_segment(struct ebml *e, const struct element *segment, prov_err *err)
{
	uint64_t at = segment->at;
	struct element x;
	prov_status st;

	while (at < segment->end && element_next(e, &at, segment->end, &x)) {
		if ((st = count_element(e, err)) != PROV_OK)
			return (st);
		if (x.open && x.id != ID_CLUSTER) {
			e->incomplete = true;
			return (PROV_OK);
		}
		if (x.id == ID_CLUSTER)
			st = read_cluster(e, &x, &at, err);
		else if (x.id == ID_TRACKS)
			st = read_tracks(e, &x, err);
		if (st != PROV_OK)
			return (st);
		if (x.id == ID_INFO)
			read_info(e, &x);
		if (x.id == ID_FILES)
			count_attachments(e, &x);
		if (x.id == ID_CHAPTERS)
			read_chapters(e, x.at, x.end, 0);
		if (x.id != ID_CLUSTER)
			at = x.end;
	}
	return (PROV_OK);
}

prov_status
ebml_scan(struct ebml *e, struct source *s, prov_err *err)
{
	struct element x;
	uint64_t at = 0, end = s->size;
	prov_status st;

	memset(e, 0, sizeof(*e));
	e->s = s;
	while (at < end) {
		bool incomplete = e->incomplete;

		/* Bytes behind the segment that are not another are nobody's.
		 */
		if (!element_next(e, &at, end, &x) ||
		    (x.id != ID_EBML && x.id != ID_SEGMENT)) {
			e->incomplete = incomplete;
			break;
		}
		if (x.id == ID_SEGMENT) {
			e->linked |= e->has_segment;
			e->has_segment = true;
			if ((st = read_segment(e, &x, err)) != PROV_OK)
				return (st);
		}
		at = x.end;
	}
	e->incomplete |= !e->has_segment;
	return (PROV_OK);
}

bool
ebml_is_shown(const struct ebml_track *t)
{
	return (t->has_codec && (t->type == 1 || t->type == 2 ||
				    t->type == 0x11 || t->type == 0x21));
}
