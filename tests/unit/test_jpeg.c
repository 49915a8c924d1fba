/* SPDX-License-Identifier: ISC */
#include "picture.h"

#include "base/cbor.h"

#define TIFF_6 "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"

static const char xmp[] = "http://ns.adobe.com/xap/1.0/\0<x/>";
static const char jumbf[] = "JP\0\1\0\0\0\1\0\0\0\20jumb\0\0\0\10";
static const char jfif[] = "JFIF\0\1\2\1\0\x48\0\x48\0";
static const char adobe[] = "Adobe\0d\0\0\0\0";
static const char icc1[] = "ICC_PROFILE\0\1\2first";
static const char icc2[] = "ICC_PROFILE\0\2\2second";
static const char frame[] = "\10\0\20\0\20\3\1\x22\0\2\x11\1\3\x11\1";
static const char scan[] = "\3\1\0\2\x11\3\x11\0\x3f\0";
static const char coded[] = "\x2b\xff\0\x99\xff\xd0\x17\xff\xd1\x80";

static void
segment(struct picture *f, uint8_t marker, const void *p, size_t len,
    bool loose)
{
	uint8_t head[4] = { 0xff, marker, (uint8_t)((len + 2) >> 8),
		(uint8_t)(len + 2) };

	picture_put(f, head, sizeof(head), false);
	picture_put(f, p, len, loose);
}

/* Table id of so many bits, its values made from seed. */
static void
quant(struct picture *f, uint8_t id, bool wide, uint8_t seed, bool head)
{
	uint8_t p[129] = { (uint8_t)(wide << 4 | id) };
	size_t len = wide ? 129 : 65;

	for (unsigned i = 0; i < 64; i++)
		p[wide ? 2 + 2 * i : 1 + i] = (uint8_t)(seed + i);
	if (head)
		segment(f, 0xdb, p, len, false);
	else
		picture_put(f, p, len, false);
}

static size_t
huffman_of(uint8_t p[20], uint8_t id, uint8_t seed)
{
	memset(p, 0, 20);
	p[0] = id;
	p[2] = 3; /* three codes of two bits */
	p[17] = seed;
	p[18] = (uint8_t)(seed + 1);
	p[19] = (uint8_t)(seed + 2);
	return (20);
}

static void
huffman(struct picture *f, uint8_t id, uint8_t seed)
{
	uint8_t p[20];

	segment(f, 0xc4, p, huffman_of(p, id, seed), false);
}

#define WITH_EXIF  0x1U
#define WITH_META  0x2U /* XMP, JUMBF, APP13, COM */
#define WITH_ICC   0x4U
#define WITH_JFIF  0x8U
#define WITH_ADOBE 0x10U
#define WITH_TRAIL 0x20U

static void
metadata(struct picture *f, unsigned with)
{
	if (with & WITH_JFIF)
		segment(f, 0xe0, jfif, sizeof(jfif), false);
	if (with & WITH_JFIF)
		f->loose[f->len - 8] = true; /* the version's second part */
	if (with & WITH_EXIF) {
		segment(f, 0xe1, "Exif\0\0" TIFF_6, 6 + 26, false);
		f->loose[f->len - 27] = true; /* the name's second zero */
		memset(f->loose + f->len - 6, true, 6);
	}
	if (with & WITH_META) {
		segment(f, 0xe1, xmp, sizeof(xmp), true);
		segment(f, 0xeb, jumbf, sizeof(jumbf), true);
		segment(f, 0xed, "Photoshop 3.0", 14, true);
		segment(f, 0xfe, "hello", 5, true);
	}
	if (with & WITH_ICC) {
		segment(f, 0xe2, icc2, sizeof(icc2) - 1, false);
		segment(f, 0xe2, icc1, sizeof(icc1) - 1, false);
	}
	if (with & WITH_ADOBE)
		segment(f, 0xee, adobe, sizeof(adobe), false);
	if (with & WITH_ADOBE) /* flags, and a transform that JFIF overrules */
		f->loose[f->len - 5] = f->loose[f->len - 1] = true;
}

static void
tables(struct picture *f)
{
	quant(f, 0, false, 1, true);
	quant(f, 1, false, 9, true);
	huffman(f, 0x00, 1);
	huffman(f, 0x10, 2);
	huffman(f, 0x01, 3);
	huffman(f, 0x11, 4);
	segment(f, 0xdd, "\0\1", 2, false);
}

static void
pixels(struct picture *f)
{
	segment(f, 0xda, scan, sizeof(scan) - 1, false);
	picture_put(f, coded, sizeof(coded) - 1, false);
}

static struct picture
jpeg(unsigned with)
{
	struct picture f = { .len = 0 };

	picture_put(&f, "\xff\xd8", 2, false);
	metadata(&f, with);
	tables(&f);
	segment(&f, 0xc0, frame, sizeof(frame) - 1, false);
	pixels(&f);
	picture_put(&f, "\xff\xd9", 2, false);
	if (with & WITH_TRAIL)
		picture_put(&f, "trailer", 7, true);
	return (f);
}

static void
metadata_is_left_out(void **state)
{
	struct picture plain = jpeg(WITH_JFIF);
	struct picture full = jpeg(WITH_JFIF | WITH_META);
	struct picture turned = jpeg(WITH_JFIF | WITH_META | WITH_EXIF);
	struct picture icc = jpeg(WITH_JFIF | WITH_ICC);
	struct picture adobe_too = jpeg(WITH_JFIF | WITH_ADOBE);

	(void)state;
	assert_pictures(jpeg_identify, &plain, &full, true, true);
	assert_pictures(jpeg_identify, &plain, &turned, true, false);
	assert_pictures(jpeg_identify, &plain, &icc, true, false);
	assert_pictures(jpeg_identify, &plain, &adobe_too, true, true);
	assert_picture_field(jpeg_identify, &turned, PROV_ROTATION, 90);
	assert_picture_field(jpeg_identify, &turned, PROV_FLIP, 0);
	assert_picture_field(jpeg_identify, &plain, PROV_ROTATION, 0);
	assert_picture_field(jpeg_identify, &plain, PROV_WIDTH, 16);
	assert_picture_field(jpeg_identify, &plain, PROV_HEIGHT, 16);
	assert_picture_field(jpeg_identify, &plain, PROV_BITS, 8);
	assert_picture_field(jpeg_identify, &plain, PROV_CHROMA, 1);
	assert_picture_field(jpeg_identify, &plain, PROV_DENSITY_X, 72);
	assert_picture_field(jpeg_identify, &plain, PROV_DENSITY_UNIT, 1);
	/* SHA-256("firstsecond") begins with these 63 bits. */
	assert_picture_field(jpeg_identify, &icc, PROV_ICC,
	    (int64_t)(UINT64_C(0xda83f63e1a473003) >> 1));
}

static void
orientations(void **state)
{
	static const struct {
		uint8_t value;
		int rotation, flip;
	} rows[] = {
		{ 1, 0, 0 },
		{ 2, 0, 1 },
		{ 3, 180, 0 },
		{ 4, 0, 2 },
		{ 5, 270, 1 },
		{ 6, 90, 0 },
		{ 7, 90, 1 },
		{ 8, 270, 0 },
		{ 0, 0, 0 },
		{ 9, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };
		uint8_t exif[32];

		memcpy(exif, "Exif\0\0" TIFF_6, 32);
		exif[6 + 19] = rows[i].value;
		picture_put(&f, "\xff\xd8", 2, false);
		segment(&f, 0xe1, exif, sizeof(exif), false);
		tables(&f);
		segment(&f, 0xc0, frame, sizeof(frame) - 1, false);
		pixels(&f);
		picture_put(&f, "\xff\xd9", 2, false);
		assert_picture_field(jpeg_identify, &f, PROV_ROTATION,
		    rows[i].rotation);
		assert_picture_field(jpeg_identify, &f, PROV_FLIP,
		    rows[i].flip);
	}
}

/* What viewers could read in more than one way. */
static void
exif_refused(void **state)
{
	static const struct {
		const char *tiff;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "MM\0*\0\0\0", 7 },
		{ "MM\0+\0\0\0\10\0\0", 10 },
		{ "MI\0*\0\0\0\10\0\0", 10 },
		{ "MM\0*\0\0\0\11\0\0", 10 },
		{ "MM\0*\xff\xff\xff\xff\0\0", 10 },
		{ "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0", 21 },
		{ "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\2\0\6\0\0", 22 },
		{ "MM\0*\0\0\0\10\0\1\1\22\0\2\0\0\0\1\0\6\0\0", 22 },
		{ "MM\0*\0\0\0\10\0\2\1\22\0\3\0\0\0\1\0\6\0\0"
		  "\1\22\0\3\0\0\0\1\0\3\0\0",
		    34 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };
		uint8_t exif[64] = "Exif";

		memcpy(exif + 6, rows[i].tiff, rows[i].len);
		picture_put(&f, "\xff\xd8", 2, false);
		segment(&f, 0xe1, exif, 6 + rows[i].len, false);
		tables(&f);
		segment(&f, 0xc0, frame, sizeof(frame) - 1, false);
		pixels(&f);
		picture_put(&f, "\xff\xd9", 2, false);
		assert_picture_refused(jpeg_identify, &f, PROV_EUNSUPPORTED);
	}
}

/* A second EXIF, or one behind the scan, that says something else. */
static void
exif_disagrees(void **state)
{
	struct picture f = jpeg(WITH_EXIF);

	(void)state;
	f.len -= 2;
	segment(&f, 0xe1, "Exif\0\0" TIFF_6, 6 + 26, false);
	picture_put(&f, "\xff\xd9", 2, false);
	assert_picture_field(jpeg_identify, &f, PROV_ROTATION, 90);
	f = jpeg(0);
	f.len -= 2;
	segment(&f, 0xe1, "Exif\0\0" TIFF_6, 6 + 26, false);
	picture_put(&f, "\xff\xd9", 2, false);
	assert_picture_refused(jpeg_identify, &f, PROV_EUNSUPPORTED);
}

/* How tables are split and in which order they come says nothing. */
static void
tables_are_normalised(void **state)
{
	struct picture want = jpeg(0), got = { .len = 0 };
	uint8_t two[40];

	(void)state;
	picture_put(&got, "\xff\xd8", 2, false);
	segment(&got, 0xdd, "\0\1", 2, false);
	huffman(&got, 0x11, 4);
	huffman_of(two, 0x00, 1);
	huffman_of(two + 20, 0x10, 2);
	segment(&got, 0xc4, two, 40, false);
	segment(&got, 0xc0, frame, sizeof(frame) - 1, false);
	picture_put(&got, "\xff\xff\xff\xdb\0\xc4", 6, false); /* fill bytes */
	quant(&got, 1, true, 9, false);                        /* in 16 bits */
	quant(&got, 0, false, 1, false);
	huffman(&got, 0x01, 3);
	quant(&got, 0, false, 1, true); /* once more */
	pixels(&got);
	picture_put(&got, "\xff\xff\xd9", 3, false);
	assert_pictures(jpeg_identify, &want, &got, true, true);
}

/* Table states at each scan are bound, wherever they stand. */
static void
scans_bind_tables(void **state)
{
	struct picture f[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		f[i] = jpeg(0);
		f[i].len -= 2;
		if (i == 1)
			quant(&f[i], 0, false, 77, true);
		pixels(&f[i]);
		if (i == 2)
			quant(&f[i], 0, false, 77, true);
		if (i == 3)
			segment(&f[i], 0xdd, "\0\2", 2, false);
		picture_put(&f[i], "\xff\xd9", 2, false);
		for (unsigned k = 0; k < i; k++)
			assert_pictures(jpeg_identify, &f[k], &f[i], false,
			    true);
	}
}

static void
unused_tables_refused(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct picture f = { .len = 0 };

		picture_put(&f, "\xff\xd8", 2, false);
		if (i == 0)
			quant(&f, 0, false, 77, true);
		else if (i == 3)
			segment(&f, 0xcc, "\x11\6\x11\7", 4, false);
		else if (i == 1)
			huffman(&f, 0x10, 77);
		else
			segment(&f, 0xdd, "\1\1", 2, false);
		tables(&f);
		segment(&f, 0xc0, frame, sizeof(frame) - 1, false);
		pixels(&f);
		picture_put(&f, "\xff\xd9", 2, false);
		assert_picture_refused(jpeg_identify, &f, PROV_EUNSUPPORTED);
	}
}

/* Arithmetic coding: its conditioning is bound, and is what it is without. */
static void
arithmetic(void **state)
{
	struct picture f[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		f[i] = (struct picture){ .len = 0 };
		picture_put(&f[i], "\xff\xd8", 2, false);
		tables(&f[i]);
		if (i == 1)
			segment(&f[i], 0xcc, "\0\x10\x13\5", 4, false);
		if (i == 2)
			segment(&f[i], 0xcc, "\x13\6", 2, false);
		segment(&f[i], i == 3 ? 0xca : 0xc9, frame, sizeof(frame) - 1,
		    false);
		pixels(&f[i]);
		picture_put(&f[i], "\xff\xd9", 2, false);
	}
	assert_pictures(jpeg_identify, &f[0], &f[1], true, true);
	assert_pictures(jpeg_identify, &f[0], &f[2], false, true);
	assert_pictures(jpeg_identify, &f[0], &f[3], false, true);
}

/* Which colours three or four components are. */
static void
transforms(void **state)
{
	static const struct {
		bool jfif;
		int adobe; /* -1 none */
		const char *ids;
		int want;
	} rows[] = {
		{ true, -1, "\1\2\3", 1 },
		{ false, -1, "\1\2\3", 1 },
		{ false, -1, "RGB", 0 },
		{ true, -1, "RGB", 1 },
		{ false, 0, "\1\2\3", 0 },
		{ false, 1, "RGB", 1 },
		{ true, 0, "\1\2\3", 1 },
		{ false, -1, "\1\2\3\4", 0 },
		{ false, 0, "\1\2\3\4", 4 },
		{ false, 2, "\1\2\3\4", 6 },
		{ false, -1, "\1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };
		uint8_t n = (uint8_t)strlen(rows[i].ids);
		uint8_t sof[18] = { 8, 0, 16, 0, 16, n }, app[12];

		picture_put(&f, "\xff\xd8", 2, false);
		if (rows[i].jfif)
			segment(&f, 0xe0, jfif, sizeof(jfif), false);
		memcpy(app, adobe, sizeof(app));
		app[11] = (uint8_t)rows[i].adobe;
		if (rows[i].adobe >= 0)
			segment(&f, 0xee, app, sizeof(app), false);
		for (unsigned k = 0; k < n; k++) {
			sof[6 + 3 * k] = (uint8_t)rows[i].ids[k];
			sof[7 + 3 * k] = 0x11;
		}
		segment(&f, 0xc2, sof, 6 + 3 * (size_t)n, false);
		picture_put(&f, "\xff\xda\0\10\1", 5, false);
		picture_put(&f, rows[i].ids, 1, false);
		picture_put(&f, "\0\0\0\0\x2b\xff\xd9", 7, false);
		assert_picture_field(jpeg_identify, &f, PROV_TRANSFORM,
		    rows[i].want);
	}
}

static void
refused(void **state)
{
	static const struct {
		uint8_t marker;
		const char *p;
		size_t len;
		prov_status want;
	} rows[] = {
		{ 0xc0, frame, 15, PROV_EFORMAT },      /* a second */
		{ 0xc3, frame, 15, PROV_EUNSUPPORTED }, /* lossless */
		{ 0xcb, frame, 15, PROV_EUNSUPPORTED }, /* arithmetic of it */
		{ 0xcc, "\0", 1, PROV_EFORMAT },
		{ 0xcc, "\0\1", 2, PROV_EFORMAT },   /* L over U */
		{ 0xcc, "\x10\0", 2, PROV_EFORMAT }, /* Kx of 0 */
		{ 0xcc, "\x10\x40", 2, PROV_EFORMAT },
		{ 0xcc, "\4\0", 2, PROV_EFORMAT },
		{ 0xdc, "\0\10", 2, PROV_EUNSUPPORTED }, /* DNL */
		{ 0xde, frame, 15, PROV_EUNSUPPORTED },
		{ 0xd8, "", 0, PROV_EUNSUPPORTED },
		{ 0x01, "", 0, PROV_EUNSUPPORTED },
		{ 0xdd, "\0", 1, PROV_EFORMAT },
		{ 0xdb, "\0\1", 2, PROV_EFORMAT },
		{ 0xdb, "\4", 1, PROV_EFORMAT },
		{ 0xc4, "\0", 1, PROV_EFORMAT },
		{ 0xc4, "\0\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17,
		    PROV_EFORMAT },
		{ 0xe2, "ICC_PROFILE\0\0\1", 14, PROV_EFORMAT },
		{ 0xe2, "ICC_PROFILE\0\2\1", 14, PROV_EFORMAT },
		{ 0xe2, "ICC_PROFILE\0\1\2", 14, PROV_EFORMAT }, /* no 2 */
		{ 0xda, "\1\7\0\0\0\0", 6, PROV_EFORMAT }, /* no such id */
		{ 0xda, "\1\1\0\0\0", 5, PROV_EFORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };

		picture_put(&f, "\xff\xd8", 2, false);
		tables(&f);
		segment(&f, 0xc0, frame, sizeof(frame) - 1, false);
		segment(&f, rows[i].marker, rows[i].p, rows[i].len, false);
		pixels(&f);
		picture_put(&f, "\xff\xd9", 2, false);
		assert_picture_refused(jpeg_identify, &f, rows[i].want);
	}
}

/* No scan; a scan before the frame. */
static void
incomplete(void **state)
{
	struct picture f = { .len = 0 };

	(void)state;
	picture_put(&f, "\xff\xd8", 2, false);
	tables(&f);
	picture_put(&f, "\xff\xd9", 2, false);
	assert_picture_refused(jpeg_identify, &f, PROV_EUNSUPPORTED);
	f.len -= 2;
	pixels(&f);
	picture_put(&f, "\xff\xd9", 2, false);
	assert_picture_refused(jpeg_identify, &f, PROV_EFORMAT);
}

static void
flips(void **state)
{
	struct picture f = jpeg(WITH_EXIF | WITH_META | WITH_ICC | WITH_JFIF |
				WITH_ADOBE | WITH_TRAIL);

	(void)state;
	assert_flips_show(jpeg_identify, &f);
}

static void
cuts(void **state)
{
	struct picture f = jpeg(WITH_EXIF | WITH_META | WITH_ICC | WITH_JFIF |
				WITH_ADOBE | WITH_TRAIL);

	(void)state;
	assert_cuts_refused(jpeg_identify, &f, f.len - 7);
}

/* The identity survives its own encoding. */
static void
encodes(void **state)
{
	struct picture f = jpeg(WITH_EXIF | WITH_ICC | WITH_TRAIL);
	prov_identity *id = picture_identity(jpeg_identify, picture_span(&f));
	prov_identity *back = NULL;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, identity_encode(&b, id, &err));
	if (identity_decode(&back, buf_span(&b), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_true(picture_equal(id, back));
	assert_int_equal(7 + 36, back->uncovered); /* with EXIF */
	prov_identity_free(back);
	prov_identity_free(id);
}

/* The file without its APP1, APP11 and APP13 segments. */
static void
strip(struct buf *out, prov_span in)
{
	size_t at = 2;

	buf_put(out, in.p, 2);
	while (in.p[at + 1] != 0xda) {
		size_t len = 2 + (size_t)be16(in.p + at + 2);

		assert_true(at + len < in.len);
		if (in.p[at + 1] != 0xe1 && in.p[at + 1] != 0xeb &&
		    in.p[at + 1] != 0xed)
			buf_put(out, in.p + at, len);
		at += len;
	}
	buf_put(out, in.p + at, in.len - at);
}

static void
real_files(void **state)
{
	static const struct {
		const char *name;
		int uncovered;
	} rows[] = {
		{ "c2pa/C.jpg", 0 },
		{ "c2pa/CACA.jpg", 0 },
		{ "c2pa/C_with_CAWG_data.jpg", 0 },
		{ "c2pa/XCA.jpg", 0 },
		{ "c2pa/adobe-20220124-E-clm-CAICAI.jpg", 0 },
		{ "c2pa/boxhash.jpg", 0 },
		{ "c2pa/earth_apollo17.jpg", 0 },
		{ "c2pa/no_alg.jpg", 0 },
		/* An APP14 with 19 bytes more. */
		{ "c2pa/no_manifest.jpg", 35 },
		{ "c2pa/ocsp.jpg", 35 },
		{ "c2pa/update_manifest.jpg", 0 },
		/* Comments of 17 and 29 bytes. */
		{ "media/androidx/london-512.jpg", 21 },
		{ "media/androidx/pixel-motion-photo-shortened.jpg", 33486 },
		{ "media/androidx/sample.image_1.jpg", 33 },
		{ "media/androidx/tokyo.jpg", 0 },
		{ "media/androidx/white-1x1.jpg", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF file = { 0 };
		AUTO_BUF bare = { 0 };
		prov_identity *a, *b;

		if (!corpus_read(&file, rows[i].name))
			return;
		strip(&bare, buf_span(&file));
		a = picture_identity(jpeg_identify, buf_span(&file));
		b = picture_identity(jpeg_identify, buf_span(&bare));
		assert_true(root_equal(a, b));
		assert_int_equal(rows[i].uncovered, b->uncovered);
		assert_int_equal(file.len - bare.len,
		    a->uncovered - b->uncovered);
		prov_identity_free(a);
		prov_identity_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_left_out),
		cmocka_unit_test(orientations),
		cmocka_unit_test(exif_refused),
		cmocka_unit_test(exif_disagrees),
		cmocka_unit_test(tables_are_normalised),
		cmocka_unit_test(scans_bind_tables),
		cmocka_unit_test(unused_tables_refused),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(transforms),
		cmocka_unit_test(refused),
		cmocka_unit_test(incomplete),
		cmocka_unit_test(flips),
		cmocka_unit_test(cuts),
		cmocka_unit_test(encodes),
		cmocka_unit_test(real_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
