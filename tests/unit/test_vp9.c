/* SPDX-License-Identifier: ISC */
#include "pictures.h"

struct kind {
	unsigned profile, space, w, h, render_w, render_h;
	bool deep, full, hidden;
};

/* A key frame's header; the rest of it is two bytes. */
static struct unit
make_key(const struct kind *k)
{
	struct unit_bits b = { .n = 0 };
	struct unit u;

	put_u(&b, 2, 2);
	put_u(&b, 1, k->profile & 1);
	put_u(&b, 1, k->profile >> 1);
	if (k->profile == 3)
		put_u(&b, 1, 0);
	put_u(&b, 1, 0);
	put_u(&b, 1, 0);
	put_u(&b, 1, !k->hidden);
	put_u(&b, 1, 0);
	put_u(&b, 24, 0x498342);
	if (k->profile >= 2)
		put_u(&b, 1, k->deep);
	put_u(&b, 3, k->space);
	if (k->space != 7)
		put_u(&b, 1, k->full);
	if (k->profile % 2 != 0 && k->space != 7)
		put_u(&b, 2, 2); /* 4:2:2 */
	if (k->profile % 2 != 0)
		put_u(&b, 1, 0);
	put_u(&b, 16, k->w - 1);
	put_u(&b, 16, k->h - 1);
	put_u(&b, 1, k->render_w != 0);
	if (k->render_w != 0) {
		put_u(&b, 16, k->render_w - 1);
		put_u(&b, 16, k->render_h - 1);
	}
	put_u(&b, 16, 0x8181);
	u = raw_unit(b.p, (b.n + 7) / 8);
	return (u);
}

static const struct kind plain = { .space = 2, .w = 64, .h = 48 };

/* Profile 0: shown, hidden; and frame 5 of those that are there. */
static const uint8_t inter[] = { 0x86, 0x10, 0x20 };
static const uint8_t hidden[] = { 0x84, 0x30, 0x40, 0x50 };
static const uint8_t existing[] = { 0x8d };

#define PUT(v, a, ms) video_put((v), span((a), sizeof(a)), (ms))

/* Two frames and the index that tells them apart, in one byte each. */
static struct unit
merge(const void *a, size_t a_len, const void *b, size_t b_len)
{
	struct unit u = raw_unit(a, a_len);
	uint8_t index[] = { 0xc1, (uint8_t)a_len, (uint8_t)b_len, 0xc1 };

	memcpy(u.p + u.len, b, b_len);
	memcpy(u.p + u.len + b_len, index, sizeof(index));
	u.len += b_len + sizeof(index);
	return (u);
}

static const struct stream *
feed(struct video_in *v, bool merged)
{
	struct unit k = make_key(&plain);
	struct unit m = merge(hidden, sizeof(hidden), inter, sizeof(inter));

	video_begin(v, "vp9", span(NULL, 0));
	video_put(v, span(k.p, k.len), 0);
	if (merged) {
		video_put(v, span(m.p, m.len), 40);
	} else {
		PUT(v, hidden, 33);
		PUT(v, inter, 40);
	}
	PUT(v, existing, 80);
	video_put(v, span(k.p, k.len), 120);
	return (video_end(v));
}

static void
leaves_are_as_documented(void **state)
{
	static const uint8_t setup[] = { 0, 8, 2, 0, 1, 1, 0, 63, 0, 47, 0, 63,
		0, 47 };
	struct unit k = make_key(&plain), part = raw_unit(setup, 14);
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, true);
	assert_string_equal("", s->refused);
	assert_string_equal("vp9/1", s->canon);
	assert_int_equal(2, s->segments);
	assert_int_equal(4, s->frames);
	assert_int_equal(160000000, s->duration_ns);
	assert_int_equal(PROV_OK, sha256_of(config, span(setup, 14), NULL));
	put_leaf_head(&first, "vp9/1", config);
	put_record(&first, 0x10, k.p, k.len);
	put_record(&first, 0x10, hidden, sizeof(hidden));
	put_record(&first, 0x10, inter, sizeof(inter));
	put_record(&first, 0x10, existing, sizeof(existing));
	put_leaf_head(&second, "vp9/1", config);
	put_record(&second, 0x10, k.p, k.len);
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	assert_part(s, "header", &part);
	video_close(&v);
}

static void
superframes_do_not_matter(void **state)
{
	const struct stream *a, *b;
	struct video_in va, vb;

	(void)state;
	a = feed(&va, true);
	b = feed(&vb, false);
	assert_string_equal("", b->refused);
	assert_memory_equal(a->root, b->root, 32);
	assert_memory_equal(a->timeline, b->timeline, 32);
	assert_memory_equal(a->config, b->config, 32);
	video_close(&va);
	video_close(&vb);
}

/* An index that leaves bytes over, or wants more, or names nothing. */
static void
odd_indexes_are_refused(void **state)
{
	static const int8_t by[][2] = { { -1, 0 }, { 0, 1 }, { -4, 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		struct unit k = make_key(&plain);
		struct unit m =
		    merge(hidden, sizeof(hidden), inter, sizeof(inter));
		const struct stream *s;
		struct video_in v;

		m.p[m.len - 3] = (uint8_t)(m.p[m.len - 3] + by[i][0]);
		m.p[m.len - 2] = (uint8_t)(m.p[m.len - 2] + by[i][1]);
		video_begin(&v, "vp9", span(NULL, 0));
		video_put(&v, span(k.p, k.len), 0);
		video_put(&v, span(m.p, m.len), 40);
		s = video_end(&v);
		assert_string_equal("essence.noncanonical", s->refused);
		video_close(&v);
	}
}

static void
presentation(void **state)
{
	static const struct kind deep = { .profile = 3,
		.deep = true,
		.space = 5,
		.full = true,
		.w = 64,
		.h = 48,
		.render_w = 96,
		.render_h = 48 };
	struct unit k = make_key(&deep);
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "vp9", span(NULL, 0));
	video_put(&v, span(k.p, k.len), 0);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(64, presented(s, PROV_WIDTH));
	assert_int_equal(48, presented(s, PROV_HEIGHT));
	assert_int_equal(96, presented(s, PROV_DISPLAY_W));
	assert_int_equal(48, presented(s, PROV_DISPLAY_H));
	assert_int_equal(12, presented(s, PROV_BITS));
	assert_int_equal(2, presented(s, PROV_CHROMA));
	assert_int_equal(2, presented(s, PROV_RANGE));
	assert_int_equal(9, presented(s, PROV_MATRIX));
	video_close(&v);
}

static void
damage_is_refused(void **state)
{
	struct unit k = make_key(&plain);
	const struct stream *s;
	struct video_in v;

	(void)state;
	/* No key frame ahead. */
	video_begin(&v, "vp9", span(NULL, 0));
	PUT(&v, inter, 0);
	s = video_end(&v);
	assert_string_equal("config.unresolved", s->refused);
	video_close(&v);
	/* No sync code; no marker; nothing. */
	for (size_t i = 0; i < 3; i++) {
		struct unit bad = k;

		if (i == 2)
			bad.len = 0;
		else
			bad.p[i] ^= 0x40;
		video_begin(&v, "vp9", span(NULL, 0));
		video_put(&v, span(k.p, k.len), 0);
		video_put(&v, span(bad.p, bad.len), 40);
		s = video_end(&v);
		assert_string_equal("essence.noncanonical", s->refused);
		video_close(&v);
	}
	/* RGB wants an odd profile. */
	k = make_key(&(struct kind){ .space = 7, .w = 64, .h = 48 });
	video_begin(&v, "vp9", span(NULL, 0));
	video_put(&v, span(k.p, k.len), 0);
	s = video_end(&v);
	assert_string_not_equal("", s->refused);
	video_close(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(superframes_do_not_matter),
		cmocka_unit_test(odd_indexes_are_refused),
		cmocka_unit_test(presentation),
		cmocka_unit_test(damage_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
