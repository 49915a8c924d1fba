/* SPDX-License-Identifier: ISC */
#include "pngs.h"

#include "base/cbor.h"

#define TIFF_6 "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"

static void
begin(struct picture *f)
{
	f->len = 0;
	picture_put(f, "\x89PNG\r\n\x1a\n", 8, false);
	/* 4 by 2, 8 bits, palette */
	chunk(f, "IHDR", "\0\0\0\4\0\0\0\2\10\3\0\0\0", 13, false);
}

#define WITH_META   0x1U
#define WITH_COLOUR 0x2U
#define WITH_EXIF   0x4U
#define WITH_OTHER  0x8U
#define WITH_TRAIL  0x10U
#define SPLIT       0x20U

static struct picture
png(unsigned with)
{
	struct picture f = { .len = 0 };

	begin(&f);
	if (with & WITH_COLOUR) {
		chunk(&f, "gAMA", "\0\0\xb1\x8f", 4, false);
		chunk(&f, "cHRM", "01234567890123456789012345678901", 32,
		    false);
		chunk(&f, "sRGB", "\2", 1, false);
		chunk(&f, "iCCP", "name\0\0zip", 9, false);
		chunk(&f, "cICP", "\11\20\0\1", 4, false);
	}
	chunk(&f, "PLTE", "abcdef", 6, false);
	if (with & WITH_COLOUR)
		chunk(&f, "pHYs", "\0\0\13\23\0\0\13\24\1", 9, false);
	if (with & WITH_OTHER) {
		chunk(&f, "tRNS", "\0\x80", 2, false);
		chunk(&f, "bKGD", "\1", 1, false);
		chunk(&f, "vpAg", "any", 3, false);
	}
	if (with & WITH_META) {
		chunk(&f, "caBX", "jumb", 4, true);
		chunk(&f, "tEXt", "Title\0x", 7, true);
	}
	if (with & SPLIT) {
		chunk(&f, "IDAT", "zl", 2, false);
		chunk(&f, "IDAT", "", 0, false);
		chunk(&f, "IDAT", "ib data", 7, false);
	} else {
		chunk(&f, "IDAT", "zlib data", 9, false);
	}
	if (with & WITH_EXIF) {
		chunk(&f, "eXIf", TIFF_6, 26, false);
		memset(f.loose + f.len - 10, true, 6);
	}
	if (with & WITH_META) {
		chunk(&f, "zTXt", "Title\0\0x", 8, true);
		chunk(&f, "iTXt", "Title\0\0\0\0\0x", 11, true);
		chunk(&f, "tIME", "\7\xea\1\1\0\0\0", 7, true);
	}
	chunk(&f, "IEND", "", 0, false);
	if (with & WITH_TRAIL)
		picture_put(&f, "trailer", 7, true);
	return (f);
}

static void
metadata_is_left_out(void **state)
{
	struct picture plain = png(0), meta = png(WITH_META);
	struct picture split = png(SPLIT), exif = png(WITH_EXIF);
	struct picture colour = png(WITH_COLOUR), other = png(WITH_OTHER);

	(void)state;
	assert_pictures(png_identify, &plain, &meta, true, true);
	assert_pictures(png_identify, &plain, &split, true, true);
	assert_pictures(png_identify, &plain, &exif, true, false);
	assert_pictures(png_identify, &plain, &colour, true, false);
	assert_pictures(png_identify, &plain, &other, false, false);
	assert_picture_field(png_identify, &exif, PROV_ROTATION, 90);
	assert_picture_field(png_identify, &plain, PROV_ROTATION, 0);
	assert_picture_field(png_identify, &plain, PROV_ALPHA, 0);
	assert_picture_field(png_identify, &other, PROV_ALPHA, 1);
}

static void
presentation(void **state)
{
	static const struct {
		prov_field field;
		int64_t want;
	} rows[] = {
		{ PROV_WIDTH, 4 },
		{ PROV_HEIGHT, 2 },
		{ PROV_BITS, 8 },
		{ PROV_GAMMA, 45455 },
		{ PROV_SRGB, 3 },
		{ PROV_PRIMARIES, 9 },
		{ PROV_TRANSFER, 16 },
		{ PROV_MATRIX, 0 },
		{ PROV_RANGE, 2 },
		{ PROV_DENSITY_X, 2835 },
		{ PROV_DENSITY_Y, 2836 },
		{ PROV_DENSITY_UNIT, 3 },
		/* SHA-256 over the chunks' data */
		{ PROV_CHRM, (int64_t)(UINT64_C(0x861009ec4d599fab) >> 1) },
		{ PROV_ICC, (int64_t)(UINT64_C(0x4972e21180d30371) >> 1) },
	};
	struct picture f = png(WITH_COLOUR);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_picture_field(png_identify, &f, rows[i].field,
		    rows[i].want);
}

/* One more chunk, before PLTE or before IEND. */
static void
refused(void **state)
{
	static const struct {
		const char *type, *data;
		size_t len;
		bool late;
		prov_status want;
	} rows[] = {
		{ "IHDR", "\0\0\0\4\0\0\0\2\10\3\0\0\0", 13, false,
		    PROV_EFORMAT },
		{ "PLTE", "abc", 3, false, PROV_EFORMAT },
		{ "PLTE", "abc", 3, true, PROV_EFORMAT },
		{ "IDAT", "x", 1, false, PROV_EFORMAT },
		{ "IDAT", "x", 1, true, PROV_EFORMAT },
		{ "IEND", "", 0, false, PROV_EFORMAT },
		{ "IEND", "x", 1, true, PROV_EFORMAT },
		{ "tRNS", "x", 1, true, PROV_EFORMAT },
		{ "gAMA", "\0\0\0\1", 4, true, PROV_EFORMAT },
		{ "gAMA", "\0\0\1", 3, false, PROV_EFORMAT },
		{ "sRGB", "\1", 1, true, PROV_EFORMAT },
		{ "cHRM", "\1", 1, false, PROV_EFORMAT },
		{ "cICP", "\1\1\1", 3, false, PROV_EFORMAT },
		{ "pHYs", "\0\0\0\1\0\0\0\1\2", 9, false, PROV_EFORMAT },
		{ "pHYs", "\0\0\0\1\0\0\0\1\1", 9, true, PROV_EFORMAT },
		{ "acTL", "\0\0\0\1\0\0\0\0", 8, false, PROV_EFORMAT },
		{ "acTL", "\0\0\0\0\0\0\0\0", 8, false, PROV_EFORMAT },
		{ "acTL", "\0\0\0\1\0\0\0\0", 8, true, PROV_EFORMAT },
		{ "acTL", "\0\x1f\0\0\0\0\0\0", 8, false, PROV_ELIMIT },
		{ "FAIL", "", 0, false, PROV_EUNSUPPORTED }, /* critical */
		{ "cabX", "", 0, false, PROV_EUNSUPPORTED }, /* reserved */
		{ "ab1d", "", 0, false, PROV_EFORMAT },
		{ "eXIf", "MM", 2, true, PROV_EUNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };

		begin(&f);
		if (!rows[i].late)
			chunk(&f, rows[i].type, rows[i].data, rows[i].len,
			    false);
		chunk(&f, "PLTE", "abcdef", 6, false);
		chunk(&f, "IDAT", "zlib data", 9, false);
		chunk(&f, "tEXt", "a\0b", 3, false);
		if (rows[i].late)
			chunk(&f, rows[i].type, rows[i].data, rows[i].len,
			    false);
		chunk(&f, "IEND", "", 0, false);
		assert_picture_refused(png_identify, &f, rows[i].want);
	}
}

static void
heads_refused(void **state)
{
	static const char *const rows[] = {
		"\0\0\0\0\0\0\0\2\10\2\0\0\0", /* no width */
		"\0\0\0\4\0\0\0\0\10\2\0\0\0",
		"\x80\0\0\4\0\0\0\2\10\2\0\0\0",
		"\0\0\0\4\0\0\0\2\10\1\0\0\0", /* no such colour */
		"\0\0\0\4\0\0\0\2\10\7\0\0\0",
		"\0\0\0\4\0\0\0\2\3\0\0\0\0", /* no such depth */
		"\0\0\0\4\0\0\0\2\20\3\0\0\0",
		"\0\0\0\4\0\0\0\2\4\6\0\0\0",
		"\0\0\0\4\0\0\0\2\10\2\1\0\0",
		"\0\0\0\4\0\0\0\2\10\2\0\1\0",
		"\0\0\0\4\0\0\0\2\10\2\0\0\2",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct picture f = { .len = 0 };

		picture_put(&f, "\x89PNG\r\n\x1a\n", 8, false);
		chunk(&f, "IHDR", rows[i], 13, false);
		chunk(&f, "IDAT", "zlib data", 9, false);
		chunk(&f, "IEND", "", 0, false);
		assert_picture_refused(png_identify, &f, PROV_EFORMAT);
	}
}

/* Order and content of what is not known are bound. */
static void
chunks_are_bound(void **state)
{
	struct picture f[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		begin(&f[i]);
		chunk(&f[i], "PLTE", "abcdef", 6, false);
		chunk(&f[i], i == 1 ? "vpAh" : "vpAg", i == 2 ? "c" : "b", 1,
		    false);
		if (i == 3)
			chunk(&f[i], "hIST", "\0\1\0\2", 4, false);
		chunk(&f[i], "IDAT", "zlib data", 9, false);
		chunk(&f[i], "IEND", "", 0, false);
		for (unsigned k = 0; k < i; k++)
			assert_pictures(png_identify, &f[k], &f[i], false,
			    true);
	}
}

static void
flips(void **state)
{
	struct picture f = png(WITH_META | WITH_COLOUR | WITH_EXIF |
			       WITH_OTHER | WITH_TRAIL | SPLIT);

	(void)state;
	assert_flips_show(png_identify, &f);
}

/* Writes a right CRC behind every chunk. */
static void
mend(struct picture *f)
{
	size_t at = 8;

	while (f->len - at >= 12) {
		size_t len = be32(f->p + at);

		if (len > f->len - at - 12)
			return;
		put_be32(f->p + at + 8 + len, crc_of(f->p + at + 4, len + 4));
		at += len + 12;
	}
}

/* Whoever flips a bit can mend the CRC. */
static void
mended_flips(void **state)
{
	struct picture f =
	    png(WITH_META | WITH_COLOUR | WITH_EXIF | WITH_OTHER);
	prov_identity *want = picture_identity(png_identify, picture_span(&f));
	size_t seen = 0;

	(void)state;
	for (size_t bit = 0; bit < 8 * f.len; bit++) {
		struct picture g = f;
		prov_identity *got = NULL;

		g.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		mend(&g);
		if (memcmp(f.p, g.p, f.len) == 0)
			continue; /* it was a CRC's */
		if (png_identify(&got, picture_span(&g), NULL) == PROV_OK) {
			if (picture_equal(want, got) && !f.loose[bit / 8])
				fail_msg("bit %zu of byte %zu", bit % 8,
				    bit / 8);
			seen++;
		}
		prov_identity_free(got);
	}
	assert_true(seen > 500);
	prov_identity_free(want);
}

static void
cuts(void **state)
{
	struct picture f = png(WITH_META | WITH_COLOUR | WITH_EXIF |
			       WITH_OTHER | WITH_TRAIL | SPLIT);

	(void)state;
	assert_cuts_refused(png_identify, &f, f.len - 7);
}

/* The identity survives its own encoding. */
static void
encodes(void **state)
{
	struct picture f = png(WITH_COLOUR | WITH_TRAIL);
	prov_identity *id = picture_identity(png_identify, picture_span(&f));
	prov_identity *back = NULL;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, identity_encode(&b, id, &err));
	if (identity_decode(&back, buf_span(&b), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_true(picture_equal(id, back));
	assert_int_equal(7, back->uncovered);
	prov_identity_free(back);
	prov_identity_free(id);
}

/* The second is the first with a text chunk that names a C2PA store. */
static void
real_files(void **state)
{
	AUTO_BUF one = { 0 };
	AUTO_BUF two = { 0 };
	AUTO_BUF three = { 0 };
	prov_identity *a, *b, *c;

	(void)state;
	if (!corpus_read(&one, "c2pa/libpng-test.png") ||
	    !corpus_read(&two, "c2pa/libpng-test_with_url.png") ||
	    !corpus_read(&three, "c2pa/sample1.png"))
		return;
	a = picture_identity(png_identify, buf_span(&one));
	b = picture_identity(png_identify, buf_span(&two));
	c = picture_identity(png_identify, buf_span(&three));
	assert_true(root_equal(a, b));
	assert_int_equal(two.len - one.len, b->uncovered - a->uncovered);
	assert_false(root_equal(a, c));
	/* Its 50 tEXt chunks and its eXIf. */
	assert_int_equal(12972, c->uncovered);
	prov_identity_free(a);
	prov_identity_free(b);
	prov_identity_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata_is_left_out),
		cmocka_unit_test(presentation),
		cmocka_unit_test(refused),
		cmocka_unit_test(heads_refused),
		cmocka_unit_test(chunks_are_bound),
		cmocka_unit_test(flips),
		cmocka_unit_test(mended_flips),
		cmocka_unit_test(cuts),
		cmocka_unit_test(encodes),
		cmocka_unit_test(real_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
