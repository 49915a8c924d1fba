/* SPDX-License-Identifier: ISC */
/*
 * png/1 (W3C PNG, third edition): the IDAT content as one record however it
 * was split, and every chunk that decoders use or that is not known, in order.
 * Text, EXIF, time and C2PA chunks are left out; EXIF's orientation, colour
 * and density are presentation. Configuration is IHDR.
 */
#include <string.h>

#include "essence/image.h"
#include "essence/parts.h"
#include "essence/track.h"
#include "hash/sha256.h"

#define SIGNATURE     "\x89PNG\r\n\x1a\n"
#define SIGNATURE_LEN 8
#define CHUNK_LEN_MAX 0x7fffffffU
#define FRAME_LEN     12 /* length, type and CRC of a chunk */

#define RECORD_CHUNK 0x11 /* type || data */

#define TYPE(a, b, c, d)                                                  \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | \
	    (uint32_t)(d))

enum chunk_role {
	ROLE_HASHED, /* everything that is not in the table */
	ROLE_HEAD,
	ROLE_PALETTE,
	ROLE_PIXELS,
	ROLE_END,
	ROLE_DROPPED,
	ROLE_EXIF,
	ROLE_COLOUR,      /* presentation; before PLTE and IDAT, once */
	ROLE_DENSITY,     /* presentation; before IDAT, once */
	ROLE_TRANSPARENT, /* hashed; before IDAT, once */
	ROLE_ANIMATED
};

struct chunk {
	uint32_t type;
	prov_span data;
	size_t size; /* with its frame */
};

struct png {
	prov_span file;
	size_t at;
	struct image im;
	uint32_t crc[256];
	uint32_t once[8]; /* types that were seen and may not come again */
	size_t n_once;
	bool palette, pixels, ended;
};

static void
crc_init(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (unsigned k = 0; k < 8; k++)
			c = (c & 1) ? 0xedb88320U ^ (c >> 1) : c >> 1;
		table[i] = c;
	}
}

static uint32_t
crc_of(const uint32_t table[256], prov_span s)
{
	uint32_t c = UINT32_MAX;

	for (size_t i = 0; i < s.len; i++)
		c = table[(c ^ s.p[i]) & 0xff] ^ (c >> 8);
	return (~c);
}

static enum chunk_role
role_of(uint32_t type)
{
	static const struct {
		uint32_t type;
		enum chunk_role role;
	} rows[] = {
		{ TYPE('I', 'H', 'D', 'R'), ROLE_HEAD },
		{ TYPE('P', 'L', 'T', 'E'), ROLE_PALETTE },
		{ TYPE('I', 'D', 'A', 'T'), ROLE_PIXELS },
		{ TYPE('I', 'E', 'N', 'D'), ROLE_END },
		{ TYPE('t', 'E', 'X', 't'), ROLE_DROPPED },
		{ TYPE('z', 'T', 'X', 't'), ROLE_DROPPED },
		{ TYPE('i', 'T', 'X', 't'), ROLE_DROPPED },
		{ TYPE('t', 'I', 'M', 'E'), ROLE_DROPPED },
		{ TYPE('c', 'a', 'B', 'X'), ROLE_DROPPED },
		{ TYPE('e', 'X', 'I', 'f'), ROLE_EXIF },
		{ TYPE('g', 'A', 'M', 'A'), ROLE_COLOUR },
		{ TYPE('c', 'H', 'R', 'M'), ROLE_COLOUR },
		{ TYPE('s', 'R', 'G', 'B'), ROLE_COLOUR },
		{ TYPE('i', 'C', 'C', 'P'), ROLE_COLOUR },
		{ TYPE('c', 'I', 'C', 'P'), ROLE_COLOUR },
		{ TYPE('p', 'H', 'Y', 's'), ROLE_DENSITY },
		{ TYPE('t', 'R', 'N', 'S'), ROLE_TRANSPARENT },
		{ TYPE('a', 'c', 'T', 'L'), ROLE_ANIMATED },
		{ TYPE('f', 'c', 'T', 'L'), ROLE_ANIMATED },
		{ TYPE('f', 'd', 'A', 'T'), ROLE_ANIMATED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return (rows[i].role);
	return (ROLE_HASHED);
}

/* Letters only, the third a capital; a small first one says ancillary. */
static prov_status
check_type(const uint8_t *p, size_t at, prov_err *err)
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t lower = p[i] | 0x20;

		if (lower < 'a' || lower > 'z')
			return (prov_fail(err, PROV_EFORMAT,
			    "png: no chunk at byte %zu", at));
	}
	if ((p[2] & 0x20) != 0 ||
	    ((p[0] & 0x20) == 0 && role_of(be32(p)) == ROLE_HASHED))
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "png: chunk %.4s at byte %zu is not known", (const char *)p,
		    at));
	return (PROV_OK);
}

/* The chunk at byte at, its CRC checked. */
static prov_status
chunk_at(const struct png *p, size_t at, struct chunk *c, prov_err *err)
{
	const uint8_t *in = p->file.p + at;
	size_t left = p->file.len - at;
	prov_status st;
	uint32_t len;

	if (left < FRAME_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "png: cut short at byte %zu, before IEND", at));
	if ((st = check_type(in + 4, at, err)) != PROV_OK)
		return (st);
	len = be32(in);
	if (len > CHUNK_LEN_MAX || len > left - FRAME_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "png: chunk %.4s of %u bytes is cut short",
		    (const char *)in + 4, len));
	if (crc_of(p->crc, span(in + 4, len + 4U)) != be32(in + 8 + len))
		return (prov_fail(err, PROV_EFORMAT,
		    "png: chunk %.4s at byte %zu has a wrong CRC",
		    (const char *)in + 4, at));
	c->type = be32(in + 4);
	c->data = span(in + 8, len);
	c->size = len + (size_t)FRAME_LEN;
	return (PROV_OK);
}

static prov_status
misplaced(const struct chunk *c, const char *why, prov_err *err)
{
	char name[5] = { 0 };

	put_be32((uint8_t *)name, c->type);
	return (prov_fail(err, PROV_EFORMAT, "png: chunk %s %s", name, why));
}

/* Decoders differ in which of two they take. */
static prov_status
only_once(struct png *p, const struct chunk *c, prov_err *err)
{
	for (size_t i = 0; i < p->n_once; i++)
		if (p->once[i] == c->type)
			return (misplaced(c, "comes twice", err));
	/* once has room for each such type. */
	p->once[p->n_once++] = c->type;
	return (PROV_OK);
}

static void
hash_chunk(struct png *p, const struct chunk *c)
{
	uint8_t type[4];

	put_be32(type, c->type);
	image_record_begin(&p->im, RECORD_CHUNK, (uint32_t)c->data.len + 4);
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
read_head(struct png *p, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	uint8_t config[SHA256_LEN];
	prov_status st;

	if (c->data.len != 13 || be32(d) == 0 || be32(d + 4) == 0 ||
	    be32(d) > CHUNK_LEN_MAX || be32(d + 4) > CHUNK_LEN_MAX ||
	    !depth_valid(d[8], d[9]) || d[10] != 0 || d[11] != 0 || d[12] > 1)
		return (misplaced(c, "is malformed", err));
	if ((st = sha256_of(config, c->data, err)) != PROV_OK ||
	    (st = image_begin(&p->im, "png", config, err)) != PROV_OK ||
	    (st = parts_set(&p->im.s, "ihdr", config, err)) != PROV_OK)
		return (st);
	image_present(&p->im, PROV_WIDTH, be32(d));
	image_present(&p->im, PROV_HEIGHT, be32(d + 4));
	image_present(&p->im, PROV_BITS, d[8]);
	image_present(&p->im, PROV_ALPHA, (d[9] & 4) != 0);
	return (PROV_OK);
}

static prov_status
present_digest(struct png *p, const struct chunk *c, prov_field f,
    prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if ((st = sha256_of(digest, c->data, err)) != PROV_OK)
		return (st);
	image_present(&p->im, f, digest63(digest));
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
read_colour(struct png *p, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	size_t len = c->data.len;
	prov_status st;

	if (p->palette || p->pixels)
		return (misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (c->type == TYPE('i', 'C', 'C', 'P'))
		return (present_digest(p, c, PROV_ICC, err));
	if (c->type == TYPE('c', 'H', 'R', 'M') && len == 32)
		return (present_digest(p, c, PROV_CHRM, err));
	if (c->type == TYPE('g', 'A', 'M', 'A') && len == 4)
		image_present(&p->im, PROV_GAMMA, be32(d));
	else if (c->type == TYPE('s', 'R', 'G', 'B') && len == 1)
		image_present(&p->im, PROV_SRGB, d[0] + 1);
	else if (c->type == TYPE('c', 'I', 'C', 'P') && len == 4)
		present_cicp(p, d);
	else
		return (misplaced(c, "is malformed", err));
	return (PROV_OK);
}

static prov_status
read_density(struct png *p, const struct chunk *c, prov_err *err)
{
	const uint8_t *d = c->data.p;
	prov_status st;

	if (p->pixels)
		return (misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (c->data.len != 9 || d[8] > 1)
		return (misplaced(c, "is malformed", err));
	image_present(&p->im, PROV_DENSITY_X, be32(d));
	image_present(&p->im, PROV_DENSITY_Y, be32(d + 4));
	image_present(&p->im, PROV_DENSITY_UNIT, d[8] == 0 ? 0 : 3);
	return (PROV_OK);
}

/* PLTE and tRNS, which decoders take once and before IDAT. */
static prov_status
read_before(struct png *p, const struct chunk *c, prov_err *err)
{
	prov_status st;

	if (p->pixels)
		return (misplaced(c, "comes too late", err));
	if ((st = only_once(p, c, err)) != PROV_OK)
		return (st);
	if (role_of(c->type) == ROLE_PALETTE)
		p->palette = true;
	else
		image_present(&p->im, PROV_ALPHA, 1);
	hash_chunk(p, c);
	return (PROV_OK);
}

/* Where the run of IDAT chunks that begins with c ends, and what it holds. */
static prov_status
pixels_len(const struct png *p, struct chunk c, size_t *end, size_t *len,
    prov_err *err)
{
	prov_status st;

	*end = p->at;
	*len = 0;
	while (role_of(c.type) == ROLE_PIXELS) {
		*end += c.size;
		*len += c.data.len;
		if ((st = chunk_at(p, *end, &c, err)) != PROV_OK)
			return (st);
	}
	if (*len > UINT32_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.image: %zu bytes of pixels", *len));
	return (PROV_OK);
}

static prov_status
read_pixels(struct png *p, const struct chunk *c, prov_err *err)
{
	size_t end = 0, len = 0;
	prov_status st;

	if (p->pixels)
		return (misplaced(c, "comes in two places", err));
	p->pixels = true;
	if ((st = pixels_len(p, *c, &end, &len, err)) != PROV_OK)
		return (st);
	image_record_begin(&p->im, RECORD_DATA, (uint32_t)len);
	while (p->at < end) {
		size_t n = be32(p->file.p + p->at);

		image_record_add(&p->im, span(p->file.p + p->at + 8, n));
		p->at += n + FRAME_LEN;
	}
	return (PROV_OK);
}

static prov_status
read_end(struct png *p, const struct chunk *c, prov_err *err)
{
	if (c->data.len != 0 || !p->pixels)
		return (misplaced(c, "has data, or no IDAT before it", err));
	p->ended = true;
	return (PROV_OK);
}

/* Everything but IDAT, whose chunks are read together. */
static prov_status
read_chunk(struct png *p, const struct chunk *c, prov_err *err)
{
	switch (role_of(c->type)) {
	case ROLE_HEAD:
		return (misplaced(c, "comes twice", err));
	case ROLE_PALETTE:
	case ROLE_TRANSPARENT:
		return (read_before(p, c, err));
	case ROLE_END:
		return (read_end(p, c, err));
	case ROLE_EXIF:
		return (image_exif(&p->im, c->data, err));
	case ROLE_COLOUR:
		return (read_colour(p, c, err));
	case ROLE_DENSITY:
		return (read_density(p, c, err));
	case ROLE_ANIMATED:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "format.animated: an animated PNG"));
	case ROLE_DROPPED:
		return (PROV_OK);
	case ROLE_PIXELS:
	case ROLE_HASHED:
		break;
	}
	hash_chunk(p, c);
	return (PROV_OK);
}

static prov_status
walk(struct png *p, prov_err *err)
{
	struct chunk c = { 0 };
	prov_status st;

	if ((st = chunk_at(p, p->at, &c, err)) != PROV_OK)
		return (st);
	if (role_of(c.type) != ROLE_HEAD)
		return (misplaced(&c, "stands before IHDR", err));
	if ((st = read_head(p, &c, err)) != PROV_OK)
		return (st);
	p->at += c.size;
	while (!p->ended) {
		if ((st = chunk_at(p, p->at, &c, err)) != PROV_OK)
			return (st);
		if (role_of(c.type) == ROLE_PIXELS) {
			if ((st = read_pixels(p, &c, err)) != PROV_OK)
				return (st);
			continue;
		}
		if ((st = read_chunk(p, &c, err)) != PROV_OK)
			return (st);
		p->at += c.size;
	}
	return (PROV_OK);
}

prov_status
png_identify(prov_identity **out, prov_span file, prov_err *err)
{
	struct png p = { .file = file, .at = SIGNATURE_LEN };
	prov_status st;

	if (file.len < SIGNATURE_LEN ||
	    memcmp(file.p, SIGNATURE, SIGNATURE_LEN) != 0)
		return (prov_fail(err, PROV_EFORMAT, "png: no signature"));
	crc_init(p.crc);
	st = walk(&p, err);
	if (st == PROV_OK)
		st = image_finish(&p.im, file.len - p.at, out, err);
	image_clear(&p.im);
	return (st);
}
