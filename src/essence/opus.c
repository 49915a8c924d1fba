/* SPDX-License-Identifier: ISC */
/*
 * opus/1: packets as they are. Channels and their mapping are configuration;
 * pre-skip and output gain are presentation.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/cdc.h"
#include "essence/track.h"

#define OPUS_RATE 48000

/* RFC 6716 3.4: a packet holds at most 120 ms. */
#define PACKET_SAMPLES_MAX 5760

/* RFC 7845 5.1, and ISO/IEC 14496-3 style "dOps" in MP4. */
struct opus_head {
	uint8_t channels;
	uint8_t family;
	uint16_t pre_skip;
	int16_t gain;
	prov_span mapping; /* streams, coupled, table or matrix */
};

struct opus {
	struct track *t;
	struct opus_head head; /* mapping is not kept */
	uint8_t config[SHA256_LEN];
	struct cdc cdc;
};

/* Where the fixed fields stand; 0 if bytes are no head. */
static size_t
head_at(prov_span in, bool *big_endian)
{
	size_t at = 0;

	*big_endian = true;
	if (in.len >= 8 && memcmp(in.p, "OpusHead", 8) == 0) {
		*big_endian = false;
		at = 8;
	}
	return (in.len >= at + 11 && in.p[at] < 16 ? at + 1 : 0);
}

/* Each channel is one that is decoded, or silent (RFC 7845 5.1.1). */
static bool
table_holds(const uint8_t *table, size_t channels, unsigned streams,
    unsigned coupled)
{
	if (coupled > streams || streams + coupled > 255)
		return (false);
	for (size_t i = 0; i < channels; i++)
		if (table[i] != 255 && table[i] >= streams + coupled)
			return (false);
	return (true);
}

/* The table that follows where the family is not 0 has a known length. */
static bool
mapping_parse(struct opus_head *h, prov_span in)
{
	size_t len;

	if (h->family == 0) {
		h->mapping = span(NULL, 0);
		return (h->channels == 1 || h->channels == 2);
	}
	if (in.len < 2)
		return (false);
	len = h->channels;
	if (h->family == 3) /* RFC 8486: a demixing matrix */
		len = 2 * (size_t)h->channels * (in.p[0] + (size_t)in.p[1]);
	h->mapping = span(in.p, 2 + len);
	if (in.len < 2 + len || h->channels == 0 || in.p[0] == 0)
		return (false);
	return (h->family == 3 || table_holds(in.p + 2, len, in.p[0], in.p[1]));
}

static bool
head_parse(struct opus_head *out, prov_span in)
{
	struct opus_head h = { 0 };
	bool big_endian;
	size_t at = head_at(in, &big_endian);
	const uint8_t *p;

	if (at == 0)
		return (false);
	p = in.p + at;
	h.channels = p[0];
	h.pre_skip = big_endian ? be16(p + 1) : le16(p + 1);
	h.gain = (int16_t)(big_endian ? be16(p + 7) : le16(p + 7));
	h.family = p[9];
	if (!mapping_parse(&h, span(p + 10, in.len - at - 10)))
		return (false);
	*out = h;
	return (true);
}

/* Family 0 is family 1 with one implied table, and is written so. */
static prov_status
head_digest(const struct opus_head *h, uint8_t out[SHA256_LEN], prov_err *err)
{
	const uint8_t implied[] = { 1, h->channels == 2, 0, 1 };
	AUTO_BUF b = { 0 };
	prov_status st;

	buf_put_byte(&b, h->channels);
	buf_put_byte(&b, h->family == 0 ? 1 : h->family);
	if (h->family == 0)
		buf_put(&b, implied, 2 + (size_t)h->channels);
	else
		buf_put_span(&b, h->mapping);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(out, buf_span(&b), err));
}

static int
opus_bid(const prov_config *config)
{
	struct opus_head h;

	if (config->kind != PROV_AUDIO || strcmp(config->codec, "opus") != 0)
		return (0);
	return (head_parse(&h, config->extradata) ? 10 : 0);
}

static void
opus_close(void *state)
{
	free(state);
}

/* Samples that a packet decodes to by its table of contents; 0: malformed. */
static uint32_t
packet_samples(prov_span in)
{
	static const uint16_t silk[] = { 480, 960, 1920, 2880 };
	static const uint16_t celt[] = { 120, 240, 480, 960 };
	unsigned config, code, n;
	uint32_t samples;

	if (in.len == 0)
		return (0);
	config = in.p[0] >> 3;
	code = in.p[0] & 3;
	if (config < 12)
		samples = silk[config & 3];
	else if (config < 16)
		samples = silk[config & 1];
	else
		samples = celt[config & 3];
	if (code == 3 && in.len < 2)
		return (0);
	n = code == 0 ? 1 : code == 3 ? in.p[1] & 0x3fU : 2;
	samples *= n;
	return (samples <= PACKET_SAMPLES_MAX ? samples : 0);
}

static void
present(struct track *t, const struct opus_head *h)
{
	track_present(t, PROV_RATE, OPUS_RATE);
	track_present(t, PROV_CHANNELS, h->channels);
	track_present(t, PROV_GAIN, h->gain);
	/* A pre-skip of 0 is what containers without one are read as. */
	if (h->pre_skip != 0)
		track_present(t, PROV_DELAY, h->pre_skip);
}

/* A new head in mid-stream. */
static prov_status
take_extradata(struct opus *o, prov_span extradata, prov_err *err)
{
	uint8_t config[SHA256_LEN];
	struct opus_head h;
	prov_status st;

	if (extradata.len == 0)
		return (PROV_OK);
	if (!head_parse(&h, extradata)) {
		track_refuse(o->t, "config.unresolved");
		return (PROV_OK);
	}
	if (h.gain != o->head.gain)
		track_refuse(o->t, "config.changed");
	if ((st = head_digest(&h, config, err)) != PROV_OK)
		return (st);
	return (track_config(o->t, config, err));
}

static prov_status
opus_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct opus *o = state;
	int64_t ns = track_ns(o->t, packet->pts);
	uint32_t samples = packet_samples(packet->data);
	prov_status st;

	st = take_extradata(o, packet->extradata, err);
	if (st != PROV_OK)
		return (st);
	if (samples == 0) {
		/* Bound as it is; how long it lasts is not known. */
		track_refuse(o->t, "essence.noncanonical");
		samples = 1;
	}
	st = track_record(o->t, RECORD_DATA, packet->data, err);
	if (st != PROV_OK ||
	    (st = track_samples(o->t, ns, samples, err)) != PROV_OK)
		return (st);
	if (cdc_frame(&o->cdc, packet->data, samples, track_units(o->t)))
		return (track_cut(o->t, err));
	return (PROV_OK);
}

static prov_status
opus_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static prov_status
start(struct opus *o, prov_err *err)
{
	prov_span extradata = track_config_of(o->t)->extradata;
	uint8_t config[SHA256_LEN];
	prov_status st;

	/* opus_bid has parsed it. */
	if (!head_parse(&o->head, extradata))
		return (prov_fail(err, PROV_EFORMAT, "opus: no OpusHead"));
	present(o->t, &o->head);
	track_rate(o->t, OPUS_RATE);
	if ((st = cdc_init(&o->cdc, OPUS_RATE, err)) != PROV_OK ||
	    (st = head_digest(&o->head, config, err)) != PROV_OK ||
	    (st = track_part(o->t, "head", config, err)) != PROV_OK)
		return (st);
	return (track_config(o->t, config, err));
}

static prov_status
opus_open(void **state, struct track *t, prov_err *err)
{
	struct opus *o = calloc(1, sizeof(*o));
	prov_status st;

	if (o == NULL)
		return (prov_fail(err, PROV_ENOMEM, "opus"));
	o->t = t;
	if ((st = start(o, err)) != PROV_OK) {
		free(o);
		return (st);
	}
	*state = o;
	return (PROV_OK);
}

const struct form_ops form_opus = {
	.name = "opus/1",
	.rule = "cdc/1",
	.bid = opus_bid,
	.open = opus_open,
	.packet = opus_packet,
	.finish = opus_finish,
	.close = opus_close,
};
