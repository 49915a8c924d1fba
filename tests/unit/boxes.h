/* SPDX-License-Identifier: ISC */
#ifndef TESTS_BOXES_H
#define TESTS_BOXES_H

#include <string.h>

#include "base/buf.h"
#include "base/bytes.h"

/* Containers by hand: a begun box or element is closed by its start. */
static inline size_t
box_begin(struct buf *b, const char *type)
{
	size_t at = b->len;

	buf_put_be32(b, 0);
	buf_put(b, type, 4);
	return (at);
}

static inline void
box_end(struct buf *b, size_t at)
{
	put_be32(b->p + at, (uint32_t)(b->len - at));
}

static inline void
put_words(struct buf *b, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_be32(b, words[i]);
}

static inline void
put_box(struct buf *b, const char *type, const uint32_t *words, size_t n)
{
	size_t at = box_begin(b, type);

	put_words(b, words, n);
	box_end(b, at);
}
#define BOX(b, type, ...)                                      \
	put_box(b, type, (const uint32_t[]){ __VA_ARGS__ },    \
	    sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4)

/* What a movie of one picture track is made of; 0 is the usual. */
struct movie {
	int32_t a, b, c, d; /* matrix, times 65536 */
	uint32_t edits[4][3];
	uint32_t n_edits;
	uint32_t n_entries; /* of stsd, beyond one */
	uint32_t dref;      /* flags; 1: in this file */
	const char *extra;  /* a box in the sample entry, and its bytes */
	const uint32_t *words;
	size_t n_words;
	const char *format;
	bool twice; /* two tracks of one id */
};

static inline void
put_entry(struct buf *b, const struct movie *m)
{
	size_t at = box_begin(b, m->format != NULL ? m->format : "avc1");

	put_words(b, (const uint32_t[6]){ 0, 1 }, 6);
	buf_put_be16(b, 640);
	buf_put_be16(b, 360);
	put_words(b, (const uint32_t[11]){ 0x480000, 0x480000, 0, 0x10000 },
	    11);
	buf_put_be16(b, 0);
	buf_put_be16(b, 24);
	buf_put_be16(b, 0xffff);
	if (m->extra != NULL)
		put_box(b, m->extra, m->words, m->n_words);
	box_end(b, at);
}

/* Ten samples of 512 ticks, shown in the order that ctts says. */
static inline void
put_tables(struct buf *b, const struct movie *m)
{
	size_t stbl = box_begin(b, "stbl"), stsd = box_begin(b, "stsd");

	put_words(b, (const uint32_t[2]){ 0, 1 + m->n_entries }, 2);
	put_entry(b, m);
	box_end(b, stsd);
	BOX(b, "stts", 0, 1, 10, 512);
	BOX(b, "ctts", 0, 3, 1, 1024, 8, 512, 1, 1536);
	BOX(b, "stsz", 0, 100, 10);
	box_end(b, stbl);
}

static inline void
put_media(struct buf *b, const struct movie *m)
{
	size_t mdia = box_begin(b, "mdia"), minf, dinf, dref;

	BOX(b, "mdhd", 0, 0, 0, 12800, 5120, 0);
	BOX(b, "hdlr", 0, 0, 0x76696465, 0, 0, 0);
	minf = box_begin(b, "minf");
	dinf = box_begin(b, "dinf");
	dref = box_begin(b, "dref");
	put_words(b, (const uint32_t[2]){ 0, 1 }, 2);
	BOX(b, "url ", m->dref);
	box_end(b, dref);
	box_end(b, dinf);
	put_tables(b, m);
	box_end(b, minf);
	box_end(b, mdia);
}

static inline void
put_track(struct buf *b, const struct movie *m)
{
	size_t trak = box_begin(b, "trak"), edts, elst;

	BOX(b, "tkhd", 3, 0, 0, 1, 0, 0, 0, 0, 0, 0, (uint32_t)m->a,
	    (uint32_t)m->b, 0, (uint32_t)m->c, (uint32_t)m->d, 0, 0, 0,
	    0x40000000, 640U << 16, 360U << 16);
	if (m->n_edits > 0) {
		edts = box_begin(b, "edts");
		elst = box_begin(b, "elst");
		put_words(b, (const uint32_t[2]){ 0, m->n_edits }, 2);
		for (uint32_t i = 0; i < m->n_edits; i++)
			put_words(b, m->edits[i], 3);
		box_end(b, elst);
		box_end(b, edts);
	}
	put_media(b, m);
	box_end(b, trak);
}

static inline void
put_movie(struct buf *b, const struct movie *m)
{
	size_t moov;

	BOX(b, "ftyp", 0x69736f6d, 0, 0x69736f6d);
	moov = box_begin(b, "moov");
	BOX(b, "mvhd", 0, 0, 0, 1000, 400, 0x10000, 0x1000000, 0, 0, 0x10000, 0,
	    0, 0, 0x10000, 0, 0, 0, 0x40000000, 0, 0, 0, 0, 0, 0, 2);
	put_track(b, m);
	if (m->twice)
		put_track(b, m);
	box_end(b, moov);
}

/* An element of a size that is stated in eight bytes. */
static inline size_t
element_begin(struct buf *b, uint32_t id)
{
	uint8_t bytes[4];
	size_t n = id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1;
	size_t at;

	put_be32(bytes, id);
	buf_put(b, bytes + 4 - n, n);
	at = b->len;
	buf_put_be64(b, UINT64_C(1) << 56);
	return (at);
}

static inline void
element_end(struct buf *b, size_t at)
{
	put_be64(b->p + at, UINT64_C(1) << 56 | (b->len - at - 8));
}

static inline void
put_uint(struct buf *b, uint32_t id, uint64_t v)
{
	size_t at = element_begin(b, id);

	buf_put_be64(b, v);
	element_end(b, at);
}

static inline void
put_text(struct buf *b, uint32_t id, const char *text)
{
	size_t at = element_begin(b, id);

	buf_put_str(b, text);
	element_end(b, at);
}

static inline void
put_float(struct buf *b, uint32_t id, double v)
{
	size_t at = element_begin(b, id);
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	buf_put_be64(b, bits);
	element_end(b, at);
}

#endif
