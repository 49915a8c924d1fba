/* SPDX-License-Identifier: ISC */
/*
 * mjpeg/1: each JPEG picture as it is, one record, a segment of its own. Its
 * configuration is the frame header: the SOF marker and what it is followed by
 * (ITU-T T.81 B.2.2).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/coded.h"

#define SEGMENTS_BEFORE_MAX 256 /* markers ahead of the frame header */
#define COMPONENTS_MAX      4 /* B.2.2 allows more, for what no decoder reads */

enum {
	MARKER_SOI = 0xd8,
	MARKER_EOI = 0xd9,
	MARKER_SOS = 0xda,
	MARKER_APP0 = 0xe0
};

struct mjpeg {
	struct coded c;
};

/* What stands before the scans. */
struct head {
	prov_span sof; /* from the marker's second byte on; empty: none */
	unsigned density_x, density_y;
};

static prov_status
mjpeg_open(void **state, struct track *t, prov_err *err)
{
	struct mjpeg *m = calloc(1, sizeof(*m));
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "Motion JPEG stream"));
	if ((st = coded_open(&m->c, t, err)) != PROV_OK) {
		free(m);
		return (st);
	}
	*state = m;
	return (PROV_OK);
}

/* Start of frame: C0 to CF, but for DHT, JPG and DAC. */
static bool
is_sof(unsigned marker)
{
	return ((marker & 0xf0) == 0xc0 && marker != 0xc4 && marker != 0xc8 &&
		marker != 0xcc);
}

static void
look_at(struct head *h, unsigned marker, prov_span body)
{
	if (marker != MARKER_APP0 || body.len < 12 ||
	    memcmp(body.p, "JFIF", 5) != 0)
		return;
	h->density_x = be16(body.p + 8);
	h->density_y = be16(body.p + 10);
}

/* Whether a frame header is whole, and describes what decoders decode. */
static bool
is_whole(prov_span sof)
{
	return (sof.len > 9 && sof.p[8] >= 1 && sof.p[8] <= COMPONENTS_MAX &&
		sof.len == 9U + 3U * sof.p[8] && be16(sof.p + 4) > 0 &&
		be16(sof.p + 6) > 0);
}

static void
find_head(struct head *h, prov_span s)
{
	size_t at = 2;

	*h = (struct head){ 0 };
	if (s.len < 4 || s.p[0] != 0xff || s.p[1] != MARKER_SOI)
		return;
	for (int i = 0; i < SEGMENTS_BEFORE_MAX; i++) {
		unsigned marker;
		size_t len;

		while (at + 1 < s.len && s.p[at] == 0xff && s.p[at + 1] == 0xff)
			at++;
		if (at + 4 > s.len || s.p[at] != 0xff)
			return;
		marker = s.p[at + 1];
		len = be16(s.p + at + 2);
		if (marker == MARKER_SOS || marker == MARKER_EOI || len < 2 ||
		    len > s.len - at - 2)
			return;
		if (is_sof(marker)) {
			h->sof = span(s.p + at + 1, len + 1);
			return;
		}
		look_at(h, marker, span(s.p + at + 4, len - 2));
		at += 2 + len;
	}
}

/* Chroma as the first component's sampling against the second's has it. */
static unsigned
chroma_of(const uint8_t *sof)
{
	unsigned n = sof[8], luma = sof[10], other = n >= 3 ? sof[13] : 0;
	unsigned wide, high;

	if (n < 3 || (other & 0x0f) == 0 || other >> 4 == 0)
		return (0);
	wide = (luma >> 4) / (other >> 4);
	high = (luma & 0x0f) / (other & 0x0f);
	return (wide < 2 ? 3 : high < 2 ? 2 : 1);
}

/* JFIF: full range, and the matrix of BT.601, where there is colour. */
static void
present(struct track *t, const uint8_t *sof, const struct head *h)
{
	struct picture p = { .width = be16(sof + 6),
		.height = be16(sof + 4),
		.bits = sof[3],
		.chroma = chroma_of(sof),
		.sar_w = h->density_x,
		.sar_h = h->density_y,
		.has_range = true,
		.full_range = 1,
		.has_colour = sof[8] == 3,
		.primaries = 2,
		.transfer = 2,
		.matrix = 5 };

	picture_present(&p, t);
}

static prov_status
mjpeg_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct mjpeg *m = state;
	struct head head;
	prov_status st;
	bool first;

	coded_packet(&m->c, packet);
	find_head(&head, packet->data);
	if (!is_whole(head.sof))
		track_refuse(m->c.t, "config.unresolved");
	else if ((st = coded_stated(&m->c, head.sof, err)) != PROV_OK)
		return (st);
	if ((st = coded_begin(&m->c, true, &first, err)) != PROV_OK)
		return (st);
	if (first)
		present(m->c.t, m->c.set.p, &head);
	st = track_record(m->c.t, RECORD_DATA, packet->data, err);
	return (st != PROV_OK ? st : coded_shown(&m->c, err));
}

static prov_status
mjpeg_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct mjpeg *)state)->c, "header", err));
}

static void
mjpeg_close(void *state)
{
	struct mjpeg *m = state;

	if (m == NULL)
		return;
	coded_clear(&m->c);
	free(m);
}

static int
mjpeg_bid(const prov_config *config)
{
	return (
	    config->kind == PROV_VIDEO && strcmp(config->codec, "mjpeg") == 0
		? 10
		: 0);
}

const struct form_ops form_mjpeg = {
	.name = "mjpeg/1",
	.rule = "rap/1",
	.bid = mjpeg_bid,
	.open = mjpeg_open,
	.packet = mjpeg_packet,
	.finish = mjpeg_finish,
	.close = mjpeg_close,
};
