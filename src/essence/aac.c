/* SPDX-License-Identifier: ISC */
/*
 * aac/1: raw data blocks, one record each, whatever framed them. ADTS headers
 * and LATM are taken off, and with them a PCE that a block begins with where
 * the channels are said to come from one: it is configuration. Whether SBR and
 * PS are announced is presentation; implicit and explicit are the same.
 */
#include <stdlib.h>
#include <string.h>

#include "essence/asc.h"
#include "essence/audio.h"
#include "essence/latm.h"
#include "essence/track.h"

#define RATE_GUESS 48000

struct aac {
	struct track *t;
	struct asc asc;  /* active; rate is 0 while there is none */
	struct asc told; /* what the track was told last */
	bool announced;
	uint32_t rate; /* of the first frame: what samples count */
	struct cdc cdc;
	bool framed; /* a frame with a header was seen */
	bool loas;   /* packets are LOAS frames: decoders of others know none */
	struct latm latm;
};

static int
aac_bid(const prov_config *config)
{
	struct asc asc;

	if (config->kind != PROV_AUDIO)
		return (0);
	if (strcmp(config->codec, "aac_latm") == 0)
		return (10);
	if (strcmp(config->codec, "aac") != 0)
		return (0);
	if (config->extradata.len == 0)
		return (10); /* ADTS will tell */
	return (asc_parse(&asc, config->extradata, NULL) == PROV_OK ? 10 : 0);
}

static void
aac_close(void *state)
{
	free(state);
}

static void
present(struct aac *a)
{
	unsigned channels = asc_channels(&a->asc);

	track_present(a->t, PROV_RATE, a->asc.rate);
	if (channels != 0)
		track_present(a->t, PROV_CHANNELS, channels);
}

static void
present_sbr(struct aac *a)
{
	track_present(a->t, PROV_SBR,
	    (a->asc.sbr_off ? 1 : 0) | (a->asc.ps_off ? 2 : 0));
}

/* What the container says, at first or from here on. */
static void
take_extradata(struct aac *a, prov_span extradata)
{
	struct asc asc;

	if (asc_parse(&asc, extradata, NULL) != PROV_OK) {
		track_refuse(a->t, "config.unresolved");
		return;
	}
	if (asc.sbr_off != a->asc.sbr_off || asc.ps_off != a->asc.ps_off)
		if (a->announced)
			track_refuse(a->t, "config.changed");
	a->asc = asc;
	present_sbr(a);
}

/* What neither knows of SBR, nor an ADTS header of a PCE, is left as it is. */
static void
take_core(struct aac *a, const struct asc *core)
{
	a->asc.aot = core->aot;
	a->asc.rate = core->rate;
	a->asc.layout = core->layout;
	a->asc.frame_len = core->frame_len;
	if (core->pce_len == 0)
		return;
	a->asc.pce_len = core->pce_len;
	a->asc.pce_channels = core->pce_channels;
	memcpy(a->asc.pce, core->pce, core->pce_len);
}

static prov_status
start(struct aac *a, prov_err *err)
{
	prov_status st;

	if (a->asc.rate == a->rate)
		return (PROV_OK);
	if (a->rate != 0) {
		/* Samples of two rates have no common count. */
		track_refuse(a->t, "config.changed");
		return (PROV_OK);
	}
	if ((st = cdc_init(&a->cdc, a->asc.rate, err)) != PROV_OK)
		return (st);
	a->rate = a->asc.rate;
	track_rate(a->t, a->rate);
	return (PROV_OK);
}

/* Packets without any configuration: counted, but never matched. */
static void
guess(struct aac *a)
{
	uint32_t rate = track_config_of(a->t)->rate;

	track_refuse(a->t, "config.unresolved");
	a->asc.rate = rate != 0 ? rate : RATE_GUESS;
	a->asc.frame_len = 1024;
}

/* Tells the track what is active, where that is new. */
static prov_status
announce(struct aac *a, prov_err *err)
{
	uint8_t config[SHA256_LEN];
	prov_status st;

	if (a->asc.rate == 0)
		guess(a);
	if (a->asc.layout == 0 && a->asc.pce_len == 0)
		track_refuse(a->t, "config.unresolved");
	if (a->announced && asc_same(&a->asc, &a->told))
		return (PROV_OK);
	if ((st = asc_digest(&a->asc, config, err)) != PROV_OK ||
	    (st = start(a, err)) != PROV_OK ||
	    (st = track_config(a->t, config, err)) != PROV_OK)
		return (st);
	if (!a->announced) {
		st = track_part(a->t, "asc", config, err);
		if (st != PROV_OK)
			return (st);
		present(a);
	}
	a->told = a->asc;
	a->announced = true;
	return (PROV_OK);
}

/* One frame: one raw data block, or several where ADTS held several. */
static prov_status
take_block(struct aac *a, prov_span block, unsigned n, int64_t ns,
    prov_err *err)
{
	uint32_t samples;
	size_t pce = 0;
	prov_status st;

	if (a->asc.layout == 0)
		pce = asc_take_pce(&a->asc, block);
	block = span(block.p + pce, block.len - pce);
	if ((st = announce(a, err)) != PROV_OK ||
	    (st = track_record(a->t, RECORD_DATA, block, err)) != PROV_OK)
		return (st);
	samples = n * (uint32_t)a->asc.frame_len;
	if ((st = track_samples(a->t, ns, samples, err)) != PROV_OK)
		return (st);
	if (cdc_frame(&a->cdc, block, samples, track_units(a->t)))
		return (track_cut(a->t, err));
	return (PROV_OK);
}

static prov_status
take_adts(struct aac *a, const struct adts *h, prov_span frame, int64_t ns,
    prov_err *err)
{
	prov_span blocks = span(frame.p + h->header, frame.len - h->header);
	prov_status st;

	take_core(a, &h->asc);
	if (h->blocks == 1 || !h->crc)
		return (take_block(a, blocks, h->blocks, ns, err));
	/* Only with CRCs behind them does one know where blocks end. */
	for (unsigned i = 0; i < h->blocks; i++) {
		size_t at = h->at[i], end = blocks.len;

		if (i + 1 < h->blocks && h->at[i + 1] < end)
			end = h->at[i + 1];
		if (end < at + 2)
			break; /* the end of a recording */
		st = take_block(a, span(blocks.p + at, end - at - 2), 1, ns,
		    err);
		if (st != PROV_OK)
			return (st);
		ns = PROV_NO_TIME;
	}
	return (PROV_OK);
}

/* What cannot be unwrapped is bound as it is. */
static prov_status
take_wrapped(struct aac *a, prov_span bytes, int64_t ns, prov_err *err)
{
	track_refuse(a->t, "essence.noncanonical");
	return (take_block(a, bytes, 1, ns, err));
}

static prov_status
take_loas(struct aac *a, prov_span frame, int64_t ns, prov_err *err)
{
	prov_span block;
	prov_status st;
	bool more;

	if (!latm_begin(&a->latm, frame))
		return (take_wrapped(a, frame, ns, err));
	take_core(a, &a->latm.asc);
	if (a->latm.asc.sbr_off != a->asc.sbr_off ||
	    a->latm.asc.ps_off != a->asc.ps_off) {
		if (a->announced)
			track_refuse(a->t, "config.changed");
		a->asc.sbr_off = a->latm.asc.sbr_off;
		a->asc.ps_off = a->latm.asc.ps_off;
		present_sbr(a);
	}
	for (;;) {
		if (!latm_next(&a->latm, &block, &more))
			return (take_wrapped(a, frame, ns, err));
		if (!more)
			return (PROV_OK);
		if ((st = take_block(a, block, 1, ns, err)) != PROV_OK)
			return (st);
		ns = PROV_NO_TIME;
	}
}

/* Takes a frame off the front of left, if there is one. */
static prov_status
take_framed(struct aac *a, prov_span *left, int64_t ns, prov_err *err)
{
	prov_span all = *left;
	struct adts h;
	size_t len;

	if (a->loas) {
		if ((len = loas_len(all)) == 0 || len > all.len)
			return (PROV_OK);
		*left = span(all.p + len, all.len - len);
		return (take_loas(a, span(all.p, len), ns, err));
	}
	if (!adts_parse(&h, all))
		return (PROV_OK);
	/* The last frame of a recording may be cut short. */
	len = h.len < all.len ? h.len : all.len;
	if (len < h.header)
		return (PROV_OK);
	a->framed = true;
	*left = span(all.p + len, all.len - len);
	return (take_adts(a, &h, span(all.p, len), ns, err));
}

static prov_status
aac_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct aac *a = state;
	int64_t ns = track_ns(a->t, packet->pts);
	prov_span left = packet->data;
	size_t before = 0;
	prov_status st;

	if (packet->extradata.len > 0)
		take_extradata(a, packet->extradata);
	/* Most packets have no framing, and are spared the trouble. */
	while (left.len > 0 && left.len != before &&
	       (left.p[0] == 0xff || a->loas)) {
		before = left.len;
		st = take_framed(a, &left, ns, err);
		if (st != PROV_OK)
			return (st);
		if (left.len != before)
			ns = PROV_NO_TIME;
	}
	/* Zeros behind frames are what containers fill up with. */
	if (left.len == 0 || (a->framed && audio_filler(left)))
		return (PROV_OK);
	if (left.len != packet->data.len || a->loas)
		track_refuse(a->t, "essence.noncanonical");
	return (take_block(a, left, 1, ns, err));
}

static prov_status
aac_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static prov_status
aac_open(void **state, struct track *t, prov_err *err)
{
	prov_span extradata = track_config_of(t)->extradata;
	struct aac *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (prov_fail(err, PROV_ENOMEM, "aac"));
	a->t = t;
	a->loas = strcmp(track_config_of(t)->codec, "aac_latm") == 0;
	if (extradata.len > 0)
		take_extradata(a, extradata);
	*state = a;
	return (PROV_OK);
}

const struct form_ops form_aac = {
	.name = "aac/1",
	.rule = "cdc/1",
	.bid = aac_bid,
	.open = aac_open,
	.packet = aac_packet,
	.finish = aac_finish,
	.close = aac_close,
};
