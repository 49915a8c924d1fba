/* SPDX-License-Identifier: ISC */
#include "pictures.h"

struct kind {
	unsigned w, h, aspect, ticks;
	bool control, interlaced;
};

static const struct kind plain = { .w = 64, .h = 48, .aspect = 1, .ticks = 25 };

static const uint8_t sequence[] = { 0xb0, 0x03 };
/* Version 1, video, limited range, BT.709. */
static const uint8_t visual[] = { 0xb5, 0x89, 0x1d, 0x40, 0x40, 0x40, 0x40 };
static const uint8_t object[] = { 0x00 };
static const uint8_t user[] = { 0xb2, 'L', 'a', 'v', 'c' };
static const uint8_t group[] = { 0xb3, 0, 0x10, 0x20 }; /* closed */
static const uint8_t broken[] = { 0xb3, 0, 0x10, 0x10 };

#define RAW(a) raw_unit((a), sizeof(a))

static struct unit
make_layer(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0x20);
	put_u(&b, 1, 0);
	put_u(&b, 8, 1);
	put_u(&b, 1, 1);
	put_u(&b, 4, 1);
	put_u(&b, 3, 1);
	put_u(&b, 4, k->aspect);
	if (k->aspect == 15) {
		put_u(&b, 8, 3);
		put_u(&b, 8, 2);
	}
	put_u(&b, 1, k->control);
	if (k->control) {
		put_u(&b, 2, 1);
		put_u(&b, 1, 0);
		put_u(&b, 1, 1);
		put_u(&b, 31, 0x7fffffff);
		put_u(&b, 32, 0xffffffff);
		put_u(&b, 16, 0xffff);
	}
	put_u(&b, 2, 0);
	put_u(&b, 1, 1);
	put_u(&b, 16, k->ticks);
	put_u(&b, 1, 1);
	put_u(&b, 1, 1);
	put_u(&b, k->ticks == 25 ? 5 : 15, 1);
	put_u(&b, 1, 1);
	put_u(&b, 13, k->w);
	put_u(&b, 1, 1);
	put_u(&b, 13, k->h);
	put_u(&b, 1, 1);
	put_u(&b, 1, k->interlaced);
	put_u(&b, 8, 0xab);
	return (raw_unit(b.p, (b.n + 7) / 8));
}

/* 0 intra, 1 predicted, 2 both ways. */
static struct unit
make_picture(unsigned type, unsigned salt)
{
	const uint8_t p[] = { 0xb6, (uint8_t)(type << 6 | 0x11), (uint8_t)salt,
		0x80 };

	return (raw_unit(p, sizeof(p)));
}

static void
put_unit(struct buf *b, struct unit u)
{
	buf_put(b, "\0\0\1", 3);
	buf_put(b, u.p, u.len);
}

static void
put_headers(struct buf *b, const struct kind *k, bool has_user)
{
	put_unit(b, RAW(sequence));
	put_unit(b, RAW(visual));
	put_unit(b, RAW(object));
	put_unit(b, make_layer(k));
	if (has_user)
		put_unit(b, RAW(user));
}

struct vary {
	bool container, conflict; /* states the headers, or others */
	bool absent;              /* they stand nowhere else */
	bool layer_only;          /* the second time */
	bool user, broken;
	unsigned flip;
};

static const struct stream *
feed(struct video_in *v, const struct vary *y)
{
	struct kind other = plain;
	AUTO_BUF extradata = { 0 };

	other.w = y->conflict ? 80 : 64;
	put_headers(&extradata, &other, y->user);
	video_begin(v, "mpeg4",
	    y->container ? buf_span(&extradata) : span(NULL, 0));
	for (unsigned i = 0; i < 4; i++) {
		AUTO_BUF b = { 0 };

		if (i % 3 == 0 && !y->absent) {
			if (i == 3 && y->layer_only)
				put_unit(&b, make_layer(&plain));
			else
				put_headers(&b, &plain, y->user);
		}
		if (i == 3)
			put_unit(&b, y->broken ? RAW(broken) : RAW(group));
		put_unit(&b, make_picture(i % 3 == 0 ? 0 : i,
				 i ^ (i == 1 ? y->flip : 0)));
		video_put(v, buf_span(&b), i * 40);
	}
	return (video_end(v));
}

static struct unit
content_of(const struct kind *k, bool has_user)
{
	struct unit parts[3] = { RAW(sequence), RAW(visual), make_layer(k) };
	struct unit u = { .len = 0 }, data = RAW(user);

	for (size_t i = 0; i < 3; i++) {
		put_be32(u.p + u.len, (uint32_t)parts[i].len);
		memcpy(u.p + u.len + 4, parts[i].p, parts[i].len);
		u.len += 4 + parts[i].len;
	}
	put_be32(u.p + u.len, has_user ? 4 + (uint32_t)data.len : 0);
	u.len += 4;
	if (has_user) {
		put_be32(u.p + u.len, (uint32_t)data.len);
		memcpy(u.p + u.len + 4, data.p, data.len);
		u.len += 4 + data.len;
	}
	return (u);
}

static void
leaves_are_as_documented(void **state)
{
	struct unit content = content_of(&plain, false);
	const struct vary as_is = { 0 };
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, &as_is);
	assert_string_equal("", s->refused);
	assert_string_equal("mpeg4/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	assert_int_equal(4, s->frames);
	assert_int_equal(160000000, s->duration_ns);
	assert_int_equal(PROV_OK,
	    sha256_of(config, span(content.p, content.len), NULL));
	put_leaf_head(&first, "mpeg4/1", config);
	for (unsigned i = 0; i < 3; i++) {
		struct unit u = make_picture(i, i);

		put_record(&first, 0x10, u.p, u.len);
	}
	assert_leaf(s, 0, &first);
	put_leaf_head(&second, "mpeg4/1", config);
	put_record(&second, 0x12, "\2", 1);
	put_record(&second, 0x10, make_picture(0, 3).p, 4);
	assert_leaf(s, 1, &second);
	assert_part(s, "layer", &content);
	video_close(&v);
}

static void
framing_does_not_matter(void **state)
{
	static const struct vary rows[] = { { .container = true },
		{ .container = true, .absent = true }, { .layer_only = true } };
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = feed(&b, &rows[i]);
		if (got->refused[0] != '\0' ||
		    (i != 2 && memcmp(want->root, got->root, 32) != 0) ||
		    (i != 2 && memcmp(want->config, got->config, 32) != 0))
			fail_msg("row %zu: '%s'", i, got->refused);
		video_close(&b);
	}
	video_close(&a);
}

static void
changes_are_found(void **state)
{
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	got = feed(&b, &(struct vary){ .flip = 1 });
	assert_memory_not_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_equal(want->tl->leaves + 32, got->tl->leaves + 32, 32);
	video_close(&b);
	got = feed(&b, &(struct vary){ .broken = true });
	assert_memory_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_not_equal(want->tl->leaves + 32, got->tl->leaves + 32,
	    32);
	video_close(&b);
	got = feed(&b, &(struct vary){ .container = true,
			   .conflict = true,
			   .absent = true });
	assert_string_equal("", got->refused);
	assert_memory_not_equal(want->config, got->config, 32);
	video_close(&b);
	got = feed(&b, &(struct vary){ .container = true, .conflict = true });
	assert_string_equal("config.conflict", got->refused);
	video_close(&b);
	video_close(&a);
}

/* Decoders go by it: of the headers it is configuration, else essence. */
static void
user_data_decides(void **state)
{
	struct unit content = content_of(&plain, true);
	const struct vary none = { 0 }, in_band = { .user = true };
	const struct vary moved = { .user = true,
		.container = true,
		.absent = true };
	const struct stream *x, *y, *z;
	struct video_in a, b, c;

	(void)state;
	x = feed(&a, &none);
	y = feed(&b, &in_band);
	z = feed(&c, &moved);
	assert_string_equal("", y->refused);
	assert_part(y, "layer", &content);
	assert_memory_not_equal(x->root, y->root, 32);
	assert_memory_equal(y->root, z->root, 32);
	video_close(&a);
	video_close(&b);
	video_close(&c);
	/* Behind the headers. */
	for (int i = 0; i < 2; i++) {
		AUTO_BUF packet = { 0 };

		put_headers(&packet, &plain, false);
		put_unit(&packet, make_picture(0, 0));
		if (i == 1)
			put_unit(&packet, RAW(user));
		video_begin(i == 0 ? &a : &b, "mpeg4", span(NULL, 0));
		video_put(i == 0 ? &a : &b, buf_span(&packet), 0);
	}
	x = video_end(&a);
	y = video_end(&b);
	assert_memory_not_equal(x->root, y->root, 32);
	assert_memory_equal(x->config, y->config, 32);
	video_close(&a);
	video_close(&b);
}

static const struct stream *
feed_one(struct video_in *v, const struct kind *k)
{
	AUTO_BUF b = { 0 };

	video_begin(v, "mpeg4", span(NULL, 0));
	put_headers(&b, k, false);
	put_unit(&b, make_picture(0, 0));
	video_put(v, buf_span(&b), 0);
	return (video_end(v));
}

static void
presentation(void **state)
{
	const struct stream *s;
	struct video_in v;

	(void)state;
	s = feed_one(&v, &plain);
	assert_int_equal(64, presented(s, PROV_WIDTH));
	assert_int_equal(48, presented(s, PROV_HEIGHT));
	assert_int_equal(64, presented(s, PROV_DISPLAY_W));
	assert_int_equal(8, presented(s, PROV_BITS));
	assert_int_equal(1, presented(s, PROV_CHROMA));
	assert_int_equal(0, presented(s, PROV_FIELDS));
	assert_int_equal(1, presented(s, PROV_RANGE));
	assert_int_equal(1, presented(s, PROV_PRIMARIES));
	assert_int_equal(1, presented(s, PROV_TRANSFER));
	assert_int_equal(1, presented(s, PROV_MATRIX));
	video_close(&v);
	s = feed_one(&v, &(struct kind){ .w = 720,
			     .h = 576,
			     .aspect = 15,
			     .ticks = 30000,
			     .control = true,
			     .interlaced = true });
	assert_int_equal(720, presented(s, PROV_WIDTH));
	assert_int_equal(576, presented(s, PROV_HEIGHT));
	assert_int_equal(1080, presented(s, PROV_DISPLAY_W));
	/* Each picture says which field is first. */
	assert_int_equal(-1, presented(s, PROV_FIELDS));
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	const struct stream *s;
	struct video_in v;
	AUTO_BUF b = { 0 };

	(void)state;
	s = feed(&v, &(struct vary){ .absent = true });
	assert_string_equal("config.unresolved", s->refused);
	assert_int_equal(4, s->frames);
	video_close(&v);
	/* Two pictures in one packet; bytes that no start code is before. */
	for (int i = 0; i < 2; i++) {
		b.len = 0;
		if (i == 1)
			buf_put(&b, "\x7f", 1);
		put_headers(&b, &plain, false);
		put_unit(&b, make_picture(0, 0));
		if (i == 0)
			put_unit(&b, make_picture(2, 0));
		video_begin(&v, "mpeg4", span(NULL, 0));
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
		cmocka_unit_test(user_data_decides),
		cmocka_unit_test(presentation),
		cmocka_unit_test(damage_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
