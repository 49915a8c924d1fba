/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include "essence/hevc_ps.h"

static void
put_header(struct unit_bits *b, unsigned type, unsigned layer)
{
	put_u(b, 1, 0);
	put_u(b, 6, type);
	put_u(b, 6, layer);
	put_u(b, 3, 1);
}

static struct unit
make_vps(unsigned salt)
{
	struct unit_bits b = { .n = 0 };

	put_header(&b, 32, 0);
	put_u(&b, 4, 0);
	put_u(&b, 12, 0xfff);
	put_u(&b, 16, salt);
	return (end_unit(&b));
}

/* profile_tier_level() of n sub-layers, each with a profile and a level. */
static void
put_profile(struct unit_bits *b, unsigned n, unsigned level)
{
	for (int i = 0; i < 11; i++)
		put_u(b, 8, 0x10);
	put_u(b, 8, level);
	for (unsigned i = 0; i < n; i++)
		put_u(b, 2, 3);
	for (unsigned i = n; n > 0 && i < 8; i++)
		put_u(b, 2, 0);
	for (unsigned i = 0; i < n * 12; i++)
		put_u(b, 8, 0x21);
}

struct sps_kind {
	unsigned id, level, sub_layers;
	bool rich;   /* lists, sets, PCM and VUI, so that all is walked over */
	bool frames; /* ... without frame_field_info_present_flag */
};

/* Reference sets: plain, then one that is predicted from it. */
static void
put_refs(struct unit_bits *b)
{
	put_ue(b, 2);
	put_ue(b, 1); /* one before */
	put_ue(b, 1); /* one behind */
	put_ue(b, 0);
	put_u(b, 1, 1);
	put_ue(b, 0);
	put_u(b, 1, 1);
	put_u(b, 1, 1); /* predicted */
	put_u(b, 1, 0);
	put_ue(b, 0);
	put_u(b, 1, 1);
	put_u(b, 2, 1); /* not used, but its delta is */
	put_u(b, 2, 0); /* neither */
	put_u(b, 1, 1); /* long-term pictures */
	put_ue(b, 1);
	put_u(b, 8, 0x81);
	put_u(b, 1, 1);
}

static void
put_vui(struct unit_bits *b, bool frames)
{
	put_u(b, 1, 1);
	put_u(b, 8, 14); /* 4:3 */
	put_u(b, 1, 0);
	put_u(b, 1, 1);
	put_u(b, 3, 5);
	put_u(b, 1, 0);
	put_u(b, 1, 1);
	put_u(b, 8, 9);
	put_u(b, 8, 18);
	put_u(b, 8, 9);
	put_u(b, 1, 1); /* where chroma lies */
	put_ue(b, 2);
	put_ue(b, 2);
	put_u(b, 1, 0);
	put_u(b, 1, 1); /* field_seq_flag */
	put_u(b, 1, !frames);
	put_u(b, 29, 0);
}

static struct unit
make_sps(const struct sps_kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_header(&b, 33, 0);
	put_u(&b, 4, 0);
	put_u(&b, 3, k->sub_layers);
	put_u(&b, 1, 1);
	put_profile(&b, k->sub_layers, k->level);
	put_ue(&b, k->id);
	put_ue(&b, 1);
	put_ue(&b, 200);
	put_ue(&b, 104);
	put_u(&b, 1, 1);
	put_ue(&b, 1);
	put_ue(&b, 1);
	put_ue(&b, 0);
	put_ue(&b, 2);
	put_ue(&b, k->rich ? 2 : 0);
	put_ue(&b, k->rich ? 2 : 0);
	put_ue(&b, 4); /* order counts of 8 bits */
	put_u(&b, 1, 0);
	for (int i = 0; i < 3; i++)
		put_ue(&b, 1);
	put_ue(&b, 0); /* coding blocks of 8 ... */
	put_ue(&b, 3); /* ... in trees of 64: 4 by 2, 3 bits */
	for (int i = 0; i < 4; i++)
		put_ue(&b, 0);
	put_u(&b, 1, k->rich);
	if (k->rich) {
		put_u(&b, 1, 1);
		for (int i = 0; i < 20; i++) {
			put_u(&b, 1, 0);
			put_ue(&b, 0);
		}
	}
	put_u(&b, 2, 0);
	put_u(&b, 1, k->rich);
	if (k->rich) {
		put_u(&b, 8, 0x77);
		put_ue(&b, 0);
		put_ue(&b, 1);
		put_u(&b, 1, 0);
	}
	if (k->rich)
		put_refs(&b);
	else
		put_u(&b, 2, 2); /* no sets, no long-term pictures */
	put_u(&b, 2, 0);
	put_u(&b, 1, k->rich);
	if (k->rich)
		put_vui(&b, k->frames);
	return (end_unit(&b));
}

static struct unit
make_pps(unsigned id, unsigned salt)
{
	struct unit_bits b = { .n = 0 };

	put_header(&b, 34, 0);
	put_ue(&b, id);
	put_ue(&b, 0);
	put_u(&b, 1, 1); /* dependent slice segments */
	put_u(&b, 1, 0);
	put_u(&b, 3, 2); /* extra bits */
	put_u(&b, 16, salt);
	return (end_unit(&b));
}

struct slice_kind {
	unsigned nal, type, layer, pps, salt;
	bool later, dependent;
};

static struct unit
make_slice(const struct slice_kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_header(&b, k->nal, k->layer);
	put_u(&b, 1, !k->later);
	if (k->nal >= 16)
		put_u(&b, 1, 0);
	put_ue(&b, k->pps);
	if (k->later) {
		put_u(&b, 1, k->dependent);
		put_u(&b, 3, 5);
	}
	if (!k->dependent) {
		put_u(&b, 2, 3);
		put_ue(&b, k->type);
	}
	put_u(&b, 24, 0);
	put_u(&b, 32, 0xabcd0000 | k->salt);
	return (end_unit(&b));
}

static struct unit
cra(unsigned salt)
{
	struct slice_kind k = { .nal = 21, .type = 2, .salt = salt };

	return (make_slice(&k));
}

static struct unit
trail(unsigned salt)
{
	struct slice_kind k = { .nal = 1, .type = 0, .salt = salt };

	return (make_slice(&k));
}

static void
put_hvcc(struct buf *b, const struct unit *const *sets, size_t n)
{
	uint8_t head[23] = { 1 };

	head[21] = 0xff; /* lengths of four bytes */
	head[22] = (uint8_t)n;
	buf_put(b, head, sizeof(head));
	for (size_t i = 0; i < n; i++) {
		buf_put_byte(b, (uint8_t)(0x80 | (sets[i]->p[0] >> 1)));
		buf_put_be16(b, 1);
		buf_put_be16(b, (uint16_t)sets[i]->len);
		buf_put(b, sets[i]->p, sets[i]->len);
	}
}

static const struct sps_kind plain = { .level = 93 };

struct vary {
	bool codes, in_band, delimiters, filler, sei;
	unsigned level, vps, pps;
};

static const uint8_t delimiter[] = { 70, 1, 0x50 };
static const uint8_t filler[] = { 76, 1, 0xff, 0x80 };
static const uint8_t prefix_sei[] = { 78, 1, 5, 3, 7, 7, 7, 0x80 };
static const uint8_t suffix_sei[] = { 80, 1, 132, 2, 9, 9, 0x80 };

static const struct stream *
feed(struct video_in *v, const struct vary *y)
{
	struct sps_kind kind = plain;
	struct unit vps = make_vps(y->vps), sps, pps = make_pps(0, y->pps);
	const struct unit *sets[] = { &vps, &sps, &pps };
	AUTO_BUF hvcc = { 0 };

	kind.level = y->level != 0 ? y->level : kind.level;
	sps = make_sps(&kind);
	put_hvcc(&hvcc, sets, 3);
	video_begin(v, "hevc", y->codes ? span(NULL, 0) : buf_span(&hvcc));
	for (unsigned i = 0; i < 5; i++) {
		struct unit u = i % 3 == 0 ? cra(i) : trail(i);
		struct framed f = { { 0 }, { 0 } };
		struct unit extra = raw_unit(delimiter, sizeof(delimiter));

		if (y->delimiters)
			frame_unit(&f, &extra);
		for (size_t k = 0; y->in_band && i % 3 == 0 && k < 3; k++)
			frame_unit(&f, sets[k]);
		extra = raw_unit(prefix_sei, sizeof(prefix_sei));
		if (y->sei)
			frame_unit(&f, &extra);
		frame_unit(&f, &u);
		extra = raw_unit(suffix_sei, sizeof(suffix_sei));
		if (y->sei)
			frame_unit(&f, &extra);
		extra = raw_unit(filler, sizeof(filler));
		if (y->filler)
			frame_unit(&f, &extra);
		video_put(v,
		    y->codes ? buf_span(&f.codes) : buf_span(&f.lengths),
		    i * 40);
		frame_reset(&f);
	}
	return (video_end(v));
}

static void
config_of(uint8_t out[32], const struct unit *vps, const struct unit *sps,
    const struct unit *pps)
{
	uint8_t all[96];

	assert_int_equal(PROV_OK, sha256_of(all, span(vps->p, vps->len), NULL));
	assert_int_equal(PROV_OK,
	    sha256_of(all + 32, span(sps->p, sps->len), NULL));
	assert_int_equal(PROV_OK,
	    sha256_of(all + 64, span(pps->p, pps->len), NULL));
	assert_int_equal(PROV_OK, sha256_of(out, span(all, 96), NULL));
}

static void
leaves_are_as_documented(void **state)
{
	struct unit vps = make_vps(0), sps = make_sps(&plain);
	struct unit pps = make_pps(0, 0);
	const struct vary as_is = { 0 };
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, &as_is);
	assert_string_equal("", s->refused);
	assert_string_equal("hevc/1", s->canon);
	assert_int_equal(2, s->segments);
	assert_int_equal(5, s->frames);
	config_of(config, &vps, &sps, &pps);
	put_leaf_head(&first, "hevc/1", config);
	put_leaf_head(&second, "hevc/1", config);
	for (unsigned i = 0; i < 5; i++) {
		struct unit u = i % 3 == 0 ? cra(i) : trail(i);

		put_record(i < 3 ? &first : &second, 0x10, u.p, u.len);
	}
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	assert_part(s, "vps", &vps);
	assert_part(s, "sps", &sps);
	assert_part(s, "pps", &pps);
	video_close(&v);
}

static void
framing_does_not_matter(void **state)
{
	static const struct {
		const char *what;
		struct vary y;
	} rows[] = {
		{ "Annex B", { .codes = true, .in_band = true } },
		{ "sets in both places", { .in_band = true } },
		{ "delimiters", { .delimiters = true } },
		{ "filler", { .filler = true } },
		{ "SEI", { .sei = true } },
		{ "all of it", { .codes = true,
				   .in_band = true,
				   .delimiters = true,
				   .filler = true,
				   .sei = true } },
	};
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = feed(&b, &rows[i].y);
		if (strcmp(got->refused, "") != 0)
			fail_msg("%s: %s", rows[i].what, got->refused);
		if (memcmp(want->root, got->root, 32) != 0 ||
		    memcmp(want->config, got->config, 32) != 0)
			fail_msg("%s: another stream", rows[i].what);
		assert_int_equal(rows[i].y.sei, got->has_ancillary);
		video_close(&b);
	}
	video_close(&a);
}

static void
parts_have_names(void **state)
{
	static const struct {
		const char *part;
		struct vary y;
	} rows[] = {
		{ "vps", { .vps = 1 } },
		{ "sps", { .level = 94 } },
		{ "pps", { .pps = 1 } },
	};
	static const char *const names[] = { "vps", "sps", "pps" };
	const struct vary as_is = { 0 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	for (size_t i = 0; i < 3; i++) {
		got = feed(&b, &rows[i].y);
		assert_memory_not_equal(want->root, got->root, 32);
		assert_memory_not_equal(want->tl->leaves + 32,
		    got->tl->leaves + 32, 32);
		for (size_t k = 0; k < 3; k++) {
			bool same =
			    memcmp(find_part(want, names[k])->digest,
				find_part(got, names[k])->digest, 32) == 0;

			assert_int_equal(same,
			    strcmp(names[k], rows[i].part) != 0);
		}
		video_close(&b);
	}
	video_close(&a);
}

static void
put_codes(struct video_in *v, const struct unit *u, size_t n, int64_t ms)
{
	struct framed f = { { 0 }, { 0 } };

	for (size_t i = 0; i < n; i++)
		frame_unit(&f, &u[i]);
	video_put(v, buf_span(&f.codes), ms);
	frame_reset(&f);
}

static void
presentation(void **state)
{
	struct sps_kind kind = { .level = 93, .sub_layers = 2, .rich = true };
	struct unit all[4] = { make_vps(0), make_sps(&kind), make_pps(0, 0),
		cra(0) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, all, 4, 0);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(196, presented(s, PROV_WIDTH));
	assert_int_equal(100, presented(s, PROV_HEIGHT));
	assert_int_equal(261, presented(s, PROV_DISPLAY_W));
	assert_int_equal(100, presented(s, PROV_DISPLAY_H));
	assert_int_equal(10, presented(s, PROV_BITS));
	assert_int_equal(1, presented(s, PROV_CHROMA));
	assert_int_equal(1, presented(s, PROV_RANGE));
	assert_int_equal(9, presented(s, PROV_PRIMARIES));
	assert_int_equal(18, presented(s, PROV_TRANSFER));
	assert_int_equal(9, presented(s, PROV_MATRIX));
	assert_int_equal(1, presented(s, PROV_FIELDS));
	video_close(&v);
}

/* An intra picture that is no IRAP, in slices and dependent segments. */
static void
all_intra_pictures_begin_segments(void **state)
{
	struct slice_kind i1 = { .nal = 1, .type = 2 };
	struct slice_kind i2 = { .nal = 1, .later = true, .dependent = true };
	struct slice_kind i3 = { .nal = 1, .type = 2, .later = true };
	struct slice_kind p3 = { .nal = 1, .type = 1, .later = true };
	struct unit first[4] = { make_vps(0), make_sps(&plain), make_pps(0, 0),
		cra(0) };
	struct unit u[3] = { make_slice(&i1), make_slice(&i2),
		make_slice(&p3) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, first, 4, 0);
	put_codes(&v, u, 3, 40);
	u[2] = make_slice(&i3);
	put_codes(&v, u, 3, 80);
	s = video_end(&v);
	assert_int_equal(3, s->frames);
	assert_int_equal(2, s->segments);
	assert_int_equal(2, s->tl->units[0]);
	video_close(&v);
}

/* A layer on top is essence under its own sets, and no frame of its own. */
static void
layers(void **state)
{
	struct slice_kind on_top = { .nal = 1,
		.type = 2,
		.layer = 1,
		.pps = 1 };
	struct unit all[6] = { make_vps(0), make_sps(&plain), make_pps(0, 0),
		make_pps(1, 5), cra(0), make_slice(&on_top) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, all, 6, 0);
	put_codes(&v, all, 6, 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(2, s->frames);
	assert_int_equal(2, s->segments);
	video_close(&v);
	/* Without the sets that it refers to it is not bound. */
	video_begin(&v, "hevc", span(NULL, 0));
	all[3] = raw_unit(delimiter, sizeof(delimiter));
	put_codes(&v, all, 6, 0);
	s = video_end(&v);
	assert_string_equal("config.unresolved", s->refused);
	video_close(&v);
}

/* The root where layers 1 and 2 have a PPS of one id, and other contents. */
static void
two_layers(uint8_t root[32], unsigned salt1, unsigned salt2)
{
	struct slice_kind one = { .nal = 1, .type = 2, .layer = 1, .pps = 1 };
	struct slice_kind two = { .nal = 1, .type = 2, .layer = 2, .pps = 1 };
	struct unit all[8] = { make_vps(0), make_sps(&plain), make_pps(0, 0),
		make_pps(1, salt1), make_pps(1, salt2), cra(0),
		make_slice(&one), make_slice(&two) };
	const struct stream *s;
	struct video_in v;

	all[3].p[1] |= 1 << 3;
	all[4].p[1] |= 2 << 3;
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, all, 8, 0);
	put_codes(&v, all, 8, 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(2, s->frames);
	memcpy(root, s->root, 32);
	video_close(&v);
}

static void
each_layer_has_its_sets(void **state)
{
	uint8_t a[32], b[32], c[32];

	(void)state;
	two_layers(a, 1, 2);
	two_layers(b, 3, 2);
	two_layers(c, 1, 3);
	assert_memory_not_equal(a, b, 32);
	assert_memory_not_equal(a, c, 32);
	assert_memory_not_equal(b, c, 32);
}

/* Some readers begin a picture at a delimiter, and some do not. */
static void
delimiters_stand_between_pictures(void **state)
{
	struct slice_kind half = { .nal = 1, .type = 2, .later = true };
	struct unit all[6] = { make_vps(0), make_sps(&plain), make_pps(0, 0),
		cra(0), raw_unit(delimiter, sizeof(delimiter)),
		make_slice(&half) };
	struct video_in v;

	(void)state;
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, all, 6, 0);
	assert_string_equal("essence.noncanonical", video_end(&v)->refused);
	video_close(&v);
	video_begin(&v, "hevc", span(NULL, 0));
	put_codes(&v, all, 4, 0);
	put_codes(&v, all + 4, 2, 40);
	assert_string_equal("", video_end(&v)->refused);
	video_close(&v);
}

static void
how_pictures_are_shown_is_presentation(void **state)
{
	struct sps_kind kind = { .level = 93, .sub_layers = 2, .rich = true };
	uint8_t timing[] = { 78, 1, 1, 1, 0, 0x80 };
	struct unit all[5] = { make_vps(0), make_sps(&kind), make_pps(0, 0) };
	int64_t v[4];

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		const struct stream *s;
		struct video_in in;

		kind.frames = i == 3;
		all[1] = make_sps(&kind);
		timing[4] = (uint8_t)(i << 4);
		all[3] = raw_unit(timing, sizeof(timing));
		all[4] = cra(0);
		video_begin(&in, "hevc", span(NULL, 0));
		put_codes(&in, all, 5, 0);
		s = video_end(&in);
		v[i] = presented(s, PROV_STRUCTS);
		video_close(&in);
	}
	/* All frames; as the top field; as the bottom one; nothing is said. */
	assert_int_equal(-1, v[0]);
	assert_true(v[1] > 0 && v[2] > 0 && v[1] != v[2]);
	assert_int_equal(-1, v[3]);
}

/* Dolby Vision and HDR10+ steer rendering: presentation, not essence. */
static void
dynamic_metadata(void **state)
{
	static const uint8_t rpu[] = { 124, 1, 0x19, 8, 9 };
	static const uint8_t hdr10[] = { 78, 1, 4, 6, 0xb5, 0, 0x3c, 0, 1, 4,
		0x80 };
	struct unit all[5] = { make_vps(0), make_sps(&plain), make_pps(0, 0),
		cra(0), raw_unit(rpu, sizeof(rpu)) };
	const struct stream *s;
	struct video_in v;
	int64_t hdr[3];
	uint8_t root[32];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		if (i == 1)
			all[4].p[3] ^= 1;
		if (i == 2)
			all[4] = raw_unit(hdr10, sizeof(hdr10));
		video_begin(&v, "hevc", span(NULL, 0));
		put_codes(&v, all, 5, 0);
		s = video_end(&v);
		hdr[i] = presented(s, PROV_HDR);
		assert_true(hdr[i] >= 0);
		if (i > 0)
			assert_memory_equal(root, s->root, 32);
		memcpy(root, s->root, 32);
		video_close(&v);
	}
	assert_int_not_equal(hdr[0], hdr[1]);
	assert_int_not_equal(hdr[1], hdr[2]);
}

/* SEI of the container's configuration and the same in-band count once. */
static void
repeated_sei(void **state)
{
	struct unit vps = make_vps(0), sps = make_sps(&plain);
	struct unit pps = make_pps(0, 0);
	struct unit sei = raw_unit(prefix_sei, sizeof(prefix_sei));
	const struct unit *sets[] = { &vps, &sps, &pps, &sei };
	struct unit with[2] = { sei, cra(0) };
	uint8_t ancillary[2][32];
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct framed f = { { 0 }, { 0 } };
		AUTO_BUF hvcc = { 0 };
		const struct stream *s;

		put_hvcc(&hvcc, sets, 4);
		video_begin(&v, "hevc", buf_span(&hvcc));
		for (size_t k = i; k < 2; k++)
			frame_unit(&f, &with[k]);
		video_put(&v, buf_span(&f.lengths), 0);
		video_put(&v, buf_span(&f.lengths), 40);
		s = video_end(&v);
		assert_string_equal("", s->refused);
		assert_true(s->has_ancillary);
		memcpy(ancillary[i], s->ancillary, 32);
		video_close(&v);
		frame_reset(&f);
	}
	assert_memory_equal(ancillary[0], ancillary[1], 32);
}

static const char *
refused_with(prov_span extradata, prov_span packet)
{
	static char code[64];
	struct video_in v;

	video_begin(&v, "hevc", extradata);
	video_put(&v, packet, 0);
	strcpy(code, video_end(&v)->refused);
	video_close(&v);
	return (code);
}

static void
refusals(void **state)
{
	struct unit vps = make_vps(0), sps = make_sps(&plain);
	struct unit pps = make_pps(0, 0), other = make_vps(3), u = cra(0);
	const struct unit *sets[] = { &vps, &sps, &pps };
	struct framed f = { { 0 }, { 0 } };
	AUTO_BUF hvcc = { 0 };

	(void)state;
	put_hvcc(&hvcc, sets, 3);
	frame_unit(&f, &u);
	assert_string_equal("",
	    refused_with(buf_span(&hvcc), buf_span(&f.lengths)));
	assert_string_equal("config.unresolved",
	    refused_with(span(NULL, 0), buf_span(&f.codes)));
	assert_string_equal("config.unresolved",
	    refused_with(span(hvcc.p, hvcc.len - 1), buf_span(&f.lengths)));
	assert_string_equal("essence.incomplete",
	    refused_with(buf_span(&hvcc),
		span(f.lengths.p, f.lengths.len - 1)));
	frame_reset(&f);
	frame_unit(&f, &other);
	frame_unit(&f, &u);
	assert_string_equal("config.conflict",
	    refused_with(buf_span(&hvcc), buf_span(&f.lengths)));
	frame_reset(&f);
	/* Without the VPS nothing is resolved. */
	buf_free(&hvcc);
	put_hvcc(&hvcc, sets + 1, 2);
	frame_unit(&f, &u);
	assert_string_equal("config.unresolved",
	    refused_with(buf_span(&hvcc), buf_span(&f.lengths)));
	frame_reset(&f);
}

static void
sets_are_parsed_within_bounds(void **state)
{
	struct sps_kind kind = { .level = 93, .sub_layers = 6, .rich = true };
	struct unit u = make_sps(&kind);
	struct hevc_sps sps;
	struct hevc_pps pps;
	unsigned id;

	(void)state;
	assert_true(hevc_sps_parse(&sps, span(u.p, u.len)));
	assert_int_equal(3, sps.address_bits);
	for (size_t len = 0; len < u.len; len++)
		(void)hevc_sps_parse(&sps, span(u.p, len));
	assert_false(hevc_sps_parse(&sps, span(u.p, 20)));
	assert_false(hevc_pps_parse(&pps, span(u.p, 2)));
	assert_false(hevc_vps_parse(&id, span(u.p, 2)));
	for (size_t i = 0; i < u.len * 8; i++) {
		u.p[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		(void)hevc_sps_parse(&sps, span(u.p, u.len));
		(void)hevc_pps_parse(&pps, span(u.p, u.len));
		u.p[i / 8] ^= (uint8_t)(0x80 >> i % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(framing_does_not_matter),
		cmocka_unit_test(parts_have_names),
		cmocka_unit_test(presentation),
		cmocka_unit_test(all_intra_pictures_begin_segments),
		cmocka_unit_test(layers),
		cmocka_unit_test(each_layer_has_its_sets),
		cmocka_unit_test(delimiters_stand_between_pictures),
		cmocka_unit_test(how_pictures_are_shown_is_presentation),
		cmocka_unit_test(dynamic_metadata),
		cmocka_unit_test(repeated_sei),
		cmocka_unit_test(refusals),
		cmocka_unit_test(sets_are_parsed_within_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("hevc", tests, NULL, NULL));
}
