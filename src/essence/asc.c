/* SPDX-License-Identifier: ISC */
#include "essence/asc.h"

#include <string.h>

#define AOT_LTP    4
#define AOT_SBR    5
#define AOT_PS     29
#define AOT_ESCAPE 31

#define SYNC_SBR 0x2b7 /* 11 bits */
#define SYNC_PS  0x548

#define ID_PCE 5 /* id_syn_ele of a program_config_element */

#define RATE_INDEX_EXPLICIT 15

static const uint32_t rates[] = { 96000, 88200, 64000, 48000, 44100, 32000,
	24000, 22050, 16000, 12000, 11025, 8000, 7350 };

#define N_RATES (sizeof(rates) / sizeof(rates[0]))

static size_t
bits_pos(const struct bits *b)
{
	return (b->at * 8 - b->left);
}

static size_t
bits_left(const struct bits *b)
{
	size_t pos = bits_pos(b);

	return (b->over || pos > b->in.len * 8 ? 0 : b->in.len * 8 - pos);
}

static unsigned
get_aot(struct bits *b)
{
	unsigned aot = bits_u(b, 5);

	return (aot == AOT_ESCAPE ? 32 + bits_u(b, 6) : aot);
}

/* 0 where the index is reserved. */
static uint32_t
get_rate(struct bits *b)
{
	unsigned i = bits_u(b, 4);

	if (i == RATE_INDEX_EXPLICIT)
		return (bits_u(b, 24));
	return (i < N_RATES ? rates[i] : 0);
}

static unsigned
pce_copy(struct asc *a, struct bits *b, unsigned n)
{
	unsigned v = bits_u(b, n);

	/* PCE_MAX holds the longest. */
	a->pce[a->pce_len++] = (uint8_t)v;
	return (v);
}

/* n elements with a bit that says whether each is a pair. */
static void
pce_elements(struct asc *a, struct bits *b, unsigned n)
{
	for (; n > 0; n--)
		a->pce_channels =
		    (uint8_t)(a->pce_channels + 1 + (pce_copy(a, b, 5) >> 4));
}

static void
pce_plain(struct asc *a, struct bits *b, unsigned n, unsigned width)
{
	for (; n > 0; n--)
		(void)pce_copy(a, b, width);
}

/* 14496-3 table 4.2, with the alignment taken out. */
static void
get_pce(struct asc *a, struct bits *b)
{
	unsigned front, side, back, lfe, data, coupling;

	a->pce_len = 0;
	(void)pce_copy(a, b, 4); /* element_instance_tag */
	(void)pce_copy(a, b, 2); /* object_type */
	(void)pce_copy(a, b, 4); /* sampling_frequency_index */
	front = pce_copy(a, b, 4);
	side = pce_copy(a, b, 4);
	back = pce_copy(a, b, 4);
	lfe = pce_copy(a, b, 2);
	data = pce_copy(a, b, 3);
	coupling = pce_copy(a, b, 4);
	for (unsigned i = 0; i < 2; i++) /* mono and stereo mixdown */
		if (pce_copy(a, b, 1))
			(void)pce_copy(a, b, 4);
	if (pce_copy(a, b, 1)) /* matrix mixdown */
		(void)pce_copy(a, b, 3);
	a->pce_channels = (uint8_t)lfe;
	pce_elements(a, b, front + side + back);
	pce_plain(a, b, lfe + data, 4);
	pce_plain(a, b, coupling, 5);
	bits_skip(b, (8 - bits_pos(b) % 8) % 8);
	pce_plain(a, b, pce_copy(a, b, 8), 8); /* comment */
	if (b->over)
		a->pce_len = 0;
}

/*
 * The backward compatible extension, wherever it stands behind the core: as
 * decoders look for it.
 */
static void
get_extension(struct asc *a, struct bits *b)
{
	while (bits_left(b) > 15) {
		struct bits look = *b;

		if (bits_u(&look, 11) != SYNC_SBR) {
			bits_skip(b, 1);
			continue;
		}
		if (get_aot(&look) != AOT_SBR)
			return;
		a->sbr_off = bits_u(&look, 1) == 0;
		if (a->sbr_off)
			return;
		(void)get_rate(&look);
		if (bits_left(&look) > 11 && bits_u(&look, 11) == SYNC_PS)
			a->ps_off = bits_u(&look, 1) == 0 && a->layout == 1;
		return;
	}
}

static prov_status
get_core(struct asc *a, struct bits *b, prov_err *err)
{
	a->frame_len = bits_u(b, 1) ? 960 : 1024;
	if (bits_u(b, 1)) /* dependsOnCoreCoder */
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "aac: scalable with a core coder"));
	if (bits_u(b, 1)) /* extensionFlag */
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "aac: extension flag in object type %u", a->aot));
	if (a->layout == 0)
		get_pce(a, b);
	return (PROV_OK);
}

/* All but the extension, which *open says can follow. */
static prov_status
get_config(struct asc *a, struct bits *b, bool *open, prov_err *err)
{
	unsigned aot = get_aot(b);
	prov_status st;

	a->rate = get_rate(b);
	a->layout = (uint8_t)bits_u(b, 4);
	*open = aot != AOT_SBR && aot != AOT_PS;
	if (!*open) {
		(void)get_rate(b);
		aot = get_aot(b);
	}
	if (aot < 1 || aot > AOT_LTP)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "aac: audio object type %u", aot));
	a->aot = (uint8_t)aot;
	if ((st = get_core(a, b, err)) != PROV_OK)
		return (st);
	if (b->over || a->rate == 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "aac: AudioSpecificConfig of %zu bytes", b->in.len));
	return (PROV_OK);
}

prov_status
asc_read(struct asc *out, prov_span bytes, size_t *bits, prov_err *err)
{
	struct asc a = { 0 };
	struct bits b;
	prov_status st;
	bool open;

	bits_init(&b, bytes, false);
	if ((st = get_config(&a, &b, &open, err)) != PROV_OK)
		return (st);
	*bits = bits_pos(&b);
	*out = a;
	return (PROV_OK);
}

prov_status
asc_parse(struct asc *out, prov_span bytes, prov_err *err)
{
	struct asc a = { 0 };
	struct bits b;
	prov_status st;
	bool open;

	bits_init(&b, bytes, false);
	if ((st = get_config(&a, &b, &open, err)) != PROV_OK)
		return (st);
	if (open)
		get_extension(&a, &b);
	*out = a;
	return (PROV_OK);
}

/* Where blocks stand when each has a CRC behind it; the first is at 0. */
static bool
adts_blocks(struct adts *h, struct bits *b)
{
	if (!h->crc)
		return (true);
	for (unsigned i = 1; i < h->blocks; i++) {
		h->at[i] = (uint16_t)bits_u(b, 16);
		if (h->at[i] < h->at[i - 1] + 2)
			return (false);
	}
	bits_skip(b, 16); /* of the header */
	h->header = bits_pos(b) / 8;
	return (h->header + h->at[h->blocks - 1] <= h->len);
}

bool
adts_parse(struct adts *out, prov_span bytes)
{
	struct adts h = { .asc = { .frame_len = 1024 } };
	struct bits b;
	unsigned rate;

	bits_init(&b, bytes, false);
	if (bits_u(&b, 12) != 0xfff)
		return (false);
	bits_skip(&b, 1); /* MPEG-2 or 4 */
	if (bits_u(&b, 2) != 0)
		return (false);
	h.crc = bits_u(&b, 1) == 0;
	h.asc.aot = (uint8_t)(bits_u(&b, 2) + 1);
	rate = bits_u(&b, 4);
	bits_skip(&b, 1);
	h.asc.layout = (uint8_t)bits_u(&b, 3);
	bits_skip(&b, 4);
	h.len = bits_u(&b, 13);
	bits_skip(&b, 11);
	h.blocks = bits_u(&b, 2) + 1;
	h.header = 7;
	if (!adts_blocks(&h, &b) || b.over || rate >= N_RATES ||
	    h.len < h.header)
		return (false);
	h.asc.rate = rates[rate];
	*out = h;
	return (true);
}

size_t
asc_take_pce(struct asc *a, prov_span block)
{
	struct asc with = *a;
	struct bits b;

	bits_init(&b, block, false);
	if (bits_u(&b, 3) != ID_PCE)
		return (0);
	get_pce(&with, &b);
	if (with.pce_len == 0)
		return (0);
	*a = with;
	return (bits_pos(&b) / 8);
}

prov_status
asc_digest(const struct asc *a, uint8_t out[SHA256_LEN], prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	buf_put_byte(&b, a->aot);
	buf_put_be32(&b, a->rate);
	buf_put_byte(&b, a->layout);
	buf_put_be16(&b, a->frame_len);
	if (a->layout == 0)
		buf_put(&b, a->pce, a->pce_len);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(out, buf_span(&b), err));
}

bool
asc_same(const struct asc *a, const struct asc *b)
{
	if (a->aot != b->aot || a->rate != b->rate || a->layout != b->layout ||
	    a->frame_len != b->frame_len)
		return (false);
	return (a->layout != 0 || (a->pce_len == b->pce_len &&
				      memcmp(a->pce, b->pce, a->pce_len) == 0));
}

unsigned
asc_channels(const struct asc *a)
{
	static const uint8_t
	    channels[16] = { [1] = 1, 2, 3, 4, 5, 6, 8, [11] = 7, 8, 24, 8 };

	return (a->layout == 0 ? a->pce_channels : channels[a->layout & 15]);
}
