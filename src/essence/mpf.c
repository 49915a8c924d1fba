/* SPDX-License-Identifier: ISC */
#include "essence/mpf.h"

#include "essence/tiff.h"

#define TAG_COUNT  0xb001
#define TAG_IMAGES 0xb002
#define IMAGE_LEN  16
#define TYPE_MASK  0xffffffU

static prov_status
broken(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EUNSUPPORTED, "MPF: %s", what));
}

/* The entries of all images, 16 bytes each. */
static prov_status
read_images(struct mpf *m, const struct tiff *t, size_t len, size_t at,
    prov_err *err)
{
	if (m->n != 0)
		return (broken(err, "two lists of images"));
	if (len % IMAGE_LEN != 0 || len == 0 || at > t->in.len ||
	    len > t->in.len - at)
		return (broken(err, "the list of images is outside"));
	m->n = len / IMAGE_LEN;
	if (m->n > MPF_IMAGES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.streams: %zu images in one file", m->n));
	for (size_t i = 0; i < m->n; i++, at += IMAGE_LEN) {
		m->images[i].type = tiff_u32(t, at) & TYPE_MASK;
		m->images[i].offset = tiff_u32(t, at + 8);
	}
	return (PROV_OK);
}

prov_status
mpf_parse(struct mpf *out, prov_span tiff, prov_err *err)
{
	struct mpf m = { 0 };
	uint32_t n = 0;
	struct tiff t;
	prov_status st;

	if ((st = tiff_open(&t, tiff, "MPF", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < t.n; i++) {
		size_t at = t.at + i * TIFF_ENTRY_LEN;

		if (tiff_u16(&t, at) == TAG_COUNT)
			n = tiff_u32(&t, at + 8);
		if (tiff_u16(&t, at) != TAG_IMAGES)
			continue;
		st = read_images(&m, &t, tiff_u32(&t, at + 4),
		    tiff_u32(&t, at + 8), err);
		if (st != PROV_OK)
			return (st);
	}
	if (m.n == 0 || m.n != n)
		return (broken(err, "counts of images that disagree"));
	*out = m;
	return (PROV_OK);
}

bool
mpf_is_preview(const struct mpf_image *image)
{
	return (image->type >> 16 == 1);
}
