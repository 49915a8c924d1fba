/* SPDX-License-Identifier: ISC */
/*
 * png/1 (W3C PNG, third edition): the IDAT content as one record however it
 * was split, and every chunk that decoders use or that is not known, in order.
 * Text, EXIF, time and C2PA chunks are left out; EXIF's orientation, colour
 * and density are presentation. Configuration is IHDR. Each frame of an
 * animation is a segment; delays are times.
 */
#include <string.h>

#include "essence/apng.h"
#include "hash/sha256.h"

#define RECORD_CHUNK 0x11 /* type || data */

struct png {
	struct png_chunks in;
	size_t at;
	struct image im;
	struct apng apng;
	uint32_t once[12]; /* types that were seen and may not come again */
	size_t n_once;
	bool palette, pixels, ended;
};

/* Decoders differ in which of two they take. */
static prov_status
only_once(struct png *p, const struct png_chunk *c, prov_err *err)
{
	for (size_t i = 0; i < p->n_once; i++)
		if (p->once[i] == c->type)
			return (png_misplaced(c, "comes twice", err));
	/* once has room for each such type. */
	p->once[p->n_once++] = c->type;
	return (PROV_OK);
}

static void
hash_chunk(struct png *p, const struct png_chunk *c)
{
	uint8_t type[4];

	put_be32(type, c->type);
	image_record_begin(&p->im, RECORD_CHUNK, c->data.len + 4);
	image_record_add(&p->im, span(type, sizeof(type)));
	image_record_add(&p->im, c->data);
}

/* W3C PNG 11.2.1, table 11.1. */
static bool
depth_valid(uint8_t depth, uint8_t colour)
{
	static const uint8_t depths[7] = { 1 | 2 | 4 | 8 | 16, 0, 8 | 16,
		1 | 2 | 4 | 8, 8 | 16, 0, 8 | 16 };

	if (colour > 6 || depth == 0 || (depth & (depth - 1)) != 0)
		return (false);
	return ((depths[colour] & depth) != 0);
}

static prov_status
read_head(struct png *p, const struct png_chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	uint8_t config[SHA256_LEN];
	prov_status st;

	if (c->data.len != 13 || be32(d) == 0 || be32(d + 4) == 0 ||
	    be32(d) > PNG_LEN_MAX || be32(d + 4) > PNG_LEN_MAX ||
	    !depth_valid(d[8], d[9]) || d[10] != 0 || d[11] != 0 || d[12] > 1)
		return (png_misplaced(c, "is malformed", err));
	if ((st = sha256_of(config, c->data, err)) != PROV_OK)
		return (st);
	image_part(&p->im, "ihdr", config);
	image_config(&p->im, config);
	p->apng.width = be32(d);
	p->apng.height = be32(d + 4);
	image_present(&p->im, PROV_WIDTH, be32(d));
	image_present(&p->im, PROV_HEIGHT, be32(d + 4));
	image_present(&p->im, PROV_BITS, d[8]);
	image_present(&p->im, PROV_ALPHA, (d[9] & 4) != 0);
	return (PROV_OK);
}

static void
present_cicp(struct png *p, const uint8_t *d)
{
	image_present(&p->im, PROV_PRIMARIES, d[0]);
	image_present(&p->im, PROV_TRANSFER, d[1]);
	image_present(&p->im, PROV_MATRIX, d[2]);
	image_present(&p->im, PROV_RANGE, d[3] + 1);
}

/* An ICC profile enters as its chunk, compressed: recompressed is changed. */
static prov_status
read_colour(struct png *p, const struct png_chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	size_t len = c->data.len;
	prov_status st;

	if (p->palette || p->pixels)
		return (png_misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (c->type == PNG_TYPE('i', 'C', 'C', 'P'))
		image_present_digest(&p->im, PROV_ICC, c->data);
	else if (c->type == PNG_TYPE('c', 'H', 'R', 'M') && len == 32)
		image_present_digest(&p->im, PROV_CHRM, c->data);
	else if (c->type == PNG_TYPE('g', 'A', 'M', 'A') && len == 4)
		image_present(&p->im, PROV_GAMMA, be32(d));
	else if (c->type == PNG_TYPE('s', 'R', 'G', 'B') && len == 1)
		image_present(&p->im, PROV_SRGB, d[0] + 1);
	else if (c->type == PNG_TYPE('c', 'I', 'C', 'P') && len == 4)
		present_cicp(p, d);
	else
		return (png_misplaced(c, "is malformed", err));
	return (PROV_OK);
}

static prov_status
read_density(struct png *p, const struct png_chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	prov_status st;

	if (p->pixels)
		return (png_misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (c->data.len != 9 || d[8] > 1)
		return (png_misplaced(c, "is malformed", err));
	image_density(&p->im, d[8] == 0 ? 0 : 3, be32(d), be32(d + 4));
	return (PROV_OK);
}

/* PLTE and tRNS, which decoders take once and before IDAT. */
static prov_status
read_before(struct png *p, const struct png_chunk *c, prov_err *err)
{
	prov_status st;

	if (p->pixels)
		return (png_misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (png_role(c->type) == ROLE_PALETTE)
		p->palette = true;
	else
		image_present(&p->im, PROV_ALPHA, 1);
	hash_chunk(p, c);
	return (PROV_OK);
}

/* What the run of data chunks holds that begins with c at byte at. */
static prov_status
data_len(struct png *p, struct png_chunk c, size_t *len, prov_err *err)
{
	enum png_role role = png_role(c.type);
	struct apng apng = p->apng;
	size_t at = p->at;
	prov_status st;

	*len = 0;
	while (png_role(c.type) == role) {
		at += c.size;
		if (role == ROLE_MORE &&
		    (st = apng_more(&apng, &c, err)) != PROV_OK)
			return (st);
		*len += c.data.len;
		if ((st = png_chunk_at(&p->in, at, &c, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* One record, however it was split; at stands behind the run. */
static prov_status
read_data(struct png *p, struct png_chunk c, prov_err *err)
{
	enum png_role role = png_role(c.type);
	size_t len = 0;
	prov_status st;

	if ((st = data_len(p, c, &len, err)) != PROV_OK)
		return (st);
	image_record_begin(&p->im, RECORD_DATA, len);
	while (png_role(c.type) == role) {
		p->at += c.size;
		p->im.covered += c.size;
		if (role == ROLE_MORE &&
		    (st = apng_more(&p->apng, &c, err)) != PROV_OK)
			return (st);
		image_record_add(&p->im, c.data);
		if ((st = png_chunk_at(&p->in, p->at, &c, err)) != PROV_OK)
			return (st);
	}
	apng_data(&p->apng, &p->im);
	return (PROV_OK);
}

static prov_status
read_pixels(struct png *p, const struct png_chunk *c, prov_err *err)
{
	if (p->pixels)
		return (png_misplaced(c, "comes in two places", err));
	p->pixels = true;
	return (read_data(p, *c, err));
}

/* Of a frame behind the still. */
static prov_status
read_more(struct png *p, const struct png_chunk *c, prov_err *err)
{
	if (!p->pixels || !p->apng.pending)
		return (png_misplaced(c, "comes without its fcTL", err));
	return (read_data(p, *c, err));
}

static prov_status
read_control(struct png *p, const struct png_chunk *c, prov_err *err)
{
	prov_status st;

	if (p->pixels)
		return (png_misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	return (apng_control(&p->apng, &p->im, c, err));
}

static prov_status
read_end(struct png *p, const struct png_chunk *c, prov_err *err)
{
	if (c->data.len != 0 || !p->pixels)
		return (
		    png_misplaced(c, "has data, or no IDAT before it", err));
	p->ended = true;
	return (apng_end(&p->apng, &p->im, c, err));
}

/* Everything that is accounted for, but data. */
static prov_status
read_kept(struct png *p, const struct png_chunk *c, enum png_role role,
    prov_err *err)
{
	switch (role) {
	case ROLE_HEAD:
		return (png_misplaced(c, "comes twice", err));
	case ROLE_PALETTE:
	case ROLE_TRANSPARENT:
		return (read_before(p, c, err));
	case ROLE_END:
		return (read_end(p, c, err));
	case ROLE_COLOUR:
		return (read_colour(p, c, err));
	case ROLE_DENSITY:
		return (read_density(p, c, err));
	case ROLE_CONTROL:
		return (read_control(p, c, err));
	case ROLE_FRAME:
		if (p->apng.on)
			return (
			    apng_frame(&p->apng, &p->im, c, p->pixels, err));
		break;
	case ROLE_HASHED:
	case ROLE_PIXELS:
	case ROLE_MORE:
	case ROLE_EXIF:
	case ROLE_DROPPED:
		break;
	}
	hash_chunk(p, c);
	return (PROV_OK);
}

static prov_status
read_chunk(struct png *p, const struct png_chunk *c, prov_err *err)
{
	enum png_role role = png_role(c->type);

	if (role == ROLE_PIXELS)
		return (read_pixels(p, c, err));
	if (role == ROLE_MORE && p->apng.on)
		return (read_more(p, c, err));
	p->at += c->size;
	if (role == ROLE_DROPPED)
		return (PROV_OK);
	if (role == ROLE_EXIF)
		return (image_exif(&p->im, c->data, err));
	p->im.covered += c->size;
	return (read_kept(p, c, role, err));
}

static prov_status
walk(struct png *p, prov_err *err)
{
	struct png_chunk c = { 0 };
	prov_status st;

	if ((st = png_chunk_at(&p->in, p->at, &c, err)) != PROV_OK)
		return (st);
	if (png_role(c.type) != ROLE_HEAD)
		return (png_misplaced(&c, "stands before IHDR", err));
	if ((st = read_head(p, &c, err)) != PROV_OK)
		return (st);
	p->at += c.size;
	p->im.covered = p->at;
	while (!p->ended) {
		if ((st = png_chunk_at(&p->in, p->at, &c, err)) != PROV_OK ||
		    (st = read_chunk(p, &c, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
png_identify(prov_identity **out, prov_span file, prov_err *err)
{
	struct png p = { .at = PNG_SIGNATURE_LEN };
	prov_status st;

	if ((st = png_chunks_open(&p.in, file, err)) != PROV_OK)
		return (st);
	st = image_open(&p.im, "png", PROV_IMAGE, err);
	if (st == PROV_OK)
		st = walk(&p, err);
	if (st == PROV_OK)
		st = image_finish(&p.im, "png", file.len, out, err);
	image_clear(&p.im);
	return (st);
}
