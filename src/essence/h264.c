/* SPDX-License-Identifier: ISC */
/*
 * h264/1: NAL units without delimiters, filler, parameter sets and SEI, each
 * one record with its emulation prevention bytes. The configuration of a slice
 * is SHA-256(H(SPS) || H(PPS)), of those it refers to, and || H(SPS extension)
 * where its SPS has one. Slices of unit types 20 and 21 refer to subset SPS;
 * those of auxiliary pictures (19) to the same sets as the primary ones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/h264_ps.h"
#include "essence/video.h"

enum {
	NAL_SLICE = 1,
	NAL_PARTITION_A = 2,
	NAL_IDR = 5,
	NAL_SEI = 6,
	NAL_SPS = 7,
	NAL_PPS = 8,
	NAL_DELIMITER = 9,
	NAL_FILLER = 12,
	NAL_SPS_EXT = 13,
	NAL_SUBSET_SPS = 15,
	NAL_AUXILIARY = 19,
	NAL_EXTENSION = 20,
	NAL_EXTENSION_3D = 21
};

struct sps {
	struct param set;
	struct h264_sps is;
};

struct pps {
	struct param set;
	struct h264_pps is;
	/* Its configuration [for type 20], as of a change of sets. */
	uint64_t as_of[2];
	uint8_t config[2][32];
};

/* Which field pictures make one frame, ITU-T H.264 3.30. */
struct fields {
	bool open;                  /* a first field waits for its second */
	bool current, continues;    /* the picture that this packet is in */
	unsigned parity, frame_num; /* of the open, or the current one */
};

struct h264 {
	struct video v; /* first, so that one is the other */
	struct sps sps[H264_SPS_MAX], subset[H264_SPS_MAX];
	struct param ext[H264_SPS_MAX];
	struct pps pps[H264_PPS_MAX];
	struct param_log sps_log, pps_log;
	uint64_t changes; /* of any set */
	struct fields fields;
	bool presented;
	bool sliced,
	    delimited; /* this packet had a slice; a delimiter after it */
};

struct slice {
	unsigned type, pps;
	unsigned frame_num;
	bool first; /* of its picture */
	bool field, bottom;
};

static void
h264_close(void *state)
{
	struct h264 *h = state;

	if (h == NULL)
		return;
	video_clear(&h->v);
	for (size_t i = 0; i < H264_SPS_MAX; i++) {
		param_clear(&h->sps[i].set);
		param_clear(&h->subset[i].set);
		param_clear(&h->ext[i]);
	}
	for (size_t i = 0; i < H264_PPS_MAX; i++)
		param_clear(&h->pps[i].set);
	param_log_clear(&h->sps_log);
	param_log_clear(&h->pps_log);
	free(h);
}

static prov_status
put(struct h264 *h, struct param *set, prov_span nal, bool container,
    enum param_news *news, prov_err *err)
{
	prov_status st = param_put(set, nal, container, news, err);

	if (st != PROV_OK || *news == PARAM_SAME)
		return (st);
	h->changes++;
	video_news(&h->v, *news);
	return (PROV_OK);
}

static prov_status
put_sps(struct h264 *h, struct sps *table, prov_span nal, bool container,
    prov_err *err)
{
	struct h264_sps is;
	enum param_news news;
	prov_status st;

	if (!h264_sps_parse(&is, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	st = put(h, &table[is.id].set, nal, container, &news, err);
	table[is.id].is = is;
	return (st);
}

static prov_status
put_pps(struct h264 *h, prov_span nal, bool container, prov_err *err)
{
	struct h264_pps is;
	enum param_news news;
	prov_status st;

	if (!h264_pps_parse(&is, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	st = put(h, &h->pps[is.id].set, nal, container, &news, err);
	h->pps[is.id].is = is;
	return (st);
}

static prov_status
put_ext(struct h264 *h, prov_span nal, bool container, prov_err *err)
{
	enum param_news news;
	unsigned id;

	if (!h264_sps_ext_parse(&id, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	return (put(h, &h->ext[id], nal, container, &news, err));
}

/* Takes over a parameter set; other units are not its business. */
static prov_status
put_set(struct h264 *h, prov_span nal, bool container, prov_err *err)
{
	switch (nal.p[0] & 0x1f) {
	case NAL_SPS:
		return (put_sps(h, h->sps, nal, container, err));
	case NAL_SUBSET_SPS:
		return (put_sps(h, h->subset, nal, container, err));
	case NAL_SPS_EXT:
		return (put_ext(h, nal, container, err));
	case NAL_PPS:
		return (put_pps(h, nal, container, err));
	default:
		return (PROV_OK);
	}
}

static prov_status
put_container(struct video *v, prov_span nal, prov_err *err)
{
	struct h264 *h = (struct h264 *)v;

	if ((nal.p[0] & 0x1f) == NAL_SEI)
		return (
		    sei_unit(&v->sei, span(nal.p + 1, nal.len - 1), true, err));
	return (put_set(h, nal, true, err));
}

/* n sets behind 16-bit lengths; *at moves on. */
static prov_status
read_sets(struct video *v, prov_span in, size_t *at, unsigned n, prov_err *err)
{
	prov_status st;

	for (unsigned i = 0; i < n; i++) {
		size_t len = in.len - *at < 2 ? 0 : be16(in.p + *at);
		prov_span nal;

		if (in.len - *at < 2 || len > in.len - *at - 2) {
			track_refuse(v->t, "config.unresolved");
			*at = in.len;
			return (PROV_OK);
		}
		nal = nal_strip(span(in.p + *at + 2, len));
		*at += 2 + len;
		if (nal.len > 0 && (st = put_container(v, nal, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* avcC, ISO/IEC 14496-15 5.3.3.1. */
static prov_status
read_avcc(struct video *v, prov_span in, prov_err *err)
{
	prov_status st;
	size_t at = 6;

	v->len_size = (in.p[4] & 3U) + 1;
	if ((st = read_sets(v, in, &at, in.p[5] & 0x1f, err)) != PROV_OK)
		return (st);
	if (at == in.len) {
		track_refuse(v->t, "config.unresolved");
		return (PROV_OK);
	}
	at++;
	if ((st = read_sets(v, in, &at, in.p[at - 1], err)) != PROV_OK)
		return (st);
	/* chroma_format, two bit depths, then SPS extensions: not in all. */
	if (in.p[1] == 66 || in.p[1] == 77 || in.p[1] == 88 || in.len - at < 4)
		return (PROV_OK);
	at += 4;
	return (read_sets(v, in, &at, in.p[at - 1], err));
}

static prov_status
h264_extradata(struct video *v, prov_span in, prov_err *err)
{
	if (in.len >= 7 && in.p[0] == 1)
		return (read_avcc(v, in, err));
	return (video_annexb(v, in, put_container, err));
}

/* Slices of layers and views on top: scalable, multiview, 3D. */
static bool
is_extension(prov_span nal)
{
	unsigned type = nal.p[0] & 0x1f;

	return (type == NAL_EXTENSION || type == NAL_EXTENSION_3D);
}

/* 7.3.1: two bytes more for avc_3d_extension_flag, three for the others. */
static size_t
header_bits(prov_span nal)
{
	if (!is_extension(nal))
		return (8);
	if ((nal.p[0] & 0x1f) == NAL_EXTENSION_3D && nal.len > 1 &&
	    (nal.p[1] & 0x80) != 0)
		return (24);
	return (32);
}

/* The start of a slice header, 7.3.3. false: it refers to nothing we have. */
static bool
read_slice(const struct h264 *h, prov_span nal, struct slice *out,
    const struct sps **sps)
{
	const struct pps *pps;
	struct slice s = { 0 };
	struct bits b;

	bits_init(&b, nal, true);
	bits_skip(&b, header_bits(nal));
	s.first = bits_ue(&b) == 0;
	s.type = bits_ue(&b);
	s.pps = bits_ue(&b);
	if (b.over || s.pps >= H264_PPS_MAX || s.type > 9)
		return (false);
	pps = &h->pps[s.pps];
	if (pps->set.p == NULL)
		return (false);
	*sps =
	    is_extension(nal) ? &h->subset[pps->is.sps] : &h->sps[pps->is.sps];
	if ((*sps)->set.p == NULL)
		return (false);
	if ((*sps)->is.planes)
		bits_skip(&b, 2);
	s.frame_num = bits_u(&b, (*sps)->is.frame_num_bits);
	if (!(*sps)->is.frames_only && (s.field = bits_u(&b, 1) != 0))
		s.bottom = bits_u(&b, 1) != 0;
	*out = s;
	return (!b.over);
}

/* Whether a field's frame began with a field before it. */
static bool
is_second_field(struct fields *f, const struct slice *s, bool idr)
{
	bool second;

	if (!s->field) {
		f->open = f->current = false;
		return (false);
	}
	if (f->current && f->parity == s->bottom &&
	    f->frame_num == s->frame_num)
		return (f->continues);
	second = f->open && f->parity != s->bottom &&
	         f->frame_num == s->frame_num && !idr;
	*f = (struct fields){ !second, true, second, s->bottom, s->frame_num };
	return (second);
}

/* The first slice says what the stream looks like; changes are in the parts. */
static void
present(struct h264 *h, const struct sps *sps, const struct slice *s)
{
	struct picture p = sps->is.picture;

	if (h->presented)
		return;
	h->presented = true;
	if (s->field && s->bottom)
		p.fields = 2;
	picture_present(&p, h->v.t);
}

static prov_status
make_config(struct h264 *h, struct pps *pps, struct sps *sps, bool ext,
    prov_err *err)
{
	struct param *more = &h->ext[pps->is.sps];
	uint8_t digests[96];
	prov_status st;
	size_t len = 64;

	if ((st = param_activate(&h->sps_log, &sps->set, err)) != PROV_OK ||
	    (st = param_activate(&h->pps_log, &pps->set, err)) != PROV_OK)
		return (st);
	memcpy(digests, sps->set.digest, 32);
	memcpy(digests + 32, pps->set.digest, 32);
	if (more->p != NULL) {
		if ((st = param_activate(&h->sps_log, more, err)) != PROV_OK)
			return (st);
		memcpy(digests + 64, more->digest, 32);
		len = 96;
	}
	st = sha256_of(pps->config[ext], span(digests, len), err);
	if (st == PROV_OK)
		pps->as_of[ext] = h->changes;
	return (st);
}

/*
 * A slice of the picture itself. Readers that cut at delimiters see another
 * picture where one stands between the slices of one.
 */
static prov_status
look_at_base(struct h264 *h, const struct slice *s, const struct sps *sps,
    struct look *out, prov_err *err)
{
	if (h->delimited && !s->first)
		track_refuse(h->v.t, "essence.noncanonical");
	h->sliced = true;
	h->delimited = false;
	out->continues = is_second_field(&h->fields, s, out->rap);
	present(h, sps, s);
	return (sei_picture(&h->v.sei, sps->is.delay_bits,
	    sps->is.shows ? 4 : 0, err));
}

static prov_status
look_at_slice(struct h264 *h, prov_span nal, unsigned type, struct look *out,
    prov_err *err)
{
	bool ext = is_extension(nal);
	const struct sps *sps;
	struct pps *pps;
	struct slice s;
	prov_status st;

	out->use = UNIT_SLICE;
	out->base = !ext && type != NAL_AUXILIARY;
	out->rap = type == NAL_IDR;
	if (!read_slice(h, nal, &s, &sps))
		return (PROV_OK);
	out->intra = s.type % 5 == 2 || s.type % 5 == 4;
	if (out->base && (st = look_at_base(h, &s, sps, out, err)) != PROV_OK)
		return (st);
	pps = &h->pps[s.pps];
	if (pps->as_of[ext] != h->changes) {
		struct sps *table = ext ? h->subset : h->sps;

		st = make_config(h, pps, &table[pps->is.sps], ext, err);
		if (st != PROV_OK)
			return (st);
	}
	memcpy(out->config, pps->config[ext], 32);
	out->resolved = true;
	return (PROV_OK);
}

static prov_status
h264_look(struct video *v, prov_span nal, struct look *out, prov_err *err)
{
	struct h264 *h = (struct h264 *)v;
	unsigned type = nal.p[0] & 0x1f;

	switch (type) {
	case NAL_SLICE:
	case NAL_PARTITION_A:
	case NAL_IDR:
	case NAL_AUXILIARY:
	case NAL_EXTENSION:
	case NAL_EXTENSION_3D:
		return (look_at_slice(h, nal, type, out, err));
	case NAL_SPS:
	case NAL_PPS:
	case NAL_SPS_EXT:
	case NAL_SUBSET_SPS:
		out->use = UNIT_DROP;
		return (put_set(h, nal, false, err));
	case NAL_SEI:
		out->use = UNIT_DROP;
		return (sei_unit(&v->sei, span(nal.p + 1, nal.len - 1),
		    !v->started, err));
	case NAL_DELIMITER:
		h->delimited = h->sliced;
		out->use = UNIT_DROP;
		return (PROV_OK);
	case NAL_FILLER:
		out->use = UNIT_DROP;
		return (PROV_OK);
	default:
		return (PROV_OK);
	}
}

static const struct video_ops ops = { h264_look, h264_extradata };

static prov_status
h264_open(void **state, struct track *t, prov_err *err)
{
	struct h264 *h = calloc(1, sizeof(*h));
	prov_status st;

	if (h == NULL)
		return (prov_fail(err, PROV_ENOMEM, "H.264 stream"));
	h->changes = 1;
	if ((st = param_log_open(&h->sps_log, err)) != PROV_OK ||
	    (st = param_log_open(&h->pps_log, err)) != PROV_OK ||
	    (st = video_open(&h->v, &ops, t, err)) != PROV_OK) {
		h264_close(h);
		return (st);
	}
	*state = h;
	return (PROV_OK);
}

static prov_status
h264_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct h264 *h = state;

	h->fields.current = h->sliced = h->delimited = false;
	return (video_packet(&h->v, packet, err));
}

/* Slices referred to what is not there: every set that was seen counts. */
static prov_status
activate_all(struct h264 *h, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < H264_SPS_MAX && st == PROV_OK; i++) {
		if (h->sps[i].set.p != NULL)
			st = param_activate(&h->sps_log, &h->sps[i].set, err);
		if (st == PROV_OK && h->subset[i].set.p != NULL)
			st =
			    param_activate(&h->sps_log, &h->subset[i].set, err);
	}
	for (size_t i = 0; i < H264_PPS_MAX && st == PROV_OK; i++)
		if (h->pps[i].set.p != NULL)
			st = param_activate(&h->pps_log, &h->pps[i].set, err);
	return (st);
}

static prov_status
h264_finish(void *state, prov_err *err)
{
	struct h264 *h = state;
	prov_status st;

	if (h->v.unresolved && (st = activate_all(h, err)) != PROV_OK)
		return (st);
	if ((st = param_log_done(&h->sps_log, h->v.t, "sps", err)) != PROV_OK ||
	    (st = param_log_done(&h->pps_log, h->v.t, "pps", err)) != PROV_OK)
		return (st);
	return (sei_finish(&h->v.sei, err));
}

static int
h264_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO && strcmp(config->codec, "h264") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_h264 = {
	.name = "h264/1",
	.rule = "rap/1",
	.bid = h264_bid,
	.open = h264_open,
	.packet = h264_packet,
	.finish = h264_finish,
	.close = h264_close,
};
