/* SPDX-License-Identifier: ISC */
/*
 * vp8/1: each frame as it is, one record; those that are not shown count for
 * nothing. Its configuration is a key frame's size and scaling (RFC 6386 9.1).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/coded.h"

enum {
	TAG_LEN = 3,
	AT_SIZE = 6, /* behind the tag and the start code of a key frame */
	SIZE_LEN = 4
};

struct vp8 {
	struct coded c;
};

static prov_status
vp8_open(void **state, struct track *t, prov_err *err)
{
	struct vp8 *v = calloc(1, sizeof(*v));
	prov_status st;

	if (v == NULL)
		return (prov_fail(err, PROV_ENOMEM, "VP8 stream"));
	if ((st = coded_open(&v->c, t, err)) != PROV_OK) {
		free(v);
		return (st);
	}
	*state = v;
	return (PROV_OK);
}

/* Width times what a scale of 0 to 3 stands for, to the nearest pixel. */
static int64_t
scaled(unsigned size)
{
	static const int64_t by[][2] = { { 1, 1 }, { 5, 4 }, { 5, 3 },
		{ 2, 1 } };
	const int64_t *f = by[size >> 14];

	return (((size & 0x3fff) * f[0] + f[1] / 2) / f[1]);
}

static void
present(struct track *t, const uint8_t *s)
{
	unsigned w = le16(s), h = le16(s + 2);

	track_present(t, PROV_WIDTH, w & 0x3fff);
	track_present(t, PROV_HEIGHT, h & 0x3fff);
	if (w >> 14 != 0 || h >> 14 != 0) {
		track_present(t, PROV_DISPLAY_W, scaled(w));
		track_present(t, PROV_DISPLAY_H, scaled(h));
	}
	track_present(t, PROV_BITS, 8);
	track_present(t, PROV_CHROMA, 1);
	/* BT.601, and nothing else (9.2). */
	track_present(t, PROV_MATRIX, 5);
}

/* What is too short for a frame, and still is none that was dropped. */
static prov_status
damaged(struct vp8 *v, prov_span s)
{
	if (s.len > 0)
		track_refuse(v->c.t, "essence.noncanonical");
	return (PROV_OK);
}

/* A key frame states the configuration. */
static prov_status
key(struct vp8 *v, prov_span s, prov_err *err)
{
	if (s.len < AT_SIZE + SIZE_LEN ||
	    memcmp(s.p + TAG_LEN, "\x9d\x01\x2a", 3) != 0) {
		track_refuse(v->c.t, "config.unresolved");
		return (PROV_OK);
	}
	return (coded_stated(&v->c, span(s.p + AT_SIZE, SIZE_LEN), err));
}

static prov_status
vp8_packet(void *state, const prov_packet *packet, prov_err *err)
{
	prov_span s = packet->data;
	struct vp8 *v = state;
	bool whole = s.len >= TAG_LEN;
	bool rap = whole && (s.p[0] & 1) == 0;
	/* An empty frame shows its predecessor again. */
	bool shown = !whole || (s.p[0] & 0x10) != 0, first;
	prov_status st;

	coded_packet(&v->c, packet);
	st = !whole ? damaged(v, s) : rap ? key(v, s, err) : PROV_OK;
	if (st != PROV_OK ||
	    (st = coded_begin(&v->c, rap, &first, err)) != PROV_OK)
		return (st);
	if (first)
		present(v->c.t, v->c.set.p);
	if ((st = track_record(v->c.t, RECORD_DATA, s, err)) != PROV_OK)
		return (st);
	return (shown ? coded_shown(&v->c, err) : PROV_OK);
}

static prov_status
vp8_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct vp8 *)state)->c, "header", err));
}

static void
vp8_close(void *state)
{
	struct vp8 *v = state;

	if (v == NULL)
		return;
	coded_clear(&v->c);
	free(v);
}

static int
vp8_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO && strcmp(config->codec, "vp8") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_vp8 = {
	.name = "vp8/1",
	.rule = "rap/1",
	.bid = vp8_bid,
	.open = vp8_open,
	.packet = vp8_packet,
	.finish = vp8_finish,
	.close = vp8_close,
};
