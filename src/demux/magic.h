/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_MAGIC_H
#define PROV_DEMUX_MAGIC_H

#include "demux/source.h"

/*
 * What a file is, by its first bytes and nothing else: no name, no score.
 * Whatever is not here is never shown to a demuxer.
 */
enum reader {
	READ_LAVF, /* libavformat */
	READ_JPEG, /* our own walkers */
	READ_PNG,
	READ_WEBP,
	READ_GIF
};

enum layout { /* which scanner knows the container */
	LAYOUT_OTHER,
	LAYOUT_BMFF,
	LAYOUT_EBML,
	LAYOUT_TS,
	LAYOUT_RIFF,
	LAYOUT_OGG
};

struct format {
	const char *name; /* what identities call it */
	const char *lavf; /* AVInputFormat that reads it; NULL: none */
	enum reader reader;
	enum layout layout;
	bool parse;   /* packets need parsers: no frames in the container */
	bool untimed; /* no times in the container: sound begins at 0 */
};

/* NULL where nothing is known. */
const struct format *magic_format(struct source *s);

#endif
