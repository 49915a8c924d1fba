/* SPDX-License-Identifier: ISC */
/*
 * usac/1: access units of MPEG-D USAC, xHE-AAC (ISO/IEC 23003-3), as they are.
 * The configuration is the whole AudioSpecificConfig: all of it decodes. How
 * long a unit lasts stands at the beginning of its UsacConfig.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/audio.h"
#include "essence/bits.h"

#define AOT_ESCAPE    31
#define AOT_USAC      42
#define RATE_EXPLICIT 0x1f

struct usac {
	struct audio a;
	uint32_t samples; /* of a unit */
};

/* 23003-3 table 68: 0 is reserved. */
static uint32_t
usac_rate(struct bits *b)
{
	static const uint16_t rates[28] = { 0, 0, 64000, 48000, 44100, 32000,
		24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 57600,
		51200, 40000, 38400, 34150, 28800, 25600, 20000, 19200, 17075,
		14400, 12800, 9600 };
	unsigned i = bits_u(b, 5);

	if (i == RATE_EXPLICIT)
		return (bits_u(b, 24));
	if (i < 2)
		return (i == 0 ? 96000 : 88200);
	return (i < 28 ? rates[i] : 0);
}

static bool
config_parse(prov_span in, uint32_t *rate, uint32_t *samples)
{
	static const uint16_t lengths[8] = { 768, 1024, 2048, 2048, 4096 };
	struct bits b;

	bits_init(&b, in, false);
	if (bits_u(&b, 5) != AOT_ESCAPE || 32 + bits_u(&b, 6) != AOT_USAC)
		return (false);
	if (bits_u(&b, 4) == 15)
		bits_skip(&b, 24);
	bits_skip(&b, 4); /* channels, as UsacConfig says again */
	*rate = usac_rate(&b);
	*samples = lengths[bits_u(&b, 3)];
	return (!b.over && *rate != 0 && *samples != 0);
}

static prov_status
take_extradata(struct usac *s, prov_span in, prov_err *err)
{
	uint32_t rate;

	if (in.len == 0)
		return (PROV_OK);
	if (!config_parse(in, &rate, &s->samples)) {
		track_refuse(s->a.t, "config.unresolved");
		s->samples = 0;
		return (PROV_OK);
	}
	return (audio_config(&s->a, in, rate, err));
}

static prov_status
usac_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct usac *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	prov_status st;

	st = take_extradata(s, packet->extradata, err);
	if (st != PROV_OK)
		return (st);
	if (s->samples == 0)
		return (audio_other(&s->a, packet->data, ns, err));
	return (audio_unit(&s->a, packet->data, s->samples, ns, err));
}

static prov_status
usac_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
usac_close(void *state)
{
	free(state);
}

static prov_status
usac_open(void **state, struct track *t, prov_err *err)
{
	struct usac *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "USAC stream"));
	s->a.t = t;
	st = take_extradata(s, track_config_of(t)->extradata, err);
	if (st != PROV_OK) {
		free(s);
		return (st);
	}
	*state = s;
	return (PROV_OK);
}

static int
usac_bid(const prov_config *config)
{
	uint32_t rate, samples;

	if (config->kind != PROV_AUDIO || strcmp(config->codec, "aac") != 0)
		return (0);
	return (config_parse(config->extradata, &rate, &samples) ? 10 : 0);
}

const struct form_ops form_usac = {
	.name = "usac/1",
	.rule = "cdc/1",
	.bid = usac_bid,
	.open = usac_open,
	.packet = usac_packet,
	.finish = usac_finish,
	.close = usac_close,
};
