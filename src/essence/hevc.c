/* SPDX-License-Identifier: ISC */
/*
 * hevc/1: NAL units without delimiters, filler, parameter sets and SEI, each
 * one record with its emulation prevention bytes. The configuration of a slice
 * is SHA-256(H(VPS) || H(SPS) || H(PPS)), of those it refers to. Dolby Vision's
 * reference processing units steer rendering: presentation, as HDR metadata.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/hevc_ps.h"
#include "essence/video.h"

enum {
	NAL_RASL_R = 9, /* the last slice type before the reserved ones */
	NAL_BLA_W_LP = 16,
	NAL_CRA = 21,
	NAL_IRAP_LAST = 23,
	NAL_VPS = 32,
	NAL_SPS = 33,
	NAL_PPS = 34,
	NAL_DELIMITER = 35,
	NAL_FILLER = 38,
	NAL_SEI_PREFIX = 39,
	NAL_SEI_SUFFIX = 40,
	NAL_RPU = 62
};

#define SLICE_I     2
#define DYNAMIC_RPU 0x10000U /* beyond every SEI type */
#define LAYERS      8 /* with sets of their own; MV-HEVC and SHVC have two */

struct vps {
	struct param set;
};

struct sps {
	struct param set;
	struct hevc_sps is;
};

struct pps {
	struct param set;
	struct hevc_pps is;
	uint64_t as_of; /* its configuration, as of a change of sets */
	uint8_t config[32];
};

/* Sets of one layer, which may use those of the layers below. */
struct layer {
	struct sps sps[HEVC_SPS_MAX];
	struct pps pps[HEVC_PPS_MAX];
};

struct hevc {
	struct video v; /* first, so that one is the other */
	struct vps vps[HEVC_VPS_MAX];
	struct layer layers[LAYERS]; /* the last one is of all above, too */
	struct param_log vps_log, sps_log, pps_log;
	uint64_t changes; /* of any set */
	bool intra;       /* the slice before: dependent ones are of its type */
	bool presented;
	bool sliced,
	    delimited; /* this packet had a slice; a delimiter after it */
};

static size_t
layer_of(prov_span nal)
{
	unsigned layer = hevc_layer(nal);

	return (layer < LAYERS ? layer : LAYERS - 1);
}

static unsigned
type_of(prov_span nal)
{
	return (nal.p[0] >> 1 & 0x3fU);
}

static void
hevc_close(void *state)
{
	struct hevc *h = state;

	if (h == NULL)
		return;
	video_clear(&h->v);
	for (size_t i = 0; i < HEVC_VPS_MAX; i++)
		param_clear(&h->vps[i].set);
	for (size_t k = 0; k < LAYERS; k++) {
		for (size_t i = 0; i < HEVC_SPS_MAX; i++)
			param_clear(&h->layers[k].sps[i].set);
		for (size_t i = 0; i < HEVC_PPS_MAX; i++)
			param_clear(&h->layers[k].pps[i].set);
	}
	param_log_clear(&h->vps_log);
	param_log_clear(&h->sps_log);
	param_log_clear(&h->pps_log);
	free(h);
}

static prov_status
put(struct hevc *h, struct param *set, prov_span nal, bool container,
    prov_err *err)
{
	enum param_news news;
	prov_status st = param_put(set, nal, container, &news, err);

	if (st != PROV_OK || news == PARAM_SAME)
		return (st);
	h->changes++;
	video_news(&h->v, news);
	return (PROV_OK);
}

static prov_status
put_vps(struct hevc *h, prov_span nal, bool container, prov_err *err)
{
	unsigned id;

	if (!hevc_vps_parse(&id, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	return (put(h, &h->vps[id].set, nal, container, err));
}

static prov_status
put_sps(struct hevc *h, struct layer *l, prov_span nal, bool container,
    prov_err *err)
{
	struct hevc_sps is;
	prov_status st;

	if (!hevc_sps_parse(&is, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	st = put(h, &l->sps[is.id].set, nal, container, err);
	l->sps[is.id].is = is;
	return (st);
}

static prov_status
put_pps(struct hevc *h, struct layer *l, prov_span nal, bool container,
    prov_err *err)
{
	struct hevc_pps is;
	prov_status st;

	if (!hevc_pps_parse(&is, nal)) {
		track_refuse(h->v.t, "config.unresolved");
		return (PROV_OK);
	}
	st = put(h, &l->pps[is.id].set, nal, container, err);
	l->pps[is.id].is = is;
	return (st);
}

/* Takes over a parameter set; other units are not its business. */
static prov_status
put_set(struct hevc *h, prov_span nal, bool container, prov_err *err)
{
	struct layer *l = &h->layers[layer_of(nal)];

	switch (type_of(nal)) {
	case NAL_VPS:
		return (put_vps(h, nal, container, err));
	case NAL_SPS:
		return (put_sps(h, l, nal, container, err));
	case NAL_PPS:
		return (put_pps(h, l, nal, container, err));
	default:
		return (PROV_OK);
	}
}

static prov_status
put_container(struct video *v, prov_span nal, prov_err *err)
{
	struct hevc *h = (struct hevc *)v;

	if (nal.len < 2)
		return (PROV_OK);
	if (type_of(nal) == NAL_SEI_PREFIX)
		return (
		    sei_unit(&v->sei, span(nal.p + 2, nal.len - 2), true, err));
	return (put_set(h, nal, true, err));
}

/* One array of hvcC. false: it reaches past the end. */
static bool
read_array(struct video *v, prov_span in, size_t *at, prov_status *st,
    prov_err *err)
{
	unsigned n;

	if (in.len - *at < 3)
		return (false);
	n = be16(in.p + *at + 1);
	*at += 3;
	for (unsigned i = 0; i < n; i++) {
		prov_span nal;
		size_t len;

		if (in.len - *at < 2)
			return (false);
		len = be16(in.p + *at);
		*at += 2;
		if (len > in.len - *at)
			return (false);
		nal = nal_strip(span(in.p + *at, len));
		*at += len;
		if ((*st = put_container(v, nal, err)) != PROV_OK)
			return (true);
	}
	return (true);
}

/* hvcC, ISO/IEC 14496-15 8.3.3.1. */
static prov_status
read_hvcc(struct video *v, prov_span in, prov_err *err)
{
	prov_status st = PROV_OK;
	size_t at = 23;

	v->len_size = (in.p[21] & 3U) + 1;
	for (unsigned i = 0; i < in.p[22] && st == PROV_OK; i++) {
		if (!read_array(v, in, &at, &st, err)) {
			track_refuse(v->t, "config.unresolved");
			return (PROV_OK);
		}
	}
	return (st);
}

static prov_status
hevc_extradata(struct video *v, prov_span in, prov_err *err)
{
	if (in.len >= 23 && !nal_is_annexb(in))
		return (read_hvcc(v, in, err));
	return (video_annexb(v, in, put_container, err));
}

/* The PPS that a slice refers to, and whose SPS: its layer's, or of below. */
static struct pps *
find_pps(struct hevc *h, prov_span nal, unsigned id, struct sps **sps)
{
	for (int k = (int)layer_of(nal); k >= 0; k--) {
		struct pps *pps = &h->layers[k].pps[id];

		if (pps->set.p == NULL)
			continue;
		for (; k >= 0; k--) {
			*sps = &h->layers[k].sps[pps->is.sps];
			if ((*sps)->set.p != NULL)
				return (pps);
		}
		break;
	}
	return (NULL);
}

/*
 * The start of a slice segment header, 7.3.6.1. NULL: it refers to nothing
 * that we have.
 */
static struct pps *
read_slice(struct hevc *h, prov_span nal, struct sps **sps)
{
	unsigned type = type_of(nal), id;
	bool first, dependent = false;
	struct pps *pps;
	struct bits b;

	bits_init(&b, nal, true);
	bits_skip(&b, 16);
	first = bits_u(&b, 1) != 0;
	if (type >= NAL_BLA_W_LP && type <= NAL_IRAP_LAST)
		bits_skip(&b, 1); /* no_output_of_prior_pics_flag */
	id = bits_ue(&b);
	if (b.over || id >= HEVC_PPS_MAX ||
	    (pps = find_pps(h, nal, id, sps)) == NULL)
		return (NULL);
	if (!first) {
		if (pps->is.dependent)
			dependent = bits_u(&b, 1) != 0;
		bits_skip(&b, (*sps)->is.address_bits);
	}
	if (!dependent) {
		bits_skip(&b, pps->is.extra);
		h->intra = bits_ue(&b) == SLICE_I;
	}
	return (b.over ? NULL : pps);
}

static prov_status
make_config(struct hevc *h, struct pps *pps, struct sps *sps, struct vps *vps,
    prov_err *err)
{
	uint8_t digests[96];
	prov_status st;

	if ((st = param_activate(&h->vps_log, &vps->set, err)) != PROV_OK ||
	    (st = param_activate(&h->sps_log, &sps->set, err)) != PROV_OK ||
	    (st = param_activate(&h->pps_log, &pps->set, err)) != PROV_OK)
		return (st);
	memcpy(digests, vps->set.digest, 32);
	memcpy(digests + 32, sps->set.digest, 32);
	memcpy(digests + 64, pps->set.digest, 32);
	st = sha256_of(pps->config, span(digests, sizeof(digests)), err);
	if (st == PROV_OK)
		pps->as_of = h->changes;
	return (st);
}

/* The first slice says what the stream looks like; changes are in the parts. */
static void
present(struct hevc *h, const struct sps *sps)
{
	if (!h->presented)
		picture_present(&sps->is.picture, h->v.t);
	h->presented = true;
}

/*
 * A slice of the picture itself. Readers that cut at delimiters see another
 * picture where one stands between the slices of one.
 */
static prov_status
look_at_base(struct hevc *h, prov_span nal, const struct sps *sps,
    prov_err *err)
{
	bool first = (nal.p[2] & 0x80) != 0;

	if (h->delimited && !first)
		track_refuse(h->v.t, "essence.noncanonical");
	h->sliced = true;
	h->delimited = false;
	present(h, sps);
	return (sei_picture(&h->v.sei, 0, sps->is.shows ? 7 : 0, err));
}

static prov_status
look_at_slice(struct hevc *h, prov_span nal, struct look *out, prov_err *err)
{
	unsigned type = type_of(nal);
	struct sps *sps;
	struct pps *pps;
	struct vps *vps;
	prov_status st;

	out->use = UNIT_SLICE;
	out->base = hevc_layer(nal) == 0;
	out->rap = type >= NAL_BLA_W_LP;
	if ((pps = read_slice(h, nal, &sps)) == NULL)
		return (PROV_OK);
	vps = &h->vps[sps->is.vps];
	if (vps->set.p == NULL)
		return (PROV_OK);
	out->intra = h->intra;
	if (out->base && (st = look_at_base(h, nal, sps, err)) != PROV_OK)
		return (st);
	if (pps->as_of != h->changes &&
	    (st = make_config(h, pps, sps, vps, err)) != PROV_OK)
		return (st);
	memcpy(out->config, pps->config, 32);
	out->resolved = true;
	return (PROV_OK);
}

static prov_status
hevc_look(struct video *v, prov_span nal, struct look *out, prov_err *err)
{
	struct hevc *h = (struct hevc *)v;
	unsigned type;

	if (nal.len < 3)
		return (PROV_OK);
	type = type_of(nal);
	if (type <= NAL_RASL_R || (type >= NAL_BLA_W_LP && type <= NAL_CRA))
		return (look_at_slice(h, nal, out, err));
	switch (type) {
	case NAL_VPS:
	case NAL_SPS:
	case NAL_PPS:
		out->use = UNIT_DROP;
		return (put_set(h, nal, false, err));
	case NAL_SEI_PREFIX:
	case NAL_SEI_SUFFIX:
		out->use = UNIT_DROP;
		return (sei_unit(&v->sei, span(nal.p + 2, nal.len - 2),
		    !v->started, err));
	case NAL_RPU:
		out->use = UNIT_DROP;
		return (sei_dynamic(&v->sei, DYNAMIC_RPU, nal, err));
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

static const struct video_ops ops = { hevc_look, hevc_extradata };

static prov_status
hevc_open(void **state, struct track *t, prov_err *err)
{
	struct hevc *h = calloc(1, sizeof(*h));
	prov_status st;

	if (h == NULL)
		return (prov_fail(err, PROV_ENOMEM, "HEVC stream"));
	h->changes = 1;
	if ((st = param_log_open(&h->vps_log, err)) != PROV_OK ||
	    (st = param_log_open(&h->sps_log, err)) != PROV_OK ||
	    (st = param_log_open(&h->pps_log, err)) != PROV_OK ||
	    (st = video_open(&h->v, &ops, t, err)) != PROV_OK) {
		hevc_close(h);
		return (st);
	}
	*state = h;
	return (PROV_OK);
}

static prov_status
hevc_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct hevc *h = state;

	h->intra = h->sliced = h->delimited = false;
	return (video_packet(&h->v, packet, err));
}

static prov_status
activate_layer(struct hevc *h, struct layer *l, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < HEVC_SPS_MAX && st == PROV_OK; i++)
		if (l->sps[i].set.p != NULL)
			st = param_activate(&h->sps_log, &l->sps[i].set, err);
	for (size_t i = 0; i < HEVC_PPS_MAX && st == PROV_OK; i++)
		if (l->pps[i].set.p != NULL)
			st = param_activate(&h->pps_log, &l->pps[i].set, err);
	return (st);
}

/* Slices referred to what is not there: every set that was seen counts. */
static prov_status
activate_all(struct hevc *h, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < HEVC_VPS_MAX && st == PROV_OK; i++)
		if (h->vps[i].set.p != NULL)
			st = param_activate(&h->vps_log, &h->vps[i].set, err);
	for (size_t k = 0; k < LAYERS && st == PROV_OK; k++)
		st = activate_layer(h, &h->layers[k], err);
	return (st);
}

static prov_status
hevc_finish(void *state, prov_err *err)
{
	struct hevc *h = state;
	struct track *t = h->v.t;
	prov_status st;

	if (h->v.unresolved && (st = activate_all(h, err)) != PROV_OK)
		return (st);
	if ((st = param_log_done(&h->vps_log, t, "vps", err)) != PROV_OK ||
	    (st = param_log_done(&h->sps_log, t, "sps", err)) != PROV_OK ||
	    (st = param_log_done(&h->pps_log, t, "pps", err)) != PROV_OK)
		return (st);
	return (sei_finish(&h->v.sei, err));
}

static int
hevc_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO && strcmp(config->codec, "hevc") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_hevc = {
	.name = "hevc/1",
	.rule = "rap/1",
	.bid = hevc_bid,
	.open = hevc_open,
	.packet = hevc_packet,
	.finish = hevc_finish,
	.close = hevc_close,
};
