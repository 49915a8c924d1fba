/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include "essence/h264_ps.h"
#include "essence/sei.h"

/* A baseline or high SPS of 64x48 pixels, whose level can be varied. */
struct sps_kind {
	unsigned id, level;
	bool interlaced, high, cropped, vui;
	bool shows; /* with vui: delays of 8 and 4 bits, then pic_struct */
};

/* The VUI from chroma_loc_info_present_flag to pic_struct_present_flag. */
static void
put_shows(struct unit_bits *b)
{
	put_u(b, 1, 1);
	put_ue(b, 1);
	put_ue(b, 1);
	put_u(b, 1, 1);
	put_u(b, 32, 1);
	put_u(b, 32, 50);
	put_u(b, 1, 1);
	put_u(b, 1, 1); /* hypothetical decoder, with two buffers */
	put_ue(b, 1);
	put_u(b, 8, 0);
	for (int i = 0; i < 2; i++) {
		put_ue(b, 99);
		put_ue(b, 99);
		put_u(b, 1, 1);
	}
	put_u(b, 5, 23);
	put_u(b, 5, 7);
	put_u(b, 5, 3);
	put_u(b, 5, 0);
	put_u(b, 1, 0);
	put_u(b, 1, 0);
	put_u(b, 1, 1);
}

static struct unit
make_sps(const struct sps_kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0x67);
	put_u(&b, 8, k->high ? 100 : 66);
	put_u(&b, 8, 0);
	put_u(&b, 8, k->level);
	put_ue(&b, k->id);
	if (k->high) {
		put_ue(&b, 2); /* 4:2:2 */
		put_ue(&b, 2); /* 10 bits */
		put_ue(&b, 2);
		put_u(&b, 1, 0);
		put_u(&b, 1, 0);
	}
	put_ue(&b, 0); /* frame_num of 4 bits */
	put_ue(&b, 2); /* order of output is order of decoding */
	put_ue(&b, 1);
	put_u(&b, 1, 0);
	put_ue(&b, 3);                     /* 64 wide */
	put_ue(&b, k->interlaced ? 1 : 2); /* 64 or 48 high */
	put_u(&b, 1, !k->interlaced);
	if (k->interlaced)
		put_u(&b, 1, 0);
	put_u(&b, 1, 1);
	put_u(&b, 1, k->cropped);
	if (k->cropped) {
		put_ue(&b, 1);
		put_ue(&b, 2);
		put_ue(&b, 0);
		put_ue(&b, 4);
	}
	put_u(&b, 1, k->vui);
	if (k->vui) {
		put_u(&b, 1, 1);
		put_u(&b, 8, 255);
		put_u(&b, 16, 3);
		put_u(&b, 16, 2);
		put_u(&b, 1, 1); /* overscan */
		put_u(&b, 1, 0);
		put_u(&b, 1, 1); /* video signal */
		put_u(&b, 3, 5);
		put_u(&b, 1, 1);
		put_u(&b, 1, 1);
		put_u(&b, 8, 9);
		put_u(&b, 8, 16);
		put_u(&b, 8, 9);
		if (k->shows)
			put_shows(&b);
		put_u(&b, 32, 0); /* the rest: nothing */
	}
	return (end_unit(&b));
}

static struct unit
make_pps(unsigned id, unsigned sps, unsigned salt)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0x68);
	put_ue(&b, id);
	put_ue(&b, sps);
	put_u(&b, 16, salt);
	return (end_unit(&b));
}

struct slice_kind {
	unsigned nal, type, pps, frame_num, salt;
	unsigned first;       /* macroblock */
	unsigned header, len; /* behind the first byte, and its bits */
	bool interlaced, field, bottom;
};

static struct unit
make_slice(const struct slice_kind *k)
{
	struct unit_bits b = { .n = 0 };

	put_u(&b, 8, 0x60 | k->nal);
	put_u(&b, k->len, k->header);
	put_ue(&b, k->first);
	put_ue(&b, k->type);
	put_ue(&b, k->pps);
	put_u(&b, 4, k->frame_num);
	if (k->interlaced) {
		put_u(&b, 1, k->field);
		if (k->field)
			put_u(&b, 1, k->bottom);
	}
	/* Data that wants emulation prevention. */
	put_u(&b, 24, 0);
	put_u(&b, 16, k->salt);
	put_u(&b, 32, 0xdeadbeef);
	return (end_unit(&b));
}

static struct unit
idr(unsigned salt)
{
	struct slice_kind k = { .nal = 5, .type = 7, .salt = salt };

	return (make_slice(&k));
}

static struct unit
inter(unsigned salt)
{
	struct slice_kind k = { .nal = 1,
		.type = 5,
		.frame_num = salt & 15,
		.salt = salt };

	return (make_slice(&k));
}

static void
put_avcc(struct buf *b, const struct unit *sps, const struct unit *pps)
{
	static const uint8_t head[] = { 1, 66, 0, 30, 0xff, 0xe1 };

	buf_put(b, head, sizeof(head));
	buf_put_be16(b, (uint16_t)sps->len);
	buf_put(b, sps->p, sps->len);
	buf_put_byte(b, 1);
	buf_put_be16(b, (uint16_t)pps->len);
	buf_put(b, pps->p, pps->len);
}

static const struct sps_kind plain = { .level = 30 };

/* What a test changes of the stream below. */
struct vary {
	bool codes;   /* Annex B, without extradata */
	bool in_band; /* parameter sets at each IDR picture */
	bool delimiters, filler, sei, zeros;
	unsigned level; /* of the SPS; 0: 30 */
	unsigned flip;  /* 1: a bit of the second picture */
	unsigned pps;   /* salt */
};

static const uint8_t delimiter[] = { 9, 0xf0 };
static const uint8_t filler[] = { 12, 0xff, 0xff, 0x80 };
static const uint8_t sei[] = { 6, 5, 4, 1, 2, 3, 4, 0x80 };

/* Two segments: I P P, I P. */
static const struct stream *
feed(struct video_in *v, const struct vary *y)
{
	struct sps_kind kind = plain;
	struct unit sps, pps = make_pps(0, 0, y->pps);
	AUTO_BUF avcc = { 0 };

	kind.level = y->level != 0 ? y->level : kind.level;
	sps = make_sps(&kind);
	put_avcc(&avcc, &sps, &pps);
	video_begin(v, "h264", y->codes ? span(NULL, 0) : buf_span(&avcc));
	for (unsigned i = 0; i < 5; i++) {
		struct unit u = i % 3 == 0 ? idr(i) : inter(i);
		struct framed f = { { 0 }, { 0 } };
		struct unit extra;

		if (i == 1 && y->flip != 0)
			u.p[u.len - 2] ^= 1;
		extra = raw_unit(delimiter, sizeof(delimiter));
		if (y->delimiters)
			frame_unit(&f, &extra);
		if (y->in_band && i % 3 == 0) {
			frame_unit(&f, &sps);
			frame_unit(&f, &pps);
		}
		extra = raw_unit(sei, sizeof(sei));
		if (y->sei)
			frame_unit(&f, &extra);
		if (y->zeros)
			u.len += 2;
		frame_unit(&f, &u);
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
config_of(uint8_t out[32], const struct unit *sps, const struct unit *pps)
{
	uint8_t both[64];

	assert_int_equal(PROV_OK,
	    sha256_of(both, span(sps->p, sps->len), NULL));
	assert_int_equal(PROV_OK,
	    sha256_of(both + 32, span(pps->p, pps->len), NULL));
	assert_int_equal(PROV_OK, sha256_of(out, span(both, 64), NULL));
}

/* The leaves, put together from what the documents say. */
static void
leaves_are_as_documented(void **state)
{
	struct unit sps = make_sps(&plain), pps = make_pps(0, 0, 0);
	const struct vary as_is = { 0 };
	AUTO_BUF first = { 0 }, second = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	s = feed(&v, &as_is);
	assert_string_equal("", s->refused);
	assert_string_equal("h264/1", s->canon);
	assert_string_equal("rap/1", s->rule);
	assert_int_equal(2, s->segments);
	assert_int_equal(5, s->frames);
	assert_int_equal(3, s->tl->units[0]);
	assert_int_equal(2, s->tl->units[1]);
	config_of(config, &sps, &pps);
	put_leaf_head(&first, "h264/1", config);
	put_leaf_head(&second, "h264/1", config);
	for (unsigned i = 0; i < 5; i++) {
		struct unit u = i % 3 == 0 ? idr(i) : inter(i);

		put_record(i < 3 ? &first : &second, 0x10, u.p, u.len);
	}
	assert_leaf(s, 0, &first);
	assert_leaf(s, 1, &second);
	assert_part(s, "sps", &sps);
	assert_part(s, "pps", &pps);
	assert_int_equal(200000000, s->duration_ns);
	video_close(&v);
}

/* Everything that honest remuxing changes leaves the root as it is. */
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
		{ "trailing zeros", { .zeros = true } },
		{ "all of it", { .codes = true,
				   .in_band = true,
				   .delimiters = true,
				   .filler = true,
				   .sei = true,
				   .zeros = true } },
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
		    memcmp(want->config, got->config, 32) != 0 ||
		    want->present.known != got->present.known)
			fail_msg("%s: another stream", rows[i].what);
		assert_int_equal(rows[i].y.sei, got->has_ancillary);
		video_close(&b);
	}
	video_close(&a);
}

static void
changes_are_found(void **state)
{
	const struct vary as_is = { 0 }, flip = { .flip = 1 },
			  level = { .level = 31 }, salt = { .pps = 77 };
	const struct stream *want, *got;
	struct video_in a, b;

	(void)state;
	want = feed(&a, &as_is);
	got = feed(&b, &flip);
	assert_memory_not_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_equal(want->tl->leaves + 32, got->tl->leaves + 32, 32);
	assert_memory_equal(want->config, got->config, 32);
	video_close(&b);
	/* A bit of the SPS: every leaf, and its part alone. */
	got = feed(&b, &level);
	assert_memory_not_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_not_equal(want->tl->leaves + 32, got->tl->leaves + 32,
	    32);
	assert_memory_not_equal(find_part(want, "sps")->digest,
	    find_part(got, "sps")->digest, 32);
	assert_memory_equal(find_part(want, "pps")->digest,
	    find_part(got, "pps")->digest, 32);
	video_close(&b);
	got = feed(&b, &salt);
	assert_memory_not_equal(want->tl->leaves, got->tl->leaves, 32);
	assert_memory_equal(find_part(want, "sps")->digest,
	    find_part(got, "sps")->digest, 32);
	assert_memory_not_equal(want->config, got->config, 32);
	video_close(&b);
	video_close(&a);
}

/* Feeds one packet of units in Annex B framing. */
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
segments_begin_at_intra_pictures(void **state)
{
	struct slice_kind i_slice = { .nal = 1, .type = 2, .frame_num = 1 };
	struct slice_kind p_slice = { .nal = 1, .type = 0, .frame_num = 1 };
	struct unit sets[2] = { make_sps(&plain), make_pps(0, 0, 0) };
	struct unit both[2];
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, sets, 2, 0);
	/* The first picture needs no reason. */
	both[0] = inter(1);
	put_codes(&v, both, 1, 0);
	/* An intra slice and a predicted one: not all intra. */
	both[0] = make_slice(&i_slice);
	both[1] = make_slice(&p_slice);
	put_codes(&v, both, 2, 40);
	/* All intra, though no IDR picture. */
	both[1] = make_slice(&i_slice);
	put_codes(&v, both, 2, 80);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(3, s->frames);
	assert_int_equal(2, s->segments);
	assert_int_equal(2, s->tl->units[0]);
	video_close(&v);
}

static void
segments_are_capped(void **state)
{
	struct unit sets[2] = { make_sps(&plain), make_pps(0, 0, 0) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, sets, 2, 0);
	for (unsigned i = 0; i < 700; i++) {
		struct unit u = i == 0 ? idr(0) : inter(i);

		put_codes(&v, &u, 1, i * 40);
	}
	s = video_end(&v);
	assert_int_equal(3, s->segments);
	assert_int_equal(300, s->tl->units[0]);
	assert_int_equal(300, s->tl->units[1]);
	assert_int_equal(100, s->tl->units[2]);
	video_close(&v);
}

/* Field pictures in one packet or two: the same leaves, units and times. */
static void
fields_make_frames(void **state)
{
	struct sps_kind kind = { .level = 30, .interlaced = true };
	struct unit sets[2] = { make_sps(&kind), make_pps(0, 0, 0) };
	const struct stream *s[2];
	struct video_in v[2];

	(void)state;
	for (int apart = 0; apart < 2; apart++) {
		video_begin(&v[apart], "h264", span(NULL, 0));
		put_codes(&v[apart], sets, 2, 0);
		for (unsigned i = 0; i < 4; i++) {
			struct slice_kind top = { .nal = i == 2 ? 5 : 1,
				.type = i == 2 ? 7 : 5,
				.frame_num = i == 2 ? 0 : i,
				.salt = i,
				.interlaced = true,
				.field = true };
			struct slice_kind bottom = top;
			struct unit u[2];

			/* An IDR picture's second field is predicted. */
			bottom.nal = 1;
			bottom.type = 5;
			bottom.bottom = true;
			u[0] = make_slice(&top);
			u[1] = make_slice(&bottom);
			put_codes(&v[apart], u, apart ? 1 : 2, i * 40);
			if (apart)
				put_codes(&v[apart], u + 1, 1, i * 40 + 20);
		}
		s[apart] = video_end(&v[apart]);
		assert_string_equal("", s[apart]->refused);
		assert_int_equal(4, s[apart]->frames);
		assert_int_equal(2, s[apart]->segments);
		assert_int_equal(1, presented(s[apart], PROV_FIELDS));
		assert_int_equal(64, presented(s[apart], PROV_HEIGHT));
	}
	assert_memory_equal(s[0]->root, s[1]->root, 32);
	assert_memory_equal(s[0]->timeline, s[1]->timeline, 32);
	video_close(&v[0]);
	video_close(&v[1]);
}

/* A set that changes in-band is recorded where the slices change over. */
static void
configuration_changes_in_place(void **state)
{
	struct unit sps = make_sps(&plain);
	struct unit pps[2] = { make_pps(0, 0, 1), make_pps(1, 0, 2) };
	struct slice_kind kind = { .nal = 1,
		.type = 5,
		.pps = 1,
		.frame_num = 1 };
	struct unit p = make_slice(&kind), i = idr(0);
	struct unit all[4] = { sps, pps[0], pps[1], i };
	AUTO_BUF want = { 0 };
	const struct stream *s;
	struct video_in v;
	uint8_t config[32];

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 4, 0);
	put_codes(&v, &p, 1, 40);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(1, s->segments);
	config_of(config, &sps, &pps[0]);
	put_leaf_head(&want, "h264/1", config);
	put_record(&want, 0x10, i.p, i.len);
	config_of(config, &sps, &pps[1]);
	put_record(&want, 0x02, config, 32);
	put_record(&want, 0x10, p.p, p.len);
	assert_leaf(s, 0, &want);
	video_close(&v);
}

static void
presentation(void **state)
{
	struct sps_kind kind = { .level = 30,
		.high = true,
		.cropped = true,
		.vui = true };
	struct unit all[3] = { make_sps(&kind), make_pps(0, 0, 0), idr(0) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 3, 0);
	s = video_end(&v);
	/* 4:2:2: two pixels across a unit of cropping, one down. */
	assert_int_equal(64 - 2 * 3, presented(s, PROV_WIDTH));
	assert_int_equal(48 - 4, presented(s, PROV_HEIGHT));
	assert_int_equal(87, presented(s, PROV_DISPLAY_W));
	assert_int_equal(44, presented(s, PROV_DISPLAY_H));
	assert_int_equal(10, presented(s, PROV_BITS));
	assert_int_equal(2, presented(s, PROV_CHROMA));
	assert_int_equal(0, presented(s, PROV_FIELDS));
	assert_int_equal(2, presented(s, PROV_RANGE));
	assert_int_equal(9, presented(s, PROV_PRIMARIES));
	assert_int_equal(16, presented(s, PROV_TRANSFER));
	assert_int_equal(9, presented(s, PROV_MATRIX));
	video_close(&v);
}

static void
rendering_sei_is_presentation(void **state)
{
	/* Orientation 90 degrees, flipped; light 1000/400; side by side. */
	static const uint8_t orient[] = { 6, 47, 3, 0x48, 0x00, 0x01, 0x80 };
	static const uint8_t light[] = { 6, 144, 4, 3, 0xe8, 1, 0x90, 0x80 };
	static const uint8_t packing[] = { 6, 45, 2, 0x81, 0x80, 0x80 };
	struct unit all[6] = { make_sps(&plain), make_pps(0, 0, 0),
		raw_unit(orient, sizeof(orient)),
		raw_unit(light, sizeof(light)),
		raw_unit(packing, sizeof(packing)), idr(0) };
	const struct stream *s;
	struct video_in v;
	int64_t hdr;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 6, 0);
	/* The same again changes nothing. */
	put_codes(&v, all, 6, 40);
	s = video_end(&v);
	assert_int_equal(1000 << 16 | 400, presented(s, PROV_LIGHT));
	/* cancel 0, hor 1, ver 0, then 16 bits: 0 1 0 01000 0000 0000 000 */
	assert_int_equal(0x4000 << 2 | 2, presented(s, PROV_DISPLAY_SEI));
	/* id 0, not cancelled, type 3: side by side. */
	assert_int_equal(4, presented(s, PROV_PACKING));
	hdr = presented(s, PROV_HDR);
	video_close(&v);
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 6, 0);
	all[3].p[4] ^= 1;
	put_codes(&v, all, 6, 40);
	s = video_end(&v);
	/* The first value stands, and the change is told all the same. */
	assert_int_equal(1000 << 16 | 400, presented(s, PROV_LIGHT));
	assert_int_not_equal(hdr, presented(s, PROV_HDR));
	video_close(&v);
}

static const char *
refused_with(prov_span extradata, prov_span packet)
{
	static char code[64];
	struct video_in v;

	video_begin(&v, "h264", extradata);
	video_put(&v, packet, 0);
	strcpy(code, video_end(&v)->refused);
	video_close(&v);
	return (code);
}

static void
refusals(void **state)
{
	struct unit sps = make_sps(&plain), pps = make_pps(0, 0, 0);
	struct unit other = make_pps(0, 0, 9), good = idr(1), bad = idr(1);
	struct slice_kind lost = { .nal = 5, .type = 7, .pps = 3 };
	struct framed f = { { 0 }, { 0 } };
	AUTO_BUF avcc = { 0 };

	(void)state;
	put_avcc(&avcc, &sps, &pps);
	/* A start code inside a unit behind a length. */
	bad.p[bad.len++] = 0;
	bad.p[bad.len++] = 0;
	bad.p[bad.len++] = 1;
	bad.p[bad.len++] = 0x65;
	frame_unit(&f, &bad);
	assert_string_equal("essence.noncanonical",
	    refused_with(buf_span(&avcc), buf_span(&f.lengths)));
	frame_reset(&f);
	/* Start codes where lengths were announced. */
	frame_unit(&f, &good);
	assert_string_equal("essence.noncanonical",
	    refused_with(buf_span(&avcc), buf_span(&f.codes)));
	/* Bytes before the first start code. */
	assert_string_equal("essence.noncanonical",
	    refused_with(span(NULL, 0),
		span(f.lengths.p + 3, f.lengths.len - 3)));
	/* A length that reaches past the end. */
	assert_string_equal("essence.incomplete",
	    refused_with(buf_span(&avcc),
		span(f.lengths.p, f.lengths.len - 1)));
	assert_string_equal("",
	    refused_with(buf_span(&avcc), buf_span(&f.lengths)));
	frame_reset(&f);
	/* The container and the stream contradict each other. */
	frame_unit(&f, &other);
	frame_unit(&f, &good);
	assert_string_equal("config.conflict",
	    refused_with(buf_span(&avcc), buf_span(&f.lengths)));
	/* A slice that refers to a set that is not there. */
	frame_reset(&f);
	good = make_slice(&lost);
	frame_unit(&f, &good);
	assert_string_equal("config.unresolved",
	    refused_with(buf_span(&avcc), buf_span(&f.lengths)));
	/* A configuration that is cut off. */
	frame_reset(&f);
	good = idr(1);
	frame_unit(&f, &good);
	assert_string_equal("config.unresolved",
	    refused_with(span(avcc.p, avcc.len - 1), buf_span(&f.lengths)));
	frame_reset(&f);
}

/* Two changes in-band, without a container to contradict, are no conflict. */
static void
in_band_sets_may_change(void **state)
{
	struct unit a[3] = { make_sps(&plain), make_pps(0, 0, 1), idr(0) };
	struct unit b[2] = { make_pps(0, 0, 2), idr(1) };
	const struct stream *s;
	struct video_in v;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, a, 3, 0);
	put_codes(&v, b, 2, 40);
	put_codes(&v, a, 3, 80);
	s = video_end(&v);
	assert_string_equal("", s->refused);
	assert_int_equal(3, s->segments);
	video_close(&v);
}

/* The root of a stream whose second slice is of a layer, and its code. */
static const char *
layered(uint8_t root[32], const struct slice_kind *k, unsigned salt)
{
	static char code[64];
	struct unit all[6] = { make_sps(&plain), make_pps(0, 0, 0),
		make_sps(&plain), make_pps(1, 0, salt), idr(0), make_slice(k) };
	const struct stream *s;
	struct video_in v;

	all[2].p[0] = 0x6f; /* a subset SPS */
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 6, 0);
	s = video_end(&v);
	assert_int_equal(1, s->frames);
	memcpy(root, s->root, 32);
	strcpy(code, s->refused);
	video_close(&v);
	return (code);
}

/* Auxiliary, scalable, multiview and 3D slices, under sets of their own. */
static void
layers_are_bound(void **state)
{
	static const struct slice_kind kinds[] = {
		{ .nal = 19, .type = 7, .pps = 1 },
		{ .nal = 20,
		    .type = 7,
		    .pps = 1,
		    .header = 0x800007,
		    .len = 24 },
		{ .nal = 20,
		    .type = 7,
		    .pps = 1,
		    .header = 0x400007,
		    .len = 24 },
		{ .nal = 21,
		    .type = 7,
		    .pps = 1,
		    .header = 0x400007,
		    .len = 24 },
		{ .nal = 21, .type = 7, .pps = 1, .header = 0x8181, .len = 16 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct slice_kind lost = kinds[i];
		uint8_t a[32], b[32];

		assert_string_equal("", layered(a, &kinds[i], 1));
		assert_string_equal("", layered(b, &kinds[i], 2));
		if (memcmp(a, b, 32) == 0)
			fail_msg("row %zu: its PPS is not bound", i);
		lost.pps = 2;
		assert_string_equal("config.unresolved", layered(a, &lost, 1));
	}
}

/*
 * Decoders forget the PPS of an SPS that changes: one that comes and goes
 * between two pictures breaks what follows.
 */
static void
no_set_comes_and_goes_unused(void **state)
{
	struct sps_kind other = { .level = 31 };
	struct unit all[4] = { make_sps(&plain), make_pps(0, 0, 0), idr(0) };
	struct unit more[3] = { make_sps(&other), make_sps(&plain), inter(1) };
	struct video_in v;

	(void)state;
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, all, 3, 0);
	put_codes(&v, more, 3, 40);
	assert_string_equal("config.conflict", video_end(&v)->refused);
	video_close(&v);
}

/* Some readers begin a picture at a delimiter, and some do not. */
static void
delimiters_stand_between_pictures(void **state)
{
	struct slice_kind half = { .nal = 5, .type = 7, .first = 6 };
	struct unit all[5] = { make_sps(&plain), make_pps(0, 0, 0), idr(0),
		raw_unit(delimiter, sizeof(delimiter)), make_slice(&half) };
	struct video_in v;

	(void)state;
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			all[3] = raw_unit(filler, sizeof(filler));
		if (i == 2) {
			all[3] = raw_unit(delimiter, sizeof(delimiter));
			all[4] = inter(1);
		}
		video_begin(&v, "h264", span(NULL, 0));
		put_codes(&v, all, 5, 0);
		assert_string_equal(i == 0 ? "essence.noncanonical" : "",
		    video_end(&v)->refused);
		video_close(&v);
	}
}

/* Two pictures, each behind its timing; -1: presentation says nothing. */
static int64_t
structs_of(bool shows, uint8_t first, uint8_t second)
{
	struct sps_kind kind = { .level = 30, .vui = true, .shows = shows };
	uint8_t timing[] = { 6, 1, 2, 0x55, 0x50, 0x80 };
	struct unit a[4] = { make_sps(&kind), make_pps(0, 0, 0) };
	struct unit b[2];
	const struct stream *s;
	struct video_in v;
	int64_t structs;

	timing[4] = 0x50 | first;
	a[2] = raw_unit(timing, sizeof(timing));
	a[3] = idr(0);
	timing[4] = 0x50 | second;
	b[0] = raw_unit(timing, sizeof(timing));
	b[1] = inter(1);
	video_begin(&v, "h264", span(NULL, 0));
	put_codes(&v, a, 4, 0);
	put_codes(&v, b, 2, 40);
	s = video_end(&v);
	structs = presented(s, PROV_STRUCTS);
	video_close(&v);
	return (structs);
}

static void
how_pictures_are_shown_is_presentation(void **state)
{
	(void)state;
	assert_int_equal(-1, structs_of(false, 3, 3));
	assert_int_equal(-1, structs_of(true, 0, 0));
	assert_true(structs_of(true, 3, 3) > 0);
	assert_int_equal(structs_of(true, 3, 3), structs_of(true, 3, 3));
	assert_int_not_equal(structs_of(true, 3, 3), structs_of(true, 4, 4));
	assert_int_not_equal(structs_of(true, 3, 3), structs_of(true, 3, 5));
}

/* The fields that one SEI message makes; its last byte is before the end. */
static void
user_data_of(const char *data, size_t len, prov_field field, int64_t v[3])
{
	for (uint8_t i = 0; i < 3; i++) {
		uint8_t p[64] = { 6, 4, (uint8_t)len };
		struct unit all[4] = { make_sps(&plain), make_pps(0, 0, 0) };
		const struct stream *s;
		struct video_in in;

		memcpy(p + 3, data, len);
		p[2 + len] ^= i == 1;
		p[3 + len] = 0x80;
		/* Of nobody's: i == 2. */
		p[3] ^= (uint8_t)(i == 2 ? 1 : 0);
		all[2] = raw_unit(p, len + 4);
		all[3] = idr(0);
		video_begin(&in, "h264", span(NULL, 0));
		put_codes(&in, all, 4, 0);
		s = video_end(&in);
		v[i] = presented(s, field);
		video_close(&in);
	}
}

static void
captions_and_active_format(void **state)
{
	static const char captions[] = "\xb5\0\x31GA94\3\x41\xff\xfc\x80\x80";
	static const char format[] = "\xb5\0\x31"
				     "DTG1\x41\xf9";
	int64_t v[3];

	(void)state;
	user_data_of(captions, sizeof(captions) - 1, PROV_CAPTIONS, v);
	assert_true(v[0] > 0 && v[1] > 0 && v[0] != v[1]);
	assert_int_equal(-1, v[2]);
	user_data_of(format, sizeof(format) - 1, PROV_HDR, v);
	assert_true(v[0] > 0 && v[1] > 0 && v[0] != v[1]);
	assert_int_equal(-1, v[2]);
}

static void
corrupt_and_untimed(void **state)
{
	struct unit all[3] = { make_sps(&plain), make_pps(0, 0, 1), idr(0) };
	struct framed f = { { 0 }, { 0 } };
	const struct stream *s;
	prov_packet packet;
	struct video_in v;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		frame_unit(&f, &all[i]);
	packet = (prov_packet){ .data = buf_span(&f.codes),
		.pts = PROV_NO_TIME,
		.dts = PROV_NO_TIME,
		.flags = PROV_PACKET_CORRUPT };
	video_begin(&v, "h264", span(NULL, 0));
	assert_int_equal(PROV_OK,
	    prov_essence_packet(v.e, v.index, &packet, NULL));
	s = video_end(&v);
	assert_string_equal("essence.incomplete", s->refused);
	assert_true(s->tl->untimed);
	assert_int_equal(1, s->frames);
	video_close(&v);
	frame_reset(&f);
}

/* An orientation behind more messages than are read must not be passed over. */
static void
sei_is_read_to_its_end(void **state)
{
	static const uint8_t orient[] = { 47, 3, 0x48, 0x00, 0x01, 0x80 };
	uint8_t code[] = { 0, 0, 1, 6 };
	AUTO_BUF b = { 0 };
	prov_packet packet = { .pts = 0, .dts = 0 };
	struct video_in v;

	(void)state;
	buf_put(&b, code, sizeof(code));
	for (int i = 0; i < SEI_MESSAGES_MAX; i++)
		buf_put(&b, "\x05\x01\xaa", 3);
	buf_put(&b, orient, sizeof(orient));
	packet.data = buf_span(&b);
	video_begin(&v, "h264", span(NULL, 0));
	assert_int_equal(PROV_ELIMIT,
	    prov_essence_packet(v.e, v.index, &packet, NULL));
	prov_essence_free(v.e);
}

/* Parameter sets cut short anywhere, and with any bit flipped: no harm. */
static void
sets_are_parsed_within_bounds(void **state)
{
	struct sps_kind kind = { .level = 30,
		.high = true,
		.cropped = true,
		.vui = true };
	struct unit u = make_sps(&kind);
	struct h264_sps sps;
	struct h264_pps pps;

	(void)state;
	assert_true(h264_sps_parse(&sps, span(u.p, u.len)));
	for (size_t len = 0; len < u.len; len++) {
		(void)h264_sps_parse(&sps, span(u.p, len));
		(void)h264_pps_parse(&pps, span(u.p, len));
	}
	assert_false(h264_sps_parse(&sps, span(u.p, 6)));
	assert_false(h264_pps_parse(&pps, span(u.p, 1)));
	for (size_t i = 0; i < u.len * 8; i++) {
		u.p[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		(void)h264_sps_parse(&sps, span(u.p, u.len));
		(void)h264_pps_parse(&pps, span(u.p, u.len));
		u.p[i / 8] ^= (uint8_t)(0x80 >> i % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_are_as_documented),
		cmocka_unit_test(framing_does_not_matter),
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(segments_begin_at_intra_pictures),
		cmocka_unit_test(segments_are_capped),
		cmocka_unit_test(fields_make_frames),
		cmocka_unit_test(configuration_changes_in_place),
		cmocka_unit_test(presentation),
		cmocka_unit_test(rendering_sei_is_presentation),
		cmocka_unit_test(refusals),
		cmocka_unit_test(in_band_sets_may_change),
		cmocka_unit_test(layers_are_bound),
		cmocka_unit_test(no_set_comes_and_goes_unused),
		cmocka_unit_test(delimiters_stand_between_pictures),
		cmocka_unit_test(how_pictures_are_shown_is_presentation),
		cmocka_unit_test(captions_and_active_format),
		cmocka_unit_test(corrupt_and_untimed),
		cmocka_unit_test(sei_is_read_to_its_end),
		cmocka_unit_test(sets_are_parsed_within_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("h264", tests, NULL, NULL));
}
