/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include "essence/track.h"
#include "hash/tree.h"

#define MS INT64_C(1000000)

/* An asset of streams that have no form but raw/1. */
struct asset {
	prov_essence *e;
	prov_identity *id;
};

static void
begin(struct asset *a)
{
	prov_err err = { 0 };

	*a = (struct asset){ 0 };
	if (prov_essence_new(&a->e, "test", &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static unsigned
add(struct asset *a, const prov_config *config)
{
	prov_err err = { 0 };
	unsigned index;

	if (prov_essence_stream(a->e, config, &index, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	return (index);
}

static void
put(struct asset *a, unsigned index, const char *data, int64_t pts,
    int64_t duration, unsigned flags)
{
	prov_packet p = { .data = span(data, strlen(data)),
		.pts = pts,
		.dts = PROV_NO_TIME,
		.duration = duration,
		.flags = flags };
	prov_err err = { 0 };

	if (prov_essence_packet(a->e, index, &p, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static void
finish(struct asset *a)
{
	prov_err err = { 0 };

	if (prov_essence_finish(a->e, &a->id, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static void
end(struct asset *a)
{
	prov_identity_free(a->id);
	prov_essence_free(a->e);
	*a = (struct asset){ 0 };
}

static const prov_config video = { .kind = PROV_VIDEO,
	.codec = "qtrle",
	.extradata = { (const uint8_t *)"head", 4 },
	.tb_num = 1,
	.tb_den = 1000 };
static const prov_config audio = { .kind = PROV_AUDIO,
	.codec = "wavpack",
	.tb_num = 1,
	.tb_den = 48000,
	.rate = 48000,
	.channels = 2 };

/* Leaves, root and configuration of raw/1, from what the documents say. */
static void
raw_is_as_documented(void **state)
{
	AUTO_BUF first = { 0 }, second = { 0 }, parts = { 0 };
	uint8_t config[32], root[32];
	const struct stream *s;
	struct asset a;

	(void)state;
	begin(&a);
	add(&a, &video);
	put(&a, 0, "one", 0, 40, PROV_PACKET_KEY);
	put(&a, 0, "", 40, 40, 0);
	put(&a, 0, "three", 80, 40, PROV_PACKET_KEY);
	finish(&a);
	s = &a.id->streams[0];
	assert_string_equal("raw/1", s->canon);
	assert_string_equal("qtrle", s->codec);
	assert_int_equal(PROV_OK, sha256_of(config, span("head", 4), NULL));
	put_leaf_head(&first, "raw/1", config);
	put_record(&first, 0x10, "one", 3);
	put_record(&first, 0x10, "", 0);
	assert_leaf(s, 0, &first);
	put_leaf_head(&second, "raw/1", config);
	put_record(&second, 0x10, "three", 5);
	assert_leaf(s, 1, &second);
	assert_int_equal(2, s->segments);
	assert_int_equal(3, s->frames);
	assert_int_equal(0, s->samples);
	assert_int_equal(PROV_OK,
	    tree_root(root, s->tl->leaves, s->tl->n, NULL));
	assert_memory_equal(root, s->root, 32);
	/* The stream's configuration: name, 0, digest of each part. */
	buf_put(&parts, "extradata", 10);
	buf_put(&parts, find_part(s, "extradata")->digest, 32);
	assert_int_equal(PROV_OK, sha256_of(config, buf_span(&parts), NULL));
	assert_memory_equal(config, s->config, 32);
	assert_int_equal(120 * MS, s->duration_ns);
	end(&a);
}

static void
large_and_small_records_are_one_stream(void **state)
{
	static const size_t lens[] = { 0, 1, 1024, 1025, 16383, 16384, 70000 };
	AUTO_BUF big = { 0 }, want = { 0 };
	uint8_t config[32];
	struct asset a;

	(void)state;
	assert_non_null(buf_grow(&big, 70000));
	for (size_t i = 0; i < big.len; i++)
		big.p[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(PROV_OK, sha256_of(config, span("head", 4), NULL));
	put_leaf_head(&want, "raw/1", config);
	begin(&a);
	add(&a, &video);
	for (size_t k = 0; k < 14; k++) {
		size_t len = lens[k * 3 % 7];
		prov_packet p = { .data = span(big.p, len),
			.pts = (int64_t)k * 40 };

		assert_int_equal(PROV_OK,
		    prov_essence_packet(a.e, 0, &p, NULL));
		put_record(&want, 0x10, big.p, len);
	}
	finish(&a);
	assert_int_equal(1, a.id->streams[0].segments);
	assert_leaf(&a.id->streams[0], 0, &want);
	end(&a);
}

/* Without key frames 300 packets are a segment; sound is cut each second. */
static void
raw_segments_are_bounded(void **state)
{
	struct asset a;

	(void)state;
	begin(&a);
	add(&a, &video);
	add(&a, &audio);
	for (int i = 0; i < 650; i++)
		put(&a, 0, "x", i * 40, 40, 0);
	for (int i = 0; i < 100; i++)
		put(&a, 1, "y", i * 1536, 1536, PROV_PACKET_KEY);
	finish(&a);
	assert_int_equal(3, a.id->streams[0].segments);
	assert_int_equal(300, a.id->streams[0].tl->units[0]);
	assert_int_equal(50, a.id->streams[0].tl->units[2]);
	/* 3.2 s; 32 frames of 32 ms are the first to pass a second. */
	assert_int_equal(4, a.id->streams[1].segments);
	assert_int_equal(32 * 1536, a.id->streams[1].tl->units[0]);
	assert_int_equal(153600, a.id->streams[1].samples);
	assert_int_equal(48000, a.id->streams[1].rate);
	end(&a);
}

/* A new run of sound wherever a frame departs over 3 ms from the count. */
static void
sound_runs(void **state)
{
	/* Frames of 480 samples, 10 ms; times in 1/48000 s. */
	static const int64_t departs[] = { 0, 144, -144, 143, 145, 145, 290,
		-10 };
	static const uint64_t counts[] = { 4, 2, 1, 1 };
	const struct timeline *tl;
	struct asset a;

	(void)state;
	begin(&a);
	add(&a, &audio);
	for (int i = 0; i < 8; i++)
		put(&a, 0, "y", i * 480 + departs[i], 480, 0);
	finish(&a);
	tl = a.id->streams[0].tl;
	assert_int_equal(4, tl->n_runs);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(counts[i] * 480, tl->runs[i].count);
	assert_int_equal(0, tl->runs[0].start);
	assert_int_equal(1000000000, tl->runs[0].num);
	assert_int_equal(48000, tl->runs[0].den);
	assert_int_equal((4 * 480 + 145) * 62500 / 3, tl->runs[1].start);
	end(&a);
}

static void
sound_without_times(void **state)
{
	struct asset a;

	(void)state;
	/* The first time that is known says where the stream began. */
	begin(&a);
	add(&a, &video);
	add(&a, &audio);
	put(&a, 0, "v", 1000, 0, PROV_PACKET_KEY);
	put(&a, 1, "y", PROV_NO_TIME, 480, 0);
	put(&a, 1, "y", PROV_NO_TIME, 480, 0);
	put(&a, 1, "y", 48000, 480, 0);
	finish(&a);
	assert_int_equal(1, a.id->streams[1].tl->n_runs);
	assert_int_equal(-20 * MS, a.id->streams[1].tl->runs[0].start);
	assert_int_equal(0, timeline_at(a.id->streams[0].tl, 0));
	end(&a);
	begin(&a);
	add(&a, &audio);
	put(&a, 0, "y", PROV_NO_TIME, 480, 0);
	finish(&a);
	assert_true(a.id->streams[0].tl->untimed);
	assert_int_equal(10 * MS, a.id->streams[0].duration_ns);
	end(&a);
}

static void
common_clock(void **state)
{
	prov_config v = video, a2 = audio;
	struct asset a;
	const prov_present *p;

	(void)state;
	/* The edit list begins at 30 ms: the frame at 0 is not presented. */
	prov_present_set(&v.present, PROV_SHOWN_FROM, 30 * MS);
	prov_present_set(&v.present, PROV_SHOWN_TO, 500 * MS);
	v.shift_ns = -10 * MS;
	a2.shift_ns = 5 * MS;
	begin(&a);
	add(&a, &a2);
	add(&a, &v);
	put(&a, 0, "y", 0, 480, 0);
	put(&a, 1, "v", 10, 0, PROV_PACKET_KEY);
	put(&a, 1, "v", 90, 0, 0);
	/* Within 1 ms of what is presented. */
	put(&a, 1, "v", 39, 0, 0);
	finish(&a);
	p = &a.id->streams[1].present;
	assert_int_equal(-29 * MS, timeline_at(a.id->streams[1].tl, 0));
	assert_int_equal(0, timeline_at(a.id->streams[1].tl, 2));
	assert_int_equal(-24 * MS, timeline_at(a.id->streams[0].tl, 0));
	assert_int_equal(MS, p->v[PROV_SHOWN_FROM]);
	assert_int_equal(471 * MS, p->v[PROV_SHOWN_TO]);
	assert_int_equal(0, a.id->streams[0].present.known);
	end(&a);
	/* Sound alone: the first coded frame. */
	begin(&a);
	add(&a, &a2);
	put(&a, 0, "y", 9600, 480, 0);
	finish(&a);
	assert_int_equal(0, a.id->streams[0].tl->runs[0].start);
	end(&a);
}

static void
ticks_to_ns(void **state)
{
	static const struct {
		uint32_t num, den;
		int64_t ticks, shift, want;
	} rows[] = {
		{ 1, 90000, 1, 0, 11111 },
		{ 1, 90000, -1, 0, -11111 },
		{ 1, 90000, 8589934592, 0, 95443717688889 },
		{ 1, 3, 2, 0, 666666667 },
		{ 1, 3, -2, 0, -666666667 },
		{ 1001, 30000, 1, 0, 33366667 },
		{ 1001, 30000, -1, 0, -33366667 },
		{ 1, 1000, 7, -7000000, 0 },
		{ 1, 1000, PROV_NO_TIME, 5, PROV_NO_TIME },
		{ 1, 1, INT64_MAX, 0, PROV_NO_TIME },
		{ UINT32_MAX, 1, INT64_MIN + 1, 0, PROV_NO_TIME },
		{ 1, 1000, 0, INT64_MAX, PROV_NO_TIME },
		{ 1, 1000, 0, INT64_MIN, PROV_NO_TIME },
		/* Past 18 years there is no time to be believed. */
		{ 1, 4, INT64_C(4) * 576460752, 0, 576460752000000000 },
		{ 1, 4, INT64_C(4) * 576460753, 0, PROV_NO_TIME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config c = video;
		struct track *t = NULL;
		int64_t got;

		c.tb_num = rows[i].num;
		c.tb_den = rows[i].den;
		c.shift_ns = rows[i].shift;
		assert_int_equal(PROV_OK, track_new(&t, &c, false, NULL));
		got = track_ns(t, rows[i].ticks);
		if (got != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)got);
		track_free(t);
	}
}

static void
container_wins(void **state)
{
	prov_config c = video;
	struct track *t = NULL;
	struct stream s = { .index = 3 };

	(void)state;
	prov_present_set(&c.present, PROV_WIDTH, 100);
	assert_int_equal(PROV_OK, track_new(&t, &c, false, NULL));
	track_present(t, PROV_WIDTH, 200);
	track_present(t, PROV_HEIGHT, 300);
	assert_int_equal(PROV_OK, track_end(t, NULL));
	assert_int_equal(PROV_OK, track_seal(t, 0, &s, NULL));
	assert_int_equal(3, s.index);
	assert_int_equal(100, s.present.v[PROV_WIDTH]);
	assert_int_equal(300, s.present.v[PROV_HEIGHT]);
	assert_int_equal(0, s.segments);
	stream_clear(&s);
	track_free(t);
}

static void
a_record_in_pieces(void **state)
{
	struct stream whole = { 0 }, pieces = { 0 };
	struct track *t = NULL;

	(void)state;
	assert_int_equal(PROV_OK, track_new(&t, &video, false, NULL));
	assert_int_equal(PROV_OK,
	    track_record(t, 0x20, span("abcdef", 6), NULL));
	assert_int_equal(PROV_OK, track_frame(t, 0, 0, NULL));
	assert_int_equal(PROV_OK, track_end(t, NULL));
	assert_int_equal(PROV_OK, track_seal(t, 0, &whole, NULL));
	track_free(t);
	assert_int_equal(PROV_OK, track_new(&t, &video, false, NULL));
	assert_int_equal(PROV_OK, track_record_begin(t, 0x20, 6, NULL));
	assert_int_equal(PROV_OK, track_record_add(t, span("abc", 3), NULL));
	/* Unfinished: neither another record nor the end. */
	assert_int_equal(PROV_EINTERNAL,
	    track_record(t, 0x20, span("x", 1), NULL));
	assert_int_equal(PROV_EINTERNAL,
	    track_record_add(t, span("defg", 4), NULL));
	assert_int_equal(PROV_EINTERNAL, track_end(t, NULL));
	track_free(t);
	assert_int_equal(PROV_OK, track_new(&t, &video, false, NULL));
	assert_int_equal(PROV_OK, track_record_begin(t, 0x20, 6, NULL));
	assert_int_equal(PROV_OK, track_record_add(t, span("abc", 3), NULL));
	assert_int_equal(PROV_OK, track_record_add(t, span("def", 3), NULL));
	assert_int_equal(PROV_OK, track_frame(t, 0, 0, NULL));
	assert_int_equal(PROV_OK, track_end(t, NULL));
	assert_int_equal(PROV_OK, track_seal(t, 0, &pieces, NULL));
	track_free(t);
	assert_memory_equal(whole.root, pieces.root, 32);
	stream_clear(&whole);
	stream_clear(&pieces);
}

static void
first_refusal_wins(void **state)
{
	prov_err err = { 0 };
	struct asset a;

	(void)state;
	begin(&a);
	add(&a, &video);
	put(&a, 0, "x", 0, 0, PROV_PACKET_CORRUPT);
	assert_int_equal(PROV_OK,
	    prov_essence_refuse(a.e, "format.external", &err));
	assert_int_equal(PROV_OK,
	    prov_essence_refuse(a.e, "format.encrypted", &err));
	assert_int_equal(PROV_EARG, prov_essence_refuse(a.e, "", &err));
	finish(&a);
	assert_string_equal("essence.incomplete", a.id->streams[0].refused);
	assert_string_equal("format.external", prov_identity_refused(a.id));
	end(&a);
}

/* After a failure nothing is identified: what was fed is not the whole. */
static void
failures_stick(void **state)
{
	prov_identity *id = NULL;
	prov_config bad = video;
	prov_packet p = { .data = span("x", 1) };
	prov_err err = { 0 };
	struct asset a;
	unsigned index = 99;

	(void)state;
	begin(&a);
	add(&a, &video);
	assert_int_equal(PROV_EARG, prov_essence_packet(a.e, 1, &p, &err));
	prov_err_clear(&err);
	assert_int_equal(PROV_EARG, prov_essence_packet(a.e, 0, &p, &err));
	assert_int_equal(PROV_EARG, prov_essence_finish(a.e, &id, &err));
	assert_null(id);
	end(&a);
	bad.tb_den = 0;
	begin(&a);
	assert_int_equal(PROV_EARG,
	    prov_essence_stream(a.e, &bad, &index, &err));
	assert_int_equal(99, index);
	end(&a);
	/* And a finished one is spent. */
	begin(&a);
	finish(&a);
	assert_int_equal(0, prov_identity_streams(a.id));
	assert_int_equal(PROV_EARG, prov_essence_finish(a.e, &id, &err));
	end(&a);
}

static void
configurations_are_checked(void **state)
{
	static const struct {
		const char *what, *codec;
		prov_kind kind;
		uint32_t num;
		size_t extra;
		uint64_t known;
	} rows[] = {
		{ "no codec", NULL, PROV_VIDEO, 1, 0, 0 },
		{ "empty codec", "", PROV_VIDEO, 1, 0, 0 },
		{ "control character", "a\nb", PROV_VIDEO, 1, 0, 0 },
		{ "long codec", "abcdefghijklmnopqrstuvwxyzabcdef", PROV_VIDEO,
		    1, 0, 0 },
		{ "kind 0", "h264", (prov_kind)0, 1, 0, 0 },
		{ "kind 6", "h264", (prov_kind)6, 1, 0, 0 },
		{ "no time base", "h264", PROV_VIDEO, 0, 0, 0 },
		{ "long extradata", "h264", PROV_VIDEO, 1, 1048577, 0 },
		{ "unknown field", "h264", PROV_VIDEO, 1, 0,
		    UINT64_C(1) << PROV_FIELD_MAX },
	};
	AUTO_BUF extra = { 0 };

	(void)state;
	assert_non_null(buf_grow(&extra, 1048577));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config c = { .kind = rows[i].kind,
			.codec = rows[i].codec,
			.extradata = span(extra.p, rows[i].extra),
			.tb_num = rows[i].num,
			.tb_den = 1,
			.present.known = rows[i].known };
		struct asset a;
		unsigned index;

		begin(&a);
		if (prov_essence_stream(a.e, &c, &index, NULL) == PROV_OK)
			fail_msg("%s was taken", rows[i].what);
		end(&a);
	}
}

static void
codec_names(void **state)
{
	static const char *const rows[][2] = { { "pcm_s16le", "pcm_s16" },
		{ "pcm_f32be", "pcm_f32" }, { "pcm_u8", "pcm_u8" },
		{ "mp3", "mpeg-audio" }, { "mp2", "mpeg-audio" },
		{ "aac", "aac" }, { "able", "able" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_config c = audio;
		struct asset a;

		c.codec = rows[i][0];
		c.bits = 16;
		begin(&a);
		add(&a, &c);
		finish(&a);
		assert_string_equal(rows[i][1], a.id->streams[0].codec);
		end(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_is_as_documented),
		cmocka_unit_test(large_and_small_records_are_one_stream),
		cmocka_unit_test(raw_segments_are_bounded),
		cmocka_unit_test(sound_runs),
		cmocka_unit_test(sound_without_times),
		cmocka_unit_test(common_clock),
		cmocka_unit_test(ticks_to_ns),
		cmocka_unit_test(container_wins),
		cmocka_unit_test(a_record_in_pieces),
		cmocka_unit_test(first_refusal_wins),
		cmocka_unit_test(failures_stick),
		cmocka_unit_test(configurations_are_checked),
		cmocka_unit_test(codec_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("track", tests, NULL, NULL));
}
