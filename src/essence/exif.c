/* SPDX-License-Identifier: ISC */
#include "essence/exif.h"

#include "essence/tiff.h"

#define TAG_ORIENTATION 0x0112

static prov_status
broken(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EUNSUPPORTED, "EXIF: %s", what));
}

/* One value of a directory entry at at. */
static prov_status
entry_value(const struct tiff *t, size_t at, uint32_t *v, prov_err *err)
{
	uint32_t type = tiff_u16(t, at + 2);

	if (tiff_u32(t, at + 4) != 1)
		return (broken(err, "orientation has not one value"));
	switch (type) {
	case 1: /* BYTE */
		*v = t->in.p[at + 8];
		return (PROV_OK);
	case 3: /* SHORT */
		*v = tiff_u16(t, at + 8);
		return (PROV_OK);
	case 4: /* LONG */
		*v = tiff_u32(t, at + 8);
		return (PROV_OK);
	default:
		return (broken(err, "orientation is of an odd type"));
	}
}

prov_status
exif_orientation(unsigned *out, prov_span tiff, prov_err *err)
{
	uint32_t found = 0, v = 0;
	struct tiff t;
	prov_status st;

	if ((st = tiff_open(&t, tiff, "EXIF", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < t.n; i++) {
		size_t at = t.at + i * TIFF_ENTRY_LEN;

		if (tiff_u16(&t, at) != TAG_ORIENTATION)
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
