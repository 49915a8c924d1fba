/* SPDX-License-Identifier: ISC */
/*
 * vorbis/1: audio packets as they are. The configuration is the identification
 * and the setup header; comments are left out. A packet lasts a quarter of its
 * window and the one before it, so all that is read of the setup header is
 * which windows its modes have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/audio.h"

#define ID_LEN    30
#define MAGIC_LEN 7 /* packet type, "vorbis" */
#define MODES_MAX 64
#define MODE_BITS 41 /* blockflag 1, window 16, transform 16, mapping 8 */

enum { HEADER_ID = 1, HEADER_COMMENT = 3, HEADER_SETUP = 5 };

struct vorbis {
	struct audio a;
	struct buf id, setup;
	uint32_t window[2];
	unsigned modes;    /* 0: no configuration yet */
	unsigned mode_len; /* bits of a mode's number */
	uint64_t is_long;  /* bit m: of mode m */
	uint32_t last;     /* window of the packet before; 0: there is none */
};

/* The type of a header packet; 0 for all others. */
static int
header_type(prov_span in)
{
	if (in.len < MAGIC_LEN || memcmp(in.p + 1, "vorbis", 6) != 0)
		return (0);
	return (in.p[0]);
}

/* n bits of which the first is bit at, least significant bits first. */
static uint32_t
bits_at(prov_span in, size_t at, unsigned n)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < n; i++, at++)
		v |= (uint32_t)(in.p[at / 8] >> at % 8 & 1) << i;
	return (v);
}

/*
 * Modes stand at the end of the setup header, behind parts whose length only
 * decoding would tell: so they are read backwards, up to where their number
 * stands. Window and transform types are 0 in all of them. Returns where the
 * first one begins; 0: there are none.
 */
static size_t
find_modes(struct vorbis *v, prov_span setup)
{
	size_t first = 0, at = setup.len * 8;
	unsigned n = 0;

	/* A set bit frames the packet, and zeros fill the last byte. */
	while (at > 0 && bits_at(setup, at - 1, 1) == 0)
		at--;
	if (at == 0)
		return (0);
	at--;
	while (n < MODES_MAX && at >= (MAGIC_LEN * 8) + MODE_BITS + 6) {
		at -= MODE_BITS;
		if (bits_at(setup, at + 1, 32) != 0 ||
		    bits_at(setup, at + 33, 8) > MODES_MAX - 1)
			break;
		n++;
		/* The number is one less; the last that fits is the true one */
		if (bits_at(setup, at - 6, 6) + 1 == n) {
			first = at;
			v->modes = n;
		}
	}
	return (first);
}

static bool
read_setup(struct vorbis *v)
{
	prov_span id = buf_span(&v->id), setup = buf_span(&v->setup);
	size_t at;

	v->modes = 0;
	if (header_type(id) != HEADER_ID || id.len < ID_LEN ||
	    header_type(setup) != HEADER_SETUP || le32(id.p + 12) == 0)
		return (false);
	v->window[0] = 1U << (id.p[28] & 15);
	v->window[1] = 1U << (id.p[28] >> 4);
	if (v->window[0] < 64 || v->window[1] > 8192 ||
	    v->window[0] > v->window[1] || (at = find_modes(v, setup)) == 0)
		return (false);
	v->is_long = 0;
	for (unsigned m = 0; m < v->modes; m++)
		v->is_long |=
		    (uint64_t)bits_at(setup, at + (size_t)m * MODE_BITS, 1)
		    << m;
	v->mode_len = 0;
	while (1U << v->mode_len < v->modes)
		v->mode_len++;
	v->last = 0;
	return (true);
}

static prov_status
announce(struct vorbis *v, prov_err *err)
{
	AUTO_BUF head = { 0 };
	prov_status st;

	if (!read_setup(v)) {
		track_refuse(v->a.t, "config.unresolved");
		return (PROV_OK);
	}
	buf_put_be32(&head, (uint32_t)v->id.len);
	buf_put_span(&head, buf_span(&v->id));
	buf_put_be32(&head, (uint32_t)v->setup.len);
	buf_put_span(&head, buf_span(&v->setup));
	if ((st = buf_done(&head, err)) != PROV_OK)
		return (st);
	if (!v->a.configured)
		track_present(v->a.t, PROV_CHANNELS, v->id.p[11]);
	return (audio_config(&v->a, buf_span(&head), le32(v->id.p + 12), err));
}

static prov_status
keep(struct buf *b, prov_span in, prov_err *err)
{
	b->len = 0;
	buf_put_span(b, in);
	return (buf_done(b, err));
}

/* A header, in the stream or of the container's; a setup header ends them. */
static prov_status
take_header(struct vorbis *v, prov_span in, prov_err *err)
{
	prov_status st;

	switch (header_type(in)) {
	case HEADER_ID:
		v->setup.len = 0;
		return (keep(&v->id, in, err));
	case HEADER_SETUP:
		if ((st = keep(&v->setup, in, err)) != PROV_OK)
			return (st);
		return (announce(v, err));
	default:
		return (PROV_OK);
	}
}

/* The next header where lengths of 16 bits stand in front of each. */
static bool
next_sized(prov_span *in, prov_span *out)
{
	size_t len;

	if (in->len < 2 || (len = be16(in->p)) > in->len - 2)
		return (false);
	*out = span(in->p + 2, len);
	*in = span(out->p + len, in->len - 2 - len);
	return (true);
}

static bool
split_sized(prov_span in, prov_span out[3])
{
	for (size_t i = 0; i < 3; i++)
		if (!next_sized(&in, &out[i]))
			return (false);
	return (true);
}

/* Xiph lacing: lengths of the first two as sums of bytes up to one below 255.
 */
static bool
split_laced(prov_span in, prov_span out[3])
{
	size_t len[2] = { 0, 0 }, at = 1;

	if (in.len == 0 || in.p[0] != 2)
		return (false);
	for (size_t i = 0; i < 2; i++)
		do {
			if (at == in.len)
				return (false);
			len[i] += in.p[at];
		} while (in.p[at++] == 255);
	if (len[0] > in.len - at || len[1] > in.len - at - len[0])
		return (false);
	out[0] = span(in.p + at, len[0]);
	out[1] = span(out[0].p + len[0], len[1]);
	out[2] = span(out[1].p + len[1], in.len - at - len[0] - len[1]);
	return (true);
}

static prov_status
take_extradata(struct vorbis *v, prov_span in, prov_err *err)
{
	prov_span headers[3];
	prov_status st;

	if (in.len == 0)
		return (PROV_OK);
	if (!split_laced(in, headers) && !split_sized(in, headers)) {
		track_refuse(v->a.t, "config.unresolved");
		return (PROV_OK);
	}
	if (header_type(headers[0]) != HEADER_ID ||
	    header_type(headers[2]) != HEADER_SETUP)
		track_refuse(v->a.t, "config.unresolved");
	for (size_t i = 0; i < 3; i++)
		if ((st = take_header(v, headers[i], err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/* The samples that a packet adds; 0 where it is no audio packet. */
static uint32_t
samples_of(struct vorbis *v, prov_span in)
{
	uint32_t window, last, mode;

	if (v->modes == 0 || in.len == 0 || (in.p[0] & 1) != 0 ||
	    in.len * 8 < 1 + (size_t)v->mode_len)
		return (0);
	mode = bits_at(in, 1, v->mode_len);
	if (mode >= v->modes)
		return (0);
	window = v->window[v->is_long >> mode & 1];
	last = v->last != 0 ? v->last : window;
	v->last = window;
	return (last / 4 + window / 4);
}

static prov_status
vorbis_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct vorbis *v = state;
	int64_t ns = track_ns(v->a.t, packet->pts);
	uint32_t samples;
	prov_status st;

	st = take_extradata(v, packet->extradata, err);
	if (st != PROV_OK)
		return (st);
	if (header_type(packet->data) != 0)
		return (take_header(v, packet->data, err));
	/* A packet of no bytes, as some writers end with, is silent. */
	if (packet->data.len == 0)
		return (PROV_OK);
	if ((samples = samples_of(v, packet->data)) == 0)
		return (audio_other(&v->a, packet->data, ns, err));
	return (audio_unit(&v->a, packet->data, samples, ns, err));
}

static prov_status
vorbis_finish(void *state, prov_err *err)
{
	(void)state;
	(void)err;
	return (PROV_OK);
}

static void
vorbis_close(void *state)
{
	struct vorbis *v = state;

	if (v == NULL)
		return;
	buf_free(&v->id);
	buf_free(&v->setup);
	free(v);
}

static prov_status
vorbis_open(void **state, struct track *t, prov_err *err)
{
	struct vorbis *v = calloc(1, sizeof(*v));
	prov_status st;

	if (v == NULL)
		return (prov_fail(err, PROV_ENOMEM, "Vorbis stream"));
	v->a.t = t;
	st = take_extradata(v, track_config_of(t)->extradata, err);
	if (st != PROV_OK) {
		vorbis_close(v);
		return (st);
	}
	*state = v;
	return (PROV_OK);
}

static int
vorbis_bid(const prov_config *config)
{
	return (
	    config->kind == PROV_AUDIO && strcmp(config->codec, "vorbis") == 0
		? 10
		: 0);
}

const struct form_ops form_vorbis = {
	.name = "vorbis/1",
	.rule = "cdc/1",
	.bid = vorbis_bid,
	.open = vorbis_open,
	.packet = vorbis_packet,
	.finish = vorbis_finish,
	.close = vorbis_close,
};
