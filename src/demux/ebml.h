/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_EBML_H
#define PROV_DEMUX_EBML_H

#include "demux/source.h"

#define EBML_TRACKS_MAX 64 /* as STREAMS_MAX */
#define EBML_DEPTH_MAX  8  /* Segment Tracks TrackEntry Video Colour Mastering \
	                    */

/* Two weeks of blocks, 200 a second. */
#define EBML_ELEMENTS_MAX (1UL << 28)

/* What Matroska says of a track where it does not say (RFC 9559). */
struct ebml_track {
	uint64_t number, type;
	bool has_codec;
	bool encrypted;
	bool slowed;          /* TrackTimestampScale other than 1 */
	bool moved;           /* TrackOffset, from before there was RFC 9559 */
	bool combined;        /* made of other tracks */
	bool disabled;        /* FlagEnabled is 0: players leave it out */
	uint64_t codec_delay; /* ns */
	uint64_t rate;        /* of sound */
	uint64_t frames;      /* in blocks, laces counted */
	uint64_t padding;     /* ns that blocks say are not to be heard */
	uint64_t seen;        /* rows of ebml.c's fields that stood here */
	unsigned others;      /* the same of elements without a row */

	uint64_t pixel_w, pixel_h, crop[4]; /* left, top, right, bottom */
	bool has_crop, has_display;
	uint64_t display_w, display_h, display_unit;
	bool has_stereo, has_alpha, has_fields;
	uint64_t stereo, alpha, interlaced, field_order;
	bool has_projection;
	uint64_t projection;
	double roll, yaw, pitch;
	uint64_t sphere_at, sphere_len; /* what else the projection says */
	bool has_dovi;
	uint8_t dovi[24];
	bool has_colour, has_range, has_light;
	uint64_t primaries, transfer, matrix, range;
	uint64_t max_cll, max_fall;
	bool has_mastering;
	double mastering[10]; /* R x y, G x y, B x y, white x y, max, min */
};

struct ebml {
	struct source *s;
	uint64_t elements;
	bool has_segment;
	bool
	    incomplete; /* an element reaches past what holds it, or past EOF */
	bool ordered;   /* an ordered edition */
	bool linked;    /* parts in other files, or a second segment */
	bool ambiguous; /* readers may disagree: numbers or elements twice */
	bool has_tracks, has_info;
	uint64_t attachments; /* files, wherever they stand */
	size_t n;
	struct ebml_track tracks[EBML_TRACKS_MAX];
	struct ebml_track *track; /* being read; in clusters, the last one */
};

/* As bmff_scan. */
prov_status ebml_scan(struct ebml *e, struct source *s, prov_err *err);

/* Whether libavformat makes a stream of a track; it does so in their order. */
bool ebml_is_shown(const struct ebml_track *t);

#endif
