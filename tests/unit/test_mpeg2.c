/* SPDX-License-Identifier: ISC */
#include "pictures.h"

enum { FRAME = 3, TOP = 1, BOTTOM = 2 };

struct kind {
	unsigned w, h, aspect, shown_w, rate;
	bool interlaced, display, mpeg1;
};

static const struct kind plain = { .w = 64, .h = 48, .aspect = 1, .rate = 3 };

static struct unit
end_bits(const struct unit_bits *b)
{
	return (raw_unit(b->p, (b->n + 7) / 8));
}

static struct unit
make_sequence(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0xb3);
	put_u(&b, 12, k->w & 0xfff);
	put_u(&b, 12, k->h & 0xfff);
	put_u(&b, 4, k->aspect);
	put_u(&b, 4, k->rate);
	put_u(&b, 18, 1000);
	put_u(&b, 1, 1);
	put_u(&b, 10, 112);
	put_u(&b, 3, 1);
	return (end_bits(&b));
}

static struct unit
make_extension(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0xb5);
	put_u(&b, 4, 1);
	put_u(&b, 8, 0x48);
	put_u(&b, 1, !k->interlaced);
	put_u(&b, 2, 2); /* 4:2:2 */
	put_u(&b, 2, k->w >> 12);
	put_u(&b, 2, k->h >> 12);
	put_u(&b, 13, 1);
	put_u(&b, 8, 1);
	return (end_bits(&b));
}

static struct unit
make_display(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0xb5);
	put_u(&b, 4, 2);
	put_u(&b, 3, 1);
	put_u(&b, 1, 1);
	put_u(&b, 8, 5);
	put_u(&b, 8, 6);
	put_u(&b, 8, 4);
	put_u(&b, 14, k->shown_w);
	put_u(&b, 1, 1);
	put_u(&b, 14, k->h);
	put_u(&b, 3, 7);
	return (end_bits(&b));
}

static struct unit
make_picture(unsigned order, unsigned type)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0);
	put_u(&b, 10, order);
	put_u(&b, 3, type);
	put_u(&b, 16, 0xffff);
	put_u(&b, 3, 1);
	return (end_bits(&b));
}

static struct unit
make_coding(unsigned structure, bool top_first)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0xb5);
	put_u(&b, 4, 8);
	put_u(&b, 16, 0x1111);
	put_u(&b, 2, 0);
	put_u(&b, 2, structure);
	put_u(&b, 1, top_first);
	put_u(&b, 7, 1);
	return (end_bits(&b));
}

static const uint8_t group[] = { 0xb8, 0, 8, 0, 0x40 }; /* closed */
static const uint8_t broken[] = { 0xb8, 0, 8, 0, 0x20 };
static const uint8_t user[] = { 0xb2, 'G', 'A', '9', '4', 3 };
static const uint8_t matrix[] = { 0xb5, 0x38, 1, 2, 3 };
static const uint8_t end[] = { 0xb7 };

#define RAW(a) raw_unit((a), sizeof(a))

static struct unit
make_slice(unsigned salt)
{
	const uint8_t p[] = { 1, 0x22, (uint8_t)salt, 0x80 };

	return (raw_unit(p, sizeof(p)));
}

/* Units behind start codes, with as many zeros ahead of them. */
static void
put_unit(struct buf *b, struct unit u, unsigned zeros)
{
	for (unsigned i = 0; i < zeros; i++)
		buf_put_byte(b, 0);
	buf_put(b, "\0\0\1", 3);
	buf_put(b, u.p, u.len);
}

struct vary {
	bool container;   /* states the configuration, too */
	bool conflict;    /* ... another one */
	bool once;        /* the sequence header stands at the start alone */
	bool user, zeros; /* in front of the first picture */
	bool broken;      /* the second group's link */
	bool matrix;      /* in the third picture */
	unsigned flip;
};

static const struct stream *
feed(struct video_in *v, const struct vary *y)
{
	static const unsigned order[] = { 2, 0, 1, 0, 1 };
	static const unsigned type[] = { 1, 3, 3, 1, 2 };
	struct kind kind = plain;
	AUTO_BUF extradata = { 0 };

	kind.rate = y->conflict ? 4 : 3;
	put_unit(&extradata, make_sequence(&kind), 0);
	put_unit(&extradata, make_extension(&kind), 0);
	video_begin(v, "mpeg2video",
	    y->container ? buf_span(&extradata) : span(NULL, 0));
	for (unsigned i = 0; i < 5; i++) {
		AUTO_BUF b = { 0 };

		if (i == 0 || (i == 3 && !y->once)) {
			put_unit(&b, make_sequence(&plain), 0);
			put_unit(&b, make_extension(&plain), 0);
		}
		if (i % 3 == 0)
			put_unit(&b,
			    i == 3 && y->broken ? RAW(broken) : RAW(group), 0);
		if (y->user && i == 0)
			put_unit(&b, RAW(user), 1);
		put_unit(&b, make_picture(order[i], type[i]), y->zeros ? 5 : 0);
		put_unit(&b, make_coding(FRAME, true), 0);
		if (y->matrix && i == 2)
			put_unit(&b, RAW(matrix), 0);
		put_unit(&b, make_slice(i ^ (i == 1 ? y->flip : 0)), 0);
		if (i == 4)
			put_unit(&b, RAW(end), 0);
		video_put(v, buf_span(&b), order[i] * 40 + i / 3 * 120);
	}
	return (video_end(v));
}

/* The content of the configuration: each unit behind its length. */
static struct unit
content_of(const struct kind *k)
{
	struct unit parts[3] = { make_sequence(k), make_extension(k),
		make_display(k) };
	struct unit u = { .len = 0 };

	for (size_t i = 0; i < (k->mpeg1 ? 1 : k->display ? 3 : 2); i++) {
		put_be32(u.p + u.len, (uint32_t)parts[i].len);
		memcpy(u.p + u.len + 4, parts[i].p, parts[i].len);
		u.len += 4 + parts[i].len;
	}
	return (u);
}

static void
put_unit_record(struct buf *b, struct unit u)
{
	put_record(b, 0x10, u.p, u.len);
}

static void
leaves_are_as_documented(void **state)
{
	struct unit content = content_of(&plain);
	const struct vary as_is = { 0 };
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, &as_is);
	assert_string_equal("", s->refused);
	assert_string_equal("mpeg2video/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	assert_int_equal(5, s->frames);
	assert_int_equal(3, s->tl->units[0]);
	assert_int_equal(200000000, s->duration_ns);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(content.p, content.len), NULL));
	put_leaf_head(&first, "mpeg2video/1", config);
	put_record(&first, 0x12, "\2", 1);
	put_unit_record(&first, make_picture(2, 1));
	put_unit_record(&first, make_coding(FRAME, true));
	put_unit_record(&first, make_slice(0));
	put_unit_record(&first, make_picture(0, 3));
	put_unit_record(&first, make_coding(FRAME, true));
	put_unit_record(&first, make_slice(1));
	put_unit_record(&first, make_picture(1, 3));
	put_unit_record(&first, make_coding(FRAME, true));
	put_unit_record(&first, make_slice(2));
	assert_leaf(s, 0, &first);
	put_leaf_head(&second, "mpeg2video/1", config);
	put_record(&second, 0x12, "\2", 1);
	put_unit_record(&second, make_picture(0, 1));
	put_unit_record(&second, make_coding(FRAME, true));
	put_unit_record(&second, make_slice(3));
	put_unit_record(&second, make_picture(1, 2));
	put_unit_record(&second, make_coding(FRAME, true));
	put_unit_record(&second, make_slice(4));
	put_record(&second, 0x10, end, 1);
	assert_leaf(s, 1, &second);
	assert_part(s, "sequence", &content);
	video_close(&v);
}

static void
framing_does_not_matter(void **state)
{
	static const struct vary rows[] = { { .container = true },
		{ .once = true }, { .container = true, .once = true },
		{ .user = true }, { .zeros = true } };
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = feed(&b, &rows[i]);
		if (got->refused[0] != '\0' ||
		    memcmp(want->root, got->root, 32) != 0 ||
		    memcmp(want->config, got->config, 32) != 0)
			fail_msg("row %zu: '%s'", i, got->refused);
		/* User data are told apart; so are time codes. */
		assert_true(got->has_ancillary);
		assert_int_equal(rows[i].user,
		    memcmp(want->ancillary, got->ancillary, 32) != 0);
		video_close(&b);
	}
	video_close(&a);
}

static void
changes_are_found(void **state)
{
	static const struct vary rows[] = { { .flip = 1 }, { .broken = true },
		{ .matrix = true } };
	static const bool first_differs[] = { true, false, true };
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < 3; i++) {
		got = feed(&b, &rows[i]);
		assert_string_equal("", got->refused);
		assert_int_equal(first_differs[i],
		    memcmp(want->tl->leaves, got->tl->leaves, 32) != 0);
		assert_int_equal(i != 0, memcmp(want->tl->leaves + 32,
					     got->tl->leaves + 32, 32) != 0);
		video_close(&b);
	}
	video_close(&a);
	/* Matrices last until a sequence header, so where it stands counts. */
	want = feed(&a, &(struct vary){ .matrix = true });
	got = feed(&b, &(struct vary){ .matrix = true, .once = true });
	assert_memory_not_equal(want->tl->leaves + 32, got->tl->leaves + 32,
	    32);
	video_close(&b);
	video_close(&a);
}

static void
containers_must_agree(void **state)
{
	const struct stream *s;
	struct video_in v;

	(void)state;
	s = feed(&v, &(struct vary){ .container = true, .conflict = true });
	assert_string_equal("config.conflict", s->refused);
	video_close(&v);
}

/* One picture of each kind, in a packet. */
static const struct stream *
feed_one(struct video_in *v, const struct kind *k, unsigned structure,
    bool top_first)
{
	AUTO_BUF b = { 0 };

	video_begin(v, "mpeg2video", span(NULL, 0));
	put_unit(&b, make_sequence(k), 0);
	if (!k->mpeg1)
		put_unit(&b, make_extension(k), 0);
	if (k->display)
		put_unit(&b, make_display(k), 0);
	put_unit(&b, make_picture(0, 1), 0);
	if (!k->mpeg1)
		put_unit(&b, make_coding(structure, top_first), 0);
	put_unit(&b, make_slice(0), 0);
	video_put(v, buf_span(&b), 0);
	return (video_end(v));
}

static void
presentation(void **state)
{
	struct kind k = { .w = 4160,
		.h = 480,
		.aspect = 3,
		.rate = 3,
		.interlaced = true,
		.display = true,
		.shown_w = 4160 };
	const struct stream *s;
	struct unit content;
	struct video_in v;

	(void)state;
	s = feed_one(&v, &k, FRAME, false);
	assert_string_equal("", s->refused);
	assert_int_equal(4160, presented(s, PROV_WIDTH));
	assert_int_equal(480, presented(s, PROV_HEIGHT));
	assert_int_equal(853, presented(s, PROV_DISPLAY_W));
	assert_int_equal(480, presented(s, PROV_DISPLAY_H));
	assert_int_equal(2, presented(s, PROV_FIELDS));
	assert_int_equal(8, presented(s, PROV_BITS));
	assert_int_equal(2, presented(s, PROV_CHROMA));
	assert_int_equal(5, presented(s, PROV_PRIMARIES));
	assert_int_equal(6, presented(s, PROV_TRANSFER));
	assert_int_equal(4, presented(s, PROV_MATRIX));
	content = content_of(&k);
	assert_part(s, "sequence", &content);
	video_close(&v);
	/* 4:3 is that of the middle 3120 columns: the whole is 16:9. */
	k.aspect = 2;
	k.shown_w = 3120;
	s = feed_one(&v, &k, BOTTOM, false);
	assert_int_equal(853, presented(s, PROV_DISPLAY_W));
	assert_int_equal(2, presented(s, PROV_FIELDS));
	video_close(&v);
	/* Of other columns it cannot be: it is the whole's. */
	k.shown_w = 3000;
	s = feed_one(&v, &k, FRAME, true);
	assert_int_equal(640, presented(s, PROV_DISPLAY_W));
	assert_int_equal(1, presented(s, PROV_FIELDS));
	video_close(&v);
	s = feed_one(&v, &plain, FRAME, true);
	assert_int_equal(0, presented(s, PROV_FIELDS));
	assert_int_equal(64, presented(s, PROV_DISPLAY_W));
	assert_int_equal(-1, presented(s, PROV_MATRIX));
	video_close(&v);
	/* MPEG-1 has no extensions, and is progressive 4:2:0. */
	s = feed_one(&v, &(struct kind){ .w = 64, .h = 48, .mpeg1 = true },
	    FRAME, true);
	assert_string_equal("", s->refused);
	assert_int_equal(1, s->frames);
	assert_int_equal(1, presented(s, PROV_CHROMA));
	assert_int_equal(0, presented(s, PROV_FIELDS));
	video_close(&v);
}

/* Field pictures in one packet or two: the same leaves, units and times. */
static void
fields_make_frames(void **state)
{
	struct kind kind = plain;
	const struct stream *s[2];
	struct video_in v[2];

	(void)state;
	kind.interlaced = true;
	for (int apart = 0; apart < 2; apart++) {
		video_begin(&v[apart], "mpeg2video", span(NULL, 0));
		for (unsigned i = 0; i < 4; i++) {
			AUTO_BUF b = { 0 };

			if (i % 2 == 0) {
				put_unit(&b, make_sequence(&kind), 0);
				put_unit(&b, make_extension(&kind), 0);
			}
			put_unit(&b, make_picture(i, i % 2 == 0 ? 1 : 2), 0);
			put_unit(&b, make_coding(TOP, false), 0);
			put_unit(&b, make_slice(i), 0);
			if (apart) {
				video_put(&v[apart], buf_span(&b), i * 40);
				b.len = 0;
			}
			/* An intra frame's second field may be predicted. */
			put_unit(&b, make_picture(i, i == 2 ? 1 : 2), 0);
			put_unit(&b, make_coding(BOTTOM, false), 0);
			put_unit(&b, make_slice(i + 9), 0);
			video_put(&v[apart], buf_span(&b),
			    i * 40 + (apart ? 20 : 0));
		}
		s[apart] = video_end(&v[apart]);
		assert_string_equal("", s[apart]->refused);
		assert_int_equal(4, s[apart]->frames);
		assert_int_equal(2, s[apart]->segments);
		assert_int_equal(1, presented(s[apart], PROV_FIELDS));
	}
	assert_memory_equal(s[0]->root, s[1]->root, 32);
	assert_memory_equal(s[0]->timeline, s[1]->timeline, 32);
	video_close(&v[0]);
	video_close(&v[1]);
}

/* Behind a sequence header, too: captions are no configuration. */
static void
captions_are_presentation(void **state)
{
	uint8_t data[] = { 0xb2, 'G', 'A', '9', '4', 3, 0x41, 0xff, 0x80 };
	uint8_t ancillary[2][32];
	int64_t captions[2];
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (int i = 0; i < 2; i++) {
		AUTO_BUF b = { 0 };

		data[7] ^= (uint8_t)i;
		put_unit(&b, make_sequence(&plain), 0);
		put_unit(&b, make_extension(&plain), 0);
		put_unit(&b, raw_unit(data, sizeof(data)), 0);
		put_unit(&b, make_picture(0, 1), 0);
		put_unit(&b, make_coding(FRAME, true), 0);
		put_unit(&b, make_slice(0), 0);
		video_begin(&v, "mpeg2video", span(NULL, 0));
		video_put(&v, buf_span(&b), 0);
		s = video_end(&v);
		assert_string_equal("", s->refused);
		assert_true(s->has_ancillary);
		captions[i] = presented(s, PROV_CAPTIONS);
		memcpy(ancillary[i], s->ancillary, 32);
		video_close(&v);
	}
	assert_true(captions[0] > 0 && captions[1] > 0);
	assert_int_not_equal(captions[0], captions[1]);
	assert_memory_not_equal(ancillary[0], ancillary[1], 32);
}

static void
damage_is_refused(void **state)
{
	const struct stream *s;
	struct video_in v;
	AUTO_BUF b = { 0 };

	(void)state;
	/* No sequence header. */
	put_unit(&b, make_picture(0, 1), 0);
	put_unit(&b, make_coding(FRAME, true), 0);
	video_begin(&v, "mpeg2video", span(NULL, 0));
	video_put(&v, buf_span(&b), 0);
	s = video_end(&v);
	assert_string_equal("config.unresolved", s->refused);
	assert_int_equal(1, s->frames);
	video_close(&v);
	/* Bytes before the first start code, and a structure of 0. */
	for (int i = 0; i < 2; i++) {
		b.len = 0;
		if (i == 0)
			buf_put(&b, "slice", 5);
		put_unit(&b, make_sequence(&plain), 0);
		put_unit(&b, make_extension(&plain), 0);
		put_unit(&b, make_picture(0, 1), 0);
		put_unit(&b, make_coding(i == 1 ? 0 : FRAME, true), 0);
		video_begin(&v, "mpeg2video", span(NULL, 0));
		video_put(&v, buf_span(&b), 0);
		s = video_end(&v);
		assert_string_equal("essence.noncanonical", s->refused);
		video_close(&v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(framing_does_not_matter),
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(containers_must_agree),
		cmocka_unit_test(presentation),
		cmocka_unit_test(fields_make_frames),
		cmocka_unit_test(captions_are_presentation),
		cmocka_unit_test(damage_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
