/* SPDX-License-Identifier: ISC */
/* What stands beside or behind a JPEG's picture: gain maps, MPF, videos. */
#include "picture.h"

#include "essence/gainmap.h"
#include "essence/motion.h"
#include "essence/mpf.h"

#define NS "xmlns:hdrgm=\"http://ns.adobe.com/hdr-gain-map/1.0/\""

static void
assert_xmp(const char *xmp, const char *want)
{
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (gainmap_xmp(&b, span(xmp, strlen(xmp)), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(strlen(want), b.len);
	assert_memory_equal(want, b.p, b.len);
}

/* Attributes, elements and their order are one and the same. */
static void
xmp_is_normalised(void **state)
{
	(void)state;
	assert_xmp("<rdf:Description " NS " hdrgm:Version='1.0'"
		   " hdrgm:GainMapMax = \"2 \n 3\" dc:title=\"x\"/>",
	    "GainMapMax=2 3\nVersion=1.0\n");
	assert_xmp("<rdf:Description " NS "><hdrgm:GainMapMax><rdf:Seq>"
		   "<rdf:li>2</rdf:li><rdf:li>3</rdf:li></rdf:Seq>"
		   "</hdrgm:GainMapMax>\n<hdrgm:Version>1.0</hdrgm:Version>",
	    "GainMapMax=2 3\nVersion=1.0\n");
	assert_xmp("<x xmlns:g='http://ns.adobe.com/hdr-gain-map/1.0/' "
		   "hdrgm:No='1' g:Yes='2'><g:None/></x>",
	    "None=\nYes=2\n");
	assert_xmp("<x hdrgm:Version='1.0'/>", "");
	assert_xmp("", "");
}

static void
xmp_refused(void **state)
{
	static const char *const rows[] = {
		"<x " NS " xmlns:g=\"http://ns.adobe.com/hdr-gain-map/1.0/\"/>",
		"<x href=\"http://ns.adobe.com/hdr-gain-map/1.0/\"/>",
		"http://ns.adobe.com/hdr-gain-map/1.0/",
		"<x " NS " hdrgm:Version='1.0",
		"<x " NS " hdrgm:Version/>",
		"<x " NS "><hdrgm:Version>1.0</hdrgm:Versio>",
		"<x " NS "><hdrgm:Version",
	};
	AUTO_BUF many = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		assert_int_equal(PROV_EUNSUPPORTED,
		    gainmap_xmp(&b, span(rows[i], strlen(rows[i])), NULL));
	}
	buf_put_str(&many, "<x " NS);
	for (int i = 0; i <= GAINMAP_PROPERTIES_MAX; i++)
		buf_printf(&many, " hdrgm:P%d=''", i);
	assert_int_equal(PROV_EUNSUPPORTED,
	    gainmap_xmp(&(struct buf){ 0 }, buf_span(&many), NULL));
}

#define INDEX(n, m)                                       \
	"II*\0\10\0\0\0\2\0\1\xb0\4\0\1\0\0\0" n "\0\0\0" \
	"\2\xb0\7\0" m "\0\0\0\x22\0\0\0"
#define ENTRY(type, offset)             \
	type "\0\0\0"                   \
	     "\0\0\0\0" offset "\0\0\0" \
	     "\0\0\0\0"

static void
mpf_is_read(void **state)
{
	static const char two[] =
	    INDEX("\2", "\x20") ENTRY("\3", "\0") ENTRY("\0", "\x63");
	struct mpf m;
	prov_err err = { 0 };

	(void)state;
	if (mpf_parse(&m, span(two, sizeof(two) - 1), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(2, m.n);
	assert_int_equal(3, m.images[0].type);
	assert_int_equal(0, m.images[0].offset);
	assert_int_equal(0x63, m.images[1].offset);
	assert_false(mpf_is_preview(&m.images[1]));
	assert_true(mpf_is_preview(&(struct mpf_image){ 0x010002, 1 }));
	for (size_t len = 0; len < sizeof(two) - 1; len++)
		assert_int_equal(PROV_EUNSUPPORTED,
		    mpf_parse(&m, span(two, len), NULL));
}

static void
mpf_refused(void **state)
{
	static const char count[] =
	    INDEX("\3", "\x20") ENTRY("\0", "\0") ENTRY("\0", "\0");
	static const char odd[] = INDEX("\1", "\x11") ENTRY("\0", "\0") "\0";
	static const char none[] = INDEX("\0", "\0");
	struct mpf m;

	(void)state;
	assert_int_equal(PROV_EUNSUPPORTED,
	    mpf_parse(&m, span(count, sizeof(count) - 1), NULL));
	assert_int_equal(PROV_EUNSUPPORTED,
	    mpf_parse(&m, span(odd, sizeof(odd) - 1), NULL));
	assert_int_equal(PROV_EUNSUPPORTED,
	    mpf_parse(&m, span(none, sizeof(none) - 1), NULL));
}

#define FTYP         \
	"\0\0\0\x10" \
	"ftypmp42\0\0\0\0"
#define FREE         \
	"\0\0\0\x09" \
	"freex"

static void
videos(void **state)
{
#define B(s) s, sizeof(s) - 1
	static const struct {
		const char *file;
		size_t len, from;
		uint64_t at, found;
	} rows[] = {
		{ B("JPEG" FTYP FREE), 4, 4, 25 },
		{ B("JPEG" FTYP), 5, 0, 0 }, /* begins before */
		{ B("JPEG" FTYP FREE "\0\0\0\x10"
		    "SEFT1234"),
		    4, 4, 25 },
		{ B("JPEGMotionPhoto_Data" FTYP "\0\0\0\0mdat12"), 4, 20, 26 },
		{ B("JPEGftyp" FTYP "\0\0\0\1mdat\0\0\0\0\0\0\0\x11z"), 4, 8,
		    33 },
		{ B("JPEG"
		    "\0\0\0\x20"
		    "ftypmp42\0\0\0\0"),
		    4, 0, 0 },
		{ B("JPEG"
		    "\0\0\0\x10"
		    "ftXpmp42\0\0\0\0"),
		    4, 0, 0 },
		{ B("JPEG"), 4, 0, 0 },
	};
	uint64_t at, len;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		motion_find(span(rows[i].file, rows[i].len), rows[i].from, &at,
		    &len);
		assert_int_equal(rows[i].at, at);
		assert_int_equal(rows[i].found, len);
	}
}

static void
segment(struct picture *f, uint8_t marker, const void *p, size_t len)
{
	uint8_t head[4] = { 0xff, marker, (uint8_t)((len + 2) >> 8),
		(uint8_t)(len + 2) };

	picture_put(f, head, 4, false);
	picture_put(f, p, len, false);
}

/* A picture of one scan; data is its coded byte. */
static void
picture(struct picture *f, char data, const void *app, size_t len)
{
	picture_put(f, "\xff\xd8", 2, false);
	if (len > 0)
		segment(f, 0xe2, app, len);
	segment(f, 0xc0, "\10\0\10\0\10\1\1\x11\0", 9);
	segment(f, 0xda, "\1\1\0\0\77\0", 6);
	picture_put(f, &data, 1, false);
	picture_put(f, "\xff\xd9", 2, false);
}

#define INDEX_LEN (4 + 34 + 32)

/* Two pictures and their index; offset is from behind "MPF". */
static struct picture
pair(char data, uint8_t type, uint8_t gap, uint8_t offset)
{
	char app[] =
	    "MPF\0" INDEX("\2", "\x20") ENTRY("\0", "\0") ENTRY("\0", "\0");
	struct picture f = { .len = 0 };

	app[4 + 34 + 16 + 2] = (char)type;
	app[4 + 34 + 16 + 8] = (char)offset;
	picture(&f, 'a', app, INDEX_LEN);
	for (; gap > 0; gap--)
		picture_put(&f, "", 1, false);
	picture(&f, data, NULL, 0);
	return (f);
}

static void
assert_pair(const struct picture *f, size_t n, prov_kind kind,
    int64_t uncovered)
{
	prov_identity *id = picture_any(jpeg_identify, picture_span(f));

	assert_int_equal(n, id->n);
	if (n > 1)
		assert_int_equal(kind, id->streams[1].kind);
	assert_int_equal(uncovered, id->uncovered);
	prov_identity_free(id);
}

#define APP_LEN     (4 + INDEX_LEN)
#define PICTURE_LEN (2 + 13 + 10 + 3)

/* Where its index says, or next behind; a preview is data. */
static void
further_images(void **state)
{
	uint8_t offset = PICTURE_LEN + APP_LEN - 2 - 4 - 4;
	struct picture there = pair('b', 0, 0, offset);
	struct picture moved = pair('b', 0, 0, (uint8_t)(offset - 7));
	struct picture gap = pair('b', 0, 5, (uint8_t)(offset + 5));
	struct picture gone = pair('b', 0, 0, offset);
	struct picture preview = pair('b', 1, 0, offset);
	struct picture other = pair('c', 0, 0, offset);
	prov_identity *a, *b;

	(void)state;
	assert_pair(&there, 2, PROV_IMAGE, APP_LEN);
	assert_pair(&moved, 2, PROV_IMAGE, APP_LEN);
	assert_pair(&gap, 2, PROV_IMAGE, APP_LEN + 5);
	assert_pair(&preview, 2, PROV_DATA, APP_LEN);
	gone.len -= PICTURE_LEN;
	assert_pair(&gone, 1, PROV_IMAGE, APP_LEN);
	a = picture_any(jpeg_identify, picture_span(&there));
	b = picture_any(jpeg_identify, picture_span(&other));
	assert_true(root_equal(a, b));
	assert_memory_not_equal(a->streams[1].root, b->streams[1].root, 32);
	prov_identity_free(a);
	prov_identity_free(b);
}

static void
second_index_refused(void **state)
{
	struct picture f = pair('b', 0, 0, 0), g = { .len = 0 };

	(void)state;
	picture_put(&g, f.p, 2 + APP_LEN, false);
	picture_put(&g, f.p + 2, APP_LEN, false);
	picture_put(&g, f.p + 2 + APP_LEN, f.len - 2 - APP_LEN, false);
	assert_picture_refused(jpeg_identify, &g, PROV_EUNSUPPORTED);
}

#define ISO "urn:iso:std:iso:ts:21496:-1"

/* Its metadata is presentation, and makes the picture behind a stream. */
static void
gain_maps(void **state)
{
	struct picture plain = { .len = 0 }, iso = { .len = 0 };
	struct picture other = { .len = 0 };

	(void)state;
	picture(&plain, 'a', NULL, 0);
	picture(&iso, 'a', ISO "\0\0\0\0", sizeof(ISO) + 3);
	picture(&other, 'a', ISO "\0\0\0\1", sizeof(ISO) + 3);
	assert_pictures(jpeg_identify, &plain, &iso, true, false);
	assert_pictures(jpeg_identify, &other, &iso, true, false);
	assert_pair(&iso, 1, PROV_IMAGE, 0);
	picture(&plain, 'b', NULL, 0);
	assert_pair(&plain, 1, PROV_IMAGE, PICTURE_LEN);
	picture(&iso, 'b', NULL, 0);
	assert_pair(&iso, 2, PROV_IMAGE, 0);
}

/* Of applications that prov does not know: apart from the picture. */
static void
other_segments(void **state)
{
	struct picture f = { .len = 0 }, g = { .len = 0 };
	prov_identity *a, *b;

	(void)state;
	picture(&f, 'a', "FPXR", 4);
	picture(&g, 'a', NULL, 0);
	a = picture_any(jpeg_identify, picture_span(&f));
	b = picture_any(jpeg_identify, picture_span(&g));
	assert_true(root_equal(a, b));
	assert_true(a->streams[0].has_ancillary);
	assert_false(b->streams[0].has_ancillary);
	assert_int_equal(8, a->uncovered);
	prov_identity_free(a);
	prov_identity_free(b);
}

/* An MP4 behind the picture waits to be read by another reader. */
static void
motion(void **state)
{
	struct picture f = { .len = 0 };
	prov_identity *id;

	(void)state;
	picture(&f, 'a', NULL, 0);
	picture_put(&f, FTYP FREE "rest", 29, false);
	id = picture_any(jpeg_identify, picture_span(&f));
	assert_int_equal(PICTURE_LEN, id->inner_at);
	assert_int_equal(25, id->inner_len);
	assert_int_equal(29, id->uncovered);
	prov_identity_free(id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xmp_is_normalised),
		cmocka_unit_test(xmp_refused),
		cmocka_unit_test(mpf_is_read),
		cmocka_unit_test(mpf_refused),
		cmocka_unit_test(videos),
		cmocka_unit_test(further_images),
		cmocka_unit_test(second_index_refused),
		cmocka_unit_test(gain_maps),
		cmocka_unit_test(other_segments),
		cmocka_unit_test(motion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
