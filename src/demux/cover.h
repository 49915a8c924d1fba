/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_COVER_H
#define PROV_DEMUX_COVER_H

#include "demux/facts.h"

/*
 * Bytes of a file that something accounts for, as a set of stretches. What
 * comes next to or over what came lately joins it, so that a file in any usual
 * order takes a handful. A file that is all holes is given up on.
 */
#define COVER_MAX (1UL << 20) /* stretches: 16 MB */

struct stretch {
	uint64_t from, to;
};

struct cover {
	struct stretch *at; /* owned */
	size_t n, cap;
	bool lost; /* too many, or something has no place: nothing is known */
};

void cover_clear(struct cover *c);
void cover_add(struct cover *c, uint64_t from, uint64_t len);

/* How many of the first size bytes are in it, each once. */
uint64_t cover_total(struct cover *c, uint64_t size);

/*
 * Adds the container's own framing, as prov-manifest(5) counts it, of what the
 * scanner of the format knows. media: bytes of a WAVE file's sound that were
 * read. Reads through a source of its own.
 */
void cover_bmff(struct cover *c, struct source *s, const struct bmff *b);
void cover_wave(struct cover *c, struct source *s, uint64_t media);
void cover_avi(struct cover *c, struct source *s);

#endif
