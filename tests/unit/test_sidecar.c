/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static void
round_trip(void **state)
{
	AUTO_BUF b = { 0 }, again = { 0 }, statement = { 0 };
	struct sidecar s;

	(void)state;
	assert_true(sample_sidecar(&b));
	assert_true(sample_statement(&statement));
	assert_int_equal(PROV_OK, sidecar_decode(&s, buf_span(&b), NULL));
	assert_true(span_eq(s.statement, buf_span(&statement)));
	assert_true(
	    span_eq(s.proof, span(SAMPLE_PROOF, sizeof(SAMPLE_PROOF) - 1)));
	assert_int_equal(2, s.n_timelines);
	assert_true(span_eq(s.timelines[1], span("timeline 2", 10)));
	assert_int_equal(1, s.n_openings);
	assert_memory_equal(SAMPLE_SALT, s.openings[0].salt, 16);
	assert_int_equal(PROV_OK, sidecar_encode(&again, &s, NULL));
	assert_true(span_eq(buf_span(&b), buf_span(&again)));
}

/* What is not there is left out, and read back as not there. */
static void
smallest(void **state)
{
	struct sidecar s = { .statement = { (const uint8_t *)"S", 1 } };
	struct sidecar back;
	uint8_t digest[32];
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, sidecar_encode(&b, &s, NULL));
	assert_int_equal(7 + 34, b.len);
	assert_memory_equal("\x82\xa2\x01\x01\x02\x41S\x58\x20", b.p, 9);
	assert_int_equal(PROV_OK, sha256_of(digest, span(b.p, 7), NULL));
	assert_memory_equal(digest, b.p + 9, 32);
	assert_int_equal(PROV_OK, sidecar_decode(&back, buf_span(&b), NULL));
	assert_int_equal(0, back.proof.len);
	assert_int_equal(0, back.n_timelines);
	assert_int_equal(0, back.n_openings);
	s.statement.len = 0;
	assert_int_equal(PROV_EFORMAT, sidecar_encode(&b, &s, NULL));
}

static void
appends(void **state)
{
	struct sidecar s = { .statement = { (const uint8_t *)"S", 1 } };
	AUTO_BUF b = { 0 };

	(void)state;
	buf_put_str(&b, "before");
	assert_int_equal(PROV_OK, sidecar_encode(&b, &s, NULL));
	assert_int_equal(6 + 7 + 34, b.len);
	assert_memory_equal("before\x82", b.p, 7);
}

static void
flips(void **state)
{
	AUTO_BUF b = { 0 };
	struct sidecar s;

	(void)state;
	assert_true(sample_sidecar(&b));
	for (size_t i = 0; i < b.len * 8; i++) {
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (sidecar_decode(&s, buf_span(&b), NULL) == PROV_OK)
			fail_msg("bit %zu", i);
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
}

static void
inserts_and_deletes(void **state)
{
	AUTO_BUF b = { 0 };
	struct sidecar s;
	uint8_t *t;

	(void)state;
	assert_true(sample_sidecar(&b));
	assert_non_null(t = malloc(b.len + 1));
	for (size_t i = 0; i < b.len; i++) {
		memcpy(t, b.p, i);
		memcpy(t + i, b.p + i + 1, b.len - i - 1);
		assert_int_not_equal(PROV_OK,
		    sidecar_decode(&s, span(t, b.len - 1), NULL));
		assert_int_not_equal(PROV_OK,
		    sidecar_decode(&s, span(b.p, i), NULL));
		memcpy(t, b.p, i);
		t[i] = b.p[i];
		memcpy(t + i + 1, b.p + i, b.len - i);
		assert_int_not_equal(PROV_OK,
		    sidecar_decode(&s, span(t, b.len + 1), NULL));
	}
	free(t);
}

/* Bodies that the form refuses although their digest is right. */
static prov_status
decode_sealed(const char *body, size_t len)
{
	struct sidecar s;
	uint8_t digest[32];
	AUTO_BUF b = { 0 };

	buf_put_byte(&b, 0x82);
	buf_put(&b, body, len);
	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(&b), NULL));
	cbor_put_bytes(&b, span(digest, 32));
	return (sidecar_decode(&s, buf_span(&b), NULL));
}

static void
forms(void **state)
{
	static const struct {
		const char *why, *body;
		size_t len;
		prov_status want;
	} rows[] = {
#define R(why, s, want) { why, s, sizeof(s) - 1, want }
		R("smallest", "\xa2\x01\x01\x02\x41S", PROV_OK),
		R("version 0", "\xa2\x01\x00\x02\x41S", PROV_EUNSUPPORTED),
		R("version 2", "\xa2\x01\x02\x02\x41S", PROV_EUNSUPPORTED),
		R("no version", "\xa1\x02\x41S", PROV_EFORMAT),
		R("no statement", "\xa1\x01\x01", PROV_EFORMAT),
		R("empty statement", "\xa2\x01\x01\x02\x40", PROV_EFORMAT),
		R("text", "\xa2\x01\x01\x02\x61S", PROV_EFORMAT),
		R("empty proof", "\xa3\x01\x01\x02\x41S\x03\x40", PROV_EFORMAT),
		R("proof", "\xa3\x01\x01\x02\x41S\x03\x41P", PROV_OK),
		R("empty receipt", "\xa3\x01\x01\x02\x41S\x04\x40",
		    PROV_EFORMAT),
		R("receipt", "\xa3\x01\x01\x02\x41S\x04\x41R", PROV_OK),
		R("no timelines", "\xa3\x01\x01\x02\x41S\x05\x80",
		    PROV_EFORMAT),
		R("empty timeline", "\xa3\x01\x01\x02\x41S\x05\x81\x40",
		    PROV_EFORMAT),
		R("timeline", "\xa3\x01\x01\x02\x41S\x05\x81\x41T", PROV_OK),
		R("no openings", "\xa3\x01\x01\x02\x41S\x06\x80", PROV_EFORMAT),
		R("short salt",
		    "\xa3\x01\x01\x02\x41S\x06\x81\x82\x41.\x82\x61"
		    "a\x00",
		    PROV_EFORMAT),
		R("opening of one",
		    "\xa3\x01\x01\x02\x41S\x06\x81\x81\x50................",
		    PROV_EFORMAT),
		R("opening",
		    "\xa3\x01\x01\x02\x41S\x06\x81\x82\x50................"
		    "\x82\x61"
		    "a\x00",
		    PROV_OK),
		R("key 7", "\xa3\x01\x01\x02\x41S\x07\x00", PROV_EFORMAT),
		R("key twice", "\xa3\x01\x01\x02\x41S\x02\x41S", PROV_EFORMAT),
		R("order", "\xa2\x02\x41S\x01\x01", PROV_EFORMAT),
		R("three items", "\xa2\x01\x01\x02\x41S\x00", PROV_EFORMAT),
		R("long head", "\xa2\x01\x01\x02\x58\x01S", PROV_EFORMAT),
		R("indefinite", "\xbf\x01\x01\x02\x41S\xff", PROV_EFORMAT),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_status st = decode_sealed(rows[i].body, rows[i].len);

		if (st != rows[i].want)
			fail_msg("%s: %d", rows[i].why, st);
	}
}

static void
limits(void **state)
{
	static struct sidecar s;
	AUTO_BUF b = { 0 }, body = { 0 };

	(void)state;
	s.statement = span("S", 1);
	s.n_timelines = SIDECAR_TIMELINES;
	s.n_openings = SIDECAR_OPENINGS;
	for (size_t i = 0; i < SIDECAR_TIMELINES; i++) {
		s.timelines[i] = span("T", 1);
		s.openings[i].item = span("\xf6", 1);
	}
	assert_int_equal(PROV_OK, sidecar_encode(&b, &s, NULL));
	s.n_timelines++;
	assert_int_equal(PROV_EARG, sidecar_encode(&b, &s, NULL));
	buf_put(&body, "\xa3\x01\x01\x02\x41S\x05\x98\x41", 9);
	for (size_t i = 0; i <= SIDECAR_TIMELINES; i++)
		buf_put_str(&body, "\x41T");
	assert_int_equal(PROV_ELIMIT,
	    decode_sealed((const char *)body.p, body.len));
}

static void
openings_alone(void **state)
{
	const struct opening two[2] = {
		{ .salt = "1", .item = { (const uint8_t *)"\x01", 1 } },
		{ .salt = "2", .item = { (const uint8_t *)"\x02", 1 } }
	};
	struct opening back[SIDECAR_OPENINGS];
	size_t n = SIDECAR_OPENINGS;
	AUTO_BUF b = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, openings_encode(&b, two, 2, NULL));
	assert_int_equal(PROV_OK,
	    openings_decode(back, &n, buf_span(&b), NULL));
	assert_int_equal(2, n);
	assert_int_equal('2', back[1].salt[0]);
	assert_true(span_eq(back[1].item, two[1].item));
	n = 1;
	assert_int_equal(PROV_ELIMIT,
	    openings_decode(back, &n, buf_span(&b), NULL));
	n = 2;
	buf_put_byte(&b, 0);
	assert_int_equal(PROV_EFORMAT,
	    openings_decode(back, &n, buf_span(&b), NULL));
	assert_int_equal(PROV_EARG, openings_encode(&b, two, 0, NULL));
}

static void
paths(void **state)
{
	static const struct {
		const char *media, *dir, *want;
	} rows[] = { { "a.mp4", NULL, "a.mp4.prov" },
		{ "d/a.mp4", NULL, "d/a.mp4.prov" },
		{ "d/a.mp4", "/s", "/s/a.mp4.prov" },
		{ "a.mp4", "s", "s/a.mp4.prov" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = sidecar_path(rows[i].media, rows[i].dir);

		assert_non_null(path);
		assert_string_equal(rows[i].want, path);
		free(path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(smallest),
		cmocka_unit_test(appends),
		cmocka_unit_test(flips),
		cmocka_unit_test(inserts_and_deletes),
		cmocka_unit_test(forms),
		cmocka_unit_test(limits),
		cmocka_unit_test(openings_alone),
		cmocka_unit_test(paths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
