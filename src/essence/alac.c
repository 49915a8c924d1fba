/* SPDX-License-Identifier: ISC */
/*
 * alac/1: packets as they are. The configuration is what the magic cookie says
 * to decoders; the largest frame and the bit rate, which it says to players,
 * are left out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"
#include "essence/bits.h"

#define COOKIE_LEN 24
#define FRAME_MAX  (1U << 20) /* samples: 4096 in all that is known */

struct alac_cookie {
	uint32_t frame_samples, rate;
	uint8_t version, bits, channels;
	uint8_t
	    tuning[5]; /* of the Rice coder: pb, mb, kb and the longest run */
};

struct alac {
	struct audio a;
	struct alac_cookie cookie; /* frame_samples is 0: none */
};

/* The cookie alone, in its box, or with 'frma' in front as QuickTime has it. */
static bool
cookie_parse(struct alac_cookie *out, prov_span in)
{
	struct alac_cookie c = { 0 };
	const uint8_t *p;

	if (in.len >= 12 && memcmp(in.p + 4, "frmaalac", 8) == 0)
		in = span(in.p + 12, in.len - 12);
	if (in.len >= 12 && memcmp(in.p + 4, "alac", 4) == 0)
		in = span(in.p + 12, in.len - 12);
	if (in.len < COOKIE_LEN)
		return (false);
	p = in.p;
	c.frame_samples = be32(p);
	c.version = p[4];
	c.bits = p[5];
	memcpy(c.tuning, p + 6, 3);
	c.channels = p[9];
	memcpy(c.tuning + 3, p + 10, 2);
	c.rate = be32(p + 20);
	if (c.frame_samples == 0 || c.frame_samples > FRAME_MAX ||
	    c.rate == 0 || c.channels == 0)
		return (false);
	*out = c;
	return (true);
}

static prov_status
announce(struct alac *s, prov_err *err)
{
	const struct alac_cookie *c = &s->cookie;
	uint8_t head[16];

	put_be32(head, c->frame_samples);
	head[4] = c->version;
	head[5] = c->bits;
	head[6] = c->channels;
	memcpy(head + 7, c->tuning, sizeof(c->tuning));
	put_be32(head + 12, c->rate);
	if (!s->a.configured) {
		track_present(s->a.t, PROV_CHANNELS, c->channels);
		track_present(s->a.t, PROV_BITS, c->bits);
	}
	return (audio_config(&s->a, span(head, sizeof(head)), c->rate, err));
}

static prov_status
take_extradata(struct alac *s, prov_span in, prov_err *err)
{
	if (in.len == 0)
		return (PROV_OK);
	if (!cookie_parse(&s->cookie, in)) {
		track_refuse(s->a.t, "config.unresolved");
		return (PROV_OK);
	}
	return (announce(s, err));
}

/* A last frame states its own, smaller number; 0: this is no frame. */
static uint32_t
samples_of(const struct alac *s, prov_span in)
{
	uint32_t samples = s->cookie.frame_samples;
	struct bits b;
	unsigned element;

	bits_init(&b, in, false);
	element = bits_u(&b, 3);
	bits_skip(&b, 4 + 12);
	/* One channel, a pair, or a low frequency channel come first. */
	if (element != 0 && element != 1 && element != 3)
		return (0);
	if (bits_u(&b, 1)) {
		bits_skip(&b, 3);
		samples = bits_u(&b, 32);
	}
	return (b.over || samples > s->cookie.frame_samples ? 0 : samples);
}

static prov_status
alac_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct alac *s = state;
	int64_t ns = track_ns(s->a.t, packet->pts);
	uint32_t samples;
	prov_status st;

	st = take_extradata(s, packet->extradata, err);
	if (st != PROV_OK)
		return (st);
	samples = samples_of(s, packet->data);
	if (samples == 0 || !s->a.configured)
		return (audio_other(&s->a, packet->data, ns, err));
	return (audio_unit(&s->a, packet->data, samples, ns, err));
}

static prov_status
alac_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
alac_close(void *state)
{
	free(state);
}

static prov_status
alac_open(void **state, struct track *t, prov_err *err)
{
	struct alac *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "ALAC stream"));
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
alac_bid(const prov_config *config)
{
	struct alac_cookie c;

	if (config->kind != PROV_AUDIO || strcmp(config->codec, "alac") != 0)
		return (0);
	return (cookie_parse(&c, config->extradata) ? 10 : 0);
}

const struct form_ops form_alac = {
	.name = "alac/1",
	.rule = "cdc/1",
	.bid = alac_bid,
	.open = alac_open,
	.packet = alac_packet,
	.finish = alac_finish,
	.close = alac_close,
};
