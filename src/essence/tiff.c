/* SPDX-License-Identifier: ISC */
#include "essence/tiff.h"

#include <string.h>

#include "base/bytes.h"

uint32_t
tiff_u16(const struct tiff *t, size_t at)
{
	const uint8_t *p = t->in.p + at;

	return (t->little ? le16(p) : be16(p));
}

uint32_t
tiff_u32(const struct tiff *t, size_t at)
{
	const uint8_t *p = t->in.p + at;

	return (t->little ? le32(p) : be32(p));
}

prov_status
tiff_open(struct tiff *t, prov_span in, const char *what, prov_err *err)
{
	*t = (struct tiff){ .in = in };
	if (in.len < 8)
		return (prov_fail(err, PROV_EUNSUPPORTED, "%s: no TIFF header",
		    what));
	t->little = in.p[0] == 'I';
	if (memcmp(in.p, t->little ? "II*\0" : "MM\0*", 4) != 0)
		return (prov_fail(err, PROV_EUNSUPPORTED, "%s: no TIFF header",
		    what));
	t->at = tiff_u32(t, 4);
	if (t->at > in.len - 2)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%s: the directory is outside", what));
	t->n = tiff_u16(t, t->at);
	t->at += 2;
	if ((in.len - t->at) / TIFF_ENTRY_LEN < t->n)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%s: the directory is cut short", what));
	return (PROV_OK);
}
