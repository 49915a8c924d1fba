/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_BMFF_H
#define PROV_DEMUX_BMFF_H

#include "demux/source.h"

#define BMFF_TRACKS_MAX 64 /* as STREAMS_MAX */
#define BMFF_DEPTH_MAX  12 /* moov trak mdia minf stbl stsd avc1 sinf schi */

/* Two weeks of fragments of half a second, 6 boxes each, fit. */
#define BMFF_BOXES_MAX (1UL << 24)

/*
 * An edit list, as far as it says one thing: nothing for a while, then the
 * media from one time on. Everything else is odd.
 */
struct bmff_edits {
	bool present;
	bool odd;          /* dwells, repeats, gaps, rates: not followed */
	bool clockless;    /* the movie's clock is not known before the list */
	uint64_t empty;    /* movie ticks before the media */
	int64_t from;      /* media ticks */
	uint64_t duration; /* movie ticks; 0: to the end of the media */
	bool open;         /* for the parser: a media edit was seen */
};

/* When samples are presented, before edits: media ticks. */
struct bmff_span {
	bool known;
	int64_t first; /* the earliest sample's time */
	int64_t last;  /* the latest one's */
	int64_t end;   /* when the last of all ends */
};

/* How pictures lie around the viewer; the rest is 0 where they do not. */
struct bmff_space {
	uint8_t stereo;             /* as PROV_STEREO, plus 1; 0: not stated */
	uint8_t projection;         /* as PROV_PROJECTION */
	int32_t pose[3];            /* yaw, pitch, roll; 16.16 degrees */
	uint64_t at, len;           /* what else the projection says */
	uint64_t eyes_at, eyes_len; /* all of "vexu" */
};

/* One track: what it says, not what it means. */
struct bmff_track {
	uint32_t id;
	uint32_t handler;
	uint32_t timescale; /* media ticks a second */
	int32_t matrix[9];
	uint32_t width, height;    /* 16.16 */
	uint32_t clean_w, clean_h; /* of "tapt"; 16.16, or 0 */
	uint16_t layer;
	bool cut_out;      /* clipped or matted, as QuickTime does */
	uint64_t duration; /* movie ticks; 0: not stated */
	uint64_t seen;     /* rows of bmff.c's table that stood here */
	bool disabled;     /* players leave it out */
	bool quiet;        /* another volume or balance than as recorded */
	struct bmff_edits edits;

	uint64_t descriptions;
	uint32_t format; /* of the first one */
	bool external;   /* data in another file */
	bool encrypted;
	bool chapters; /* another track's chapters */

	uint32_t coded_w, coded_h;
	bool has_pasp, has_clap, has_nclx, has_range, has_icc, has_mdcv,
	    has_clli, has_fields;
	uint32_t pasp[2];
	uint32_t clap[8];
	uint16_t nclx[3]; /* primaries, transfer, matrix */
	bool full_range;
	uint8_t fields[2]; /* "fiel" */
	struct bmff_space space;
	bool has_dovi;
	uint8_t dovi[24];         /* "dvcC", "dvvC", "dvwC" */
	uint64_t icc_at, icc_len; /* where the profile stands */
	uint8_t mdcv[24];
	uint8_t clli[4];

	uint8_t pcm_bits; /* as "pcmC" states it; 0: it does not */
	uint64_t samples;
	bool chunked; /* a sample is one tick: QuickTime's uncompressed sound */
	struct bmff_span span;

	/* While fragments are read. */
	uint64_t dts; /* where the next run begins */
	uint32_t default_duration;
	uint64_t stts, stts_len, ctts, ctts_len;
};

struct bmff {
	struct source *s;
	uint64_t boxes;     /* seen so far */
	uint32_t timescale; /* movie ticks a second */
	int32_t matrix[9];
	uint64_t duration; /* movie ticks; 0: not stated */
	bool cut_out;
	bool has_movie;
	uint64_t seen;   /* as of tracks: of the movie, of one track fragment */
	bool odd_rate;   /* the movie asks for another speed */
	bool odd_volume; /* or loudness */
	bool fragmented;
	bool
	    incomplete; /* a box that holds media or says where it is, is cut */
	bool ambiguous; /* readers may disagree: boxes twice or out of place */
	size_t n;
	struct bmff_track tracks[BMFF_TRACKS_MAX];
	struct bmff_track *track;    /* being read */
	struct bmff_track *fragment; /* whose fragment is being read */
	uint32_t fragment_duration;
};

/*
 * Reads the boxes of a whole file. PROV_ELIMIT past the limits above;
 * everything else that is wrong is said in incomplete and ambiguous.
 */
prov_status bmff_scan(struct bmff *b, struct source *s, prov_err *err);

/* For bmff.c's readers, which stand in files of their own. */
struct box {
	uint32_t type;
	uint64_t at, end; /* payload */
	bool cut;         /* it reaches past what holds it */
};

/* The box at *at, which moves behind it. false: none, or no sense in it. */
bool box_next(struct bmff *b, uint64_t *at, uint64_t end, struct box *box);

/* Up to len bytes of a payload; the rest is 0. false: fewer than need. */
bool box_get(struct bmff *b, const struct box *box, void *p, size_t len,
    size_t need);

#define FOURCC(a, b, c, d)                                             \
	((uint32_t)(uint8_t)(a) << 24 | (uint32_t)(uint8_t)(b) << 16 | \
	    (uint32_t)(uint8_t)(c) << 8 | (uint32_t)(uint8_t)(d))

#define HANDLER_VIDEO FOURCC('v', 'i', 'd', 'e')
#define HANDLER_AUDIO FOURCC('s', 'o', 'u', 'n')

/* stsd and what stands in it. */
prov_status bmff_descriptions(struct bmff *b, const struct box *box,
    prov_err *err);

/* st3d, sv3d and vexu of a sample entry; uuid of a track. */
void bmff_space(struct bmff *b, const struct box *box);

/* stts and ctts of the track, once stbl is read; one trun. */
prov_status bmff_times(struct bmff *b, prov_err *err);
prov_status bmff_run(struct bmff *b, const struct box *box, prov_err *err);

#endif
