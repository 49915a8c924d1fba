/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_LINES_H
#define PROV_GATE_LINES_H

#include "base/buf.h"

/*
 * The lines of a large file, one after the other and in bounded memory. The
 * last one counts as a line without its newline, too, and is marked as torn.
 */
struct lines;

struct line {
	uint64_t n;     /* from 1 */
	prov_span text; /* without its newline; lent until the next one */
	bool torn;      /* the file ends in it */
	bool more;      /* a piece of a line that is longer than max */
};

/* fd is borrowed, and read from its start. */
prov_status lines_new(struct lines **out, int fd, size_t max, prov_err *err);
void lines_free(struct lines *l);
void auto_lines(struct lines **l);
#define AUTO_LINES __attribute__((cleanup(auto_lines))) struct lines

/*
 * PROV_ENOTFOUND past the last one. A line that is longer than max comes in
 * pieces: all but its last one are marked with more.
 */
prov_status lines_next(struct lines *l, struct line *out, prov_err *err);

#endif
