/* SPDX-License-Identifier: ISC */
/*
 * mpeg-audio/1: syncframes of MPEG-1, -2 and -2.5 layers I to III, one record
 * each, split by their own headers. A first frame that only describes the
 * others (Xing, Info, VBRI) is left out, as most demuxers do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"
#include "essence/track.h"

#define HEADER_LEN 4

/* What headers of one free format stream share, and its shortest frame. */
#define FREE_SAME 0xfffffc00U
#define FREE_MIN  24

/* Layer III decoders are 528 samples late, and one (LAME's tag counts so). */
#define DECODER_DELAY 529

/* What is counted where no frame states a rate: such a stream never matches. */
#define RATE_GUESS 44100

struct mpa_header {
	uint32_t rate;
	uint32_t samples;
	size_t len;       /* of the frame, header included */
	uint8_t version;  /* as coded: 3 MPEG-1, 2 MPEG-2, 0 MPEG-2.5 */
	uint8_t layer;    /* 1 to 3 */
	uint8_t channels; /* 1 or 2 */
	bool crc;
};

struct mpa {
	struct track *t;
	bool begun; /* a frame was seen */
	struct mpa_header active;
	bool announced;
	struct cdc cdc;
};

/* kbit/s by [MPEG-2 and 2.5][layer - 1][index] */
static const uint16_t kbps[2][3][15] = {
	{ { 0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416,
	      448 },
	    { 0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
		384 },
	    { 0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256,
		320 } },
	{ { 0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256 },
	    { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 },
	    { 0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160 } },
};

static uint32_t
frame_samples(const struct mpa_header *h)
{
	if (h->layer == 1)
		return (384);
	return (h->layer == 3 && h->version != 3 ? 576 : 1152);
}

/* ISO/IEC 11172-3 2.4.2.3. In free format no length is stated: 0. */
static bool
header_parse(struct mpa_header *out, prov_span in)
{
	static const uint16_t rates[3] = { 44100, 48000, 32000 };
	static const uint8_t halvings[4] = { [0] = 2, [2] = 1 };
	struct mpa_header h = { 0 };
	uint32_t w, bits, pad;
	unsigned index, rate;

	if (in.len < HEADER_LEN)
		return (false);
	w = be32(in.p);
	h.version = w >> 19 & 3;
	h.layer = (uint8_t)(4 - (w >> 17 & 3));
	index = w >> 12 & 15;
	rate = w >> 10 & 3;
	pad = w >> 9 & 1;
	if (w >> 21 != 0x7ff || h.version == 1 || h.layer == 4 || index == 15 ||
	    rate == 3)
		return (false);
	h.crc = (w >> 16 & 1) == 0;
	h.channels = (w >> 6 & 3) == 3 ? 1 : 2;
	h.rate = (uint32_t)rates[rate] >> halvings[h.version];
	h.samples = frame_samples(&h);
	bits = (uint32_t)kbps[h.version != 3][h.layer - 1][index] * 1000;
	if (index == 0)
		h.len = 0;
	else if (h.layer == 1)
		h.len = ((size_t)12 * bits / h.rate + pad) * 4;
	else
		h.len = (size_t)h.samples / 8 * bits / h.rate + pad;
	*out = h;
	return (true);
}

static int
mpa_bid(const prov_config *config)
{
	static const char *const codecs[] = { "mp1", "mp2", "mp3",
		"mpeg-audio" };

	if (config->kind != PROV_AUDIO)
		return (0);
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (strcmp(config->codec, codecs[i]) == 0)
			return (10);
	return (0);
}

static void
mpa_close(void *state)
{
	free(state);
}

/* LAME's extension of the Xing header: delay and padding, 12 bits each. */
static void
lame_present(struct mpa *m, prov_span tag)
{
	uint32_t flags, v, delay, padding;
	size_t at = 8;

	if (tag.len < at)
		return;
	flags = be32(tag.p + 4);
	at += (flags & 1) * 4 + (flags & 2) * 2 + (flags & 4) * 25 +
	      (flags & 8) / 2;
	if (tag.len < at + 24 || (memcmp(tag.p + at, "LAME", 4) != 0 &&
				     memcmp(tag.p + at, "Lav", 3) != 0))
		return;
	v = be32(tag.p + at + 20) & 0xffffff;
	delay = v >> 12;
	padding = v & 0xfff;
	track_present(m->t, PROV_DELAY, (int64_t)delay + DECODER_DELAY);
	track_present(m->t, PROV_PADDING,
	    padding > DECODER_DELAY ? (int64_t)padding - DECODER_DELAY : 0);
}

static bool
tag_at(prov_span frame, size_t at, const char *name)
{
	return (frame.len >= at + 4 && memcmp(frame.p + at, name, 4) == 0);
}

/* Whether the frame is about the others; then its delay is taken over. */
static bool
is_info(struct mpa *m, const struct mpa_header *h, prov_span frame)
{
	size_t side = h->version == 3 ? (h->channels == 1 ? 17 : 32)
	                              : (h->channels == 1 ? 9 : 17);

	if (h->layer != 3)
		return (false);
	/* Writers do and do not count the two bytes of a CRC. */
	for (size_t at = HEADER_LEN + side;
	     at <= HEADER_LEN + side + (h->crc ? 2 : 0); at += 2) {
		if (!tag_at(frame, at, "Xing") && !tag_at(frame, at, "Info"))
			continue;
		lame_present(m, span(frame.p + at, frame.len - at));
		return (true);
	}
	return (tag_at(frame, HEADER_LEN + 32, "VBRI"));
}

static prov_status
start(struct mpa *m, const struct mpa_header *h, const uint8_t config[32],
    prov_err *err)
{
	prov_status st;

	if ((st = cdc_init(&m->cdc, h->rate, err)) != PROV_OK)
		return (st);
	track_rate(m->t, h->rate);
	track_present(m->t, PROV_RATE, h->rate);
	track_present(m->t, PROV_CHANNELS, h->channels);
	m->announced = true;
	return (track_part(m->t, "head", config, err));
}

/* Version, layer, rate and mono or not are configuration. */
static prov_status
announce(struct mpa *m, const struct mpa_header *h, prov_err *err)
{
	uint8_t head[7] = { h->version, h->layer, h->channels };
	uint8_t config[SHA256_LEN];
	prov_status st;

	if (m->announced && h->version == m->active.version &&
	    h->layer == m->active.layer && h->rate == m->active.rate &&
	    h->channels == m->active.channels)
		return (PROV_OK);
	put_be32(head + 3, h->rate);
	st = sha256_of(config, span(head, sizeof(head)), err);
	if (st != PROV_OK)
		return (st);
	if (!m->announced) {
		if ((st = start(m, h, config, err)) != PROV_OK)
			return (st);
	} else if (h->rate != m->active.rate) {
		/* Samples of two rates have no common count. */
		track_refuse(m->t, "config.changed");
	}
	m->active = *h;
	return (track_config(m->t, config, err));
}

static prov_status
take_frame(struct mpa *m, const struct mpa_header *h, prov_span frame,
    int64_t ns, prov_err *err)
{
	prov_status st;

	if ((st = announce(m, h, err)) != PROV_OK ||
	    (st = track_record(m->t, RECORD_DATA, frame, err)) != PROV_OK ||
	    (st = track_samples(m->t, ns, h->samples, err)) != PROV_OK)
		return (st);
	if (cdc_frame(&m->cdc, frame, h->samples, track_units(m->t)))
		return (track_cut(m->t, err));
	return (PROV_OK);
}

/* What is no frame is bound as it is, but has no canonical form. */
static prov_status
take_other(struct mpa *m, prov_span bytes, int64_t ns, prov_err *err)
{
	uint32_t rate = track_config_of(m->t)->rate;
	prov_status st;

	track_refuse(m->t, "essence.noncanonical");
	if (!m->announced)
		track_rate(m->t, rate != 0 ? rate : RATE_GUESS);
	st = track_record(m->t, RECORD_DATA, bytes, err);
	if (st != PROV_OK)
		return (st);
	return (track_samples(m->t, ns, 1, err));
}

/*
 * A frame in free format goes on to the next one of its kind, or to the end of
 * the packet. What looks like a header in it makes two records of it, in every
 * container alike.
 */
static size_t
free_len(prov_span in)
{
	uint32_t kind = be32(in.p) & FREE_SAME;

	for (size_t at = FREE_MIN; at + HEADER_LEN <= in.len; at++)
		if ((be32(in.p + at) & FREE_SAME) == kind)
			return (at);
	return (in.len);
}

static int64_t
after(int64_t ns, const struct mpa_header *h)
{
	if (ns == PROV_NO_TIME)
		return (ns);
	return (ns + (int64_t)h->samples * 1000000000 / h->rate);
}

static prov_status
mpa_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct mpa *m = state;
	int64_t ns = track_ns(m->t, packet->pts);
	prov_span left = packet->data;
	struct mpa_header h;
	prov_status st;

	while (left.len > 0 && header_parse(&h, left)) {
		size_t stated = h.len != 0 ? h.len : free_len(left);
		/* The last frame of a recording may be cut short. */
		size_t len = stated < left.len ? stated : left.len;
		prov_span frame = span(left.p, len);
		bool first = !m->begun;

		m->begun = true;
		left = span(left.p + len, left.len - len);
		if (first && is_info(m, &h, frame)) {
			ns = after(ns, &h);
			continue;
		}
		if ((st = take_frame(m, &h, frame, ns, err)) != PROV_OK)
			return (st);
		ns = PROV_NO_TIME;
	}
	/* Zeros are what containers fill up with. */
	return (audio_filler(left) ? PROV_OK : take_other(m, left, ns, err));
}

static prov_status
mpa_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static prov_status
mpa_open(void **state, struct track *t, prov_err *err)
{
	struct mpa *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "mpeg-audio"));
	m->t = t;
	*state = m;
	return (PROV_OK);
}

const struct form_ops form_mpa = {
	.name = "mpeg-audio/1",
	.rule = "cdc/1",
	.bid = mpa_bid,
	.open = mpa_open,
	.packet = mpa_packet,
	.finish = mpa_finish,
	.close = mpa_close,
};
