/* SPDX-License-Identifier: ISC */
#include "pictures.h"

#include "base/limits.h"
#include "essence/parts.h"
#include "hash/tree.h"

/* A video and a sound stream with timelines, all fields in use. */
static prov_identity *
sample(void)
{
	prov_config video = { .kind = PROV_VIDEO,
		.codec = "qtrle",
		.tb_num = 1,
		.tb_den = 1000 };
	prov_config audio = { .kind = PROV_AUDIO,
		.codec = "wavpack",
		.tb_num = 1,
		.tb_den = 1000,
		.rate = 44100 };
	prov_identity *id = NULL;
	prov_essence *e = NULL;
	unsigned index;

	prov_present_set(&video.present, PROV_WIDTH, 640);
	prov_present_set(&video.present, PROV_SHOWN_FROM, -5);
	assert_int_equal(PROV_OK, prov_essence_new(&e, "webm", NULL));
	assert_int_equal(PROV_OK, prov_essence_stream(e, &video, &index, NULL));
	assert_int_equal(PROV_OK, prov_essence_stream(e, &audio, &index, NULL));
	for (int i = 0; i < 20; i++) {
		prov_packet p = { .data = span("data", (size_t)i % 5),
			.pts = i * 40,
			.duration = 40,
			.flags = i % 10 == 0 ? PROV_PACKET_KEY : 0 };

		assert_int_equal(PROV_OK, prov_essence_packet(e, 0, &p, NULL));
		assert_int_equal(PROV_OK, prov_essence_packet(e, 1, &p, NULL));
	}
	assert_int_equal(PROV_OK, prov_essence_finish(e, &id, NULL));
	prov_essence_free(e);
	id->streams[1].has_ancillary = true;
	memset(id->streams[1].ancillary, 7, 32);
	strcpy(id->streams[1].refused, "config.conflict");
	strcpy(id->refused, "format.ordered");
	id->uncovered = 1234;
	return (id);
}

static void
encode(struct buf *b, const prov_identity *id)
{
	prov_err err = { 0 };

	buf_free(b);
	if (identity_encode(b, id, &err) != PROV_OK)
		fail_msg("%s", err.msg);
}

static void
round_trip(void **state)
{
	AUTO(prov_identity) *a = sample(), *b = NULL;
	AUTO_BUF one = { 0 }, two = { 0 };
	prov_err err = { 0 };

	(void)state;
	encode(&one, a);
	if (identity_decode(&b, buf_span(&one), &err) != PROV_OK)
		fail_msg("%s", err.msg);
	encode(&two, b);
	assert_true(span_eq(buf_span(&one), buf_span(&two)));
	assert_string_equal("webm", prov_identity_format(b));
	assert_string_equal("format.ordered", prov_identity_refused(b));
	assert_int_equal(1234, b->uncovered);
	assert_string_equal("config.conflict", b->streams[1].refused);
	assert_true(b->streams[1].has_ancillary);
	assert_int_equal(640, b->streams[0].present.v[PROV_WIDTH]);
	assert_true(b->streams[0].times.len > 0);
	assert_non_null(b->streams[0].tl);
	assert_int_equal(20, b->streams[0].tl->total);
}

static void
getters(void **state)
{
	AUTO(prov_identity) *id = sample();
	prov_stream_info info;

	(void)state;
	assert_int_equal(2, prov_identity_streams(id));
	assert_int_equal(PROV_OK, prov_identity_stream(id, 0, &info, NULL));
	assert_string_equal("qtrle", info.codec);
	assert_string_equal("raw/1", info.canon);
	assert_null(info.refused);
	assert_int_equal(2, info.segments);
	assert_int_equal(800, (int)(info.duration_s * 1000 + 0.5));
	assert_int_equal(PROV_OK, prov_identity_stream(id, 1, &info, NULL));
	assert_string_equal("config.conflict", info.refused);
	assert_int_equal(PROV_EARG, prov_identity_stream(id, 2, &info, NULL));
	id->refused[0] = '\0';
	assert_null(prov_identity_refused(id));
	prov_identity_free(NULL);
}

static void
names(void **state)
{
	(void)state;
	for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
		assert_non_null(prov_field_name((prov_field)f));
		for (unsigned g = 0; g < f; g++)
			assert_string_not_equal(prov_field_name((prov_field)f),
			    prov_field_name((prov_field)g));
	}
	assert_string_equal("rotation", prov_field_name(PROV_ROTATION));
	assert_string_equal("unknown", prov_field_name(PROV_FIELD_MAX));
	assert_string_equal("video", prov_kind_name(PROV_VIDEO));
	assert_string_equal("unknown", prov_kind_name((prov_kind)0));
}

/* Without blobs, as other helpers may pass it on. */
static void
timelines_may_be_absent(void **state)
{
	AUTO(prov_identity) *a = sample(), *b = NULL;
	AUTO_BUF bytes = { 0 };

	(void)state;
	timeline_free(a->streams[0].tl);
	a->streams[0].tl = NULL;
	encode(&bytes, a);
	assert_int_equal(PROV_OK, identity_decode(&b, buf_span(&bytes), NULL));
	assert_null(b->streams[0].tl);
	assert_non_null(b->streams[1].tl);
}

/* Every change of one thing must be refused. */
static void
contradictions_are_refused(void **state)
{
	(void)state;
	for (int i = 0; i < 14; i++) {
		AUTO(prov_identity) *id = sample();
		prov_identity *got = NULL;
		struct stream *s = &id->streams[0];
		AUTO_BUF b = { 0 };

		switch (i) {
		case 0:
			s->root[0] ^= 1;
			break;
		case 1:
			s->timeline[31] ^= 1;
			break;
		case 2:
			s->segments++;
			break;
		case 3:
			s->frames++;
			break;
		case 4:
			s->config[0] ^= 1;
			break;
		case 5:
			s->parts[0].name[0]++;
			break;
		case 6:
			s->tl->leaves[5] ^= 1;
			break;
		case 7:
			s->tl->runs[0].start++;
			break;
		case 8:
			s->kind = (prov_kind)6;
			break;
		case 9:
			s->codec[0] = '\0';
			break;
		case 10:
			s->codec[0] = ' ';
			break;
		case 11:
			s->duration_ns = -1;
			break;
		case 12:
			id->uncovered = -2;
			break;
		default:
			s->times.p[s->times.len - 1] ^= 1;
			break;
		}
		encode(&b, id);
		if (identity_decode(&got, buf_span(&b), NULL) == PROV_OK)
			fail_msg("change %d was taken", i);
		assert_null(got);
	}
}

/* No bit can be flipped and read back as something that encodes otherwise. */
static void
every_bit_matters(void **state)
{
	AUTO(prov_identity) *id = sample();
	AUTO_BUF b = { 0 }, again = { 0 };

	(void)state;
	encode(&b, id);
	for (size_t i = 0; i < b.len * 8; i++) {
		AUTO(prov_identity) *got = NULL;

		b.p[i / 8] ^= (uint8_t)(1U << i % 8);
		if (identity_decode(&got, buf_span(&b), NULL) == PROV_OK) {
			encode(&again, got);
			assert_true(span_eq(buf_span(&b), buf_span(&again)));
		}
		b.p[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	for (size_t len = 0; len < b.len; len++) {
		prov_identity *got = NULL;

		assert_int_not_equal(PROV_OK,
		    identity_decode(&got, span(b.p, len), NULL));
	}
}

static void
streams_are_bounded(void **state)
{
	AUTO(prov_identity) *id = NULL;
	struct stream *s;

	(void)state;
	assert_int_equal(PROV_EARG, identity_new(&id, "", NULL));
	assert_int_equal(PROV_EARG, identity_new(&id, "a b", NULL));
	assert_int_equal(PROV_OK, identity_new(&id, "mp4", NULL));
	for (unsigned i = 0; i < STREAMS_MAX; i++) {
		assert_int_equal(PROV_OK, identity_add(id, &s, NULL));
		assert_int_equal(i, s->index);
	}
	assert_int_equal(PROV_ELIMIT, identity_add(id, &s, NULL));
}

static void
parts_are_in_order(void **state)
{
	static const char *const in[] = { "vps", "pps", "sps", "pps" };
	static const char *const out[] = { "pps", "sps", "vps" };
	struct stream s = { 0 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint8_t digest[32] = { (uint8_t)i };

		assert_int_equal(PROV_OK, parts_set(&s, in[i], digest, NULL));
	}
	assert_int_equal(3, s.n_parts);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(out[i], s.parts[i].name);
	/* A later call with one name replaces it. */
	assert_int_equal(3, s.parts[0].digest[0]);
	for (size_t i = 3; i < PARTS_MAX; i++) {
		char name[2] = { (char)('0' + i), '\0' };

		assert_int_equal(PROV_OK, parts_set(&s, name, s.config, NULL));
	}
	assert_int_equal(PROV_ELIMIT, parts_set(&s, "z", s.config, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(getters),
		cmocka_unit_test(names),
		cmocka_unit_test(timelines_may_be_absent),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(every_bit_matters),
		cmocka_unit_test(streams_are_bounded),
		cmocka_unit_test(parts_are_in_order),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests_name("identity", tests, NULL, NULL));
}
