/* SPDX-License-Identifier: ISC */
/*
 * pcm/1: little-endian sample frames, in records of BLOCK_FRAMES that are
 * counted from the segment's start, so that neither byte order nor packets
 * matter. The last record of a segment is what is left.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/cdc.h"
#include "essence/track.h"

#define BLOCK_FRAMES 4096

/* 64 channels: more than any layout has; a block then takes 2 MiB. */
#define CHANNELS_MAX 64

struct sample {
	char type;     /* s, u, f; a: A-law, m: mu-law */
	uint8_t bytes; /* 1 to 8 */
	bool swap;     /* big endian */
};

struct pcm {
	struct track *t;
	struct sample sample;
	size_t len;     /* of a sample frame */
	size_t carried; /* bytes of an unfinished sample frame behind block */
	size_t n;       /* sample frames in block */
	uint8_t *block; /* BLOCK_FRAMES + 1 sample frames, little endian */
	struct cdc cdc;
};

/* "pcm_s16le" and its like; false for what has no form. */
static bool
sample_parse(struct sample *out, const char *codec)
{
	static const struct {
		const char *name;
		struct sample sample;
	} rows[] = {
		{ "pcm_s8", { 's', 1, false } },
		{ "pcm_u8", { 'u', 1, false } },
		{ "pcm_alaw", { 'a', 1, false } },
		{ "pcm_mulaw", { 'm', 1, false } },
		{ "pcm_s16le", { 's', 2, false } },
		{ "pcm_s16be", { 's', 2, true } },
		{ "pcm_u16le", { 'u', 2, false } },
		{ "pcm_u16be", { 'u', 2, true } },
		{ "pcm_s24le", { 's', 3, false } },
		{ "pcm_s24be", { 's', 3, true } },
		{ "pcm_u24le", { 'u', 3, false } },
		{ "pcm_u24be", { 'u', 3, true } },
		{ "pcm_s32le", { 's', 4, false } },
		{ "pcm_s32be", { 's', 4, true } },
		{ "pcm_u32le", { 'u', 4, false } },
		{ "pcm_u32be", { 'u', 4, true } },
		{ "pcm_s64le", { 's', 8, false } },
		{ "pcm_s64be", { 's', 8, true } },
		{ "pcm_f32le", { 'f', 4, false } },
		{ "pcm_f32be", { 'f', 4, true } },
		{ "pcm_f64le", { 'f', 8, false } },
		{ "pcm_f64be", { 'f', 8, true } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(codec, rows[i].name) == 0) {
			*out = rows[i].sample;
			return (true);
		}
	return (false);
}

static int
pcm_bid(const prov_config *config)
{
	struct sample sample;

	if (config->kind != PROV_AUDIO || config->rate == 0 ||
	    config->channels == 0 || config->channels > CHANNELS_MAX)
		return (0);
	return (sample_parse(&sample, config->codec) ? 10 : 0);
}

static void
pcm_close(void *state)
{
	struct pcm *p = state;

	if (p == NULL)
		return;
	free(p->block);
	free(p);
}

static void
swap(uint8_t *p, size_t samples, size_t bytes)
{
	for (; samples > 0; samples--, p += bytes)
		for (size_t i = 0; i < bytes / 2; i++) {
			uint8_t tmp = p[i];

			p[i] = p[bytes - 1 - i];
			p[bytes - 1 - i] = tmp;
		}
}

/* The block as a record; what is carried moves to its start. */
static prov_status
flush(struct pcm *p, prov_err *err)
{
	size_t len = p->n * p->len;
	prov_status st;

	if (len == 0)
		return (PROV_OK);
	st = track_record(p->t, RECORD_DATA, span(p->block, len), err);
	if (st != PROV_OK)
		return (st);
	memmove(p->block, p->block + len, p->carried);
	p->n = 0;
	return (PROV_OK);
}

/* n new sample frames stand in the block: counts them, and cuts where due. */
static prov_status
take_frames(struct pcm *p, size_t n, int64_t ns, prov_err *err)
{
	uint8_t *at = p->block + p->n * p->len;
	prov_status st;
	bool cut;

	if (p->sample.swap)
		swap(at, n * p->len / p->sample.bytes, p->sample.bytes);
	while (n > 0) {
		size_t took =
		    cdc_scan(&p->cdc, at, n, p->len, track_units(p->t), &cut);

		at += took * p->len;
		n -= took;
		p->n += took;
		st = track_samples(p->t, ns, took, err);
		if (st != PROV_OK)
			return (st);
		ns = PROV_NO_TIME;
		if (!cut)
			continue;
		/* What is behind the cut follows the block as it did. */
		p->carried += n * p->len;
		if ((st = flush(p, err)) != PROV_OK ||
		    (st = track_cut(p->t, err)) != PROV_OK)
			return (st);
		p->carried -= n * p->len;
		at = p->block;
	}
	return (p->n == BLOCK_FRAMES ? flush(p, err) : PROV_OK);
}

static prov_status
pcm_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct pcm *p = state;
	int64_t ns = track_ns(p->t, packet->pts);
	prov_span in = packet->data;
	prov_status st;

	while (in.len > 0) {
		size_t used = p->n * p->len + p->carried;
		size_t take = BLOCK_FRAMES * p->len - used;
		size_t n;

		take = take < in.len ? take : in.len;
		memcpy(p->block + used, in.p, take);
		in = span(in.p + take, in.len - take);
		n = (p->carried + take) / p->len;
		p->carried = (p->carried + take) % p->len;
		if ((st = take_frames(p, n, ns, err)) != PROV_OK)
			return (st);
		ns = PROV_NO_TIME;
	}
	return (PROV_OK);
}

/* Part of a sample frame at the very end cannot be heard, and is left out. */
static prov_status
pcm_finish(void *state, prov_err *err)
{
	return (flush(state, err));
}

static prov_status
start(struct pcm *p, prov_err *err)
{
	const prov_config *c = track_config_of(p->t);
	uint8_t head[10] = { (uint8_t)p->sample.type, p->sample.bytes };
	uint8_t config[SHA256_LEN];
	prov_status st;

	put_be32(head + 2, c->rate);
	put_be32(head + 6, c->channels);
	track_rate(p->t, c->rate);
	track_present(p->t, PROV_RATE, c->rate);
	track_present(p->t, PROV_CHANNELS, c->channels);
	track_present(p->t, PROV_BITS, INT64_C(8) * p->sample.bytes);
	st = sha256_of(config, span(head, sizeof(head)), err);
	if (st != PROV_OK ||
	    (st = cdc_init(&p->cdc, c->rate, err)) != PROV_OK ||
	    (st = track_part(p->t, "head", config, err)) != PROV_OK)
		return (st);
	return (track_config(p->t, config, err));
}

static prov_status
pcm_open(void **state, struct track *t, prov_err *err)
{
	struct pcm *p = calloc(1, sizeof(*p));
	const prov_config *c = track_config_of(t);
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "pcm"));
	p->t = t;
	/* pcm_bid has parsed it, and bounds the channels. */
	(void)sample_parse(&p->sample, c->codec);
	p->len = (size_t)c->channels * p->sample.bytes;
	p->block = malloc((BLOCK_FRAMES + 1) * p->len);
	if (p->block == NULL)
		st = prov_fail(err, PROV_ENOMEM, "pcm");
	else
		st = start(p, err);
	if (st != PROV_OK) {
		pcm_close(p);
		return (st);
	}
	*state = p;
	return (PROV_OK);
}

const struct form_ops form_pcm = {
	.name = "pcm/1",
	.rule = "cdc/1",
	.bid = pcm_bid,
	.open = pcm_open,
	.packet = pcm_packet,
	.finish = pcm_finish,
	.close = pcm_close,
};
