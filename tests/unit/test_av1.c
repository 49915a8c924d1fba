/* SPDX-License-Identifier: ISC */
#include "pictures.h"

enum {
	SEQUENCE = 1,
	DELIMITER = 2,
	HEADER = 3,
	GROUP = 4,
	METADATA = 5,
	FRAME = 6,
	TILE_LIST = 8,
	PADDING = 15
};

struct kind {
	unsigned profile, w, h, level;
	bool timing, deep, twelve, colour;
};

/* A sequence header, 5.5.1, as libaom would write it. */
static struct unit
make_sequence(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 3, k->profile);
	put_u(&b, 2, 0);
	put_u(&b, 1, k->timing);
	if (k->timing) {
		put_u(&b, 32, 1);
		put_u(&b, 32, 25);
		put_u(&b, 1, 1);
		put_u(&b, 1, 1); /* uvlc 0 */
		put_u(&b, 1, 1); /* decoder model: delays of 9 bits */
		put_u(&b, 5, 8);
		put_u(&b, 32, 1);
		put_u(&b, 10, 0);
	}
	put_u(&b, 1, k->timing); /* initial display delay */
	put_u(&b, 5, 0);
	put_u(&b, 12, 0);
	put_u(&b, 5, k->level);
	if (k->level > 7)
		put_u(&b, 1, 1);
	if (k->timing) {
		put_u(&b, 1, 1);
		put_u(&b, 19, 0x2aaaa);
		put_u(&b, 1, 1);
		put_u(&b, 4, 9);
	}
	put_u(&b, 4, 9); /* sizes in 10 bits */
	put_u(&b, 4, 9);
	put_u(&b, 10, k->w - 1);
	put_u(&b, 10, k->h - 1);
	put_u(&b, 1, 0);
	put_u(&b, 3, 7);
	put_u(&b, 4, 15);
	put_u(&b, 1, 1); /* order hints */
	put_u(&b, 2, 3);
	put_u(&b, 1, 1); /* screen content by frame, integers too */
	put_u(&b, 1, 1);
	put_u(&b, 3, 6);
	put_u(&b, 3, 7);
	put_u(&b, 1, k->deep);
	if (k->profile == 2 && k->deep)
		put_u(&b, 1, k->twelve);
	if (k->profile != 1)
		put_u(&b, 1, 0); /* not grey */
	put_u(&b, 1, k->colour);
	if (k->colour) {
		put_u(&b, 8, 9);
		put_u(&b, 8, 16);
		put_u(&b, 8, 9);
	}
	put_u(&b, 1, 1); /* full range */
	if (k->profile == 2 && k->twelve)
		put_u(&b, 2, 2); /* 4:2:2 */
	else if (k->profile == 0)
		put_u(&b, 2, 1);
	put_u(&b, 2, 0);
	put_u(&b, 1, 1);
	return (raw_unit(b.p, (b.n + 7) / 8));
}

static const struct kind plain = { .w = 64, .h = 48, .level = 8 };

/* Frames by their first bits; what follows is any. */
static const uint8_t key[] = { 0x10, 1, 2, 3 };
static const uint8_t inter[] = { 0x30, 4, 5 };
static const uint8_t hidden[] = { 0x20, 6, 7 };
static const uint8_t existing[] = { 0x98 };
static const uint8_t light[] = { 1, 3, 0xe8, 1, 0x90, 0x80 };

/* One unit as it stands in a file; sized says its length. */
static void
put_obu(struct buf *b, unsigned type, const void *p, size_t len, bool sized)
{
	buf_put_byte(b, (uint8_t)(type << 3 | (sized ? 2 : 0)));
	if (sized)
		buf_put_byte(b, (uint8_t)len);
	buf_put(b, p, len);
}

/* ... and in its canonical form. */
static void
put_canonical(struct buf *want, unsigned type, const void *p, size_t len)
{
	AUTO_BUF b = { 0 };

	buf_put_byte(&b, (uint8_t)(type << 3));
	buf_put_be32(&b, (uint32_t)len);
	buf_put(&b, p, len);
	put_record(want, 0x10, b.p, b.len);
}

struct vary {
	bool delimiters, padding, metadata;
	bool container; /* the sequence header stands in av1C, too */
	bool other;     /* ... another one */
	bool absent;    /* ... and nowhere else */
	bool unsized;   /* the last unit of a packet */
	unsigned flip;
};

static const struct stream *
feed(struct video_in *v, const struct vary *y)
{
	static const uint8_t head[] = { 0x81, 0, 0, 0 };
	struct kind kind = plain;
	struct unit seq = make_sequence(&plain), set;
	AUTO_BUF av1c = { 0 };

	kind.level = y->other ? 5 : 8;
	set = make_sequence(&kind);
	buf_put(&av1c, head, sizeof(head));
	put_obu(&av1c, SEQUENCE, set.p, set.len, true);
	video_begin(v, "av1", y->container ? buf_span(&av1c) : span(NULL, 0));
	for (unsigned i = 0; i < 4; i++) {
		uint8_t data[4];
		AUTO_BUF b = { 0 };

		if (y->delimiters)
			put_obu(&b, DELIMITER, NULL, 0, true);
		if (i % 3 == 0 && !y->absent)
			put_obu(&b, SEQUENCE, seq.p, seq.len, true);
		if (y->metadata)
			put_obu(&b, METADATA, light, sizeof(light), true);
		if (y->padding)
			put_obu(&b, PADDING, "abc", 3, true);
		memcpy(data, key, 4);
		data[3] ^= (uint8_t)(i == 0 ? y->flip : 0);
		if (i % 3 == 0)
			put_obu(&b, FRAME, data, 4, !y->unsized);
		if (i == 1) {
			put_obu(&b, FRAME, hidden, sizeof(hidden), true);
			put_obu(&b, HEADER, inter, sizeof(inter), true);
			put_obu(&b, GROUP, "tiles", 5, !y->unsized);
		}
		if (i == 2)
			put_obu(&b, HEADER, existing, sizeof(existing),
			    !y->unsized);
		video_put(v, buf_span(&b), i * 40);
	}
	return (video_end(v));
}

static void
leaves_are_as_documented(void **state)
{
	struct unit seq = make_sequence(&plain), content = { .len = 1 };
	const struct vary as_is = { 0 };
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, &as_is);
	assert_string_equal("", s->refused);
	assert_string_equal("av1/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	assert_int_equal(4, s->frames);
	assert_int_equal(160000000, s->duration_ns);
	/* Operating point 0, then the header. */
	memcpy(content.p + 1, seq.p, seq.len);
	content.len = seq.len + 1;
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(content.p, content.len), NULL));
	put_leaf_head(&first, "av1/1", config);
	put_canonical(&first, FRAME, key, sizeof(key));
	put_canonical(&first, FRAME, hidden, sizeof(hidden));
	put_canonical(&first, HEADER, inter, sizeof(inter));
	put_canonical(&first, GROUP, "tiles", 5);
	put_canonical(&first, HEADER, existing, sizeof(existing));
	put_leaf_head(&second, "av1/1", config);
	put_canonical(&second, FRAME, key, sizeof(key));
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	assert_part(s, "sequence", &content);
	video_close(&v);
}

static void
framing_does_not_matter(void **state)
{
	static const struct vary rows[] = { { .delimiters = true },
		{ .padding = true }, { .metadata = true },
		{ .container = true }, { .container = true, .other = true },
		{ .container = true, .absent = true }, { .unsized = true },
		{ .delimiters = true, .padding = true, .unsized = true } };
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = feed(&b, &rows[i]);
		if (got->refused[0] != '\0' ||
		    memcmp(want->root, got->root, 32) != 0 ||
		    memcmp(want->config, got->config, 32) != 0 ||
		    memcmp(want->timeline, got->timeline, 32) != 0)
			fail_msg("row %zu: %s", i, got->refused);
		assert_int_equal(rows[i].metadata, got->has_ancillary);
		video_close(&b);
	}
	video_close(&a);
}

static void
changes_are_found(void **state)
{
	const struct vary as_is = { 0 }, flip = { .flip = 1 },
			  other = { .container = true,
				  .other = true,
				  .absent = true };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	got = feed(&b, &flip);
	assert_memory_not_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_equal(want->tl->leaves + 32, got->tl->leaves + 32, 32);
	video_close(&b);
	got = feed(&b, &other);
	assert_memory_not_equal(want->tl->leaves + 32, got->tl->leaves + 32,
	    32);
	assert_memory_not_equal(want->config, got->config, 32);
	video_close(&b);
	video_close(&a);
}

static const struct stream *
feed_one(struct video_in *v, const struct kind *kind, const struct buf *more)
{
	struct unit seq = make_sequence(kind);
	AUTO_BUF b = { 0 };

	video_begin(v, "av1", span(NULL, 0));
	put_obu(&b, SEQUENCE, seq.p, seq.len, true);
	if (more != NULL)
		buf_put(&b, more->p, more->len);
	put_obu(&b, FRAME, key, sizeof(key), true);
	video_put(v, buf_span(&b), 0);
	return (video_end(v));
}

static void
presentation(void **state)
{
	static const struct kind rich = { .profile = 2,
		.w = 1000,
		.h = 50,
		.level = 3,
		.timing = true,
		.deep = true,
		.twelve = true,
		.colour = true };
	static const struct kind full = { .profile = 1, .w = 64, .h = 48 };
	const struct stream *s;
	struct video_in v;

	(void)state;
	s = feed_one(&v, &rich, NULL);
	assert_string_equal("", s->refused);
	assert_int_equal(1000, presented(s, PROV_WIDTH));
	assert_int_equal(50, presented(s, PROV_HEIGHT));
	assert_int_equal(12, presented(s, PROV_BITS));
	assert_int_equal(2, presented(s, PROV_CHROMA));
	assert_int_equal(2, presented(s, PROV_RANGE));
	assert_int_equal(9, presented(s, PROV_PRIMARIES));
	assert_int_equal(16, presented(s, PROV_TRANSFER));
	assert_int_equal(9, presented(s, PROV_MATRIX));
	video_close(&v);
	s = feed_one(&v, &full, NULL);
	assert_int_equal(8, presented(s, PROV_BITS));
	assert_int_equal(3, presented(s, PROV_CHROMA));
	assert_int_equal(-1, presented(s, PROV_MATRIX));
	video_close(&v);
}

static void
rendering_metadata_is_presentation(void **state)
{
	/* BT.2020 and D65 as 0.16 numbers, 1000 and 0.005 cd. */
	static const uint8_t mastering[] = { 2, 0xb5, 0x3f, 0x4a, 0xc1, 0x2b,
		0x85, 0xcc, 0x08, 0x21, 0x89, 0x0b, 0xc7, 0x50, 0x0d, 0x54,
		0x39, 0, 3, 0xe8, 0, 0, 0, 0, 0x52, 0x80 };
	/* The same as the SEI message has it: G, B, R, white. */
	static const uint8_t volume[] = { 0x21, 0x34, 0x9b, 0xaa, 0x19, 0x96,
		0x08, 0xfc, 0x8a, 0x48, 0x39, 0x08, 0x3d, 0x13, 0x40, 0x42, 0,
		0x98, 0x96, 0x80, 0, 0, 0, 50 };
	static const uint8_t hdr10[] = { 4, 0xb5, 0, 0x3c, 0, 1, 4, 0x80 };
	static const uint8_t caption[] = { 4, 0xb5, 0, 0x31, 0, 1, 4, 0x80 };
	AUTO_BUF more = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t digest[32];

	(void)state;
	put_obu(&more, METADATA, light, sizeof(light), true);
	put_obu(&more, METADATA, mastering, sizeof(mastering), true);
	put_obu(&more, METADATA, caption, sizeof(caption), true);
	s = feed_one(&v, &plain, &more);
	assert_true(s->has_ancillary);
	assert_int_equal(1000 << 16 | 400, presented(s, PROV_LIGHT));
	assert_int_equal(PROV_OK,
	    sha256_of(digest, span(volume, sizeof(volume)), NULL));
	assert_int_equal((int64_t)(be64(digest) >> 1),
	    presented(s, PROV_MASTERING));
	assert_int_equal(-1, presented(s, PROV_HDR));
	video_close(&v);
	put_obu(&more, METADATA, hdr10, sizeof(hdr10), true);
	s = feed_one(&v, &plain, &more);
	assert_int_not_equal(-1, presented(s, PROV_HDR));
	video_close(&v);
}

/* Layers on top are bound, with their place, and are no pictures. */
static void
layers_are_one_picture(void **state)
{
	static const uint8_t top[] = { FRAME << 3 | 4, 0x08, 0x30, 9 };
	static const uint8_t want[] = { FRAME << 3 | 4, 0x08, 0, 0, 0, 2, 0x30,
		9 };
	struct unit seq = make_sequence(&plain), content = { .len = 0 };
	AUTO_BUF b = { 0 }, leaf = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	video_begin(&v, "av1", span(NULL, 0));
	put_obu(&b, SEQUENCE, seq.p, seq.len, true);
	put_obu(&b, FRAME, key, sizeof(key), true);
	buf_put(&b, top, sizeof(top));
	video_put(&v, buf_span(&b), 0);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(1, s->frames);
	memcpy(content.p + 1, seq.p, seq.len);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(content.p, seq.len + 1), NULL));
	put_leaf_head(&leaf, "av1/1", config);
	put_canonical(&leaf, FRAME, key, sizeof(key));
	put_record(&leaf, 0x10, want, sizeof(want));
	assert_leaf(s, 0, &leaf);
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	static const struct {
		uint8_t p[4];
		size_t len;
		const char *code;
	} rows[] = {
		{ { 0x80 | FRAME << 3, 1 }, 2, "essence.noncanonical" },
		{ { FRAME << 3 | 4 }, 1, "essence.noncanonical" },
		{ { FRAME << 3 | 2, 3, 0x30, 1 }, 4, "essence.noncanonical" },
		{ { FRAME << 3 | 2, 0x80, 0x80 }, 3, "essence.noncanonical" },
		{ { TILE_LIST << 3, 1 }, 2, "essence.noncanonical" },
		{ { SEQUENCE << 3, 0 }, 2, "config.unresolved" },
		{ { DELIMITER << 3 | 2, 0 }, 2, "essence.noncanonical" },
	};
	struct unit seq = make_sequence(&plain);
	const struct stream *s;
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		video_begin(&v, "av1", span(NULL, 0));
		put_obu(&b, SEQUENCE, seq.p, seq.len, true);
		put_obu(&b, FRAME, key, sizeof(key), true);
		buf_put(&b, rows[i].p, rows[i].len);
		video_put(&v, buf_span(&b), 0);
		s = video_end(&v);
		assert_string_equal(rows[i].code, s->refused);
		assert_int_equal(1, s->frames);
		video_close(&v);
	}
	/* A sequence header that comes and goes resets what refers back. */
	video_begin(&v, "av1", span(NULL, 0));
	for (unsigned i = 0; i < 2; i++) {
		struct kind kind = plain;
		struct unit other;
		AUTO_BUF b = { 0 };

		kind.level = 5;
		other = make_sequence(&kind);
		if (i == 1)
			put_obu(&b, SEQUENCE, other.p, other.len, true);
		put_obu(&b, SEQUENCE, seq.p, seq.len, true);
		put_obu(&b, FRAME, key, sizeof(key), true);
		video_put(&v, buf_span(&b), i * 40);
	}
	assert_string_equal("config.conflict", video_end(&v)->refused);
	video_close(&v);
	/* No sequence header at all. */
	s = feed(&v, &(struct vary){ .absent = true });
	assert_string_equal("config.unresolved", s->refused);
	video_close(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(framing_does_not_matter),
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(presentation),
		cmocka_unit_test(rendering_metadata_is_presentation),
		cmocka_unit_test(layers_are_one_picture),
		cmocka_unit_test(damage_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
