/* SPDX-License-Identifier: ISC */
#include "essence/video.h"

#include <stdlib.h>
#include <string.h>

/* What a packet's slices come to. */
struct access {
	bool any;        /* a slice */
	bool frame;      /* a picture begins */
	bool rap, intra; /* of the picture that begins */
};

prov_status
video_open(struct video *v, const struct video_ops *ops, struct track *t,
    prov_err *err)
{
	v->ops = ops;
	v->t = t;
	sei_open(&v->sei, t);
	return (ops->extradata(v, track_config_of(t)->extradata, err));
}

void
video_clear(struct video *v)
{
	sei_clear(&v->sei);
	nals_free(&v->nals);
	free(v->configs);
	v->configs = NULL;
}

prov_status
video_annexb(struct video *v, prov_span extradata,
    prov_status (*put)(struct video *v, prov_span nal, prov_err *err),
    prov_err *err)
{
	prov_status st;

	v->len_size = 0;
	if ((st = nals_split(&v->nals, extradata, 0, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < v->nals.n; i++)
		if (!v->nals.at[i].stray &&
		    (st = put(v, v->nals.at[i].s, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

void
video_news(struct video *v, enum param_news news)
{
	/*
	 * Decoders are known to drop what depends on a set when it changes:
	 * one that comes and goes unused would break them and leave no trace.
	 */
	if (news == PARAM_CONFLICT || news == PARAM_UNUSED)
		track_refuse(v->t, "config.conflict");
}

/* Keeps a slice's configuration for when the slice is hashed. */
static prov_status
keep_config(struct video *v, struct nal *nal, const uint8_t config[32],
    prov_err *err)
{
	size_t room = v->room == 0 ? 4 : 2 * v->room;
	uint8_t(*p)[32];

	if (v->n_configs > 0 &&
	    memcmp(v->configs[v->n_configs - 1], config, 32) == 0) {
		nal->config = (uint32_t)v->n_configs - 1;
		return (PROV_OK);
	}
	if (v->n_configs == v->room) {
		if ((p = realloc(v->configs, room * sizeof(*p))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "slices"));
		v->configs = p;
		v->room = room;
	}
	memcpy(v->configs[v->n_configs], config, 32);
	nal->config = (uint32_t)v->n_configs++;
	return (PROV_OK);
}

static void
judge(struct access *a, const struct look *l)
{
	a->any = true;
	if (!l->base || l->continues)
		return;
	a->intra = l->intra && (a->intra || !a->frame);
	a->rap |= l->rap;
	a->frame = true;
}

static prov_status
look_at_slice(struct video *v, struct nal *nal, const struct look *l,
    struct access *a, prov_err *err)
{
	judge(a, l);
	if (l->resolved)
		return (keep_config(v, nal, l->config, err));
	v->unresolved = true;
	track_refuse(v->t, "config.unresolved");
	nal->use = UNIT_KEEP;
	return (PROV_OK);
}

static prov_status
look(struct video *v, struct access *a, prov_err *err)
{
	prov_status st;

	*a = (struct access){ 0 };
	v->n_configs = 0;
	for (size_t i = 0; i < v->nals.n; i++) {
		struct nal *nal = &v->nals.at[i];
		struct look l = { .use = UNIT_KEEP };

		if (!nal->stray &&
		    (st = v->ops->look(v, nal->s, &l, err)) != PROV_OK)
			return (st);
		nal->use = (uint8_t)l.use;
		if (l.use == UNIT_SLICE &&
		    (st = look_at_slice(v, nal, &l, a, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/*
 * A segment begins at a random access point; its first records are under its
 * own configuration, whatever stands before the first slice.
 */
static prov_status
begin(struct video *v, const struct access *a, prov_err *err)
{
	bool cap = track_units(v->t) >= VIDEO_SEGMENT_MAX;
	prov_status st;

	if (v->started && !(a->frame && (a->rap || a->intra || cap)))
		return (PROV_OK);
	if (v->started && (st = track_cut(v->t, err)) != PROV_OK)
		return (st);
	if (v->n_configs == 0)
		return (PROV_OK);
	return (track_config(v->t, v->configs[0], err));
}

static prov_status
emit(struct video *v, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < v->nals.n; i++) {
		const struct nal *nal = &v->nals.at[i];

		if (nal->use == UNIT_DROP)
			continue;
		if (nal->use == UNIT_SLICE &&
		    (st = track_config(v->t, v->configs[nal->config], err)) !=
			PROV_OK)
			return (st);
		st = track_record(v->t, nal->stray ? RECORD_STRAY : RECORD_DATA,
		    nal->s, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
end(struct video *v, const struct access *a, const prov_packet *packet,
    prov_err *err)
{
	if (!a->frame)
		return (PROV_OK);
	v->started = true;
	return (track_frame(v->t, track_ns(v->t, packet->pts),
	    track_lasts_ns(v->t, packet->duration), err));
}

prov_status
video_packet(struct video *v, const prov_packet *packet, prov_err *err)
{
	struct access a;
	prov_status st;

	if (packet->extradata.len > 0 &&
	    (st = v->ops->extradata(v, packet->extradata, err)) != PROV_OK)
		return (st);
	st = nals_split(&v->nals, packet->data, v->len_size, err);
	if (st != PROV_OK)
		return (st);
	if (v->nals.truncated)
		track_refuse(v->t, "essence.incomplete");
	if (v->nals.ambiguous)
		track_refuse(v->t, "essence.noncanonical");
	if ((st = look(v, &a, err)) != PROV_OK ||
	    (st = begin(v, &a, err)) != PROV_OK ||
	    (st = emit(v, err)) != PROV_OK)
		return (st);
	return (end(v, &a, packet, err));
}
