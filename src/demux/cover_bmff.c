/* SPDX-License-Identifier: ISC */
/* Which bytes of ISO/IEC 14496-12 boxes are framing (prov-manifest(5)). */
#include "base/bytes.h"
#include "demux/cover.h"

#define TYPE(s) FOURCC((s)[0], (s)[1], (s)[2], (s)[3])

/* Brands: 8 bytes and as many as any writer lists. */
#define BRANDS_MAX 136

/* More than this many children of a box are looked at by nobody. */
#define CHILDREN_MAX BMFF_BOXES_MAX

struct frame {
	struct cover *c;
	struct bmff b; /* for its source alone */
	const struct bmff *scan;
	size_t track; /* the number of the one being walked, plus 1 */
	bool movie;   /* was there: only the first one is read */
	uint64_t boxes;
};

/* How much of a box's payload is framing. */
typedef uint64_t (*len_fn)(struct frame *f, const struct box *box);

static bool
get(struct frame *f, const struct box *box, uint64_t at, void *p, size_t len)
{
	return (at <= box->end - box->at && box->end - box->at - at >= len &&
		source_get(f->b.s, box->at + at, p, len));
}

static uint8_t
version(struct frame *f, const struct box *box)
{
	uint8_t p = 0;

	return (get(f, box, 0, &p, 1) ? p : 0);
}

/* A table of n entries, n at an offset: fixed part and entries. */
static uint64_t
table(struct frame *f, const struct box *box, uint64_t n_at, uint64_t fixed,
    uint64_t each)
{
	uint8_t p[4];

	return (get(f, box, n_at, p, 4) ? fixed + be32(p) * each : 0);
}

static uint64_t
len_brands(struct frame *f, const struct box *box)
{
	(void)f, (void)box;
	return (BRANDS_MAX);
}

/* Of the two versions of a header: 32 or 64-bit times. */
#define LEN_BY_VERSION(name, v0, v1)                                 \
	static uint64_t name(struct frame *f, const struct box *box) \
	{                                                            \
		return (version(f, box) == 1 ? (v1) : (v0));         \
	}
LEN_BY_VERSION(len_mvhd, 100, 112)
LEN_BY_VERSION(len_tkhd, 84, 96)
LEN_BY_VERSION(len_mdhd, 24, 36)
LEN_BY_VERSION(len_long, 8, 12)

#define LEN_FIXED(name, len)                                         \
	static uint64_t name(struct frame *f, const struct box *box) \
	{                                                            \
		(void)f, (void)box;                                  \
		return (len);                                        \
	}
LEN_FIXED(len_4, 4)
LEN_FIXED(len_8, 8)
LEN_FIXED(len_12, 12)
LEN_FIXED(len_24, 24)

#define LEN_TABLE(name, each)                                        \
	static uint64_t name(struct frame *f, const struct box *box) \
	{                                                            \
		return (table(f, box, 4, 8, each));                  \
	}
LEN_TABLE(len_by_4, 4)
LEN_TABLE(len_by_8, 8)
LEN_TABLE(len_by_12, 12)

static uint64_t
len_elst(struct frame *f, const struct box *box)
{
	return (table(f, box, 4, 8, version(f, box) == 1 ? 20 : 12));
}

static uint64_t
len_stsz(struct frame *f, const struct box *box)
{
	uint8_t p[12];

	if (!get(f, box, 0, p, sizeof(p)))
		return (0);
	return (12 + (be32(p + 4) == 0 ? UINT64_C(4) * be32(p + 8) : 0));
}

static uint64_t
len_stz2(struct frame *f, const struct box *box)
{
	uint8_t p[12];

	if (!get(f, box, 0, p, sizeof(p)))
		return (0);
	return (12 + (UINT64_C(1) * be32(p + 8) * p[7] + 7) / 8);
}

/* Four or eight bytes for each flag that says there are. */
static uint64_t
len_tfhd(struct frame *f, const struct box *box)
{
	uint8_t p[4];
	uint64_t len = 8;

	if (!get(f, box, 0, p, 4))
		return (0);
	len += p[3] & 0x01 ? 8 : 0;
	for (unsigned bit = 0x02; bit <= 0x20; bit <<= 1)
		len += bit != 0x04 && (p[3] & bit) ? 4 : 0;
	return (len);
}

static uint64_t
len_trun(struct frame *f, const struct box *box)
{
	uint8_t p[4];
	uint64_t each = 0, fixed = 8;

	if (!get(f, box, 0, p, 4))
		return (0);
	fixed += (p[3] & 1 ? 4U : 0U) + (p[3] & 4 ? 4U : 0U);
	for (unsigned bit = 1; bit <= 8; bit <<= 1)
		each += p[2] & bit ? 4 : 0;
	return (table(f, box, 4, fixed, each));
}

/* Of each entry its header, version and flags; no text. */
static uint64_t
len_dref(struct frame *f, const struct box *box)
{
	uint64_t at = box->at + 8;
	struct box entry;

	while (at < box->end && f->boxes++ < CHILDREN_MAX) {
		uint64_t start = at, len;

		if (!box_next(&f->b, &at, box->end, &entry))
			break;
		len = entry.end - entry.at < 4 ? entry.end - entry.at : 4;
		cover_add(f->c, start, entry.at - start + len);
	}
	return (8);
}

/* What configures a decoder, or says how pictures are shown. */
static bool
is_config(uint32_t type)
{
	static const char types[][5] = { "avcC", "hvcC", "lhvC", "av1C", "vpcC",
		"esds", "dOps", "dfLa", "dac3", "dec3", "ddts", "dmlp", "alac",
		"wave", "glbl", "d263", "damr", "chan", "pcmC", "pasp", "colr",
		"clap", "fiel", "mdcv", "clli", "st3d", "sv3d", "dvcC", "dvvC",
		"dvwC", "vexu" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (TYPE(types[i]) == type)
			return (true);
	return (false);
}

/* The fixed part of a sample entry; UINT64_MAX: all of it is text's. */
static uint64_t
entry_len(struct frame *f, const struct box *entry)
{
	uint8_t p[2];
	uint32_t handler = 0;

	if (f->track > 0 && f->track <= f->scan->n)
		handler = f->scan->tracks[f->track - 1].handler;
	if (handler == HANDLER_VIDEO)
		return (78);
	if (handler == TYPE("text") || handler == TYPE("sbtl") ||
	    handler == TYPE("subt") || handler == TYPE("subp") ||
	    handler == TYPE("clcp"))
		return (UINT64_MAX);
	if (handler != HANDLER_AUDIO)
		return (8);
	if (!get(f, entry, 8, p, 2))
		return (28);
	return (28 + (be16(p) == 1 ? 16 : be16(p) == 2 ? 36 : 0));
}

static void
cover_entry(struct frame *f, const struct box *entry)
{
	uint64_t len = entry_len(f, entry), at;
	struct box x;

	if (len > entry->end - entry->at)
		len = entry->end - entry->at;
	cover_add(f->c, entry->at, len);
	for (at = entry->at + len; at < entry->end;) {
		uint64_t start = at;

		if (f->boxes++ >= CHILDREN_MAX ||
		    !box_next(&f->b, &at, entry->end, &x))
			return;
		if (is_config(x.type))
			cover_add(f->c, start, x.end - start);
	}
}

static uint64_t
len_stsd(struct frame *f, const struct box *box)
{
	uint64_t at = box->at + 8;
	struct box entry;

	while (at < box->end && f->boxes++ < CHILDREN_MAX) {
		uint64_t start = at;

		if (!box_next(&f->b, &at, box->end, &entry))
			break;
		cover_add(f->c, start, entry.at - start);
		cover_entry(f, &entry);
	}
	return (8);
}

/* Without a length: more boxes. Of all that is not here, nothing counts. */
static const struct row {
	char parent[5], type[5];
	len_fn len;
} rows[] = {
	{ "", "ftyp", len_brands },
	{ "", "moov", NULL },
	{ "", "moof", NULL },
	{ "moov", "mvhd", len_mvhd },
	{ "moov", "trak", NULL },
	{ "moov", "mvex", NULL },
	{ "mvex", "trex", len_24 },
	{ "mvex", "mehd", len_long },
	{ "trak", "tkhd", len_tkhd },
	{ "trak", "edts", NULL },
	{ "edts", "elst", len_elst },
	{ "trak", "mdia", NULL },
	{ "mdia", "mdhd", len_mdhd },
	{ "mdia", "hdlr", len_24 },
	{ "mdia", "minf", NULL },
	{ "minf", "vmhd", len_12 },
	{ "minf", "smhd", len_8 },
	{ "minf", "nmhd", len_4 },
	{ "minf", "sthd", len_4 },
	{ "minf", "dinf", NULL },
	{ "dinf", "dref", len_dref },
	{ "minf", "stbl", NULL },
	{ "stbl", "stsd", len_stsd },
	{ "stbl", "stts", len_by_8 },
	{ "stbl", "ctts", len_by_8 },
	{ "stbl", "stss", len_by_4 },
	{ "stbl", "stsc", len_by_12 },
	{ "stbl", "stsz", len_stsz },
	{ "stbl", "stz2", len_stz2 },
	{ "stbl", "stco", len_by_4 },
	{ "stbl", "co64", len_by_8 },
	{ "moof", "mfhd", len_8 },
	{ "moof", "traf", NULL },
	{ "traf", "tfhd", len_tfhd },
	{ "traf", "tfdt", len_long },
	{ "traf", "trun", len_trun },
};

static const struct row *
row_of(uint32_t parent, uint32_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (TYPE(rows[i].type) == type &&
		    TYPE(rows[i].parent) == parent)
			return (&rows[i]);
	return (NULL);
}

static void walk(struct frame *f, uint32_t parent, uint64_t at, uint64_t end,
    unsigned depth);

static void
cover_box(struct frame *f, const struct row *row, uint64_t start,
    const struct box *box, unsigned depth)
{
	uint64_t len;

	if ((box->type == TYPE("moov") && f->movie) ||
	    (box->type == TYPE("ftyp") && start != 0))
		return;
	f->movie |= box->type == TYPE("moov");
	f->track += box->type == TYPE("trak");
	cover_add(f->c, start, box->at - start);
	if (row->len == NULL) {
		walk(f, box->type, box->at, box->end, depth + 1);
		return;
	}
	len = row->len(f, box);
	if (len > box->end - box->at)
		len = box->end - box->at;
	cover_add(f->c, box->at, len);
}

static void
walk(struct frame *f, uint32_t parent, uint64_t at, uint64_t end,
    unsigned depth)
{
	struct box box;

	if (depth > BMFF_DEPTH_MAX)
		return;
	while (at < end && f->boxes++ < CHILDREN_MAX) {
		const struct row *row;
		uint64_t start = at;

		if (!box_next(&f->b, &at, end, &box))
			return;
		row = row_of(parent, box.type);
		if (row != NULL)
			cover_box(f, row, start, &box, depth);
		else if (parent == 0 && box.type == TYPE("mdat"))
			cover_add(f->c, start, box.at - start);
	}
}

void
cover_bmff(struct cover *c, struct source *s, const struct bmff *b)
{
	struct frame f = { .c = c, .scan = b };

	f.b.s = s;
	walk(&f, 0, 0, s->size, 0);
	c->lost |= s->failed || s->spent;
}
