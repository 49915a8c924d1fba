/* SPDX-License-Identifier: ISC */
/* How pictures lie around the viewer, in each of the ways to say it. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "demux/bmff.h"

/* PROV_STEREO and PROV_PROJECTION beyond what the older boxes know. */
#define STEREO_OTHER     15
#define PROJECTION_OTHER 4

/* XML is read so far: what matters stands in front. */
#define XML_MAX 4096

static void
set_stereo(struct bmff *b, uint8_t mode)
{
	b->track->space.stereo = (uint8_t)(mode + 1);
}

static void
read_st3d(struct bmff *b, const struct box *box)
{
	/* Mono, top-bottom, left-right, custom. */
	static const uint8_t modes[] = { 0, 3, 1 };
	uint8_t p[5];

	if (box_get(b, box, p, sizeof(p), sizeof(p)))
		set_stereo(b, p[4] < 3 ? modes[p[4]] : STEREO_OTHER);
}

static void
read_prhd(struct bmff *b, const struct box *box)
{
	uint8_t p[16];

	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		return;
	for (size_t i = 0; i < 3; i++)
		b->track->space.pose[i] = (int32_t)be32(p + 4 + 4 * i);
}

/* Apple's: a name instead of a box. */
static void
read_prji(struct bmff *b, const struct box *box)
{
	uint8_t p[8];

	if (!box_get(b, box, p, sizeof(p), sizeof(p)))
		return;
	if (be32(p + 4) == FOURCC('r', 'e', 'c', 't'))
		b->track->space.projection = 0;
	else if (be32(p + 4) == FOURCC('e', 'q', 'u', 'i'))
		b->track->space.projection = 1;
	else
		b->track->space.projection = PROJECTION_OTHER;
}

/* One box names the projection, and holds what there is to say of it. */
static void
read_proj(struct bmff *b, const struct box *box)
{
	static const uint32_t names[] = { 0, FOURCC('e', 'q', 'u', 'i'),
		FOURCC('c', 'b', 'm', 'p'), FOURCC('m', 's', 'h', 'p') };
	struct bmff_space *s = &b->track->space;
	struct box inner;

	for (uint64_t at = box->at; box_next(b, &at, box->end, &inner);) {
		b->boxes++;
		if (inner.type == FOURCC('p', 'r', 'h', 'd'))
			read_prhd(b, &inner);
		if (inner.type == FOURCC('p', 'r', 'j', 'i'))
			read_prji(b, &inner);
		for (uint8_t k = 1; k < 4; k++) {
			if (inner.type != names[k])
				continue;
			b->ambiguous |= s->projection != 0;
			s->projection = k;
			if (inner.end - inner.at > 4) {
				s->at = inner.at + 4;
				s->len = inner.end - s->at;
			}
		}
	}
}

static void
read_sv3d(struct bmff *b, const struct box *box)
{
	struct box inner;

	for (uint64_t at = box->at; box_next(b, &at, box->end, &inner);) {
		b->boxes++;
		if (inner.type == FOURCC('p', 'r', 'o', 'j'))
			read_proj(b, &inner);
	}
}

/* Which eyes a picture has for; bit 3: the other way round. */
static void
read_eyes(struct bmff *b, const struct box *box)
{
	struct box inner;
	uint8_t p[5];

	for (uint64_t at = box->at; box_next(b, &at, box->end, &inner);) {
		b->boxes++;
		if (inner.type == FOURCC('s', 't', 'r', 'i') &&
		    box_get(b, &inner, p, sizeof(p), sizeof(p)) &&
		    (p[4] & 3) == 3)
			set_stereo(b, p[4] & 8 ? 14 : 13);
	}
}

static void
read_vexu(struct bmff *b, const struct box *box)
{
	struct box inner;

	b->track->space.eyes_at = box->at;
	b->track->space.eyes_len = box->end - box->at;
	for (uint64_t at = box->at; box_next(b, &at, box->end, &inner);) {
		b->boxes++;
		if (inner.type == FOURCC('e', 'y', 'e', 's'))
			read_eyes(b, &inner);
		if (inner.type == FOURCC('p', 'r', 'o', 'j'))
			read_proj(b, &inner);
	}
}

/* Whole degrees behind a tag of the XML. */
static int32_t
degrees(const char *xml, const char *tag)
{
	const char *at = strstr(xml, tag);
	long v = at == NULL ? 0 : strtol(at + strlen(tag), NULL, 10);

	return (v < -360 || v > 360 ? 0 : (int32_t)v * 65536);
}

/* Google's first way to say it: XML in a box of its own. */
static void
read_uuid(struct bmff *b, const struct box *box)
{
	static const uint8_t spherical[16] = { 0xff, 0xcc, 0x82, 0x63, 0xf8,
		0x55, 0x4a, 0x93, 0x88, 0x14, 0x58, 0x7a, 0x02, 0x52, 0x1f,
		0xdd };
	struct bmff_space *s = &b->track->space;
	const char *xml;
	uint8_t p[XML_MAX + 1];

	if (!box_get(b, box, p, sizeof(p), 16) || memcmp(p, spherical, 16) != 0)
		return;
	p[XML_MAX] = '\0';
	xml = (const char *)p + 16;
	if (strstr(xml, "equirectangular") != NULL)
		s->projection = 1;
	if (strstr(xml, ">top-bottom<") != NULL)
		set_stereo(b, 3);
	if (strstr(xml, ">left-right<") != NULL)
		set_stereo(b, 1);
	s->pose[0] = degrees(xml, "InitialViewHeadingDegrees>");
	s->pose[1] = degrees(xml, "InitialViewPitchDegrees>");
	s->pose[2] = degrees(xml, "InitialViewRollDegrees>");
}

void
bmff_space(struct bmff *b, const struct box *box)
{
	static const struct {
		uint32_t type;
		void (*read)(struct bmff *, const struct box *);
	} rows[] = {
		{ FOURCC('s', 't', '3', 'd'), read_st3d },
		{ FOURCC('s', 'v', '3', 'd'), read_sv3d },
		{ FOURCC('v', 'e', 'x', 'u'), read_vexu },
		{ FOURCC('u', 'u', 'i', 'd'), read_uuid },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == box->type)
			rows[i].read(b, box);
}
