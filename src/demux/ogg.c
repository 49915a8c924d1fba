/* SPDX-License-Identifier: ISC */
#include "demux/ogg.h"

#include <string.h>

#include "base/bytes.h"

#define HEAD_LEN 27
#define FIRST    0x02
#define LAST     0x04

struct logical {
	uint32_t serial;
	uint32_t next; /* page number */
	bool ended;
};

/* The length of the page at at; 0 if there is none. */
static uint64_t
page_len(struct source *s, uint64_t at, uint8_t head[HEAD_LEN])
{
	uint8_t segments[255];
	uint64_t len;

	if (!source_get(s, at, head, HEAD_LEN) ||
	    memcmp(head, "OggS", 5) != 0 ||
	    (head[26] > 0 && !source_get(s, at + HEAD_LEN, segments, head[26])))
		return (0);
	len = HEAD_LEN + head[26];
	for (size_t i = 0; i < head[26]; i++)
		len += segments[i];
	return (len);
}

static struct logical *
logical_of(struct logical *all, size_t *n, uint32_t serial)
{
	for (size_t i = 0; i < *n; i++)
		if (all[i].serial == serial)
			return (&all[i]);
	if (*n == OGG_STREAMS_MAX)
		return (NULL);
	all[*n] = (struct logical){ .serial = serial };
	return (&all[(*n)++]);
}

void
ogg_scan(struct ogg *o, struct source *s)
{
	struct logical all[OGG_STREAMS_MAX], *l;
	uint8_t head[HEAD_LEN];
	uint64_t len;
	size_t n = 0;

	memset(o, 0, sizeof(*o));
	for (uint64_t at = 0; (len = page_len(s, at, head)) > 0; at += len) {
		l = logical_of(all, &n, le32(head + 14));
		if (l == NULL || len > s->size - at) {
			o->incomplete = true;
			return;
		}
		if (head[5] & FIRST)
			l->next = le32(head + 18);
		o->incomplete |= l->ended || le32(head + 18) != l->next;
		l->next++;
		o->end[l - all] = (int64_t)((uint64_t)le32(head + 6) |
					    (uint64_t)le32(head + 10) << 32);
		l->ended = (head[5] & LAST) != 0;
	}
	o->n = n;
	for (size_t i = 0; i < n; i++)
		o->incomplete |= !all[i].ended;
}
