/* SPDX-License-Identifier: ISC */
/*
 * amr/1: AMR and AMR-WB speech (RFC 4867 5), each frame of 20 ms one record
 * with its header byte. Containers differ in how many frames a packet has. The
 * configuration is the codec's name.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/audio.h"

#define FRAMES_A_SECOND 50
#define TYPE(head)      ((head) >> 3 & 15)
#define PADDING         0x83 /* bits of a header byte, which are 0 */

struct amr {
	struct audio a;
	uint32_t samples;     /* of a frame */
	const uint8_t *sizes; /* by frame type, header included; 0: reserved */
};

/* RFC 4867 5.3; types from 9 on are other codecs' comfort noise, or none. */
static const uint8_t narrow[16] = { 13, 14, 16, 18, 20, 21, 27, 32,
	6, [15] = 1 };
static const uint8_t wide[16] = { 18, 24, 33, 37, 41, 47, 51, 59, 61,
	6, [14] = 1, [15] = 1 };

static void
amr_close(void *state)
{
	free(state);
}

static prov_status
amr_open(void **state, struct track *t, prov_err *err)
{
	const char *codec = track_config_of(t)->codec;
	bool is_wide = strcmp(codec, "amr_wb") == 0;
	struct amr *m = calloc(1, sizeof(*m));
	uint32_t rate = is_wide ? 16000 : 8000;
	prov_status st;

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "AMR stream"));
	m->a.t = t;
	m->samples = rate / FRAMES_A_SECOND;
	m->sizes = is_wide ? wide : narrow;
	st = audio_config(&m->a, span(codec, strlen(codec)), rate, err);
	if (st != PROV_OK) {
		amr_close(m);
		return (st);
	}
	track_present(t, PROV_CHANNELS, 1);
	*state = m;
	return (PROV_OK);
}

/* Only a packet's first frame has its time. */
static prov_status
amr_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct amr *m = state;
	int64_t ns = track_ns(m->a.t, packet->pts);
	prov_span s = packet->data;
	prov_status st;

	while (s.len > 0) {
		size_t len = m->sizes[TYPE(s.p[0])];

		if (len == 0 || len > s.len || (s.p[0] & PADDING) != 0)
			return (audio_other(&m->a, s, ns, err));
		st = audio_unit(&m->a, span(s.p, len), m->samples, ns, err);
		if (st != PROV_OK)
			return (st);
		s = span(s.p + len, s.len - len);
		ns = PROV_NO_TIME;
	}
	return (PROV_OK);
}

static prov_status
amr_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static int
amr_bid(const prov_config *config)
{
	return (config->kind == PROV_AUDIO && config->channels <= 1 &&
			(strcmp(config->codec, "amr_nb") == 0 ||
			    strcmp(config->codec, "amr_wb") == 0)
		    ? 10
		    : 0);
}

const struct form_ops form_amr = {
	.name = "amr/1",
	.rule = "cdc/1",
	.bid = amr_bid,
	.open = amr_open,
	.packet = amr_packet,
	.finish = amr_finish,
	.close = amr_close,
};
