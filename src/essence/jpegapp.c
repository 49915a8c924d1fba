/* SPDX-License-Identifier: ISC */
#include "essence/jpegapp.h"

#include <string.h>

#include "essence/gainmap.h"
#include "hash/sha256.h"

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

#define SEGMENT_HEAD_LEN 4 /* marker and length */
#define ICC_HEAD_LEN     14

/* With the zero byte behind the name, as sizeof has it. */
static const char xmp[] = "http://ns.adobe.com/xap/1.0/";
static const char extension[] = "http://ns.adobe.com/xmp/extension/";
static const char iso21496[] = "urn:iso:std:iso:ts:21496:-1";
static const char gainmap_ns[] = "http://ns.adobe.com/hdr-gain-map/";

void
jpeg_app_clear(struct jpeg_app *a)
{
	buf_free(&a->gainmap);
}

static bool
begins(prov_span in, const char *with, size_t len)
{
	return (in.len >= len && memcmp(in.p, with, len) == 0);
}

static void
cover(struct jpeg_app *a, prov_span in)
{
	a->im->covered += in.len + SEGMENT_HEAD_LEN;
}

static void
take_ancillary(struct jpeg_app *a, uint8_t marker, prov_span in)
{
	uint8_t head[5] = { marker };

	put_be32(head + 1, (uint32_t)in.len);
	image_ancillary(a->im, span(head, sizeof(head)));
	image_ancillary(a->im, in);
}

/* A version that there is and no thumbnail leave no room for other bytes. */
static bool
jfif_is_plain(prov_span in)
{
	return (in.len == JFIF_LEN && in.p[5] == 1 && in.p[6] <= 2 &&
		in.p[12] == 0 && in.p[13] == 0);
}

/* The first JFIF segment's density counts; version and thumbnail do not. */
static void
take_jfif(struct jpeg_app *a, prov_span in)
{
	if (a->jfif)
		return;
	a->jfif = true;
	image_density(a->im, in.p[7], be16(in.p + 8), be16(in.p + 10));
	if (jfif_is_plain(in))
		cover(a, in);
}

/* The transform counts; the rest is covered where it is as usual. */
static void
take_adobe(struct jpeg_app *a, prov_span in)
{
	bool plain = in.len == ADOBE_LEN && be16(in.p + 5) == 100 &&
	             (be16(in.p + 7) & 0x3fff) == 0 && be16(in.p + 9) == 0;

	a->adobe = true;
	a->transform = in.p[11];
	if (plain)
		cover(a, in);
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
	cover(a, in);
	return (PROV_OK);
}

static prov_status
take_mpf(struct jpeg_app *a, prov_span in, prov_err *err)
{
	if (a->mpf.n != 0)
		return (
		    prov_fail(err, PROV_EUNSUPPORTED, "jpeg: two MPF indexes"));
	a->mpf_at = in.p + 4;
	return (mpf_parse(&a->mpf, span(in.p + 4, in.len - 4), err));
}

static prov_status
take_iso21496(struct jpeg_app *a, prov_span in)
{
	in = span(in.p + sizeof(iso21496), in.len - sizeof(iso21496));
	buf_put_str(&a->gainmap, "iso:");
	buf_put_be32(&a->gainmap, (uint32_t)in.len);
	buf_put_span(&a->gainmap, in);
	a->im->covered += in.len + sizeof(iso21496) + SEGMENT_HEAD_LEN;
	return (PROV_OK);
}

/* What an extended packet holds is put together by few: not of this kind. */
static prov_status
take_extension(prov_span in, prov_err *err)
{
	if (memmem(in.p, in.len, gainmap_ns, sizeof(gainmap_ns) - 1) != NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "jpeg: a gain map's XMP is in an extended packet"));
	return (PROV_OK);
}

/* ISO/IEC 19566-5: common identifier, instance, sequence, then the box. */
static bool
is_jumbf(prov_span in)
{
	return (in.len >= 16 && begins(in, "JP", 2) &&
		memcmp(in.p + 12, "jumb", 4) == 0);
}

/* What decoders look for only before the first scan. */
static prov_status
take_head(struct jpeg_app *a, uint8_t marker, prov_span in, prov_err *err)
{
	if (marker == APP0 && in.len >= JFIF_LEN && begins(in, "JFIF", 5))
		take_jfif(a, in);
	else if (marker == APP14 && in.len >= ADOBE_LEN &&
		 begins(in, "Adobe", 5))
		take_adobe(a, in);
	else if (marker == APP2 && in.len >= ICC_HEAD_LEN &&
		 begins(in, "ICC_PROFILE", 12))
		return (take_icc(a, in, err));
	else
		take_ancillary(a, marker, in);
	return (PROV_OK);
}

prov_status
jpeg_app_take(struct jpeg_app *a, uint8_t marker, prov_span in, prov_err *err)
{
	if (marker == COM || marker == APP13 ||
	    (marker == APP11 && is_jumbf(in)))
		return (PROV_OK);
	if (marker == APP1 && in.len >= 6 && begins(in, "Exif", 5))
		return (image_exif(a->im, span(in.p + 6, in.len - 6), err));
	if (marker == APP1 && begins(in, xmp, sizeof(xmp)))
		return (gainmap_xmp(&a->gainmap,
		    span(in.p + sizeof(xmp), in.len - sizeof(xmp)), err));
	if (marker == APP1 && begins(in, extension, sizeof(extension)))
		return (take_extension(in, err));
	if (marker == APP2 && begins(in, iso21496, sizeof(iso21496)))
		return (take_iso21496(a, in));
	if (marker == APP2 && begins(in, "MPF", 4))
		return (take_mpf(a, in, err));
	if (!a->scanned)
		return (take_head(a, marker, in, err));
	take_ancillary(a, marker, in);
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

/*
 * As libjpeg does (jdapimin.c): 0 none, 1 YCbCr, 2 YCCK; and 4 more for four
 * colours with Adobe's mark, which are inverted.
 */
static int
transform_of(const struct jpeg_app *a, const uint8_t *ids, unsigned n)
{
	if (n == 4)
		return ((a->adobe && a->transform != 0 ? 2 : 0) +
			(a->adobe ? 4 : 0));
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
    prov_err *err)
{
	prov_status st;

	if ((st = finish_icc(a, err)) != PROV_OK ||
	    (st = buf_done(&a->gainmap, err)) != PROV_OK)
		return (st);
	image_present(a->im, PROV_TRANSFORM, transform_of(a, ids, n));
	if (a->gainmap.len > 0)
		image_present_digest(a->im, PROV_HDR, buf_span(&a->gainmap));
	return (PROV_OK);
}
