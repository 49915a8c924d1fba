/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "boxes.h"
#include "demux/ebml.h"
#include "demux/facts.h"
#include "demux/magic.h"
#include "demux/present.h"

enum {
	ID_EBML = 0x1a45dfa3,
	ID_DOCTYPE = 0x4282,
	ID_SEGMENT = 0x18538067,
	ID_INFO = 0x1549a966,
	ID_TRACKS = 0x1654ae6b,
	ID_ENTRY = 0xae,
	ID_VIDEO = 0xe0,
	ID_CLUSTER = 0x1f43b675,
	ID_CHAPTERS = 0x1043a770,
	ID_EDITION = 0x45b9
};

/* One element of Video, of the track or of the segment, and its place. */
struct extra {
	uint32_t parent, id;
	uint64_t v;
	double f; /* where it is a float */
	bool is_float;
};

static void
put_extra(struct buf *b, uint32_t parent, const struct extra *x)
{
	if (x == NULL || x->parent != parent)
		return;
	if (x->is_float)
		put_float(b, x->id, x->f);
	else
		put_uint(b, x->id, x->v);
}

static void
put_group(struct buf *b, uint32_t id, const struct extra *x)
{
	size_t at;

	if (x == NULL || x->parent != id)
		return;
	at = element_begin(b, id);
	put_extra(b, id, x);
	element_end(b, at);
}

static void
put_tracks(struct buf *b, const struct extra *x)
{
	size_t tracks = element_begin(b, ID_TRACKS);
	size_t entry = element_begin(b, ID_ENTRY), video, encodings;

	put_uint(b, 0xd7, 1);
	put_uint(b, 0x83, 1);
	put_text(b, 0x86, "V_MPEG4/ISO/AVC");
	put_extra(b, ID_ENTRY, x);
	video = element_begin(b, ID_VIDEO);
	put_uint(b, 0xb0, 640);
	put_uint(b, 0xba, 360);
	put_extra(b, ID_VIDEO, x);
	put_group(b, 0x55b0, x);
	put_group(b, 0x7670, x);
	element_end(b, video);
	if (x != NULL && x->parent == 0x6240) {
		encodings = element_begin(b, 0x6d80);
		put_group(b, 0x6240, x);
		element_end(b, encodings);
	}
	element_end(b, entry);
	element_end(b, tracks);
}

/* A cluster of two blocks: one frame, and three in one lace. */
static void
put_cluster(struct buf *b, bool open)
{
	static const uint8_t one[] = { 0x81, 0, 0, 0x80, 'x', 'y' };
	static const uint8_t laced[] = { 0x81, 0, 40, 0x84, 2, 'x', 'y', 'z' };
	size_t cluster = element_begin(b, ID_CLUSTER), at;

	put_uint(b, 0xe7, 0);
	at = element_begin(b, 0xa3);
	buf_put(b, one, sizeof(one));
	element_end(b, at);
	at = element_begin(b, 0xa3);
	buf_put(b, laced, sizeof(laced));
	element_end(b, at);
	if (open)
		put_be64(b->p + cluster, (UINT64_C(1) << 57) - 1);
	else
		element_end(b, cluster);
}

static void
put_file(struct buf *b, const struct extra *x, bool open)
{
	size_t head = element_begin(b, ID_EBML), segment, chapters;

	put_text(b, ID_DOCTYPE, "webm");
	element_end(b, head);
	segment = element_begin(b, ID_SEGMENT);
	put_group(b, ID_INFO, x);
	put_tracks(b, x);
	if (x != NULL && x->parent == ID_EDITION) {
		chapters = element_begin(b, ID_CHAPTERS);
		put_group(b, ID_EDITION, x);
		element_end(b, chapters);
	}
	put_cluster(b, open);
	put_cluster(b, false);
	if (open)
		put_be64(b->p + segment, (UINT64_C(1) << 57) - 1);
	else
		element_end(b, segment);
}

struct scanned {
	struct buf bytes;
	struct source *s;
	struct ebml *e;
};

static void
rescan(struct scanned *x)
{
	source_mem(x->s, buf_span(&x->bytes));
	assert_int_equal(ebml_scan(x->e, x->s, NULL), PROV_OK);
}

static void
scan(struct scanned *x, const struct extra *extra, bool open)
{
	*x = (struct scanned){ 0 };
	x->s = malloc(sizeof(*x->s));
	x->e = malloc(sizeof(*x->e));
	assert_non_null(x->s);
	assert_non_null(x->e);
	put_file(&x->bytes, extra, open);
	rescan(x);
	assert_int_equal(x->e->n, 1);
}

static void
done(struct scanned *x)
{
	buf_free(&x->bytes);
	free(x->s);
	free(x->e);
}

static void
counts_frames(void **state)
{
	(void)state;
	for (int open = 0; open < 2; open++) {
		struct scanned x;

		scan(&x, NULL, open != 0);
		assert_false(x.e->incomplete);
		assert_int_equal(x.e->tracks[0].frames, 8);
		assert_int_equal(x.e->tracks[0].pixel_w, 640);
		assert_true(x.e->tracks[0].has_codec);
		done(&x);
	}
}

static void
shows_the_track(void **state)
{
	static const struct {
		struct extra x;
		prov_field field;
		int64_t want;
	} rows[] = {
		{ { ID_VIDEO, 0x54b0, 1280, 0, false }, PROV_DISPLAY_W, 640 },
		{ { ID_VIDEO, 0x54cc, 8, 0, false }, PROV_CROP_LEFT, 8 },
		{ { ID_VIDEO, 0x54aa, 8, 0, false }, PROV_CROP_BOTTOM, 8 },
		{ { ID_VIDEO, 0x53b8, 11, 0, false }, PROV_STEREO, 11 },
		{ { ID_VIDEO, 0x53c0, 1, 0, false }, PROV_ALPHA, 1 },
		{ { 0x55b0, 0x55ba, 16, 0, false }, PROV_TRANSFER, 16 },
		{ { 0x55b0, 0x55b9, 2, 0, false }, PROV_RANGE, 2 },
		{ { 0x7670, 0x7671, 1, 0, false }, PROV_PROJECTION, 1 },
		{ { 0x7670, 0x7675, 0, -90, true }, PROV_ROTATION, 90 },
		{ { 0x7670, 0x7673, 0, 180, true }, PROV_FLIP, 1 },
		{ { 0x7670, 0x7673, 0, 30, true }, PROV_EDITED, 1 },
		{ { 0x7670, 0x7674, 0, 30, true }, PROV_EDITED, 1 },
		{ { 0x7670, 0x7675, 0, 90, true }, PROV_ROTATION, 270 },
		{ { 0x7670, 0x7675, 0, 630, true }, PROV_ROTATION, 90 },
		/* What is beyond all sense is not as if it were not said. */
		{ { ID_VIDEO, 0x53b8, 1 << 20, 0, false }, PROV_STEREO,
		    INT16_MAX },
		{ { 0x55b0, 0x55ba, 300, 0, false }, PROV_TRANSFER, 300 },
		{ { ID_ENTRY, 0x23314f, 0, 2, true }, PROV_EDITED, 1 },
		{ { ID_ENTRY, 0x23314f, 0, 1, true }, PROV_EDITED, -1 },
		{ { ID_ENTRY, 0xb9, 0, 0, false }, PROV_EDITED, 1 },
		{ { ID_ENTRY, 0x537f, 1000, 0, false }, PROV_EDITED, 1 },
		{ { ID_ENTRY, 0xe2, 0, 0, false }, PROV_EDITED, 1 },
		{ { ID_ENTRY, 0xb9, 1, 0, false }, PROV_EDITED, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config c = { .kind = PROV_VIDEO, .codec = "h264" };
		prov_field f = rows[i].field;
		struct scanned x;

		scan(&x, &rows[i].x, false);
		assert_int_equal(present_ebml(&c, x.e, &x.e->tracks[0], true,
				     NULL),
		    PROV_OK);
		assert_int_equal(c.present.known >> f & 1 ? c.present.v[f] : -1,
		    rows[i].want);
		done(&x);
	}
}

static void
refuses_by_name(void **state)
{
	static const struct {
		struct extra x;
		const char *why;
	} rows[] = {
		{ { 0x6240, 0x5035, 1, 0, false }, "format.encrypted" },
		{ { ID_EDITION, 0x45dd, 1, 0, false }, "format.ordered" },
		{ { ID_EDITION, 0x6e67, 1, 0, false }, "format.linked" },
		{ { ID_INFO, 0x3eb923, 1, 0, false }, "format.linked" },
		{ { ID_EDITION, 0x45dd, 0, 0, false }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct facts f = { 0 };
		struct scanned x;

		scan(&x, &rows[i].x, false);
		f.ebml = x.e;
		if (rows[i].why == NULL)
			assert_null(facts_refusal(&f));
		else
			assert_string_equal(facts_refusal(&f), rows[i].why);
		done(&x);
	}
}

/* Every shorter file is known to be short; more bytes behind it are not. */
static void
knows_what_is_cut(void **state)
{
	struct scanned x;
	size_t whole;

	(void)state;
	scan(&x, NULL, false);
	whole = x.bytes.len;
	for (x.bytes.len = 0; x.bytes.len < whole; x.bytes.len++) {
		rescan(&x);
		assert_true(x.e->incomplete);
	}
	buf_put_str(&x.bytes, "PK and other bytes that are no element");
	rescan(&x);
	assert_false(x.e->incomplete);
	assert_false(x.e->linked);
	x.bytes.len = whole;
	put_file(&x.bytes, NULL, false);
	rescan(&x);
	assert_true(x.e->linked);
	done(&x);
}

static void
is_known_by_its_doctype(void **state)
{
	struct scanned x;

	(void)state;
	scan(&x, NULL, false);
	source_mem(x.s, buf_span(&x.bytes));
	assert_non_null(magic_format(x.s));
	assert_string_equal(magic_format(x.s)->name, "webm");
	done(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_frames),
		cmocka_unit_test(shows_the_track),
		cmocka_unit_test(refuses_by_name),
		cmocka_unit_test(knows_what_is_cut),
		cmocka_unit_test(is_known_by_its_doctype),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
