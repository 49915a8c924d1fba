/* SPDX-License-Identifier: ISC */
#include "picture.h"

#include "pictures.h"

#define TIFF_6 "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"

/* A key frame's head: 4 by 2, and a byte of data. */
#define LOSSY    "\x10\0\0\x9d\x01\x2a\4\0\2\0x"
/* 4 by 2, alpha in use. */
#define LOSSLESS "\x2f\3\x40\0\x10y"

static void
chunk(struct picture *f, const char *type, const void *p, size_t len,
    bool loose)
{
	uint8_t n[4] = { (uint8_t)len };

	picture_put(f, type, 4, loose);
	picture_put(f, n, 4, loose);
	picture_put(f, p, len, loose);
	if (len % 2 != 0)
		picture_put(f, "", 1, loose);
}

#define CHUNK(f, type, s) chunk(f, type, s, sizeof(s) - 1, false)

static void
begin(struct picture *f)
{
	*f = (struct picture){ .len = 0 };
	picture_put(f, "RIFF\0\0\0\0WEBP", 12, false);
}

static void
end(struct picture *f)
{
	f->p[4] = (uint8_t)(f->len - 8);
	f->p[5] = (uint8_t)((f->len - 8) >> 8);
}

/* Of 4 by 2. */
static void
head(struct picture *f, uint8_t flags)
{
	uint8_t d[10] = { flags, 0, 0, 0, 3, 0, 0, 1, 0, 0 };

	chunk(f, "VP8X", d, sizeof(d), false);
}

#define WITH_ICC  0x20U
#define WITH_EXIF 0x08U
#define WITH_META 0x04U
#define WITH_C2PA 0x100U
#define EXTENDED  0x200U

static struct picture
still(unsigned with)
{
	struct picture f;

	begin(&f);
	if (with != 0)
		head(&f, (uint8_t)with);
	if (with & WITH_ICC)
		CHUNK(&f, "ICCP", "profile");
	CHUNK(&f, "VP8 ", LOSSY);
	if (with & WITH_EXIF)
		CHUNK(&f, "EXIF", TIFF_6);
	if (with & WITH_META)
		chunk(&f, "XMP ", "<x/>", 4, true);
	if (with & WITH_C2PA)
		chunk(&f, "C2PA", "jumb", 4, true);
	end(&f);
	return (f);
}

/* The format that a still stands in, and what is no picture, say nothing. */
static void
stills(void **state)
{
	struct picture plain = still(0), wide = still(EXTENDED);
	struct picture meta = still(WITH_META | WITH_C2PA);
	struct picture exif = still(WITH_EXIF), icc = still(WITH_ICC);
	prov_identity *id =
	    picture_identity(webp_identify, picture_span(&meta));
	uint8_t config[32];
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(24, id->uncovered);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span("\0\0\0\4\0\0\0\2", 8), NULL));
	put_leaf_head(&b, "webp/1", config);
	put_record(&b, 0x11, "VP8 " LOSSY, 4 + sizeof(LOSSY) - 1);
	assert_leaf(&id->streams[0], 0, &b);
	prov_identity_free(id);
	assert_pictures(webp_identify, &plain, &wide, true, true);
	assert_pictures(webp_identify, &plain, &meta, true, true);
	assert_pictures(webp_identify, &plain, &exif, true, false);
	assert_pictures(webp_identify, &plain, &icc, true, false);
	assert_picture_field(webp_identify, &exif, PROV_ROTATION, 90);
	assert_picture_field(webp_identify, &plain, PROV_WIDTH, 4);
	assert_picture_field(webp_identify, &plain, PROV_HEIGHT, 2);
	assert_picture_field(webp_identify, &plain, PROV_ALPHA, 0);
}

static void
alpha(void **state)
{
	struct picture f, g, h;

	(void)state;
	begin(&f);
	CHUNK(&f, "VP8L", LOSSLESS);
	end(&f);
	assert_picture_field(webp_identify, &f, PROV_ALPHA, 1);
	begin(&g);
	head(&g, 0x10);
	CHUNK(&g, "VP8L", LOSSLESS);
	end(&g);
	assert_pictures(webp_identify, &f, &g, true, true);
	begin(&h);
	head(&h, 0x10);
	CHUNK(&h, "ALPH", "\1\2");
	CHUNK(&h, "VP8 ", LOSSY);
	end(&h);
	assert_picture_field(webp_identify, &h, PROV_ALPHA, 1);
}

enum change {
	AS_IS,
	EXIF,
	LOOPS,
	DURATION,
	LAST,
	BLEND,
	BACKGROUND,
	DATA,
	SWAPPED,
	MOVED,
	UNKNOWN,
	CHANGES
};

#define FRAME "\0\0\0\0\0\0\3\0\0\1\0\0"

static void
frame(struct picture *f, const char *where, uint8_t ms, uint8_t how, char data)
{
	struct picture p = { .len = 0 };
	uint8_t rest[4] = { ms, 0, 0, how };
	char coded[] = LOSSY;

	coded[sizeof(coded) - 2] = data;
	picture_put(&p, where, 12, false);
	picture_put(&p, rest, 4, false);
	chunk(&p, "VP8 ", coded, sizeof(coded) - 1, false);
	chunk(f, "ANMF", p.p, p.len, false);
}

static struct picture
animation(enum change what)
{
	struct picture f;

	begin(&f);
	head(&f, what == EXIF ? 0x0a : 2);
	chunk(&f, "ANIM",
	    what == LOOPS        ? "\1\2\3\4\0\0"
	    : what == BACKGROUND ? "\1\2\3\5\7\0"
				 : "\1\2\3\4\7\0",
	    6, false);
	frame(&f, FRAME, what == DURATION ? 21 : 20, 0, 'a');
	frame(&f, FRAME, 30, what == BLEND ? 2 : 0,
	    what == DATA || what == SWAPPED ? 'c' : 'b');
	if (what == UNKNOWN)
		CHUNK(&f, "any ", "thing");
	frame(&f, what == MOVED ? FRAME : FRAME, what == LAST ? 41 : 40,
	    what == MOVED ? 1 : 0, what == SWAPPED ? 'b' : 'c');
	if (what == EXIF)
		chunk(&f, "EXIF", "Exif\0\0" TIFF_6, 32, false);
	end(&f);
	return (f);
}

static void
frames_are_segments(void **state)
{
	struct picture f = animation(AS_IS);
	prov_identity *id = picture_any(webp_identify, picture_span(&f));
	const struct stream *s = &id->streams[0];
	uint8_t config[32];

	(void)state;
	assert_int_equal(PROV_OK,
	    sha256_of(config, span("\0\0\0\4\0\0\0\2\1\2\3\4", 12), NULL));
	assert_int_equal(3, s->segments);
	for (unsigned i = 0; i < 3; i++) {
		char coded[] = "VP8 " LOSSY;
		AUTO_BUF b = { 0 };

		coded[sizeof(coded) - 2] = (char)('a' + i);
		put_leaf_head(&b, "webp/1", config);
		put_record(&b, 0x12, FRAME, 13);
		put_record(&b, 0x11, coded, sizeof(coded) - 1);
		assert_leaf(s, i, &b);
	}
	assert_int_equal(20000000, timeline_at(s->tl, 1));
	assert_int_equal(50000000, timeline_at(s->tl, 2));
	assert_int_equal(90000000, s->duration_ns);
	assert_int_equal(7, presented(s, PROV_LOOPS));
	assert_int_equal(40000000, presented(s, PROV_LASTS));
	assert_int_equal(0, id->uncovered);
	prov_identity_free(id);
}

static void
changes_show(void **state)
{
	static const struct same same[CHANGES] = {
		[EXIF] = { true, true, false, 40 },
		[LOOPS] = { true, true, false, 0 },
		[DURATION] = { true, false, true, 0 },
		[LAST] = { true, true, false, 0 },
		[BLEND] = { false, false, true, 0 },
		[BACKGROUND] = { false, false, true, 0 },
		[DATA] = { false, false, true, 0 },
		[SWAPPED] = { false, false, true, 0 },
		[MOVED] = { false, false, true, 0 },
		[UNKNOWN] = { false, false, true, 0 },
	};
	struct picture f = animation(AS_IS);
	prov_identity *a = picture_any(webp_identify, picture_span(&f));

	(void)state;
	for (enum change what = EXIF; what < CHANGES; what++) {
		struct picture g = animation(what);
		prov_identity *b = picture_any(webp_identify, picture_span(&g));

		assert_same(&same[what], a, b);
		prov_identity_free(b);
	}
	prov_identity_free(a);
}

/* A padding byte that is not 0, and what is reserved, are not covered. */
static void
nooks(void **state)
{
	struct picture f = still(0), g = still(EXTENDED);
	prov_identity *id;

	(void)state;
	f.p[f.len - 1] = 'x';
	id = picture_identity(webp_identify, picture_span(&f));
	assert_int_equal(1, id->uncovered);
	prov_identity_free(id);
	g.p[22] = 'x';
	id = picture_identity(webp_identify, picture_span(&g));
	assert_int_equal(3, id->uncovered);
	prov_identity_free(id);
	picture_put(&f, "zip", 3, true);
	id = picture_identity(webp_identify, picture_span(&f));
	assert_int_equal(4, id->uncovered);
	prov_identity_free(id);
}

static void
refuse(struct picture *f, prov_status want)
{
	end(f);
	assert_picture_refused(webp_identify, f, want);
}

static void
refused(void **state)
{
	struct picture f;

	(void)state;
	begin(&f);
	refuse(&f, PROV_EFORMAT);
	CHUNK(&f, "EXIF", TIFF_6);
	refuse(&f, PROV_EFORMAT);
	begin(&f);
	CHUNK(&f, "VP8 ", "\x11\0\0\x9d\x01\x2a\4\0\2\0x"); /* no key frame */
	refuse(&f, PROV_EFORMAT);
	f = still(EXTENDED);
	head(&f, 0);
	refuse(&f, PROV_EFORMAT);
	f = still(EXTENDED);
	CHUNK(&f, "VP8 ", LOSSY);
	refuse(&f, PROV_EFORMAT);
	f = still(EXTENDED);
	CHUNK(&f, "ICCP", "not announced");
	refuse(&f, PROV_EUNSUPPORTED);
	f = still(0);
	CHUNK(&f, "EXIF", TIFF_6); /* no flag, and turned */
	refuse(&f, PROV_EUNSUPPORTED);
	f = still(EXTENDED);
	CHUNK(&f, "ANIM", "\0\0\0\0\0\0");
	refuse(&f, PROV_EUNSUPPORTED);
	f = still(EXTENDED);
	frame(&f, FRAME, 1, 0, 'a');
	refuse(&f, PROV_EUNSUPPORTED);
	begin(&f);
	head(&f, 2);
	CHUNK(&f, "ANIM", "\0\0\0\0\0\0");
	refuse(&f, PROV_EUNSUPPORTED); /* no frame */
	frame(&f, "\0\0\0\0\0\0\4\0\0\1\0\0", 1, 0, 'a');
	refuse(&f, PROV_EFORMAT); /* not of its size */
	begin(&f);
	head(&f, 0);
	CHUNK(&f, "ALPH", "\1\2");
	CHUNK(&f, "VP8 ", LOSSY);
	refuse(&f, PROV_EUNSUPPORTED); /* not announced */
}

static void
flips(void **state)
{
	struct picture f = animation(EXIF);

	(void)state;
	/* Reserved bits of VP8X and of frames; flags of what is not there. */
	f.loose[20] = true;
	for (size_t at = 12; at + 8 < f.len; at++)
		if (memcmp(f.p + at, "ANMF", 4) == 0)
			f.loose[at + 8 + 15] = true;
	/* EXIF: the prefix and what the directory does not need. */
	memset(f.loose + f.len - 10, true, 10);
	assert_flips_show(webp_identify, &f);
}

static void
cuts(void **state)
{
	struct picture f = still(WITH_META | WITH_ICC);

	(void)state;
	picture_put(&f, "trailer", 7, true);
	assert_cuts_refused(webp_identify, &f, f.len - 7);
}

static void
real_files(void **state)
{
	static const char *const names[] = { "c2pa/sample1.webp",
		"c2pa/test.webp", "c2pa/test_lossless.webp" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		AUTO_BUF file = { 0 };

		if (!corpus_read(&file, names[i]))
			return;
		prov_identity_free(
		    picture_identity(webp_identify, buf_span(&file)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stills),
		cmocka_unit_test(alpha),
		cmocka_unit_test(frames_are_segments),
		cmocka_unit_test(changes_show),
		cmocka_unit_test(nooks),
		cmocka_unit_test(refused),
		cmocka_unit_test(flips),
		cmocka_unit_test(cuts),
		cmocka_unit_test(real_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
