/* SPDX-License-Identifier: ISC */
/*
 * mlp/1 and truehd/1: access units, one record each, split by the length that
 * each begins with. Where decoding can start a unit has a major sync, whose
 * format is the configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"

#define SYNC_TRUEHD 0xf8726fbaU
#define SYNC_MLP    0xf8726fbbU
#define UNIT_MIN    4
#define MAJOR_LEN   28 /* a major sync, and what stands in front of it is 4 */

/* Bytes of a major sync: its code and the format; and how many substreams. */
#define FORMAT_LEN    8
#define SUBSTREAMS_AT 16

struct mlp {
	struct audio a;
	uint32_t samples; /* of a unit; 0: no major sync yet */
};

/* 48 or 44.1 kHz, doubled up to twice; 0: reserved. */
static uint32_t
rate_of(unsigned code)
{
	if ((code & 7) > 2)
		return (0);
	return ((code & 8 ? 44100U : 48000U) << (code & 7));
}

static unsigned
truehd_channels(uint32_t format)
{
	static const uint8_t of[13] = { 2, 1, 1, 2, 2, 2, 2, 1, 1, 2, 2, 1, 1 };
	uint32_t wide = format & 0x1fff, base = format >> 15 & 0x1f;
	uint32_t map = wide != 0 ? wide : base;
	unsigned n = 0;

	for (unsigned i = 0; i < 13; i++)
		n += map >> i & 1 ? of[i] : 0U;
	return (n);
}

static unsigned
mlp_channels(uint32_t format)
{
	static const uint8_t of[32] = { 1, 2, 3, 4, 3, 4, 5, 3, 4, 5, 4, 5, 6,
		4, 5, 4, 5, 6, 5, 5, 6 };

	return (of[format & 0x1f]);
}

static prov_status
take_major(struct mlp *s, const uint8_t *p, prov_err *err)
{
	bool truehd = be32(p) == SYNC_TRUEHD;
	uint32_t format = be32(p + 4), rate;
	uint8_t head[FORMAT_LEN + 1];
	unsigned code = truehd ? format >> 28 : format >> 20 & 15, channels;

	if ((rate = rate_of(code)) == 0) {
		track_refuse(s->a.t, "config.unresolved");
		return (PROV_OK);
	}
	s->samples = 40U << (code & 7);
	channels = truehd ? truehd_channels(format) : mlp_channels(format);
	if (!s->a.configured && channels != 0)
		track_present(s->a.t, PROV_CHANNELS, channels);
	memcpy(head, p, FORMAT_LEN);
	head[FORMAT_LEN] = p[SUBSTREAMS_AT] >> 4;
	return (audio_config(&s->a, span(head, sizeof(head)), rate, err));
}

static prov_status
take_unit(struct mlp *s, prov_span unit, int64_t ns, prov_err *err)
{
	prov_status st;

	if (unit.len >= UNIT_MIN + MAJOR_LEN &&
	    (be32(unit.p + 4) == SYNC_TRUEHD || be32(unit.p + 4) == SYNC_MLP) &&
	    (st = take_major(s, unit.p + 4, err)) != PROV_OK)
		return (st);
	/* What comes before the first major sync cannot be decoded. */
	if (s->samples == 0)
		return (audio_other(&s->a, unit, ns, err));
	return (audio_unit(&s->a, unit, s->samples, ns, err));
}

static prov_status
mlp_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct mlp *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	prov_span left = packet->data;
	prov_status st;

	while (left.len >= UNIT_MIN) {
		size_t len = 2 * (size_t)(be16(left.p) & 0x0fff);

		if (len < UNIT_MIN)
			break;
		/* The last unit of a recording may be cut short. */
		len = len < left.len ? len : left.len;
		st = take_unit(s, span(left.p, len), ns, err);
		if (st != PROV_OK)
			return (st);
		left = span(left.p + len, left.len - len);
		ns = PROV_NO_TIME;
	}
	return (audio_rest(&s->a, left, ns, err));
}

static prov_status
mlp_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
mlp_close(void *state)
{
	free(state);
}

static prov_status
mlp_open(void **state, struct track *t, prov_err *err)
{
	struct mlp *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "MLP stream"));
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
mlp_bid(const prov_config *config)
{
	return (bid(config, "mlp"));
}

static int
truehd_bid(const prov_config *config)
{
	return (bid(config, "truehd"));
}

const struct form_ops form_mlp = {
	.name = "mlp/1",
	.rule = "cdc/1",
	.bid = mlp_bid,
	.open = mlp_open,
	.packet = mlp_packet,
	.finish = mlp_finish,
	.close = mlp_close,
};

const struct form_ops form_truehd = {
	.name = "truehd/1",
	.rule = "cdc/1",
	.bid = truehd_bid,
	.open = mlp_open,
	.packet = mlp_packet,
	.finish = mlp_finish,
	.close = mlp_close,
};
