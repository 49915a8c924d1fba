/* SPDX-License-Identifier: ISC */
/* Which bytes of RIFF chunks are framing (prov-manifest(5)). */
#include <string.h>

#include "base/bytes.h"
#include "demux/cover.h"

#define UNSTATED   0xffffffffU
#define DEPTH_MAX  4 /* RIFF, LIST movi, LIST rec */
#define CHUNKS_MAX (1UL << 28)

struct chunk {
	uint8_t id[4];
	uint64_t start, at, end; /* header, payload; end without padding */
	bool padded;             /* a byte follows that is no chunk's */
};

struct walk {
	struct cover *c;
	struct source *s;
	uint64_t media;   /* WAVE: bytes of sound that were read */
	uint64_t n_media; /* AVI: chunks of it so far */
	uint64_t chunks;
	uint64_t long_len; /* of ds64 */
	bool has_fmt, has_data;
};

static bool
is(const struct chunk *k, const char *id)
{
	return (memcmp(k->id, id, 4) == 0);
}

static bool
next(struct walk *w, uint64_t *at, uint64_t end, struct chunk *k)
{
	uint8_t p[8];
	uint64_t len;

	if (end - *at < 8 || !source_get(w->s, *at, p, 8) ||
	    ++w->chunks > CHUNKS_MAX)
		return (false);
	memcpy(k->id, p, 4);
	len = le32(p + 4);
	k->start = *at;
	k->at = *at + 8;
	if (len == UNSTATED && is(k, "data") && w->long_len != 0)
		len = w->long_len;
	k->end = len > end - k->at ? end : k->at + len;
	k->padded = (len & 1) != 0 && k->end < end;
	*at = k->end + k->padded;
	return (true);
}

/* The header, some of the payload, and the padding where there is any. */
static void
frame(struct walk *w, const struct chunk *k, uint64_t len)
{
	if (len > k->end - k->at)
		len = k->end - k->at;
	cover_add(w->c, k->start, k->at - k->start + len);
	if (k->padded)
		cover_add(w->c, k->end, 1);
}

/* WAVEFORMAT, and what its tag says that it goes on with. */
static uint64_t
format_len(struct walk *w, const struct chunk *k)
{
	uint64_t have = k->end - k->at;
	uint8_t p[18];

	if (have < 18 || !source_get(w->s, k->at, p, sizeof(p)))
		return (have < 16 ? have : 16);
	if (le16(p) == 1 || le16(p) == 3)
		return (18);
	return (18 + (uint64_t)le16(p + 16));
}

static void
wave_chunk(struct walk *w, const struct chunk *k)
{
	uint8_t p[16];

	if (is(k, "fmt ") && !w->has_fmt) {
		w->has_fmt = true;
		frame(w, k, format_len(w, k));
	} else if (is(k, "fact")) {
		frame(w, k, 4);
	} else if (is(k, "ds64")) {
		if (k->end - k->at >= 16 && source_get(w->s, k->at, p, 16))
			w->long_len = le32(p + 8) | (uint64_t)le32(p + 12)
			                                << 32;
		frame(w, k, 28);
	} else if (is(k, "data") && !w->has_data) {
		w->has_data = true;
		frame(w, k, w->media);
	}
}

void
cover_wave(struct cover *c, struct source *s, uint64_t media)
{
	struct walk w = { .c = c, .s = s, .media = media };
	struct chunk k;
	uint64_t at = 12, end = s->size;
	uint8_t p[12];

	if (source_get(s, 0, p, sizeof(p))) {
		uint64_t len = le32(p + 4);

		cover_add(c, 0, 12);
		if (len != 0 && len != UNSTATED && len < end - 8)
			end = 8 + len;
	}
	while (at < end && next(&w, &at, end, &k))
		wave_chunk(&w, &k);
	c->lost |= s->failed || s->spent;
}

/* "01wb": a stream's number, and what it holds. */
static bool
is_media(const struct chunk *k)
{
	static const char kinds[][3] = { "dc", "db", "wb", "tx", "pc" };

	if (k->id[0] < '0' || k->id[0] > '9' || k->id[1] < '0' ||
	    k->id[1] > '9')
		return (false);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memcmp(k->id + 2, kinds[i], 2) == 0)
			return (true);
	return (false);
}

/* An OpenDML index: 24 bytes, and entries whose number stands at 4. */
static uint64_t
index_len(struct walk *w, const struct chunk *k, uint64_t each)
{
	uint8_t p[8];

	if (k->end - k->at < 8 || !source_get(w->s, k->at, p, sizeof(p)))
		return (0);
	return (24 + le32(p + 4) * each);
}

static void
avi_chunk(struct walk *w, const struct chunk *k)
{
	if (is_media(k)) {
		w->n_media++;
		frame(w, k, 0); /* its bytes come from the packets */
	} else if (k->id[0] == 'i' && k->id[1] == 'x') {
		frame(w, k, index_len(w, k, 8));
	} else if (is(k, "indx")) {
		frame(w, k, index_len(w, k, 16));
	} else if (is(k, "idx1")) {
		frame(w, k, 16 * w->n_media);
	} else if (is(k, "avih") || is(k, "strh")) {
		frame(w, k, 56);
	} else if (is(k, "strf")) {
		frame(w, k, UINT64_MAX);
	}
}

static bool
is_list(struct walk *w, const struct chunk *k)
{
	static const char types[][5] = { "hdrl", "strl", "movi", "rec ", "AVI ",
		"AVIX" };
	uint8_t p[4];

	if ((!is(k, "LIST") && !is(k, "RIFF")) || k->end - k->at < 4 ||
	    !source_get(w->s, k->at, p, 4))
		return (false);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (memcmp(p, types[i], 4) == 0)
			return (true);
	return (false);
}

static void
avi_walk(struct walk *w, uint64_t at, uint64_t end, unsigned depth)
{
	struct chunk k;

	while (at < end && next(w, &at, end, &k)) {
		if (depth == 0 && !is(&k, "RIFF"))
			return;
		if (!is_list(w, &k)) {
			avi_chunk(w, &k);
			continue;
		}
		frame(w, &k, 4);
		if (depth < DEPTH_MAX)
			avi_walk(w, k.at + 4, k.end, depth + 1);
	}
}

void
cover_avi(struct cover *c, struct source *s)
{
	struct walk w = { .c = c, .s = s };

	avi_walk(&w, 0, s->size, 0);
	c->lost |= s->failed || s->spent;
}
