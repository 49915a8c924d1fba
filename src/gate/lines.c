/* SPDX-License-Identifier: ISC */
#include "gate/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lines {
	int fd;
	size_t max, size; /* of a line, and of bytes */
	uint64_t off;     /* in the file, behind what is held */
	uint64_t n;
	size_t from, to; /* what of bytes is not handed out yet */
	bool within;     /* a line of which a piece was handed out */
	bool end;        /* of the file */
	uint8_t bytes[];
};

/* A few reads for each line, or many lines for each read. */
#define ROOM 65536

prov_status
lines_new(struct lines **out, int fd, size_t max, prov_err *err)
{
	struct lines *l = calloc(1, sizeof(*l) + max + ROOM);

	if (l == NULL)
		return (prov_fail(err, PROV_ENOMEM, "lines"));
	l->fd = fd;
	l->max = max;
	l->size = max + ROOM;
	*out = l;
	return (PROV_OK);
}

void
lines_free(struct lines *l)
{
	free(l);
}

void
auto_lines(struct lines **l)
{
	lines_free(*l);
}

/* Reads until there is more, or no more. */
static prov_status
fill(struct lines *l, prov_err *err)
{
	ssize_t got;

	if (l->from > 0) {
		memmove(l->bytes, l->bytes + l->from, l->to - l->from);
		l->to -= l->from;
		l->from = 0;
	}
	do
		got = pread(l->fd, l->bytes + l->to, l->size - l->to,
		    (off_t)l->off);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return (prov_fail_errno(err, PROV_EIO, "line %llu",
		    (unsigned long long)(l->n + 1)));
	l->end = got == 0;
	l->to += (size_t)got;
	l->off += (uint64_t)got;
	return (PROV_OK);
}

/* The newline that ends the line at from, and whether it is known. */
static prov_status
find_end(struct lines *l, uint8_t **nl, prov_err *err)
{
	size_t seen = 0;
	prov_status st;

	for (;;) {
		uint8_t *at = l->bytes + l->from;

		*nl = memchr(at + seen, '\n', l->to - l->from - seen);
		seen = l->to - l->from;
		if (*nl != NULL || l->end || seen > l->max)
			return (PROV_OK);
		if ((st = fill(l, err)) != PROV_OK)
			return (st);
	}
}

prov_status
lines_next(struct lines *l, struct line *out, prov_err *err)
{
	uint8_t *nl;
	size_t len;
	prov_status st;

	if ((st = find_end(l, &nl, err)) != PROV_OK)
		return (st);
	len =
	    nl != NULL ? (size_t)(nl - (l->bytes + l->from)) : l->to - l->from;
	if (nl == NULL && len == 0 && l->end && !l->within)
		return (PROV_ENOTFOUND);
	if (!l->within)
		l->n++;
	out->n = l->n;
	out->more = len > l->max;
	if (out->more)
		len = l->max;
	out->torn = !out->more && nl == NULL;
	out->text = span(l->bytes + l->from, len);
	l->within = out->more;
	l->from += len + (!out->more && nl != NULL);
	return (PROV_OK);
}
