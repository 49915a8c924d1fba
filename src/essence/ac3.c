/* SPDX-License-Identifier: ISC */
/*
 * ac3/1 and eac3/1: syncframes, one record each, split by their own headers
 * (ETSI TS 102 366). Frames whose bytes are swapped in pairs are swapped back.
 * A dependent substream, or an independent one beside the first, belongs to
 * the access unit that the first independent substream began. The
 * configuration is what the header of that one says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"
#include "essence/bits.h"

#define SYNC         0x0b77
#define SYNC_SWAPPED 0x770b
#define HEADER_MIN   7  /* bytes that tell all we read */
#define BSID_AC3_MAX 10 /* above that: E-AC-3, up to 16 */
#define BSID_MAX     16
#define BLOCK        256 /* samples */

struct ac3_header {
	uint8_t bsid, acmod;
	bool lfe;
	bool begins; /* an access unit: the first independent substream */
	uint32_t rate;
	uint32_t samples;
	size_t len;
};

struct ac3 {
	struct audio a;
	struct buf swapped; /* a packet in the right order */
};

static const uint32_t rates[3] = { 48000, 44100, 32000 };

/* ATSC A/52 table 5.18: kbit/s by frmsizecod / 2. */
static size_t
ac3_len(unsigned fscod, unsigned frmsizecod)
{
	static const uint16_t kbps[19] = { 32, 40, 48, 56, 64, 80, 96, 112, 128,
		160, 192, 224, 256, 320, 384, 448, 512, 576, 640 };
	size_t k = kbps[frmsizecod / 2];

	/* In words of 16 bits; at 44.1 kHz an odd code has one more. */
	if (fscod == 0)
		return (2 * (2 * k));
	if (fscod == 2)
		return (2 * (3 * k));
	return (2 * (k * 320 / 147 + frmsizecod % 2));
}

static bool
read_ac3(struct ac3_header *h, struct bits *b)
{
	unsigned fscod, frmsizecod;

	bits_skip(b, 16); /* crc1 */
	fscod = bits_u(b, 2);
	frmsizecod = bits_u(b, 6);
	bits_skip(b, 8); /* bsid, bsmod */
	h->acmod = (uint8_t)bits_u(b, 3);
	if (fscod == 3 || frmsizecod > 37)
		return (false);
	if ((h->acmod & 1) != 0 && h->acmod != 1)
		bits_skip(b, 2); /* cmixlev */
	if ((h->acmod & 4) != 0)
		bits_skip(b, 2); /* surmixlev */
	if (h->acmod == 2)
		bits_skip(b, 2); /* dsurmod */
	h->lfe = bits_u(b, 1);
	/* bsid 9 and 10 are half and quarter rate. */
	h->rate = rates[fscod] >> (h->bsid > 8 ? h->bsid - 8 : 0);
	h->samples = 6 * BLOCK;
	h->len = ac3_len(fscod, frmsizecod);
	h->begins = true;
	return (true);
}

static bool
read_eac3(struct ac3_header *h, struct bits *b)
{
	static const uint8_t blocks[4] = { 1, 2, 3, 6 };
	unsigned type = bits_u(b, 2), substream = bits_u(b, 3), fscod, code;

	h->len = 2 * ((size_t)bits_u(b, 11) + 1);
	fscod = bits_u(b, 2);
	code = bits_u(b, 2); /* numblkscod, or fscod2 */
	h->acmod = (uint8_t)bits_u(b, 3);
	h->lfe = bits_u(b, 1);
	if (type == 3 || (fscod == 3 && code == 3))
		return (false);
	h->rate = fscod == 3 ? rates[code] / 2 : rates[fscod];
	h->samples = (fscod == 3 ? 6U : blocks[code]) * BLOCK;
	h->begins = type != 1 && substream == 0;
	return (h->len > HEADER_MIN);
}

static bool
header_parse(struct ac3_header *out, prov_span in)
{
	struct ac3_header h = { 0 };
	struct bits b;
	bool ok;

	if (in.len < HEADER_MIN || be16(in.p) != SYNC)
		return (false);
	h.bsid = in.p[5] >> 3;
	if (h.bsid > BSID_MAX)
		return (false);
	bits_init(&b, in, false);
	bits_skip(&b, 16);
	ok = h.bsid > BSID_AC3_MAX ? read_eac3(&h, &b) : read_ac3(&h, &b);
	if (!ok || b.over)
		return (false);
	*out = h;
	return (true);
}

static unsigned
channels_of(const struct ac3_header *h)
{
	static const uint8_t full[8] = { 2, 1, 2, 3, 3, 4, 4, 5 };

	return (full[h->acmod] + (h->lfe ? 1U : 0U));
}

/* Speakers by acmod, as WAVE bits: dual mono is two channels, not places. */
static uint32_t
layout_of(const struct ac3_header *h)
{
	static const uint32_t masks[8] = { 0x3, 0x4, 0x3, 0x7, 0x103, 0x107,
		0x603, 0x607 };

	return (masks[h->acmod] | (h->lfe ? 0x8U : 0U));
}

static prov_status
announce(struct ac3 *s, const struct ac3_header *h, prov_err *err)
{
	uint8_t head[7] = { h->bsid > BSID_AC3_MAX, h->acmod, h->lfe };
	bool first = !s->a.configured;

	put_be32(head + 3, h->rate);
	if (first) {
		track_present(s->a.t, PROV_CHANNELS, channels_of(h));
		track_present(s->a.t, PROV_LAYOUT, layout_of(h));
	}
	return (audio_config(&s->a, span(head, sizeof(head)), h->rate, err));
}

static prov_status
take_frame(struct ac3 *s, const struct ac3_header *h, prov_span frame,
    int64_t ns, prov_err *err)
{
	prov_status st;

	if (!h->begins)
		return (audio_more(&s->a, frame, err));
	if ((st = announce(s, h, err)) != PROV_OK)
		return (st);
	return (audio_unit(&s->a, frame, h->samples, ns, err));
}

/* A packet in the order of its bits. */
static prov_status
in_order(struct ac3 *s, prov_span *data, prov_err *err)
{
	uint8_t *p;

	if (data->len < 2 || be16(data->p) != SYNC_SWAPPED)
		return (PROV_OK);
	s->swapped.len = 0;
	p = buf_grow(&s->swapped, data->len);
	if (p == NULL)
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
ac3_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct ac3 *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	prov_span left = packet->data;
	struct ac3_header h;
	prov_status st;

	if ((st = in_order(s, &left, err)) != PROV_OK)
		return (st);
	while (left.len > 0 && header_parse(&h, left)) {
		/* The last frame of a recording may be cut short. */
		size_t len = h.len < left.len ? h.len : left.len;

		st = take_frame(s, &h, span(left.p, len), ns, err);
		if (st != PROV_OK)
			return (st);
		left = span(left.p + len, left.len - len);
		if (h.begins)
			ns = PROV_NO_TIME;
	}
	return (audio_rest(&s->a, left, ns, err));
}

static prov_status
ac3_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
ac3_close(void *state)
{
	struct ac3 *s = state;

	if (s == NULL)
		return;
	buf_free(&s->swapped);
	free(s);
}

static prov_status
ac3_open(void **state, struct track *t, prov_err *err)
{
	struct ac3 *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "AC-3 stream"));
	s->a.t = t;
	*state = s;
	return (PROV_OK);
}

static int
bid(const prov_config *config, const char *codec)
{
	return (config->kind == PROV_AUDIO && strcmp(config->codec, codec) == 0
		    ? 10
		    : 0);
}

static int
ac3_bid(const prov_config *config)
{
	return (bid(config, "ac3"));
}

static int
eac3_bid(const prov_config *config)
{
	return (bid(config, "eac3"));
}

const struct form_ops form_ac3 = {
	.name = "ac3/1",
	.rule = "cdc/1",
	.bid = ac3_bid,
	.open = ac3_open,
	.packet = ac3_packet,
	.finish = ac3_finish,
	.close = ac3_close,
};

const struct form_ops form_eac3 = {
	.name = "eac3/1",
	.rule = "cdc/1",
	.bid = eac3_bid,
	.open = ac3_open,
	.packet = ac3_packet,
	.finish = ac3_finish,
	.close = ac3_close,
};
