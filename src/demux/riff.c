/* SPDX-License-Identifier: ISC */
#include "demux/riff.h"

#include <string.h>

#include "base/bytes.h"

/* What recorders write that never came back to fill in the length. */
#define UNSTATED 0xffffffffU

struct chunk {
	uint8_t id[4];
	uint64_t at, len;
	bool unstated;
};

static bool
is(const struct chunk *c, const char *id)
{
	return (memcmp(c->id, id, 4) == 0);
}

static bool
chunk_get(struct source *s, uint64_t at, struct chunk *c)
{
	uint8_t p[8];

	if (!source_get(s, at, p, sizeof(p)))
		return (false);
	memcpy(c->id, p, 4);
	c->at = at + 8;
	c->len = le32(p + 4);
	c->unstated = c->len == UNSTATED;
	return (true);
}

/* Whether the chunk holds sound or pictures. */
static bool
is_media(struct source *s, const struct chunk *c)
{
	uint8_t type[4];

	if (is(c, "data"))
		return (true);
	return (is(c, "LIST") && source_get(s, c->at, type, 4) &&
		memcmp(type, "movi", 4) == 0);
}

/* RF64: the 64-bit length of the chunk that says UNSTATED. */
static void
long_data(struct source *s, const struct chunk *ds64, uint64_t *len)
{
	uint8_t p[16];

	if (ds64->len >= 24 && source_get(s, ds64->at, p, sizeof(p)))
		*len = le32(p + 8) | (uint64_t)le32(p + 12) << 32;
}

/* Of uncompressed sound, whether a frame is as long as its samples. */
static bool
is_even(struct source *s, const struct chunk *fmt)
{
	uint8_t p[16], sub[2];
	unsigned tag;

	if (fmt->len < sizeof(p) || !source_get(s, fmt->at, p, sizeof(p)))
		return (true);
	tag = le16(p);
	/* The extensible format says behind that what it really is. */
	if (tag == 0xfffe && fmt->len >= 26 &&
	    source_get(s, fmt->at + 24, sub, sizeof(sub)))
		tag = le16(sub);
	if (tag != 1 && tag != 3 && tag != 0xfffe)
		return (true);
	return (le16(p + 12) == le16(p + 2) * ((le16(p + 14) + 7U) / 8));
}

/*
 * The index of AVI has chunks in the order of the file. Some players go by it,
 * so one that has them otherwise plays them otherwise.
 */
static bool
is_in_order(struct source *s, const struct chunk *index)
{
	uint64_t len =
	    index->len < s->size - index->at ? index->len : s->size - index->at;
	uint32_t last = 0, offset;
	uint8_t p[16];

	for (uint64_t i = 0; len - i >= sizeof(p); i += sizeof(p)) {
		if (!source_get(s, index->at + i, p, sizeof(p)))
			return (true);
		offset = le32(p + 8);
		if (i > 0 && offset <= last)
			return (false);
		last = offset;
	}
	return (true);
}

static void
read_riff(struct riff *r, struct source *s, uint64_t at, uint64_t end)
{
	uint64_t long_len = 0;
	struct chunk c;

	for (unsigned n = 0; n < RIFF_CHUNKS_MAX && at < end; n++) {
		if (!chunk_get(s, at, &c))
			return;
		if (is(&c, "ds64"))
			long_data(s, &c, &long_len);
		if (c.unstated && is(&c, "data") && long_len != 0) {
			c.len = long_len;
			c.unstated = false;
		}
		/* Of two lengths, 0 and all ones stand for "see ds64". */
		if (is(&c, "data") && long_len != 0 && c.len != long_len &&
		    c.len != 0)
			r->ambiguous = true;
		if (is(&c, "fmt ")) {
			r->ambiguous |= r->has_format || !is_even(s, &c);
			r->has_format = true;
		}
		if (is(&c, "idx1"))
			r->ambiguous |= !is_in_order(s, &c);
		if (is_media(s, &c)) {
			/* Long AVI files have more lists, in more chunks. */
			r->ambiguous |= r->has_media && is(&c, "data");
			r->has_media = true;
			r->media = c.unstated ? UINT64_MAX : c.len;
			if (!c.unstated && c.len > s->size - c.at)
				r->incomplete = true;
		}
		if (c.len > s->size - c.at)
			return;
		at = c.at + c.len + (c.len & 1);
	}
}

void
riff_scan(struct riff *r, struct source *s)
{
	uint64_t at = 0;
	struct chunk c;

	memset(r, 0, sizeof(*r));
	for (unsigned n = 0; n < RIFF_CHUNKS_MAX && chunk_get(s, at, &c); n++) {
		bool stated = c.len != 0 && !c.unstated;
		bool cut = c.len > s->size - c.at;

		if (!is(&c, "RIFF") && !is(&c, "RF64") && !is(&c, "BW64"))
			break;
		r->incomplete |= stated && cut;
		read_riff(r, s, c.at + 4,
		    stated && !cut ? c.at + c.len : s->size);
		if (!stated || cut)
			break;
		at = c.at + c.len + (c.len & 1);
	}
	r->incomplete |= !r->has_media;
}
