/* SPDX-License-Identifier: ISC */
/*
 * dts/1: core frames and extension substreams, one record each, split by their
 * own headers (ETSI TS 102 114). Frames whose bytes are swapped in pairs are
 * swapped back; those of 14 bits in 16 are bound as they are and have no
 * canonical form. Extension substreams belong to the core before them; without
 * any core the first extension substream begins a unit. The configuration is
 * what the header of that one says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"
#include "essence/bits.h"

#define SYNC_CORE    0x7ffe8001U
#define SYNC_SWAPPED 0xfe7f0180U
#define SYNC_EXT     0x64582025U
#define HEADER_MIN   15 /* bytes that tell all we read */
#define CORE_MIN     96 /* of a core frame */
#define BLOCK        32 /* samples */

enum dts_kind { DTS_CORE = 1, DTS_EXT = 2 };

struct dts_header {
	enum dts_kind kind;
	uint8_t index; /* of the extension substream */
	uint8_t amode, pcmr;
	bool lfe;
	uint32_t rate;    /* 0: not stated */
	uint32_t samples; /* of the core */
	size_t len;
};

struct dts {
	struct audio a;
	struct buf swapped; /* a packet in the right order */
	bool has_core;
	uint32_t ext_samples; /* of units without a core */
};

static bool
read_core(struct dts_header *h, struct bits *b)
{
	static const uint32_t rates[16] = { 0, 8000, 16000, 32000, 0, 0, 11025,
		22050, 44100, 0, 0, 12000, 24000, 48000, 0, 0 };
	unsigned blocks;
	bool crc;

	h->kind = DTS_CORE;
	bits_skip(b, 1 + 5); /* ftype, short */
	crc = bits_u(b, 1);
	blocks = bits_u(b, 7) + 1;
	h->len = (size_t)bits_u(b, 14) + 1;
	h->amode = (uint8_t)bits_u(b, 6);
	h->rate = rates[bits_u(b, 4)];
	bits_skip(b, 5 + 1 + 1 + 1 + 1 + 1 + 3 + 1 + 1);
	h->lfe = bits_u(b, 2) != 0;
	bits_skip(b, 1 + (crc ? 16 : 0)); /* predictor */
	bits_skip(b, 1 + 4 + 2);          /* filter, version, copies */
	h->pcmr = (uint8_t)bits_u(b, 3);
	h->samples = blocks * BLOCK;
	return (h->rate != 0 && blocks >= 6 && h->len >= CORE_MIN);
}

/* Where static fields are there they tell how long a frame lasts. */
static bool
read_ext(struct dts_header *h, struct bits *b)
{
	static const uint32_t rates[4] = { 32000, 44100, 48000, 0 };
	bool wide;
	size_t header;

	h->kind = DTS_EXT;
	bits_skip(b, 8);
	h->index = (uint8_t)bits_u(b, 2);
	wide = bits_u(b, 1);
	header = bits_u(b, wide ? 12 : 8) + 1;
	h->len = (size_t)bits_u(b, wide ? 20 : 16) + 1;
	if (bits_u(b, 1)) {
		h->rate = rates[bits_u(b, 2)];
		h->samples = 512 * (bits_u(b, 3) + 1);
	}
	return (h->len >= header && h->len >= HEADER_MIN);
}

static bool
header_parse(struct dts_header *out, prov_span in)
{
	struct dts_header h = { 0 };
	struct bits b;
	uint32_t sync;
	bool ok;

	if (in.len < HEADER_MIN)
		return (false);
	bits_init(&b, in, false);
	sync = bits_u(&b, 32);
	if (sync != SYNC_CORE && sync != SYNC_EXT)
		return (false);
	ok = sync == SYNC_CORE ? read_core(&h, &b) : read_ext(&h, &b);
	if (!ok || b.over)
		return (false);
	*out = h;
	return (true);
}

static prov_status
announce(struct dts *s, const struct dts_header *h, prov_err *err)
{
	static const uint8_t full[16] = { 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 6, 6,
		7, 8, 8 };
	uint8_t head[8] = { (uint8_t)h->kind, h->amode, h->lfe, h->pcmr };

	put_be32(head + 4, h->rate);
	if (!s->a.configured && h->kind == DTS_CORE && h->amode < 16)
		track_present(s->a.t, PROV_CHANNELS,
		    full[h->amode] + (h->lfe ? 1 : 0));
	return (audio_config(&s->a, span(head, sizeof(head)), h->rate, err));
}

static prov_status
take_core(struct dts *s, const struct dts_header *h, prov_span frame,
    int64_t ns, prov_err *err)
{
	prov_status st;

	s->has_core = true;
	if ((st = announce(s, h, err)) != PROV_OK)
		return (st);
	return (audio_unit(&s->a, frame, h->samples, ns, err));
}

static prov_status
take_ext(struct dts *s, const struct dts_header *h, prov_span frame, int64_t ns,
    prov_err *err)
{
	prov_status st;

	if (s->has_core || h->index != 0)
		return (audio_more(&s->a, frame, err));
	if (h->rate != 0) {
		if ((st = announce(s, h, err)) != PROV_OK)
			return (st);
		s->ext_samples = h->samples;
	}
	if (s->ext_samples == 0)
		return (audio_other(&s->a, frame, ns, err));
	return (audio_unit(&s->a, frame, s->ext_samples, ns, err));
}

/* A packet in the order of its bits. */
static prov_status
in_order(struct dts *s, prov_span *data, prov_err *err)
{
	uint8_t *p;

	if (data->len < 4 || be32(data->p) != SYNC_SWAPPED)
		return (PROV_OK);
	s->swapped.len = 0;
	if ((p = buf_grow(&s->swapped, data->len)) == NULL)
		return (buf_done(&s->swapped, err));
	for (size_t i = 0; i + 1 < data->len; i += 2) {
		p[i] = data->p[i + 1];
		p[i + 1] = data->p[i];
	}
	if (data->len % 2 != 0)
		p[data->len - 1] = data->p[data->len - 1];
	*data = buf_span(&s->swapped);
	return (PROV_OK);
}

static prov_status
dts_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct dts *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	prov_span left = packet->data;
	struct dts_header h;
	prov_status st;

	if ((st = in_order(s, &left, err)) != PROV_OK)
		return (st);
	while (left.len > 0 && header_parse(&h, left)) {
		/* The last frame of a recording may be cut short. */
		size_t len = h.len < left.len ? h.len : left.len;
		prov_span frame = span(left.p, len);

		if (h.kind == DTS_CORE)
			st = take_core(s, &h, frame, ns, err);
		else
			st = take_ext(s, &h, frame, ns, err);
		if (st != PROV_OK)
			return (st);
		left = span(left.p + len, left.len - len);
		ns = PROV_NO_TIME;
	}
	return (audio_rest(&s->a, left, ns, err));
}

static prov_status
dts_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
dts_close(void *state)
{
	struct dts *s = state;

	if (s == NULL)
		return;
	buf_free(&s->swapped);
	free(s);
}

static prov_status
dts_open(void **state, struct track *t, prov_err *err)
{
	struct dts *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "DTS stream"));
	s->a.t = t;
	*state = s;
	return (PROV_OK);
}

static int
dts_bid(const prov_config *config)
{
	return (config->kind == PROV_AUDIO && strcmp(config->codec, "dts") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_dts = {
	.name = "dts/1",
	.rule = "cdc/1",
	.bid = dts_bid,
	.open = dts_open,
	.packet = dts_packet,
	.finish = dts_finish,
	.close = dts_close,
};
