/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_INPUT_H
#define PROV_DEMUX_INPUT_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "base/limits.h"
#include "demux/cover.h"
#include "demux/facts.h"
#include "essence/feed.h"
#include "prov/essence.h"

/* One stream of the container on its way to the essence stage. */
struct input {
	bool opened;
	bool skipped; /* an empty track: no stream at all */
	prov_kind kind;
	unsigned index; /* as the essence stage counts */
	uint64_t packets;
	uint64_t bytes;
	int64_t first, last; /* the earliest and latest time, ticks */
	int64_t decoded;     /* the newest decoding time, ticks */
	const struct bmff_track *bmff; /* what our scanner knows of it */
	const struct ebml_track *ebml;
};

struct inputs {
	AVFormatContext *ctx;
	const struct format *format;
	const struct facts *facts;
	bool frames; /* a digest for each picture is wanted */
	prov_essence *e;
	struct cover cover; /* where packets of bound streams stand */
	struct input at[STREAMS_MAX];
};

/* All streams that the header states; those that come later when they do. */
prov_status inputs_open(struct inputs *in, AVFormatContext *ctx,
    const struct format *format, const struct facts *facts, struct pool *pool,
    prov_err *err);

/* The packet's bytes have to stay while *busy is not 0. */
prov_status inputs_packet(struct inputs *in, const AVPacket *packet,
    atomic_uint *busy, prov_err *err);

/* Compares what came with what was to come, and counts what nothing covers. */
prov_status inputs_finish(struct inputs *in, prov_identity **out,
    prov_err *err);
void inputs_clear(struct inputs *in);

#endif
