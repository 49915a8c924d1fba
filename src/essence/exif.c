/* SPDX-License-Identifier: ISC */
#include "essence/exif.h"

#include <string.h>

#include "base/bytes.h"

#define TAG_ORIENTATION 0x0112
#define ENTRY_LEN       12

struct tiff {
	prov_span in;
	bool little;
};

static uint32_t
u16(const struct tiff *t, size_t at)
{
	const uint8_t *p = t->in.p + at;

	return (t->little ? le16(p) : be16(p));
}

static uint32_t
u32(const struct tiff *t, size_t at)
{
	const uint8_t *p = t->in.p + at;

	return (t->little ? le32(p) : be32(p));
}

static prov_status
broken(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EUNSUPPORTED, "EXIF: %s", what));
}

/* One value of a directory entry at at. */
static prov_status
entry_value(const struct tiff *t, size_t at, uint32_t *v, prov_err *err)
{
	uint32_t type = u16(t, at + 2);

	if (u32(t, at + 4) != 1)
		return (broken(err, "orientation has not one value"));
	switch (type) {
	case 1: /* BYTE */
		*v = t->in.p[at + 8];
		return (PROV_OK);
	case 3: /* SHORT */
		*v = u16(t, at + 8);
		return (PROV_OK);
	case 4: /* LONG */
		*v = u32(t, at + 8);
		return (PROV_OK);
	default:
		return (broken(err, "orientation is of an odd type"));
	}
}

static prov_status
open_tiff(struct tiff *t, size_t *ifd, prov_err *err)
{
	if (t->in.len < 8)
		return (broken(err, "no TIFF header"));
	t->little = t->in.p[0] == 'I';
	if (memcmp(t->in.p, t->little ? "II*\0" : "MM\0*", 4) != 0)
		return (broken(err, "no TIFF header"));
	*ifd = u32(t, 4);
	if (*ifd > t->in.len - 2)
		return (broken(err, "the directory is outside"));
	return (PROV_OK);
}

prov_status
exif_orientation(unsigned *out, prov_span tiff, prov_err *err)
{
	struct tiff t = { .in = tiff };
	uint32_t found = 0, v = 0;
	prov_status st;
	size_t at = 0, n;

	if ((st = open_tiff(&t, &at, err)) != PROV_OK)
		return (st);
	n = u16(&t, at);
	at += 2;
	if ((tiff.len - at) / ENTRY_LEN < n)
		return (broken(err, "the directory is cut short"));
	for (; n > 0; n--, at += ENTRY_LEN) {
		if (u16(&t, at) != TAG_ORIENTATION)
			continue;
		if ((st = entry_value(&t, at, &v, err)) != PROV_OK)
			return (st);
		v = v < 1 || v > 8 ? 1 : v;
		if (found != 0 && found != v)
			return (broken(err, "two orientations"));
		found = v;
	}
	*out = found == 0 ? 1 : found;
	return (PROV_OK);
}
