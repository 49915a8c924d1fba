/* SPDX-License-Identifier: ISC */
#include "essence/jpegapp.h"

#include <string.h>

#define APP0  0xe0
#define APP1  0xe1
#define APP2  0xe2
#define APP11 0xeb
#define APP13 0xed
#define APP14 0xee
#define COM   0xfe

/* How libjpeg tells them: what is shorter is not one. */
#define JFIF_LEN  14
#define ADOBE_LEN 12

#define ICC_HEAD_LEN 14

prov_status
jpeg_app_open(struct jpeg_app *a, struct image *im, prov_err *err)
{
	prov_status st;

	a->im = im;
	if ((st = sha256_new(&a->other, err)) == PROV_OK)
		sha256_init(a->other);
	return (st);
}

void
jpeg_app_clear(struct jpeg_app *a)
{
	sha256_free(a->other);
	a->other = NULL;
}

static bool
begins(prov_span in, const char *with, size_t len)
{
	return (in.len >= len && memcmp(in.p, with, len) == 0);
}

/* In two pieces, what stands between them left out. */
static void
hash_pieces(struct jpeg_app *a, uint8_t marker, prov_span one, prov_span two)
{
	uint8_t head[5] = { marker };

	put_be32(head + 1, (uint32_t)(one.len + two.len));
	sha256_add(a->other, head, sizeof(head));
	sha256_add(a->other, one.p, one.len);
	sha256_add(a->other, two.p, two.len);
}

static void
hash_other(struct jpeg_app *a, uint8_t marker, prov_span in)
{
	hash_pieces(a, marker, in, span(NULL, 0));
}

/* The first JFIF segment's density is presentation; the rest is hashed. */
static void
take_jfif(struct jpeg_app *a, prov_span in)
{
	if (a->jfif) {
		hash_other(a, APP0, in);
		return;
	}
	a->jfif = true;
	image_present(a->im, PROV_DENSITY_UNIT, in.p[7]);
	image_present(a->im, PROV_DENSITY_X, be16(in.p + 8));
	image_present(a->im, PROV_DENSITY_Y, be16(in.p + 10));
	hash_pieces(a, APP0, span(in.p, 7), span(in.p + 12, in.len - 12));
}

static prov_status
take_icc(struct jpeg_app *a, prov_span in, prov_err *err)
{
	unsigned i = in.p[12], n = in.p[13];

	if (i < 1 || i > n || (a->icc_n != 0 && a->icc_n != n) ||
	    a->icc[i - 1].p != NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "jpeg: ICC profile chunk %u of %u is out of place", i, n));
	a->icc_n = n;
	a->icc[i - 1] = span(in.p + ICC_HEAD_LEN, in.len - ICC_HEAD_LEN);
	return (PROV_OK);
}

static bool
is_xmp(prov_span in)
{
	static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
	static const char extension[] = "http://ns.adobe.com/xmp/extension/";

	/* With the zero byte behind the name. */
	return (begins(in, xmp, sizeof(xmp)) ||
		begins(in, extension, sizeof(extension)));
}

/* ISO/IEC 19566-5: common identifier, instance, sequence, then the box. */
static bool
is_jumbf(prov_span in)
{
	return (in.len >= 16 && begins(in, "JP", 2) &&
		memcmp(in.p + 12, "jumb", 4) == 0);
}

static prov_status
take_head(struct jpeg_app *a, uint8_t marker, prov_span in, prov_err *err)
{
	if (marker == APP0 && in.len >= JFIF_LEN && begins(in, "JFIF", 5)) {
		take_jfif(a, in);
		return (PROV_OK);
	}
	if (marker == APP2 && in.len >= ICC_HEAD_LEN &&
	    begins(in, "ICC_PROFILE", 12))
		return (take_icc(a, in, err));
	if (marker == APP14 && in.len >= ADOBE_LEN && begins(in, "Adobe", 5)) {
		a->adobe = true;
		a->transform = in.p[11];
	}
	hash_other(a, marker, in);
	return (PROV_OK);
}

prov_status
jpeg_app_take(struct jpeg_app *a, uint8_t marker, prov_span in, prov_err *err)
{
	if (marker == COM || marker == APP13 ||
	    (marker == APP1 && is_xmp(in)) || (marker == APP11 && is_jumbf(in)))
		return (PROV_OK);
	if (marker == APP1 && in.len >= 6 && begins(in, "Exif", 5))
		return (image_exif(a->im, span(in.p + 6, in.len - 6), err));
	if (!a->scanned)
		return (take_head(a, marker, in, err));
	hash_other(a, marker, in);
	return (PROV_OK);
}

void
jpeg_app_scan(struct jpeg_app *a)
{
	a->scanned = true;
	/* An orientation that comes later must not differ from none. */
	if (a->im->turned == 0)
		a->im->turned = 1;
}

static prov_status
finish_icc(struct jpeg_app *a, prov_err *err)
{
	AUTO_SHA256 *sha = NULL;
	uint8_t digest[SHA256_LEN];
	prov_status st;

	if (a->icc_n == 0)
		return (PROV_OK);
	if ((st = sha256_new(&sha, err)) != PROV_OK)
		return (st);
	sha256_init(sha);
	for (unsigned i = 0; i < a->icc_n; i++) {
		if (a->icc[i].p == NULL)
			return (prov_fail(err, PROV_EFORMAT,
			    "jpeg: ICC profile chunk %u of %u is missing",
			    i + 1, a->icc_n));
		sha256_add(sha, a->icc[i].p, a->icc[i].len);
	}
	if ((st = sha256_done(sha, digest, err)) != PROV_OK)
		return (st);
	image_present(a->im, PROV_ICC, digest63(digest));
	return (PROV_OK);
}

/* As libjpeg does (jdapimin.c): 0 none, 1 YCbCr, 2 YCCK. */
static int
transform_of(const struct jpeg_app *a, const uint8_t *ids, unsigned n)
{
	if (n == 4)
		return (a->adobe && a->transform != 0 ? 2 : 0);
	if (n != 3)
		return (0);
	if (a->jfif)
		return (1);
	if (a->adobe)
		return (a->transform != 0);
	return (memcmp(ids, "RGB", 3) != 0);
}

prov_status
jpeg_app_finish(struct jpeg_app *a, const uint8_t *ids, unsigned n,
    uint8_t other[SHA256_LEN], prov_err *err)
{
	prov_status st;

	if ((st = finish_icc(a, err)) != PROV_OK)
		return (st);
	image_present(a->im, PROV_TRANSFORM, transform_of(a, ids, n));
	return (sha256_done(a->other, other, err));
}
