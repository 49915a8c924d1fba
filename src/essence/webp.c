/* SPDX-License-Identifier: ISC */
/*
 * webp/1 (RFC 9649): the coded picture and its alpha, each one record; of an
 * animation each frame is a segment, and durations are times. Whether a still
 * stands in the simple or the extended format is no difference. EXIF, XMP and
 * C2PA are left out; chunks that are not known are hashed where they stand.
 */
#include <stdio.h>
#include <string.h>

#include "essence/image.h"
#include "hash/sha256.h"

#define RIFF_LEN  12
#define CHUNK_LEN 8
#define FRAME_LEN 16 /* what stands before an ANMF chunk's own chunks */

#define RECORD_CHUNK 0x11 /* type || data */
#define RECORD_FRAME 0x12 /* where and how a frame is drawn */

enum {
	FLAG_ANIMATED = 0x02,
	FLAG_EXIF = 0x08,
	FLAG_ALPHA = 0x10,
	FLAG_ICC = 0x20
};

struct chunk {
	const uint8_t *type;
	prov_span data;
	size_t size;   /* with its head and padding */
	size_t padded; /* of it, a padding byte that is not 0 */
};

/* The picture of the file, or of one frame. */
struct picture_of {
	bool coded, alpha;
	uint32_t width, height;
};

struct webp {
	prov_span file; /* as far as RIFF says */
	size_t at;
	struct image im;
	bool extended, animated, icc;
	uint8_t flags;
	uint32_t width, height; /* of the canvas */
	bool alpha;             /* something is transparent */
	struct picture_of still;
};

static bool
is(const struct chunk *c, const char *type)
{
	return (memcmp(c->type, type, 4) == 0);
}

static prov_status
malformed(const struct chunk *c, const char *why, prov_err *err)
{
	char type[5] = { 0 };

	for (int i = 0; i < 4; i++)
		type[i] = c->type[i] >= ' ' && c->type[i] <= '~'
		              ? (char)c->type[i]
		              : '?';
	return (prov_fail(err, PROV_EFORMAT, "webp: chunk %s %s", type, why));
}

static prov_status
ambiguous(const char *why, prov_err *err)
{
	return (prov_fail(err, PROV_EUNSUPPORTED, "webp: %s", why));
}

/* The chunk at byte at of s. */
static prov_status
chunk_at(prov_span s, size_t at, struct chunk *c, prov_err *err)
{
	size_t left = s.len - at, len;

	if (left < CHUNK_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "webp: %zu bytes where a chunk should be", left));
	c->type = s.p + at;
	len = le32(s.p + at + 4);
	left -= CHUNK_LEN;
	if (len > left || len + (len & 1) > left)
		return (malformed(c, "is cut short", err));
	c->data = span(s.p + at + CHUNK_LEN, len);
	c->size = CHUNK_LEN + len + (len & 1);
	c->padded = (len & 1) != 0 && c->data.p[len] != 0;
	return (PROV_OK);
}

static void
cover(struct webp *w, const struct chunk *c)
{
	w->im.covered += c->size - c->padded;
}

static void
hash_chunk(struct webp *w, const struct chunk *c)
{
	image_record_begin(&w->im, RECORD_CHUNK, c->data.len + 4);
	image_record_add(&w->im, span(c->type, 4));
	image_record_add(&w->im, c->data);
}

/* RFC 6386 9.1: a key frame that is shown. */
static prov_status
parse_vp8(struct picture_of *p, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;

	if (c->data.len < 10 || (d[0] & 1) != 0 ||
	    memcmp(d + 3, "\x9d\x01\x2a", 3) != 0)
		return (malformed(c, "is no key frame", err));
	p->width = le16(d + 6) & 0x3fff;
	p->height = le16(d + 8) & 0x3fff;
	return (PROV_OK);
}

/* RFC 9649 3.4. */
static prov_status
parse_vp8l(struct picture_of *p, const struct chunk *c, prov_err *err)
{
	uint32_t bits;

	if (c->data.len < 5 || c->data.p[0] != 0x2f || c->data.p[4] >> 5 != 0)
		return (malformed(c, "has no lossless header", err));
	bits = le32(c->data.p + 1);
	p->width = (bits & 0x3fff) + 1;
	p->height = (bits >> 14 & 0x3fff) + 1;
	p->alpha = p->alpha || (bits >> 28 & 1);
	return (PROV_OK);
}

/* A chunk that a picture is made of; any other is hashed, too. */
static prov_status
read_picture(struct webp *w, struct picture_of *p, const struct chunk *c,
    prov_err *err)
{
	bool lossy = is(c, "VP8 "), coded = lossy || is(c, "VP8L");
	prov_status st;

	if (coded) {
		if (p->coded)
			return (malformed(c, "comes twice", err));
		if (!lossy && p->alpha)
			return (malformed(c, "has an alpha beside it", err));
		p->coded = true;
		if ((st = lossy ? parse_vp8(p, c, err)
		                : parse_vp8l(p, c, err)) != PROV_OK)
			return (st);
		if (p->width == 0 || p->height == 0)
			return (malformed(c, "has no size", err));
	} else if (is(c, "ALPH")) {
		if (p->alpha || p->coded)
			return (malformed(c, "is out of place", err));
		p->alpha = true;
	}
	hash_chunk(w, c);
	return (PROV_OK);
}

static prov_status
configure(struct webp *w, const uint8_t *background, prov_err *err)
{
	uint8_t canvas[12], config[SHA256_LEN];
	size_t len = background == NULL ? 8 : 12;
	prov_status st;

	put_be32(canvas, w->width);
	put_be32(canvas + 4, w->height);
	if (background != NULL)
		memcpy(canvas + 8, background, 4);
	if ((st = sha256_of(config, span(canvas, len), err)) != PROV_OK)
		return (st);
	image_part(&w->im, "canvas", config);
	image_config(&w->im, config);
	image_present(&w->im, PROV_WIDTH, w->width);
	image_present(&w->im, PROV_HEIGHT, w->height);
	image_present(&w->im, PROV_BITS, 8);
	return (PROV_OK);
}

static prov_status
read_head(struct webp *w, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;

	if (c->data.len != 10)
		return (malformed(c, "is malformed", err));
	w->extended = true;
	w->flags = d[0];
	w->width = (le32(d + 4) & 0xffffff) + 1;
	w->height = (d[7] | (uint32_t)d[8] << 8 | (uint32_t)d[9] << 16) + 1;
	if ((w->flags & FLAG_ANIMATED) != 0)
		return (PROV_OK);
	return (configure(w, NULL, err));
}

/* The first pass: how many frames there are. */
static prov_status
count_frames(struct webp *w, prov_err *err)
{
	struct chunk c = { 0 };
	uint64_t n = 0;
	prov_status st;

	for (size_t at = w->at; at < w->file.len; at += c.size) {
		if ((st = chunk_at(w->file, at, &c, err)) != PROV_OK)
			return (st);
		n += is(&c, "ANMF");
	}
	if (n > IMAGE_FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: an animation of %llu frames",
		    (unsigned long long)n));
	if (n == 0)
		return (ambiguous("an animation without frames", err));
	w->im.n_frames = n;
	return (PROV_OK);
}

static prov_status
read_control(struct webp *w, const struct chunk *c, prov_err *err)
{
	if ((w->flags & FLAG_ANIMATED) == 0 || w->animated)
		return (ambiguous("an animation that VP8X does not announce, "
				  "or a second one",
		    err));
	if (c->data.len != 6)
		return (malformed(c, "is malformed", err));
	w->animated = true;
	image_present(&w->im, PROV_LOOPS, le16(c->data.p + 4));
	return (configure(w, c->data.p, err));
}

static uint32_t
u24(const uint8_t *p)
{
	return (p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16);
}

/* Place and size in pairs of pixels and less one, blending, disposal. */
static prov_status
record_frame(struct webp *w, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	uint8_t frame[13];

	if (c->data.len < FRAME_LEN || 2 * u24(d) + u24(d + 6) + 1 > w->width ||
	    2 * u24(d + 3) + u24(d + 9) + 1 > w->height)
		return (malformed(c, "is malformed", err));
	memcpy(frame, d, 12);
	frame[12] = d[15] & 3;
	image_cut(&w->im);
	image_record(&w->im, RECORD_FRAME, span(frame, sizeof(frame)));
	return (PROV_OK);
}

static prov_status
read_frame(struct webp *w, const struct chunk *c, prov_err *err)
{
	struct picture_of p = { 0 };
	struct chunk sub = { 0 };
	prov_status st;

	if (!w->animated)
		return (ambiguous("a frame of no animation", err));
	if ((st = record_frame(w, c, err)) != PROV_OK)
		return (st);
	for (size_t at = FRAME_LEN; at < c->data.len; at += sub.size) {
		if ((st = chunk_at(c->data, at, &sub, err)) != PROV_OK ||
		    (st = read_picture(w, &p, &sub, err)) != PROV_OK)
			return (st);
		w->im.covered -= sub.padded;
	}
	if (!p.coded || p.width != u24(c->data.p + 6) + 1 ||
	    p.height != u24(c->data.p + 9) + 1)
		return (malformed(c, "has no picture of its size", err));
	w->alpha = w->alpha || p.alpha;
	image_frame(&w->im, (int64_t)u24(c->data.p + 12) * (NS_PER_S / 1000));
	return (PROV_OK);
}

/* Viewers that go by VP8X's flags do not see what is not announced. */
static prov_status
read_profile(struct webp *w, const struct chunk *c, prov_err *err)
{
	if ((w->flags & FLAG_ICC) == 0 || w->icc)
		return (ambiguous("a colour profile that VP8X does not "
				  "announce, or a second one",
		    err));
	w->icc = true;
	image_present_digest(&w->im, PROV_ICC, c->data);
	return (PROV_OK);
}

/* Some writers put JPEG's name in front. */
static prov_status
read_exif(struct webp *w, const struct chunk *c, prov_err *err)
{
	prov_span tiff = c->data;
	prov_status st;

	if (tiff.len >= 6 && memcmp(tiff.p, "Exif\0\0", 6) == 0)
		tiff = span(tiff.p + 6, tiff.len - 6);
	if ((st = image_exif(&w->im, tiff, err)) != PROV_OK)
		return (st);
	if (w->im.turned > 1 && (w->flags & FLAG_EXIF) == 0)
		return (ambiguous("an orientation that VP8X does not announce",
		    err));
	return (PROV_OK);
}

static prov_status
read_chunk(struct webp *w, const struct chunk *c, prov_err *err)
{
	w->at += c->size;
	if (is(c, "EXIF"))
		return (read_exif(w, c, err));
	if (is(c, "XMP ") || is(c, "C2PA"))
		return (PROV_OK);
	cover(w, c);
	if (is(c, "VP8X"))
		return (malformed(c, "is out of place", err));
	if (is(c, "ICCP"))
		return (read_profile(w, c, err));
	if (is(c, "ANIM"))
		return (read_control(w, c, err));
	if (is(c, "ANMF"))
		return (read_frame(w, c, err));
	if (w->animated && (is(c, "VP8 ") || is(c, "VP8L") || is(c, "ALPH")))
		return (ambiguous("a still in an animation", err));
	return (read_picture(w, &w->still, c, err));
}

/* The simple format has the size in its picture alone, and that first. */
static prov_status
read_first(struct webp *w, prov_err *err)
{
	struct picture_of p = { 0 };
	struct chunk c = { 0 };
	prov_status st;

	if ((st = chunk_at(w->file, w->at, &c, err)) != PROV_OK)
		return (st);
	if (is(&c, "VP8X")) {
		w->at += c.size;
		cover(w, &c);
		/* What is reserved says nothing. */
		if (c.data.len == 10 && (le32(c.data.p) >> 8) != 0)
			w->im.covered -= 3;
		return (read_head(w, &c, err));
	}
	if (is(&c, "VP8 "))
		st = parse_vp8(&p, &c, err);
	else if (is(&c, "VP8L"))
		st = parse_vp8l(&p, &c, err);
	else
		return (malformed(&c, "stands before the picture", err));
	if (st != PROV_OK)
		return (st);
	w->width = p.width;
	w->height = p.height;
	return (configure(w, NULL, err));
}

/* Whether all is there that the head speaks of. */
static prov_status
finish(struct webp *w, prov_err *err)
{
	if ((w->flags & FLAG_ANIMATED) != 0)
		return (PROV_OK);
	if (!w->still.coded || w->still.width != w->width ||
	    w->still.height != w->height)
		return (prov_fail(err, PROV_EFORMAT,
		    "webp: no picture of the canvas's size"));
	w->alpha = w->still.alpha;
	image_frame(&w->im, 0);
	return (PROV_OK);
}

static prov_status
walk(struct webp *w, prov_err *err)
{
	struct chunk c = { 0 };
	prov_status st;

	if ((st = read_first(w, err)) != PROV_OK)
		return (st);
	if ((w->flags & FLAG_ANIMATED) != 0 &&
	    (st = count_frames(w, err)) != PROV_OK)
		return (st);
	while (w->at < w->file.len)
		if ((st = chunk_at(w->file, w->at, &c, err)) != PROV_OK ||
		    (st = read_chunk(w, &c, err)) != PROV_OK)
			return (st);
	if ((st = finish(w, err)) != PROV_OK)
		return (st);
	if (w->extended && w->alpha && (w->flags & FLAG_ALPHA) == 0)
		return (ambiguous("an alpha that VP8X does not announce", err));
	image_present(&w->im, PROV_ALPHA, w->alpha);
	return (PROV_OK);
}

prov_status
webp_identify(prov_identity **out, prov_span file, prov_err *err)
{
	struct webp w = { .at = RIFF_LEN };
	prov_status st;
	size_t len;

	if (file.len < RIFF_LEN || memcmp(file.p, "RIFF", 4) != 0 ||
	    memcmp(file.p + 8, "WEBP", 4) != 0)
		return (prov_fail(err, PROV_EFORMAT, "webp: no signature"));
	len = le32(file.p + 4);
	if (len < 4 || len > file.len - 8)
		return (prov_fail(err, PROV_EFORMAT,
		    "webp: RIFF of %zu bytes is cut short", len));
	w.file = span(file.p, len + 8);
	st = image_open(&w.im, "webp", PROV_IMAGE, err);
	w.im.covered = RIFF_LEN;
	if (st == PROV_OK)
		st = walk(&w, err);
	if (st == PROV_OK)
		st = image_finish(&w.im, "webp", file.len, out, err);
	image_clear(&w.im);
	return (st);
}
