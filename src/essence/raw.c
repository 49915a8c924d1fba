/* SPDX-License-Identifier: ISC */
/*
 * raw/1: packets as they come, for codecs without a form. One record a packet.
 * Such streams match only in the container format that they were signed in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/track.h"
#include "hash/sha256.h"

#define PACKETS_MAX 300        /* a segment, where nothing else cuts */
#define SECOND_NS   1000000000 /* a segment of what is not video */
#define RATE_NONE   1000       /* sound of no stated rate counts ms */

struct raw {
	struct track *t;
	struct sha256 *part; /* every configuration in order, with its length */
	uint32_t rate;
	unsigned packets;  /* in the running segment */
	int64_t begins_ns; /* the running segment's first time */
};

static void
raw_close(void *state)
{
	struct raw *r = state;

	if (r == NULL)
		return;
	sha256_free(r->part);
	free(r);
}

static prov_status
configure(struct raw *r, prov_span extradata, prov_err *err)
{
	uint8_t digest[32], len[4];
	prov_status st;

	put_be32(len, (uint32_t)extradata.len);
	sha256_add(r->part, len, sizeof(len));
	sha256_add(r->part, extradata.p, extradata.len);
	if ((st = sha256_of(digest, extradata, err)) != PROV_OK)
		return (st);
	return (track_config(r->t, digest, err));
}

static prov_status
start(struct raw *r, prov_err *err)
{
	const prov_config *c = track_config_of(r->t);
	prov_status st;

	if ((st = sha256_new(&r->part, err)) != PROV_OK)
		return (st);
	sha256_init(r->part);
	r->begins_ns = PROV_NO_TIME;
	r->rate = c->rate != 0 ? c->rate : RATE_NONE;
	if (c->kind == PROV_AUDIO)
		track_rate(r->t, r->rate);
	return (configure(r, c->extradata, err));
}

static prov_status
raw_open(void **state, struct track *t, prov_err *err)
{
	struct raw *r = calloc(1, sizeof(*r));
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "raw stream"));
	r->t = t;
	if ((st = start(r, err)) != PROV_OK) {
		raw_close(r);
		return (st);
	}
	*state = r;
	return (PROV_OK);
}

static bool
cuts(const struct raw *r, const prov_packet *p, int64_t ns)
{
	if (r->packets >= PACKETS_MAX)
		return (true);
	if (track_config_of(r->t)->kind == PROV_VIDEO)
		return ((p->flags & PROV_PACKET_KEY) != 0);
	return (ns != PROV_NO_TIME && r->begins_ns != PROV_NO_TIME &&
		ns - r->begins_ns >= SECOND_NS);
}

static prov_status
count(struct raw *r, const prov_packet *p, int64_t ns, prov_err *err)
{
	int64_t lasts = track_lasts_ns(r->t, p->duration);
	__int128 n;

	if (track_config_of(r->t)->kind != PROV_AUDIO)
		return (track_frame(r->t, ns, lasts, err));
	/* To the nearest sample; a packet that does not say has one. */
	n = ((__int128)lasts * r->rate + SECOND_NS / 2) / SECOND_NS;
	return (track_samples(r->t, ns, n < 1 ? 1 : (uint64_t)n, err));
}

/* CEA-608 says in its bytes when a text comes and goes. */
static bool
stands(const prov_config *c)
{
	return (c->kind == PROV_SUBTITLE && strcmp(c->codec, "eia_608") != 0);
}

/* Subtitles are as altered by standing too long as by other words. */
static prov_status
record_lasts(struct raw *r, const prov_packet *p, prov_err *err)
{
	int64_t ns = track_lasts_ns(r->t, p->duration);
	uint8_t ms[8];

	put_be64(ms, ns <= 0 ? 0 : ((uint64_t)ns + 500000) / 1000000);
	return (track_record(r->t, RECORD_LASTS, span(ms, sizeof(ms)), err));
}

static prov_status
raw_packet(void *state, const prov_packet *p, prov_err *err)
{
	struct raw *r = state;
	int64_t ns = track_ns(r->t, p->pts);
	prov_status st;

	if (cuts(r, p, ns)) {
		if ((st = track_cut(r->t, err)) != PROV_OK)
			return (st);
		r->packets = 0;
		r->begins_ns = PROV_NO_TIME;
	}
	if (r->begins_ns == PROV_NO_TIME)
		r->begins_ns = ns;
	r->packets++;
	if (p->extradata.len > 0 &&
	    (st = configure(r, p->extradata, err)) != PROV_OK)
		return (st);
	if ((st = track_record(r->t, RECORD_DATA, p->data, err)) != PROV_OK)
		return (st);
	if (stands(track_config_of(r->t)) &&
	    (st = record_lasts(r, p, err)) != PROV_OK)
		return (st);
	return (count(r, p, ns, err));
}

static prov_status
raw_finish(void *state, prov_err *err)
{
	struct raw *r = state;
	uint8_t digest[32];
	prov_status st;

	if ((st = sha256_done(r->part, digest, err)) != PROV_OK)
		return (st);
	return (track_part(r->t, "extradata", digest, err));
}

static int
raw_bid(const prov_config *config)
{
	(void)config;
	return (1);
}

const struct form_ops form_raw = {
	.name = "raw/1",
	.rule = "rap/1",
	.bid = raw_bid,
	.open = raw_open,
	.packet = raw_packet,
	.finish = raw_finish,
	.close = raw_close,
};
