/* SPDX-License-Identifier: ISC */
/*
 * gif/1 (GIF89a specification): each image is a segment, with where and how it
 * is drawn, its own palette, and its LZW data as one record however it was
 * split into sub-blocks. The screen and the global palette are configuration;
 * delays are times. Comments, XMP and C2PA are left out.
 */
#include <string.h>

#include "essence/image.h"
#include "hash/sha256.h"

#define HEAD_LEN       13 /* signature and screen descriptor */
#define DESCRIPTOR_LEN 10 /* of an image, with its introducer */
#define CONTROL_LEN    8  /* with introducer, label and terminator */

#define RECORD_PALETTE   0x11 /* an image's own */
#define RECORD_FRAME     0x12 /* where and how an image is drawn */
#define RECORD_EXTENSION 0x13 /* label || all sub-blocks */

enum {
	BLOCK_EXTENSION = 0x21,
	BLOCK_IMAGE = 0x2c,
	BLOCK_TRAILER = 0x3b,
	LABEL_TEXT = 0x01,
	LABEL_CONTROL = 0xf9,
	LABEL_COMMENT = 0xfe,
	LABEL_APPLICATION = 0xff
};

struct gif {
	prov_span file;
	size_t at;
	struct image im;
	bool controlled;    /* a control extension waits for its image */
	uint8_t control[4]; /* flags, delay, transparent index */
	bool looped, profiled;
	uint64_t seen; /* images */
};

static prov_status
malformed(prov_err *err, const char *what, size_t at)
{
	return (prov_fail(err, PROV_EFORMAT, "gif: %s at byte %zu", what, at));
}

static size_t
palette_len(uint8_t flags)
{
	return (flags & 0x80 ? 3 * ((size_t)2 << (flags & 7)) : 0);
}

/* How many bytes sub-blocks at at hold; *end is behind their terminator. */
static prov_status
blocks_len(prov_span file, size_t at, size_t *end, size_t *len, prov_err *err)
{
	*len = 0;
	while (at < file.len && file.p[at] != 0) {
		*len += file.p[at];
		at += file.p[at] + (size_t)1;
	}
	if (at >= file.len)
		return (malformed(err, "cut short", file.len));
	*end = at + 1;
	return (PROV_OK);
}

/* What sub-blocks up to end hold enters a record that was begun. */
static void
add_blocks(struct gif *g, size_t at, size_t end)
{
	while (at + 1 < end) {
		size_t n = g->file.p[at];

		image_record_add(&g->im, span(g->file.p + at + 1, n));
		at += n + 1;
	}
}

/* The first pass: how many images there are, up to the trailer. */
static prov_status
count_images(struct gif *g, prov_err *err)
{
	const uint8_t *p = g->file.p;
	size_t at = g->at, len;
	uint64_t n = 0;
	prov_status st;

	while (at < g->file.len && p[at] != BLOCK_TRAILER) {
		if (p[at] == BLOCK_IMAGE) {
			if (g->file.len - at < DESCRIPTOR_LEN + 1)
				return (malformed(err, "cut short", at));
			at += DESCRIPTOR_LEN + palette_len(p[at + 9]) + 1;
			n++;
		} else if (p[at] == BLOCK_EXTENSION) {
			at += 2;
		} else {
			return (malformed(err, "no block", at));
		}
		st = blocks_len(g->file, at, &at, &len, err);
		if (st != PROV_OK)
			return (st);
	}
	if (at >= g->file.len)
		return (malformed(err, "no trailer", at));
	if (n == 0)
		return (prov_fail(err, PROV_EUNSUPPORTED, "gif: no image"));
	if (n > IMAGE_FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: an animation of %llu frames",
		    (unsigned long long)n));
	g->im.n_frames = n;
	return (PROV_OK);
}

/* Of the screen, what decides how images are drawn. */
static prov_status
read_screen(struct gif *g, prov_err *err)
{
	const uint8_t *p = g->file.p;
	size_t colours = palette_len(p[10]);
	uint8_t screen[6], both[2 * SHA256_LEN], config[SHA256_LEN];
	prov_status st;

	if (g->file.len - HEAD_LEN < colours)
		return (malformed(err, "cut short", g->file.len));
	memcpy(screen, p + 6, 4);
	screen[4] = colours > 0 ? p[11] : 0; /* background */
	screen[5] = p[12];                   /* aspect */
	if ((st = sha256_of(both, span(screen, sizeof(screen)), err)) !=
		PROV_OK ||
	    (st = sha256_of(both + SHA256_LEN, span(p + HEAD_LEN, colours),
		 err)) != PROV_OK ||
	    (st = sha256_of(config, span(both, sizeof(both)), err)) != PROV_OK)
		return (st);
	image_part(&g->im, "palette", both + SHA256_LEN);
	image_part(&g->im, "screen", both);
	image_config(&g->im, config);
	image_present(&g->im, PROV_WIDTH, le16(p + 6));
	image_present(&g->im, PROV_HEIGHT, le16(p + 8));
	g->at = HEAD_LEN + colours;
	g->im.covered = g->at;
	return (PROV_OK);
}

static prov_status
read_control(struct gif *g, prov_err *err)
{
	const uint8_t *p = g->file.p + g->at;

	if (g->file.len - g->at < CONTROL_LEN || p[2] != 4 || p[7] != 0)
		return (malformed(err, "a broken control extension", g->at));
	/* Decoders differ in which of two they take. */
	if (g->controlled)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "gif: two control extensions before byte %zu", g->at));
	g->controlled = true;
	memcpy(g->control, p + 3, 4);
	if (p[3] & 1)
		image_present(&g->im, PROV_ALPHA, 1);
	g->at += CONTROL_LEN;
	g->im.covered += CONTROL_LEN;
	return (PROV_OK);
}

/* An extension of no meaning to prov: hashed where it stands. */
static void
hash_extension(struct gif *g, size_t end, size_t len)
{
	image_record_begin(&g->im, RECORD_EXTENSION, len + 1);
	image_record_add(&g->im, span(g->file.p + g->at + 1, 1));
	add_blocks(g, g->at + 2, end);
	g->im.covered += end - g->at;
}

/* Times that it is shown again; 0 without end. */
static prov_status
read_loop(struct gif *g, prov_span app, prov_err *err)
{
	unsigned n;

	/* Identifier, then a sub-block of three bytes: 1, u16. */
	if (app.len != 19 || app.p[14] != 3 || app.p[15] != 1)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "gif: a loop extension of another shape"));
	if (g->looped)
		return (
		    prov_fail(err, PROV_EUNSUPPORTED, "gif: two loop counts"));
	g->looped = true;
	n = le16(app.p + 16);
	image_present(&g->im, PROV_LOOPS, n == 0 ? 0 : n + 1);
	g->im.covered += app.len;
	return (PROV_OK);
}

/* An ICC profile in sub-blocks. */
static prov_status
read_profile(struct gif *g, size_t end, prov_err *err)
{
	AUTO_SHA256 *sha = NULL;
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if (g->profiled)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "gif: two colour profiles"));
	g->profiled = true;
	if ((st = sha256_new(&sha, err)) != PROV_OK)
		return (st);
	sha256_init(sha);
	for (size_t at = g->at + 14; at + 1 < end; at += g->file.p[at] + 1U)
		sha256_add(sha, g->file.p + at + 1, g->file.p[at]);
	if ((st = sha256_done(sha, digest, err)) != PROV_OK)
		return (st);
	image_present(&g->im, PROV_ICC, digest63(digest));
	g->im.covered += end - g->at;
	return (PROV_OK);
}

static bool
is_application(prov_span app, const char *name)
{
	return (app.len >= 15 && app.p[2] == 11 &&
		memcmp(app.p + 3, name, 11) == 0);
}

static prov_status
read_application(struct gif *g, size_t end, size_t len, prov_err *err)
{
	prov_span app = span(g->file.p + g->at, end - g->at);

	if (is_application(app, "NETSCAPE2.0") ||
	    is_application(app, "ANIMEXTS1.0"))
		return (read_loop(g, app, err));
	if (is_application(app, "ICCRGBG1012"))
		return (read_profile(g, end, err));
	if (!is_application(app, "XMP DataXMP") &&
	    !is_application(app, "C2PA_GIF\1\0\0"))
		hash_extension(g, end, len);
	return (PROV_OK);
}

static prov_status
read_extension(struct gif *g, prov_err *err)
{
	size_t end = 0, len = 0;
	prov_status st;
	uint8_t label;

	if ((st = blocks_len(g->file, g->at + 2, &end, &len, err)) != PROV_OK)
		return (st);
	label = g->file.p[g->at + 1];
	if (label == LABEL_CONTROL)
		return (read_control(g, err));
	if (label == LABEL_TEXT && g->controlled)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "gif: text that is shown for a time"));
	if (label == LABEL_APPLICATION) {
		st = read_application(g, end, len, err);
		if (st != PROV_OK)
			return (st);
	} else if (label != LABEL_COMMENT) {
		hash_extension(g, end, len);
	}
	g->at = end;
	return (PROV_OK);
}

/* Place, size and interlacing, disposal, and the transparent colour. */
static void
record_frame(struct gif *g, const uint8_t *descriptor)
{
	uint8_t frame[11] = { 0 };

	memcpy(frame, descriptor + 1, 8);
	frame[8] = descriptor[9] & 0x40;
	frame[9] = g->control[0] & 0x1f;
	frame[10] = g->control[0] & 1 ? g->control[3] : 0;
	image_cut(&g->im);
	image_record(&g->im, RECORD_FRAME, span(frame, sizeof(frame)));
}

static prov_status
read_image(struct gif *g, prov_err *err)
{
	const uint8_t *p = g->file.p + g->at;
	size_t colours = palette_len(p[9]);
	size_t at = g->at + DESCRIPTOR_LEN + colours, end = 0, len = 0;
	prov_status st;

	if ((st = blocks_len(g->file, at + 1, &end, &len, err)) != PROV_OK)
		return (st);
	record_frame(g, p);
	if (colours > 0)
		image_record(&g->im, RECORD_PALETTE,
		    span(p + DESCRIPTOR_LEN, colours));
	image_record_begin(&g->im, RECORD_DATA, len + 1);
	image_record_add(&g->im, span(g->file.p + at, 1));
	add_blocks(g, at + 1, end);
	image_frame(&g->im, (int64_t)le16(g->control + 1) * (NS_PER_S / 100));
	g->im.covered += end - g->at;
	g->at = end;
	g->controlled = false;
	memset(g->control, 0, sizeof(g->control));
	return (PROV_OK);
}

static prov_status
walk(struct gif *g, prov_err *err)
{
	prov_status st;

	if ((st = read_screen(g, err)) != PROV_OK ||
	    (st = count_images(g, err)) != PROV_OK)
		return (st);
	while (g->file.p[g->at] != BLOCK_TRAILER) {
		st = g->file.p[g->at] == BLOCK_IMAGE ? read_image(g, err)
		                                     : read_extension(g, err);
		if (st != PROV_OK)
			return (st);
	}
	if (g->controlled)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "gif: a control extension that controls nothing"));
	g->im.covered++;
	return (PROV_OK);
}

prov_status
gif_identify(prov_identity **out, prov_span file, prov_err *err)
{
	struct gif g = { .file = file };
	prov_status st;

	if (file.len < HEAD_LEN || (memcmp(file.p, "GIF87a", 6) != 0 &&
				       memcmp(file.p, "GIF89a", 6) != 0))
		return (prov_fail(err, PROV_EFORMAT, "gif: no signature"));
	st = image_open(&g.im, "gif", PROV_IMAGE, err);
	if (st == PROV_OK)
		st = walk(&g, err);
	if (st == PROV_OK)
		st = image_finish(&g.im, "gif", file.len, out, err);
	image_clear(&g.im);
	return (st);
}
