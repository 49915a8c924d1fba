/* SPDX-License-Identifier: ISC */
#include "demux/source.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static void
begin(struct source *s, uint64_t size)
{
	s->base = 0;
	s->size = size;
	s->failed = s->spent = false;
	s->at = 0;
	s->n = 0;
	if (size > (UINT64_MAX - SOURCE_SLACK) / SOURCE_PASSES)
		s->budget = UINT64_MAX;
	else
		s->budget = SOURCE_PASSES * size + SOURCE_SLACK;
}

void
source_fd(struct source *s, int fd, uint64_t size)
{
	s->fd = fd;
	s->mem = NULL;
	begin(s, size);
}

void
source_mem(struct source *s, prov_span file)
{
	s->fd = -1;
	s->mem = file.p;
	begin(s, file.len);
}

void
source_again(struct source *s, const struct source *of)
{
	s->fd = of->fd;
	s->mem = of->mem;
	begin(s, of->size);
	s->base = of->base;
}

void
source_narrow(struct source *s, uint64_t at, uint64_t len)
{
	assert(at <= s->size && len <= s->size - at);
	s->base += at;
	s->size = len;
	s->n = 0;
}

static bool
fill(struct source *s, uint64_t off, uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(s->fd, p, len, (off_t)(s->base + off));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (false);
		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return (true);
}

size_t
source_read(struct source *s, uint64_t off, void *p, size_t len)
{
	if (s->failed || s->spent || off >= s->size)
		return (0);
	if (len > s->size - off)
		len = (size_t)(s->size - off);
	if (len > s->budget) {
		s->spent = true;
		return (0);
	}
	s->budget -= len;
	if (s->mem != NULL)
		memcpy(p, s->mem + s->base + off, len);
	else if (!fill(s, off, p, len)) {
		s->failed = true;
		return (0);
	}
	return (len);
}

bool
source_get(struct source *s, uint64_t off, void *p, size_t len)
{
	assert(len <= SOURCE_WINDOW);
	if (off >= s->size || len > s->size - off)
		return (false);
	if (off < s->at || off - s->at > s->n || len > s->n - (off - s->at)) {
		s->at = off;
		s->n = source_read(s, off, s->window, SOURCE_WINDOW);
		if (s->n < len) {
			s->n = 0;
			return (false);
		}
	}
	memcpy(p, s->window + (off - s->at), len);
	return (true);
}
