/* SPDX-License-Identifier: ISC */
/*
 * flac/1: frames, one record each (RFC 9639). The configuration is what frame
 * headers say of rate, channels and bits; where they leave it to STREAMINFO,
 * what that says. Both checksums of a frame are checked: they are what tells
 * one frame in a packet from several.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"
#include "essence/bits.h"

#define STREAMINFO_LEN  34
#define FRAME_MIN       8 /* header of 6 bytes with its CRC, CRC of 2 */
#define STEREO_CODE_MAX 10
#define BLOCKS_MAX      16 /* metadata blocks in front of STREAMINFO */

struct flac_info {
	uint32_t rate;
	uint8_t channels, bits;
};

struct flac_frame {
	struct flac_info info;
	uint32_t samples;
};

struct flac {
	struct audio a;
	struct flac_info stated; /* by STREAMINFO; rate 0: there is none */
	struct flac_info active;
};

/* CRC-8 with x^8 + x^2 + x + 1, and CRC-16 with x^16 + x^15 + x^2 + 1. */
static uint8_t
crc8(const uint8_t *p, size_t len)
{
	unsigned crc = 0;

	while (len-- > 0) {
		crc ^= *p++;
		for (unsigned i = 0; i < 8; i++)
			crc = crc << 1 ^ (crc & 0x80 ? 0x107U : 0U);
	}
	return ((uint8_t)crc);
}

static const uint16_t crc16_table[16] = { 0x0000, 0x8005, 0x800f, 0x000a,
	0x801b, 0x001e, 0x0014, 0x8011, 0x8033, 0x0036, 0x003c, 0x8039, 0x0028,
	0x802d, 0x8027, 0x0022 };

static uint16_t
crc16(uint16_t crc, const uint8_t *p, size_t len)
{
	while (len-- > 0) {
		unsigned byte = *p++;

		crc = (uint16_t)(crc << 4) ^
		      crc16_table[(crc >> 12 ^ byte >> 4) & 15];
		crc =
		    (uint16_t)(crc << 4) ^ crc16_table[(crc >> 12 ^ byte) & 15];
	}
	return (crc);
}

/* The number of the frame or sample, coded like UTF-8; false: it is not. */
static bool
skip_number(struct bits *b)
{
	unsigned first = bits_u(b, 8), more = 0;

	while (more < 7 && (first & 0x80U >> more) != 0)
		more++;
	if (more == 1 || (first & 0xff) == 0xff)
		return (false);
	for (; more > 1; more--)
		if (bits_u(b, 8) >> 6 != 2)
			return (false);
	return (true);
}

static uint32_t
get_samples(struct bits *b, unsigned code)
{
	switch (code) {
	case 0:
		return (0);
	case 1:
		return (192);
	case 6:
		return (bits_u(b, 8) + 1);
	case 7:
		return (bits_u(b, 16) + 1);
	default:
		return (code < 6 ? 144U << code : 1U << code);
	}
}

/* 0: it is left to STREAMINFO, or reserved. */
static uint32_t
get_rate(struct bits *b, unsigned code)
{
	static const uint32_t rates[12] = { 0, 88200, 176400, 192000, 8000,
		16000, 22050, 24000, 32000, 44100, 48000, 96000 };

	if (code == 12)
		return (bits_u(b, 8) * 1000);
	if (code == 13)
		return (bits_u(b, 16));
	if (code == 14)
		return (bits_u(b, 16) * 10);
	return (code < 12 ? rates[code] : 0);
}

/* RFC 9639, 9.1: false where in does not begin with a frame's header. */
static bool
header_parse(struct flac_frame *out, prov_span in, const struct flac_info *info)
{
	static const uint8_t bits_of[8] = { 0, 8, 12, 0, 16, 20, 24, 32 };
	struct flac_frame f = { 0 };
	unsigned block, rate, channels, size, crc;
	struct bits b;

	bits_init(&b, in, false);
	if (in.len < FRAME_MIN || bits_u(&b, 15) != 0x7ffc)
		return (false);
	bits_skip(&b, 1); /* blocking strategy */
	block = bits_u(&b, 4);
	rate = bits_u(&b, 4);
	channels = bits_u(&b, 4);
	size = bits_u(&b, 3);
	if (bits_u(&b, 1) != 0 || rate == 15 || channels > STEREO_CODE_MAX ||
	    size == 3 || !skip_number(&b))
		return (false);
	f.samples = get_samples(&b, block);
	f.info.rate = get_rate(&b, rate);
	f.info.channels = (uint8_t)(channels < 8 ? channels + 1 : 2);
	f.info.bits = bits_of[size];
	crc = bits_u(&b, 8);
	if (b.over || f.samples == 0 || crc8(in.p, b.at - 1) != crc)
		return (false);
	if (rate == 0)
		f.info.rate = info->rate;
	if (size == 0)
		f.info.bits = info->bits;
	*out = f;
	return (true);
}

/* STREAMINFO, with "fLaC" and other metadata blocks in front of it or not. */
static bool
info_parse(struct flac_info *out, prov_span in)
{
	const uint8_t *p;

	if (in.len >= 4 && memcmp(in.p, "fLaC", 4) == 0)
		in = span(in.p + 4, in.len - 4);
	for (unsigned i = 0; in.len != STREAMINFO_LEN && in.len >= 4; i++) {
		size_t len = be32(in.p) & 0xffffff;
		bool found = (in.p[0] & 0x7f) == 0;

		in = span(in.p + 4, in.len - 4);
		if (i == BLOCKS_MAX || len > in.len)
			return (false);
		if (found && len == STREAMINFO_LEN)
			in.len = len;
		else
			in = span(in.p + len, in.len - len);
	}
	if (in.len != STREAMINFO_LEN)
		return (false);
	p = in.p;
	out->rate = be32(p + 10) >> 12;
	out->channels = (uint8_t)((p[12] >> 1 & 7) + 1);
	out->bits = (uint8_t)(((p[12] & 1) << 4 | p[13] >> 4) + 1);
	return (out->rate != 0);
}

/* Decoders and players believe one or the other. */
static bool
differs(const struct flac_info *a, const struct flac_info *b)
{
	return (a->rate != b->rate || a->channels != b->channels ||
		a->bits != b->bits);
}

static prov_status
announce(struct flac *s, const struct flac_info *info, prov_err *err)
{
	uint8_t head[6] = { info->channels, info->bits };

	put_be32(head + 2, info->rate);
	if (s->stated.rate != 0 && differs(info, &s->stated))
		track_refuse(s->a.t, "config.conflict");
	if (!s->a.configured) {
		track_present(s->a.t, PROV_CHANNELS, info->channels);
		track_present(s->a.t, PROV_BITS, info->bits);
	} else if (!differs(info, &s->active)) {
		return (PROV_OK);
	}
	s->active = *info;
	return (audio_config(&s->a, span(head, sizeof(head)), info->rate, err));
}

/*
 * The length of the frame that in begins with: up to a checksum that holds
 * with another frame or nothing behind it. 0: there is none. Zeros are not left
 * out: a checksum may end with them.
 */
static size_t
frame_len(const struct flac *s, prov_span in)
{
	struct flac_frame next;
	uint16_t crc;

	crc = crc16(0, in.p, FRAME_MIN - 1);
	for (size_t at = FRAME_MIN - 1; at < in.len; at++) {
		crc = crc16(crc, in.p + at, 1);
		/* A checksum over data and its checksum is 0. */
		if (crc == 0 &&
		    (at + 1 == in.len ||
			header_parse(&next,
			    span(in.p + at + 1, in.len - at - 1), &s->stated)))
			return (at + 1);
	}
	return (0);
}

static prov_status
flac_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct flac *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	prov_span left = packet->data;
	struct flac_frame f;
	prov_status st;
	size_t len;

	if (packet->extradata.len > 0 &&
	    !info_parse(&s->stated, packet->extradata))
		track_refuse(s->a.t, "config.unresolved");
	while (left.len > 0 && header_parse(&f, left, &s->stated) &&
	       f.info.rate != 0 && f.info.bits != 0 &&
	       (len = frame_len(s, left)) > 0) {
		if ((st = announce(s, &f.info, err)) != PROV_OK ||
		    (st = audio_unit(&s->a, span(left.p, len), f.samples, ns,
			 err)) != PROV_OK)
			return (st);
		left = span(left.p + len, left.len - len);
		ns = PROV_NO_TIME;
	}
	return (left.len == 0 ? PROV_OK : audio_other(&s->a, left, ns, err));
}

static prov_status
flac_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
flac_close(void *state)
{
	free(state);
}

static prov_status
flac_open(void **state, struct track *t, prov_err *err)
{
	prov_span extradata = track_config_of(t)->extradata;
	struct flac *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "FLAC stream"));
	s->a.t = t;
	if (extradata.len > 0 && !info_parse(&s->stated, extradata))
		track_refuse(t, "config.unresolved");
	*state = s;
	return (PROV_OK);
}

static int
flac_bid(const prov_config *config)
{
	return (config->kind == PROV_AUDIO && strcmp(config->codec, "flac") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_flac = {
	.name = "flac/1",
	.rule = "cdc/1",
	.bid = flac_bid,
	.open = flac_open,
	.packet = flac_packet,
	.finish = flac_finish,
	.close = flac_close,
};
