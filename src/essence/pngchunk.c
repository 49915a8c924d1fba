/* SPDX-License-Identifier: ISC */
#include "essence/pngchunk.h"

#include <string.h>

#include "base/bytes.h"

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

enum png_role
png_role(uint32_t type)
{
	static const struct {
		uint32_t type;
		enum png_role role;
	} rows[] = {
		{ PNG_TYPE('I', 'H', 'D', 'R'), ROLE_HEAD },
		{ PNG_TYPE('P', 'L', 'T', 'E'), ROLE_PALETTE },
		{ PNG_TYPE('I', 'D', 'A', 'T'), ROLE_PIXELS },
		{ PNG_TYPE('I', 'E', 'N', 'D'), ROLE_END },
		{ PNG_TYPE('t', 'E', 'X', 't'), ROLE_DROPPED },
		{ PNG_TYPE('z', 'T', 'X', 't'), ROLE_DROPPED },
		{ PNG_TYPE('i', 'T', 'X', 't'), ROLE_DROPPED },
		{ PNG_TYPE('t', 'I', 'M', 'E'), ROLE_DROPPED },
		{ PNG_TYPE('c', 'a', 'B', 'X'), ROLE_DROPPED },
		{ PNG_TYPE('e', 'X', 'I', 'f'), ROLE_EXIF },
		{ PNG_TYPE('g', 'A', 'M', 'A'), ROLE_COLOUR },
		{ PNG_TYPE('c', 'H', 'R', 'M'), ROLE_COLOUR },
		{ PNG_TYPE('s', 'R', 'G', 'B'), ROLE_COLOUR },
		{ PNG_TYPE('i', 'C', 'C', 'P'), ROLE_COLOUR },
		{ PNG_TYPE('c', 'I', 'C', 'P'), ROLE_COLOUR },
		{ PNG_TYPE('p', 'H', 'Y', 's'), ROLE_DENSITY },
		{ PNG_TYPE('t', 'R', 'N', 'S'), ROLE_TRANSPARENT },
		{ PNG_TYPE('a', 'c', 'T', 'L'), ROLE_CONTROL },
		{ PNG_TYPE('f', 'c', 'T', 'L'), ROLE_FRAME },
		{ PNG_TYPE('f', 'd', 'A', 'T'), ROLE_MORE },
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
	    ((p[0] & 0x20) == 0 && png_role(be32(p)) == ROLE_HASHED))
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "png: chunk %.4s at byte %zu is not known", (const char *)p,
		    at));
	return (PROV_OK);
}

prov_status
png_chunk_at(const struct png_chunks *p, size_t at, struct png_chunk *c,
    prov_err *err)
{
	const uint8_t *in = p->file.p + at;
	size_t left = p->file.len - at;
	prov_status st;
	uint32_t len;

	if (left < PNG_FRAME_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "png: cut short at byte %zu, before IEND", at));
	if ((st = check_type(in + 4, at, err)) != PROV_OK)
		return (st);
	len = be32(in);
	if (len > PNG_LEN_MAX || len > left - PNG_FRAME_LEN)
		return (prov_fail(err, PROV_EFORMAT,
		    "png: chunk %.4s of %u bytes is cut short",
		    (const char *)in + 4, len));
	if (crc_of(p->crc, span(in + 4, len + 4U)) != be32(in + 8 + len))
		return (prov_fail(err, PROV_EFORMAT,
		    "png: chunk %.4s at byte %zu has a wrong CRC",
		    (const char *)in + 4, at));
	c->type = be32(in + 4);
	c->data = span(in + 8, len);
	c->size = len + (size_t)PNG_FRAME_LEN;
	return (PROV_OK);
}

prov_status
png_misplaced(const struct png_chunk *c, const char *why, prov_err *err)
{
	char name[5] = { 0 };

	put_be32((uint8_t *)name, c->type);
	return (prov_fail(err, PROV_EFORMAT, "png: chunk %s %s", name, why));
}

prov_status
png_chunks_open(struct png_chunks *p, prov_span file, prov_err *err)
{
	if (file.len < PNG_SIGNATURE_LEN ||
	    memcmp(file.p, PNG_SIGNATURE, PNG_SIGNATURE_LEN) != 0)
		return (prov_fail(err, PROV_EFORMAT, "png: no signature"));
	p->file = file;
	crc_init(p->crc);
	return (PROV_OK);
}
