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
	AUTO_BUF b = { 0 }, again = { 0 };
	AUTO_MANIFEST m = { 0 };

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	assert_int_equal(PROV_OK, manifest_decode(&m, buf_span(&b), NULL));
	assert_int_equal(1795466460, m.time);
	assert_string_equal("prov 0.1.0", m.tool);
	assert_int_equal(1234567, m.asset.size);
	assert_string_equal("mp4", m.format);
	assert_int_equal(2, m.n_streams);
	assert_string_equal("h264/1", m.streams[0].canon);
	assert_int_equal(720, m.streams[0].present.v[PROV_HEIGHT]);
	assert_int_equal(2, m.n_assertions);
	assert_false(m.assertions[0].is_private);
	assert_string_equal("license", m.assertions[0].label);
	assert_true(m.assertions[1].is_private);
	assert_string_equal("", m.assertions[1].label);
	assert_int_equal(0, m.assertions[1].value.len);
	assert_string_equal("derivedFrom", m.ingredients[0].relation);
	assert_int_equal(PROV_ORIGIN_CAPTURED, m.origin);
	assert_true(m.has_supersedes);
	assert_int_equal(PROV_OK, manifest_encode(&again, &m, NULL));
	assert_true(span_eq(buf_span(&b), buf_span(&again)));
}

static void
outlined(void **state)
{
	AUTO_BUF b = { 0 };
	AUTO_MANIFEST m = { 0 };
	struct outline o;

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	assert_int_equal(PROV_OK, manifest_decode(&m, buf_span(&b), NULL));
	assert_int_equal(PROV_OK, manifest_outline(&o, buf_span(&b), NULL));
	assert_memory_equal(m.asset.sha256, o.asset, 32);
	assert_int_equal(m.n_streams, o.n);
	for (size_t i = 0; i < o.n; i++) {
		assert_int_equal(m.streams[i].kind, o.at[i].kind);
		assert_memory_equal(m.streams[i].root, o.at[i].root, 32);
		assert_memory_equal(m.streams[i].timeline, o.at[i].timeline,
		    32);
	}
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(PROV_OK,
		    manifest_outline(&o, span(b.p, len), NULL));
}

/* Nothing of a private assertion is in the logged bytes but its digest. */
static void
private_stays_private(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	assert_null(memmem(b.p, b.len, "A walk", 6));
	assert_null(memmem(b.p, b.len, "title", 5));
	assert_null(memmem(b.p, b.len, SAMPLE_SALT, 16));
	assert_non_null(memmem(b.p, b.len, "CC-BY-4.0", 9));
}

static void
smallest(void **state)
{
	static const char want[] = "\xa8\x01\x01\x02\x00\x03\x60\x04\xa3\x01"
				   "\x00\x02\x58\x20................"
				   "................\x03\x60\x05\x80\x06\x80"
				   "\x07\x80\x08\x00";
	AUTO_MANIFEST m = { 0 };
	AUTO_MANIFEST back = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	memset(m.asset.sha256, '.', 32);
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	assert_true(span_eq(buf_span(&b), span(want, sizeof(want) - 1)));
	assert_int_equal(PROV_OK, manifest_decode(&back, buf_span(&b), NULL));
	assert_int_equal(0, back.n_streams);
}

/*
 * A changed manifest is refused, or is another one that says exactly what its
 * bytes say: no two encodings mean the same.
 */
static void
check_changed(prov_span bytes, prov_span from)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };

	if (manifest_decode(&m, bytes, NULL) != PROV_OK)
		return;
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	assert_true(span_eq(bytes, buf_span(&b)));
	assert_false(span_eq(bytes, from));
}

static void
flips(void **state)
{
	AUTO_BUF b = { 0 }, from = { 0 };

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	buf_put_span(&from, buf_span(&b));
	for (size_t i = 0; i < b.len * 8; i++) {
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		check_changed(buf_span(&b), buf_span(&from));
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
}

static void
inserts_and_deletes(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x41, 0x60, 0x80, 0xa0, 0xff };
	AUTO_BUF b = { 0 };
	AUTO_MANIFEST m = { 0 };
	uint8_t *t;

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	assert_non_null(t = malloc(b.len + 1));
	for (size_t i = 0; i < b.len; i++) {
		memcpy(t, b.p, i);
		memcpy(t + i, b.p + i + 1, b.len - i - 1);
		check_changed(span(t, b.len - 1), buf_span(&b));
		assert_int_not_equal(PROV_OK,
		    manifest_decode(&m, span(b.p, i), NULL));
	}
	for (size_t i = 0; i <= b.len; i++)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			memcpy(t, b.p, i);
			t[i] = bytes[j];
			memcpy(t + i + 1, b.p + i, b.len - i);
			check_changed(span(t, b.len + 1), buf_span(&b));
		}
	free(t);
}

/* A field in place of the sample's; an empty one leaves it out. */
struct change {
	const char *why;
	uint64_t key;
	const char *value;
	size_t len;
	prov_status want;
};
#define V(s) (s), sizeof(s) - 1
#define D32  "\x58\x20................................"

static prov_status
decode_changed(const struct change *ch)
{
	AUTO_BUF b = { 0 }, out = { 0 };
	AUTO_MANIFEST m = { 0 };
	uint64_t n, fields = 0;
	struct cbor c;

	assert_true(sample_manifest_bytes(&b));
	assert_int_equal(PROV_OK, cbor_open(&c, buf_span(&b), NULL));
	assert_int_equal(PROV_OK, cbor_get_map(&c, &n, NULL));
	for (uint64_t key = 1; key <= 11; key++) {
		prov_span item = { 0 };
		uint64_t k;

		if (key <= n) {
			assert_int_equal(PROV_OK, cbor_get_uint(&c, &k, NULL));
			assert_int_equal(PROV_OK,
			    cbor_get_item(&c, &item, NULL));
		}
		if (key == ch->key)
			item = span(ch->value, ch->len);
		if (item.len == 0)
			continue;
		fields++;
		cbor_put_uint(&out, key);
		buf_put_span(&out, item);
	}
	b.len = 0;
	cbor_put_map(&b, fields);
	buf_put_span(&b, buf_span(&out));
	return (manifest_decode(&m, buf_span(&b), NULL));
}

static void
fields(void **state)
{
	static const struct change rows[] = {
		{ "as it is", 99, V(""), PROV_OK },
		{ "version 0", 1, V("\x00"), PROV_EUNSUPPORTED },
		{ "version 2", 1, V("\x02"), PROV_EUNSUPPORTED },
		{ "no version", 1, V(""), PROV_EFORMAT },
		{ "no time", 2, V(""), PROV_EFORMAT },
		{ "time before 1970", 2, V("\x20"), PROV_EFORMAT },
		{ "year 9999", 2, V("\x1b\x00\x00\x00\x3a\xff\xf4\x41\x7f"),
		    PROV_OK },
		{ "year 10000", 2, V("\x1b\x00\x00\x00\x3a\xff\xf4\x41\x80"),
		    PROV_EFORMAT },
		{ "tool with escape", 3, V("\x62\x1b["), PROV_EFORMAT },
		{ "tool with UTF-8", 3, V("\x62\xc3\xa9"), PROV_EFORMAT },
		{ "tool of 64 bytes", 3,
		    V("\x78\x40................................"
		      "................................"),
		    PROV_EFORMAT },
		{ "asset too large", 4,
		    V("\xa3\x01\x1b\x80\x00\x00\x00\x00\x00\x00\x00\x02" D32
		      "\x03\x60"),
		    PROV_EFORMAT },
		{ "asset without format", 4, V("\xa2\x01\x00\x02" D32),
		    PROV_EFORMAT },
		{ "asset with more", 4,
		    V("\xa4\x01\x00\x02" D32 "\x03\x60\x04\x00"),
		    PROV_EFORMAT },
		{ "asset with short digest", 4,
		    V("\xa3\x01\x00\x02\x41.\x03\x60"), PROV_EFORMAT },
		{ "no streams", 5, V(""), PROV_EFORMAT },
		{ "streams are a map", 5, V("\xa0"), PROV_EFORMAT },
		{ "an empty stream", 5, V("\x81\xa0"), PROV_EFORMAT },
		{ "no assertion list", 6, V(""), PROV_EFORMAT },
		{ "label with a space", 6, V("\x81\x82\x62 a\x00"),
		    PROV_EFORMAT },
		{ "empty label", 6, V("\x81\x82\x60\x00"), PROV_EFORMAT },
		{ "label alone", 6, V("\x81\x81\x61\x61"), PROV_EFORMAT },
		{ "three items", 6, V("\x81\x83\x61\x61\x00\x00"),
		    PROV_EFORMAT },
		{ "same label twice", 6,
		    V("\x82\x82\x61\x61\x00\x82\x61\x61\x01"), PROV_EFORMAT },
		{ "same digest twice", 6, V("\x82" D32 D32), PROV_EFORMAT },
		{ "digest of 31", 6,
		    V("\x81\x58\x1f..............................."),
		    PROV_EFORMAT },
		{ "tagged value", 6, V("\x81\x82\x61\x61\xd2\x00"),
		    PROV_EFORMAT },
		{ "map by numbers", 6, V("\x81\x82\x61\x61\xa1\x01\x01"),
		    PROV_EFORMAT },
		{ "nested 8 deep", 6,
		    V("\x81\x82\x61\x61\x81\x81\x81\x81\x81\x81\x81\x00"),
		    PROV_OK },
		{ "nested 9 deep", 6,
		    V("\x81\x82\x61\x61\x81\x81\x81\x81\x81\x81\x81\x81\x00"),
		    PROV_ELIMIT },
		{ "all kinds of value", 6,
		    V("\x81\x82\x61\x61\x87\x01\x20\x41.\x61.\xf4\xf6\xa1\x61"
		      "b\x80"),
		    PROV_OK },
		{ "no ingredient list", 7, V(""), PROV_EFORMAT },
		{ "same ingredient twice", 7,
		    V("\x82\x82" D32 "\x61\x61\x82" D32 "\x61\x61"),
		    PROV_EFORMAT },
		{ "two relations", 7,
		    V("\x82\x82" D32 "\x61\x61\x82" D32 "\x61\x62"), PROV_OK },
		{ "no origin", 8, V(""), PROV_EFORMAT },
		{ "origin 4", 8, V("\x04"), PROV_OK },
		{ "origin 5", 8, V("\x05"), PROV_EFORMAT },
		{ "no supersedes", 9, V(""), PROV_OK },
		{ "supersedes null", 9, V("\xf6"), PROV_EFORMAT },
		{ "refused", 10,
		    V("\x6d"
		      "format.linked"),
		    PROV_OK },
		{ "refused empty", 10, V("\x60"), PROV_EFORMAT },
		{ "refused with space", 10, V("\x61 "), PROV_EFORMAT },
		{ "key 11", 11, V("\x00"), PROV_EFORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_status st = decode_changed(&rows[i]);

		if (st != rows[i].want)
			fail_msg("%s: %d", rows[i].why, st);
	}
}

static void
too_many(void **state)
{
	static const struct {
		uint64_t key;
		prov_status fits, over;
	} rows[] = { { 6, PROV_OK, PROV_ELIMIT }, { 7, PROV_OK, PROV_ELIMIT } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t n = 64; n <= 65; n++) {
			AUTO_BUF v = { 0 };
			struct change ch = { .key = rows[i].key };
			uint8_t digest[32] = { 0 };

			cbor_put_array(&v, n);
			for (size_t j = 0; j < n; j++) {
				digest[0] = (uint8_t)j;
				digest[1] = 1;
				if (ch.key == 7)
					cbor_put_array(&v, 2);
				cbor_put_bytes(&v, span(digest, 32));
				if (ch.key == 7)
					cbor_put_text(&v, "derivedFrom");
			}
			ch.value = (const char *)v.p;
			ch.len = v.len;
			assert_int_equal(n == 64 ? rows[i].fits : rows[i].over,
			    decode_changed(&ch));
		}
}

static void
streams_in_order(void **state)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(sample_manifest(&m));
	m.streams[1].index = 0;
	assert_int_equal(PROV_EFORMAT, manifest_encode(&b, &m, NULL));
	assert_int_equal(0, b.len);
	m.streams[1].index = 7;
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
}

static void
unsealed(void **state)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(sample_manifest(&m));
	memset(m.assertions[1].digest, 0, 32);
	assert_int_equal(PROV_EARG, manifest_encode(&b, &m, NULL));
	m.assertions[1].is_private = false;
	assert_int_equal(PROV_EARG, assertion_seal(&m.assertions[1],
					(const uint8_t *)SAMPLE_SALT, NULL));
}

static void
too_long_for_a_statement(void **state)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	uint8_t *text;

	(void)state;
	m.assertions = calloc(5, sizeof(*m.assertions));
	assert_non_null(m.assertions);
	m.n_assertions = 5;
	assert_non_null(text = calloc(1, ASSERTION_VALUE_MAX - 3));
	for (size_t i = 0; i < 5; i++) {
		m.assertions[i].label[0] = (char)('a' + i);
		cbor_put_bytes(&m.assertions[i].value,
		    span(text, ASSERTION_VALUE_MAX - 3));
	}
	assert_int_equal(PROV_ELIMIT, manifest_encode(&b, &m, NULL));
	m.n_assertions = 1;
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	buf_put_byte(&m.assertions[0].value, 0);
	assert_int_equal(PROV_ELIMIT, manifest_encode(&b, &m, NULL));
	m.n_assertions = 5;
	free(text);
}

static void
openings(void **state)
{
	AUTO_BUF b = { 0 }, item = { 0 }, again = { 0 };
	AUTO_MANIFEST m = { 0 };
	struct assertion a = { 0 };

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	assert_int_equal(PROV_OK, manifest_decode(&m, buf_span(&b), NULL));
	assert_true(sample_assertion(&a, "title", "A walk"));
	assertion_item(&item, &a);
	assertion_clear(&a);
	for (size_t i = 0; i < item.len * 8; i++) {
		item.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		assert_int_not_equal(PROV_OK,
		    manifest_open(&m, (const uint8_t *)SAMPLE_SALT,
			buf_span(&item), NULL));
		item.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	assert_int_equal(PROV_EUNTRUSTED,
	    manifest_open(&m, (const uint8_t *)"1123456789abcdef",
		buf_span(&item), NULL));
	assert_string_equal("", m.assertions[1].label);
	assert_int_equal(PROV_OK,
	    manifest_open(&m, (const uint8_t *)SAMPLE_SALT, buf_span(&item),
		NULL));
	assert_string_equal("title", m.assertions[1].label);
	assert_true(span_eq(buf_span(&m.assertions[1].value), span("\x66"
								   "A walk",
								  7)));
	/* Opened twice is opened; and encodes as before. */
	assert_int_equal(PROV_OK,
	    manifest_open(&m, (const uint8_t *)SAMPLE_SALT, buf_span(&item),
		NULL));
	assert_int_equal(PROV_OK, manifest_encode(&again, &m, NULL));
	assert_true(span_eq(buf_span(&b), buf_span(&again)));
}

/* A private assertion may not overrule one in clear. */
static void
opening_clashes(void **state)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF item = { 0 };
	struct assertion *a;

	(void)state;
	assert_true(sample_manifest(&m));
	a = &m.assertions[1];
	assertion_clear(a);
	a->is_private = true;
	assert_true(sample_assertion(a, "license", "all is free"));
	assert_int_equal(PROV_OK,
	    assertion_seal(a, (const uint8_t *)SAMPLE_SALT, NULL));
	assertion_item(&item, a);
	a->label[0] = '\0';
	assert_int_equal(PROV_EFORMAT,
	    manifest_open(&m, (const uint8_t *)SAMPLE_SALT, buf_span(&item),
		NULL));
	assert_string_equal("", a->label);
}

static void
labels(void **state)
{
	char longest[LABEL_MAX + 2];

	(void)state;
	assert_true(label_valid("a"));
	assert_true(label_valid("dc:title"));
	assert_true(label_valid("cawg.training-mining"));
	assert_false(label_valid(""));
	assert_false(label_valid("a b"));
	assert_false(label_valid("a\nb"));
	assert_false(label_valid("caf\xc3\xa9"));
	assert_false(label_valid("a/b"));
	memset(longest, 'x', sizeof(longest));
	longest[LABEL_MAX + 1] = '\0';
	assert_false(label_valid(longest));
	longest[LABEL_MAX] = '\0';
	assert_true(label_valid(longest));
}

static void
registrations(void **state)
{
	struct registered two[2] = { { .name = "a", .key = { 1 } },
		{ .name = "b", .key = { 2 } } };
	struct registration r = { .n = 2, .at = two }, back = { 0 };
	AUTO_BUF b = { 0 }, again = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, registration_encode(&b, &r, NULL));
	assert_int_equal(PROV_OK,
	    registration_decode(&back, buf_span(&b), NULL));
	assert_int_equal(2, back.n);
	assert_string_equal("b", back.at[1].name);
	registration_clear(&back);
	for (size_t i = 0; i < b.len * 8; i++) {
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (registration_decode(&back, buf_span(&b), NULL) == PROV_OK) {
			again.len = 0;
			assert_int_equal(PROV_OK,
			    registration_encode(&again, &back, NULL));
			assert_true(span_eq(buf_span(&b), buf_span(&again)));
			registration_clear(&back);
		}
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
	two[1].key[0] = 1; /* one key under two names */
	assert_int_equal(PROV_EFORMAT, registration_encode(&again, &r, NULL));
	two[1].key[0] = 2;
	two[1].name[0] = '\0';
	assert_int_equal(PROV_EFORMAT, registration_encode(&again, &r, NULL));
	two[1].name[0] = '\n';
	assert_int_equal(PROV_EFORMAT, registration_encode(&again, &r, NULL));
	r.n = 0;
	assert_int_equal(PROV_EFORMAT, registration_encode(&again, &r, NULL));
}

static void
registration_limit(void **state)
{
	struct registration r = { .n = REGISTERED_MAX };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_non_null(r.at = calloc(REGISTERED_MAX + 1, sizeof(*r.at)));
	for (size_t i = 0; i <= REGISTERED_MAX; i++) {
		r.at[i].name[0] = 'n';
		r.at[i].key[0] = (uint8_t)i;
		r.at[i].key[1] = (uint8_t)(i >> 8);
	}
	assert_int_equal(PROV_OK, registration_encode(&b, &r, NULL));
	r.n++;
	assert_int_equal(PROV_ELIMIT, registration_encode(&b, &r, NULL));
	registration_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(outlined),
		cmocka_unit_test(private_stays_private),
		cmocka_unit_test(smallest),
		cmocka_unit_test(flips),
		cmocka_unit_test(inserts_and_deletes),
		cmocka_unit_test(fields),
		cmocka_unit_test(too_many),
		cmocka_unit_test(streams_in_order),
		cmocka_unit_test(unsealed),
		cmocka_unit_test(too_long_for_a_statement),
		cmocka_unit_test(openings),
		cmocka_unit_test(opening_clashes),
		cmocka_unit_test(labels),
		cmocka_unit_test(registrations),
		cmocka_unit_test(registration_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
