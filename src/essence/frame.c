/* SPDX-License-Identifier: ISC */
/*
 * frame/1: video codecs whose packets are the same bytes in every container,
 * as the remux matrix measures; each packet is one record and one picture. The
 * configuration is the codec's name and what, outside its packets, decides how
 * they are decoded. A codec whose depth or layout only a container states has
 * no place here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/coded.h"

enum outside {
	NOTHING,   /* packets say all */
	EXTRADATA, /* tables or options, as they are */
	HEADERS,   /* Theora's, without its comments */
	PALETTE,   /* a depth that means a palette, or grey */
	RANGE      /* DNxHD's, in QuickTime's "ACLR" */
};

struct codec {
	const char *name;
	enum outside outside;
	bool (*key)(prov_span packet); /* refers to no other picture */
};

struct frame {
	struct coded c;
	const struct codec *codec;
};

static bool
always(prov_span s)
{
	(void)s;
	return (true);
}

/* FFV1 and Snow: the first bit of a range coder whose states are even. */
static bool
key_range(prov_span s)
{
	return (s.len >= 2 && be16(s.p) >= 0x7f80);
}

/* Bits that say the type, 0 for intra, behind the first ones. */
static bool
key_at(prov_span s, size_t skip, unsigned n)
{
	struct bits b;

	bits_init(&b, s, false);
	bits_skip(&b, skip);
	return (bits_u(&b, n) == 0 && !b.over);
}

/* Theora 7.1: a data packet whose type is intra. */
static bool
key_theora(prov_span s)
{
	return (key_at(s, 0, 2));
}

/* ITU-T H.263 5.1.3, and 5.1.4 where PTYPE is extended. */
static bool
key_h263(prov_span s)
{
	struct bits b;

	bits_init(&b, s, false);
	bits_skip(&b, 22 + 8 + 5);
	if (bits_u(&b, 3) != 7)
		return (bits_u(&b, 1) == 0 && !b.over);
	if (bits_u(&b, 3) == 1)
		bits_skip(&b, 18);
	return (bits_u(&b, 3) == 0 && !b.over);
}

/* Sorenson H.263: a size of one or two bytes a side where it has no name. */
static bool
key_flv1(prov_span s)
{
	struct bits b;
	unsigned size;

	bits_init(&b, s, false);
	bits_skip(&b, 17 + 5 + 8);
	size = bits_u(&b, 3);
	bits_skip(&b, size == 0 ? 16 : size == 1 ? 32 : 0);
	return (bits_u(&b, 2) == 0 && !b.over);
}

static bool
key_msmpeg4(prov_span s)
{
	return (key_at(s, 0, 2));
}

static bool
key_wmv2(prov_span s)
{
	return (key_at(s, 0, 1));
}

static bool
key_svq1(prov_span s)
{
	return (key_at(s, 22 + 8, 2));
}

/* A frame of strips, the first of which is intra. */
static bool
key_cinepak(prov_span s)
{
	return (s.len > 10 && s.p[10] == 0x10);
}

static const struct codec codecs[] = {
	{ "cfhd", NOTHING, always },
	{ "cinepak", PALETTE, key_cinepak },
	{ "dnxhd", RANGE, always },
	{ "dvvideo", NOTHING, always },
	{ "ffv1", EXTRADATA, key_range },
	{ "ffvhuff", EXTRADATA, always },
	{ "flv1", NOTHING, key_flv1 },
	{ "h263", NOTHING, key_h263 },
	{ "hap", NOTHING, always },
	{ "huffyuv", EXTRADATA, always },
	{ "jpeg2000", NOTHING, always },
	{ "magicyuv", NOTHING, always },
	{ "msmpeg4v2", NOTHING, key_msmpeg4 },
	{ "msmpeg4v3", NOTHING, key_msmpeg4 },
	{ "png", NOTHING, always },
	{ "snow", NOTHING, key_range },
	{ "svq1", NOTHING, key_svq1 },
	{ "theora", HEADERS, key_theora },
	{ "utvideo", EXTRADATA, always },
	{ "wmv2", EXTRADATA, key_wmv2 },
};

static const struct codec *
codec_of(const prov_config *config)
{
	if (config->kind != PROV_VIDEO)
		return (NULL);
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (strcmp(codecs[i].name, config->codec) == 0)
			return (&codecs[i]);
	return (NULL);
}

/* "ACLR", its name and version again, then the range. */
static uint32_t
range_of(prov_span s)
{
	for (size_t i = 0; i + 16 <= s.len; i++)
		if (memcmp(s.p + i, "ACLRACLR0001", 12) == 0)
			return (be32(s.p + i + 12));
	return (0);
}

/* QuickTime's depths: up to 8 a palette, over 32 grey; others are colours. */
static uint32_t
palette_of(const prov_config *config)
{
	return (config->bits <= 8 || config->bits > 32 ? config->bits : 0);
}

/* A length in bytes of 255 and one less than that (Xiph lacing). */
static bool
lace(prov_span *s, size_t *len)
{
	*len = 0;
	while (s->len > 0) {
		uint8_t byte = *s->p++;

		s->len--;
		*len += byte;
		if (byte != 255)
			return (true);
	}
	return (false);
}

/* Three headers: laced, as Matroska has them, or behind 16-bit lengths. */
static bool
split_headers(prov_span s, prov_span out[3])
{
	size_t len[2];

	if (s.len > 0 && s.p[0] == 2) {
		s = span(s.p + 1, s.len - 1);
		if (!lace(&s, &len[0]) || !lace(&s, &len[1]) ||
		    len[0] > s.len || len[1] > s.len - len[0])
			return (false);
		out[0] = span(s.p, len[0]);
		out[1] = span(s.p + len[0], len[1]);
		out[2] = span(s.p + len[0] + len[1], s.len - len[0] - len[1]);
		return (true);
	}
	for (size_t i = 0; i < 3; i++) {
		if (s.len < 2 || be16(s.p) > s.len - 2)
			return (false);
		out[i] = span(s.p + 2, be16(s.p));
		s = span(s.p + 2 + out[i].len, s.len - 2 - out[i].len);
	}
	return (true);
}

static void
put_part(struct buf *b, prov_span s)
{
	buf_put_be32(b, (uint32_t)s.len);
	buf_put_span(b, s);
}

static prov_status
configure(struct frame *f, prov_span extradata, prov_err *err)
{
	AUTO_BUF content = { 0 };
	prov_span part[3];
	prov_status st;

	put_part(&content, span(f->codec->name, strlen(f->codec->name)));
	switch (f->codec->outside) {
	case NOTHING:
		break;
	case EXTRADATA:
		put_part(&content, extradata);
		break;
	case HEADERS:
		if (!split_headers(extradata, part)) {
			track_refuse(f->c.t, "config.unresolved");
			return (PROV_OK);
		}
		put_part(&content, part[0]);
		put_part(&content, part[2]);
		break;
	case PALETTE:
		buf_put_be32(&content, palette_of(track_config_of(f->c.t)));
		break;
	case RANGE:
		buf_put_be32(&content, range_of(extradata));
		break;
	}
	if ((st = buf_done(&content, err)) != PROV_OK)
		return (st);
	return (coded_container(&f->c, buf_span(&content), err));
}

static void
frame_close(void *state)
{
	struct frame *f = state;

	if (f == NULL)
		return;
	coded_clear(&f->c);
	free(f);
}

static prov_status
frame_open(void **state, struct track *t, prov_err *err)
{
	const prov_config *config = track_config_of(t);
	struct frame *f = calloc(1, sizeof(*f));
	prov_status st;

	if (f == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream of frames"));
	f->codec = codec_of(config);
	if ((st = coded_open(&f->c, t, err)) != PROV_OK ||
	    (st = configure(f, config->extradata, err)) != PROV_OK) {
		frame_close(f);
		return (st);
	}
	*state = f;
	return (PROV_OK);
}

static prov_status
frame_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct frame *f = state;
	prov_status st;
	bool first;

	if (packet->extradata.len > 0 &&
	    (st = configure(f, packet->extradata, err)) != PROV_OK)
		return (st);
	coded_packet(&f->c, packet);
	st = coded_begin(&f->c, f->codec->key(packet->data), &first, err);
	if (st != PROV_OK || (st = track_record(f->c.t, RECORD_DATA,
				  packet->data, err)) != PROV_OK)
		return (st);
	/* An empty packet, too: it shows its predecessor again. */
	return (coded_shown(&f->c, err));
}

static prov_status
frame_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct frame *)state)->c, "extradata", err));
}

static int
frame_bid(const prov_config *config)
{
	return (codec_of(config) != NULL ? 10 : 0);
}

const struct form_ops form_frame = {
	.name = "frame/1",
	.rule = "rap/1",
	.bid = frame_bid,
	.open = frame_open,
	.packet = frame_packet,
	.finish = frame_finish,
	.close = frame_close,
};
