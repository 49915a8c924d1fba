/* SPDX-License-Identifier: ISC */
/* Sample descriptions: how pictures are to be shown. */
#include <string.h>

#include "base/bytes.h"
#include "demux/bmff.h"

/* Where boxes begin in a sample entry's payload (14496-12 12.1.3, 12.2.3). */
#define VISUAL_LEN 78
#define AUDIO_LEN  28

/* More than any codec has beside its configuration. */
#define ENTRY_BOXES_MAX 32

static void
read_pasp(struct bmff *b, const struct box *box)
{
	struct bmff_track *t = b->track;
	uint8_t p[8];

	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		return;
	t->pasp[0] = be32(p);
	t->pasp[1] = be32(p + 4);
	t->has_pasp = t->pasp[0] != 0 && t->pasp[1] != 0;
}

static void
read_clap(struct bmff *b, const struct box *box)
{
	uint8_t p[32];

	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		return;
	for (size_t i = 0; i < 8; i++)
		b->track->clap[i] = be32(p + 4 * i);
	b->track->has_clap = true;
}

static void
read_colr(struct bmff *b, const struct box *box)
{
	struct bmff_track *t = b->track;
	uint8_t p[11];
	uint32_t type;

	if (!box_get(b, box, p, sizeof(p), 4))
		return;
	type = be32(p);
	if (type == FOURCC('p', 'r', 'o', 'f') ||
	    type == FOURCC('r', 'I', 'C', 'C')) {
		t->has_icc = true;
		t->icc_at = box->at + 4;
		t->icc_len = box->end - t->icc_at;
		return;
	}
	if ((type != FOURCC('n', 'c', 'l', 'x') &&
		type != FOURCC('n', 'c', 'l', 'c')) ||
	    box->end - box->at < 10)
		return;
	t->has_nclx = true;
	for (size_t i = 0; i < 3; i++)
		t->nclx[i] = be16(p + 4 + 2 * i);
	t->has_range =
	    type == FOURCC('n', 'c', 'l', 'x') && box->end - box->at >= 11;
	t->full_range = (p[10] & 0x80) != 0;
}

static void
read_fiel(struct bmff *b, const struct box *box)
{
	b->track->has_fields = box_get(b, box, b->track->fields, 2, 2);
}

static void
read_mdcv(struct bmff *b, const struct box *box)
{
	b->track->has_mdcv = box_get(b, box, b->track->mdcv, 24, 24);
}

static void
read_clli(struct bmff *b, const struct box *box)
{
	b->track->has_clli = box_get(b, box, b->track->clli, 4, 4);
}

/* Dolby Vision: which layers there are and how to mix them. */
static void
read_dovi(struct bmff *b, const struct box *box)
{
	struct bmff_track *t = b->track;

	b->ambiguous |= t->has_dovi;
	t->has_dovi = box_get(b, box, t->dovi, sizeof(t->dovi), 5);
}

/* ISO/IEC 23003-5: not all readers know of it, and then count otherwise. */
static void
read_pcmc(struct bmff *b, const struct box *box)
{
	uint8_t p[6];

	if (box_get(b, box, p, sizeof(p), sizeof(p)))
		b->track->pcm_bits = p[5];
}

static void
read_sinf(struct bmff *b, const struct box *box)
{
	(void)box;
	b->track->encrypted = true;
}

/* Readers differ in which of two boxes they take. */
static void
note_box(struct bmff *b, uint32_t seen[ENTRY_BOXES_MAX], size_t *n,
    const struct box *box)
{
	uint32_t type = box->type;
	uint8_t p[4];

	if (type == FOURCC('f', 'r', 'e', 'e') ||
	    type == FOURCC('s', 'k', 'i', 'p') ||
	    type == FOURCC('u', 'u', 'i', 'd'))
		return;
	/* Numbers and a profile may stand side by side. */
	if (type == FOURCC('c', 'o', 'l', 'r') && box_get(b, box, p, 4, 4))
		type = p[0] == 'n' ? FOURCC('n', 'c', 'l', 'x') : be32(p);
	for (size_t i = 0; i < *n; i++)
		b->ambiguous |= seen[i] == type;
	if (*n < ENTRY_BOXES_MAX)
		seen[(*n)++] = type;
	else
		b->ambiguous = true;
}

static void
read_extensions(struct bmff *b, uint64_t at, uint64_t end)
{
	static const struct {
		uint32_t type;
		void (*read)(struct bmff *, const struct box *);
	} rows[] = {
		{ FOURCC('p', 'a', 's', 'p'), read_pasp },
		{ FOURCC('c', 'l', 'a', 'p'), read_clap },
		{ FOURCC('c', 'o', 'l', 'r'), read_colr },
		{ FOURCC('f', 'i', 'e', 'l'), read_fiel },
		{ FOURCC('s', 't', '3', 'd'), bmff_space },
		{ FOURCC('s', 'v', '3', 'd'), bmff_space },
		{ FOURCC('v', 'e', 'x', 'u'), bmff_space },
		{ FOURCC('d', 'v', 'c', 'C'), read_dovi },
		{ FOURCC('d', 'v', 'v', 'C'), read_dovi },
		{ FOURCC('d', 'v', 'w', 'C'), read_dovi },
		{ FOURCC('m', 'd', 'c', 'v'), read_mdcv },
		{ FOURCC('c', 'l', 'l', 'i'), read_clli },
		{ FOURCC('p', 'c', 'm', 'C'), read_pcmc },
		{ FOURCC('s', 'i', 'n', 'f'), read_sinf },
	};
	uint32_t seen[ENTRY_BOXES_MAX];
	size_t n = 0;
	struct box box;

	while (at < end && box_next(b, &at, end, &box)) {
		b->boxes++;
		note_box(b, seen, &n, &box);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (rows[i].type == box.type)
				rows[i].read(b, &box);
	}
}

static bool
is_protected(uint32_t format)
{
	static const uint32_t formats[] = { FOURCC('e', 'n', 'c', 'v'),
		FOURCC('e', 'n', 'c', 'a'), FOURCC('e', 'n', 'c', 't'),
		FOURCC('e', 'n', 'c', 's'), FOURCC('e', 'n', 'c', 'm'),
		FOURCC('d', 'r', 'm', 's'), FOURCC('d', 'r', 'm', 'i') };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i] == format)
			return (true);
	return (false);
}

static void
read_entry(struct bmff *b, const struct box *entry)
{
	struct bmff_track *t = b->track;
	uint64_t len = entry->end - entry->at;
	uint8_t p[VISUAL_LEN];
	size_t head;

	t->format = entry->type;
	t->encrypted |= is_protected(entry->type);
	if (t->handler == FOURCC('s', 'o', 'u', 'n')) {
		if (!box_get(b, entry, p, AUDIO_LEN, AUDIO_LEN))
			return;
		/* QuickTime's versions 1 and 2 are longer. */
		head = AUDIO_LEN + (be16(p + 8) == 1      ? 16
				       : be16(p + 8) == 2 ? 36
							  : 0);
	} else {
		/* Entries of text and data have heads of many lengths. */
		if (t->handler != FOURCC('v', 'i', 'd', 'e'))
			return;
		if (!box_get(b, entry, p, VISUAL_LEN, VISUAL_LEN))
			return;
		t->coded_w = be16(p + 24);
		t->coded_h = be16(p + 26);
		head = VISUAL_LEN;
	}
	if (len > head)
		read_extensions(b, entry->at + head, entry->end);
}

prov_status
bmff_descriptions(struct bmff *b, const struct box *box, prov_err *err)
{
	uint64_t at = box->at + 8;
	struct box entry;
	uint8_t p[8];

	(void)err;
	if (!box_get(b, box, p, sizeof(p), sizeof(p))) {
		b->incomplete = true;
		return (PROV_OK);
	}
	if (b->track->descriptions == 0 && at < box->end &&
	    box_next(b, &at, box->end, &entry)) {
		b->boxes++;
		read_entry(b, &entry);
	}
	b->track->descriptions += be32(p + 4);
	return (PROV_OK);
}
