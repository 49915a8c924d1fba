/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_VIDEO_H
#define PROV_ESSENCE_VIDEO_H

#include "essence/nal.h"
#include "essence/params.h"
#include "essence/sei.h"

/*
 * What H.264 and HEVC have in common: a packet's units are looked at first,
 * because where a segment begins is judged by the whole packet, and hashed
 * then, where they lie.
 */
#define VIDEO_SEGMENT_MAX 300 /* frames, where no random access point cuts */
#define RECORD_STRAY      0x11 /* bytes before a packet's first start code */

enum unit_use {
	UNIT_DROP, /* parameter sets, delimiters, filler, SEI */
	UNIT_KEEP, /* essence */
	UNIT_SLICE /* essence that a picture begins or goes on with */
};

/* What a codec says of one unit. */
struct look {
	enum unit_use use;
	bool base;      /* a slice of the picture itself, not of a layer on top */
	bool continues; /* ... that a packet before began: its second field */
	bool rap;       /* decoding can start here */
	bool intra;     /* refers to no other picture */
	bool resolved;  /* config is what the slice refers to */
	uint8_t config[32];
};

struct video;

struct video_ops {
	/* One unit of a packet, in order; takes over parameter sets and SEI. */
	prov_status (*look)(struct video *v, prov_span nal, struct look *out,
	    prov_err *err);
	/* The container's configuration; sets len_size. */
	prov_status (*extradata)(struct video *v, prov_span extradata,
	    prov_err *err);
};

struct video {
	const struct video_ops *ops;
	struct track *t;
	struct sei sei;
	struct nals nals;
	unsigned len_size; /* 0: start codes */
	bool started;      /* a frame was seen */
	bool unresolved;   /* a slice referred to what is not there */
	/* The configurations that one packet's slices refer to, in order. */
	uint8_t (*configs)[32];
	size_t n_configs, room;
};

prov_status video_open(struct video *v, const struct video_ops *ops,
    struct track *t, prov_err *err);
void video_clear(struct video *v);
prov_status video_packet(struct video *v, const prov_packet *packet,
    prov_err *err);

/* The container's configuration where it is units between start codes. */
prov_status video_annexb(struct video *v, prov_span extradata,
    prov_status (*put)(struct video *v, prov_span nal, prov_err *err),
    prov_err *err);

/* What param_put found: refuses a conflict. */
void video_news(struct video *v, enum param_news news);

#endif
