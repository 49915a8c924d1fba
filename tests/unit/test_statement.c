/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "sample.h"
#include "shared.h"
#include "sign/cose.h"
#include "sign/pubkey.h"

static const uint8_t asset[32] = { 0xaa };
#define PAYLOAD "\xa1\x01\x01"

static void
make(struct buf *b, const prov_key *k)
{
	assert_int_equal(PROV_OK,
	    statement_sign(b, k, PAYLOAD_MANIFEST, asset,
		span(PAYLOAD, sizeof(PAYLOAD) - 1), NULL));
}

static prov_status
accept(prov_span bytes, const prov_pubkey *key)
{
	struct statement s;
	prov_status st;

	assert_true(sample_ways_agree(bytes));
	if ((st = statement_parse(&s, bytes, NULL)) != PROV_OK)
		return (st);
	return (statement_verify(&s, key, NULL));
}

static void
round_trip(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };
	struct statement s;

	(void)state;
	make(&b, k);
	assert_int_equal(PROV_OK, statement_parse(&s, buf_span(&b), NULL));
	assert_int_equal(PAYLOAD_MANIFEST, s.kind);
	assert_string_equal(SAMPLE_NAME, s.iss);
	assert_string_equal("sha256:aa000000000000000000000000000000"
			    "00000000000000000000000000000000",
	    s.sub);
	assert_memory_equal(asset, s.sub_digest, 32);
	assert_memory_equal(prov_key_public(k)->kid, s.kid, 32);
	assert_true(span_eq(s.payload, span(PAYLOAD, 3)));
	assert_int_equal(PROV_OK,
	    statement_verify(&s, prov_key_public(k), NULL));
}

/* The bytes, put together here by hand. */
static void
bytes_are_these(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 }, p = { 0 }, tbs = { 0 }, want = { 0 };
	uint8_t sig[64];

	(void)state;
	buf_put_str(&p, "\xa4\x01\x27\x03\x78\x1e"
			"application/prov-manifest+cbor"
			"\x04\x58\x20");
	buf_put(&p, prov_key_public(k)->kid, 32);
	buf_put_str(&p, "\x0f\xa2\x01\x6d" SAMPLE_NAME "\x02\x78\x47sha256:aa");
	for (int i = 0; i < 62; i++)
		buf_put_byte(&p, '0');
	buf_put_str(&tbs, "\x84\x6aSignature1\x58");
	buf_put_byte(&tbs, (uint8_t)p.len);
	buf_put_span(&tbs, buf_span(&p));
	buf_put(&tbs, "\x40\x43" PAYLOAD, 5);
	assert_int_equal(PROV_OK, key_sign(k, sig, buf_span(&tbs), NULL));
	buf_put_str(&want, "\xd2\x84\x58");
	buf_put_byte(&want, (uint8_t)p.len);
	buf_put_span(&want, buf_span(&p));
	buf_put(&want, "\xa0\x43" PAYLOAD "\x58\x40", 7);
	buf_put(&want, sig, sizeof(sig));
	make(&b, k);
	assert_true(span_eq(buf_span(&want), buf_span(&b)));
	b.len = 0;
	make(&b, k); /* and always the same */
	assert_true(span_eq(buf_span(&want), buf_span(&b)));
}

static void
kinds(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);

	(void)state;
	for (int kind = PAYLOAD_MANIFEST; kind <= PAYLOAD_RUN; kind++) {
		AUTO_BUF b = { 0 };
		struct statement s;

		assert_int_equal(PROV_OK,
		    statement_sign(&b, k, (enum payload_kind)kind, asset,
			span(PAYLOAD, 3), NULL));
		assert_int_equal(PROV_OK,
		    statement_parse(&s, buf_span(&b), NULL));
		assert_int_equal(kind, s.kind);
	}
	for (int kind = 0; kind <= 99; kind += 33) {
		AUTO_BUF b = { 0 };

		assert_int_equal(PROV_EARG,
		    statement_sign(&b, k, (enum payload_kind)kind, asset,
			span(PAYLOAD, 3), NULL));
	}
}

static void
flips(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(sample_statement(&b));
	assert_int_equal(PROV_OK, accept(buf_span(&b), prov_key_public(k)));
	for (size_t i = 0; i < b.len * 8; i++) {
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
		if (accept(buf_span(&b), prov_key_public(k)) == PROV_OK)
			fail_msg("bit %zu", i);
		b.p[i / 8] ^= (uint8_t)(1U << (i % 8));
	}
}

static void
inserts_and_deletes(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x20, 0x40, 0xa0, 0xf6, 0xff };
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };
	uint8_t *t;

	(void)state;
	assert_true(sample_statement(&b));
	assert_non_null(t = malloc(b.len + 1));
	for (size_t i = 0; i < b.len; i++) {
		memcpy(t, b.p, i);
		memcpy(t + i, b.p + i + 1, b.len - i - 1);
		if (accept(span(t, b.len - 1), prov_key_public(k)) == PROV_OK)
			fail_msg("without byte %zu", i);
	}
	for (size_t i = 0; i <= b.len; i++)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			memcpy(t, b.p, i);
			t[i] = bytes[j];
			memcpy(t + i + 1, b.p + i, b.len - i);
			if (accept(span(t, b.len + 1), prov_key_public(k)) ==
			    PROV_OK)
				fail_msg("%02x before byte %zu", bytes[j], i);
		}
	for (size_t i = 0; i < b.len; i++)
		if (accept(span(b.p, i), prov_key_public(k)) == PROV_OK)
			fail_msg("first %zu bytes", i);
	free(t);
}

static void
other_keys(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO(prov_key) *other = sample_other_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 };
	prov_pubkey lies;

	(void)state;
	make(&b, k);
	assert_int_equal(PROV_EUNTRUSTED,
	    accept(buf_span(&b), prov_key_public(other)));
	/* A caller's copy of the kid does not matter. */
	lies = *prov_key_public(other);
	memcpy(lies.kid, prov_key_public(k)->kid, 32);
	assert_int_equal(PROV_EUNTRUSTED, accept(buf_span(&b), &lies));
	lies = *prov_key_public(k);
	memset(lies.kid, 0, 32);
	assert_int_equal(PROV_OK, accept(buf_span(&b), &lies));
}

/*
 * Headers that the profile does not have, each with a good signature by the
 * right key: only the profile can refuse them.
 */
struct entry {
	const char *cbor; /* key and value */
	size_t len;
};
#define E(s)                       \
	{                          \
		(s), sizeof(s) - 1 \
	}

static const struct entry regular[4] = {
	E("\x01\x27"),
	E("\x03\x78\x1e"
	  "application/prov-manifest+cbor"),
	{ NULL, 0 }, /* kid */
	E("\x0f\xa2\x01\x6d" SAMPLE_NAME "\x02\x78\x47sha256:"
	  "aa00000000000000000000000000000000000000000000000000000000000000"),
};

static void
put_entry(struct buf *b, const struct entry *e, const prov_key *k)
{
	if (e->cbor != NULL) {
		buf_put(b, e->cbor, e->len);
		return;
	}
	buf_put(b, "\x04\x58\x20", 3);
	buf_put(b, prov_key_public(k)->kid, 32);
}

/* Around any protected header: the rest is as it should be, and signed. */
static void
wrap(struct buf *b, const struct buf *prot, const prov_key *k,
    const struct entry *unprotected)
{
	AUTO_BUF tbs = { 0 };
	uint8_t sig[64];

	cose_to_sign(&tbs, buf_span(prot), span(PAYLOAD, 3));
	assert_int_equal(PROV_OK, key_sign(k, sig, buf_span(&tbs), NULL));
	buf_put(b, "\xd2\x84", 2);
	cbor_put_bytes(b, buf_span(prot));
	buf_put(b, unprotected->cbor, unprotected->len);
	cbor_put_bytes(b, span(PAYLOAD, 3));
	cbor_put_bytes(b, span(sig, 64));
	assert_int_equal(PROV_OK, buf_done(b, NULL));
}

static const struct entry no_unprotected = E("\xa0");

static prov_status
try_header(const struct entry *const *at, size_t n, const prov_key *k)
{
	AUTO_BUF prot = { 0 }, b = { 0 };

	cbor_put_map(&prot, n);
	for (size_t i = 0; i < n; i++)
		put_entry(&prot, at[i], k);
	wrap(&b, &prot, k, &no_unprotected);
	return (accept(buf_span(&b), prov_key_public(k)));
}

static size_t
orders(const prov_key *k)
{
	size_t n = 0;

	for (unsigned i = 0; i < 256; i++) {
		const unsigned at[4] = { i & 3, i >> 2 & 3, i >> 4 & 3,
			i >> 6 };
		const struct entry *e[4];
		bool right = true;

		for (unsigned j = 0; j < 4; j++) {
			e[j] = &regular[at[j]];
			right = right && at[j] == j;
		}
		if ((try_header(e, 4, k) == PROV_OK) != right)
			fail_msg("order %u%u%u%u", at[0], at[1], at[2], at[3]);
		n += !right;
	}
	return (n);
}

static size_t
subsets(const prov_key *k)
{
	size_t refused = 0;

	for (unsigned set = 0; set < 15; set++) {
		const struct entry *e[4];
		size_t n = 0;

		for (unsigned j = 0; j < 4; j++)
			if (set >> j & 1)
				e[n++] = &regular[j];
		if (try_header(e, n, k) == PROV_OK)
			fail_msg("subset %u", set);
		refused++;
	}
	return (refused);
}

static size_t
additions(const prov_key *k)
{
	static const struct entry more[] = { E("\x02\x81\x01"), /* crit */
		E("\x02\x80"), E("\x05\x41\x00"), E("\x06\x41\x00"),
		E("\x07\x80"), E("\x09\x41\x00"), E("\x10\x60"),
		E("\x18\x20\x41\x00"),         /* x5bag */
		E("\x18\x21\x41\x00"),         /* x5chain */
		E("\x18\x22\x82\x2f\x41\x00"), /* x5t */
		E("\x19\x01\x02\x2f"),         /* hash envelope */
		E("\x19\x01\x8a\x80"),         /* receipts */
		E("\x19\x01\x8b\x01"), E("\x20\x01"),
		E("\x63"
		  "alg\x27"),
		E("\x61\x31\x27"), E("\x00\x27"), E("\x01\x26"),
		E("\x04\x41\x31"), E("\x41\x01\x27"), E("\xf6\xf6") };
	size_t refused = 0;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		for (size_t at = 0; at <= 4; at++) {
			const struct entry *e[5];

			for (size_t j = 0, r = 0; j < 5; j++)
				e[j] = j == at ? &more[i] : &regular[r++];
			if (try_header(e, 5, k) == PROV_OK)
				fail_msg("addition %zu at %zu", i, at);
			refused++;
		}
	return (refused);
}

static size_t
substitutes(const prov_key *k)
{
	static const struct {
		size_t at;
		struct entry e;
	} rows[] = {
		{ 0, E("\x01\x26") },     /* ES256 */
		{ 0, E("\x01\x32") },     /* -19, Ed25519 */
		{ 0, E("\x01\x07") },     /* 7 */
		{ 0, E("\x01\x00") },     /* none */
		{ 0, E("\x01\x38\x07") }, /* -8, but longer */
		{ 0, E("\x01\x65"
		       "EdDSA") }, /* text */
		{ 0, E("\x01\xf6") },
		{ 0, E("\x18\x01\x27") }, /* key 1, but longer */
		{ 0, E("\x20\x27") },     /* key -1 */
		{ 1, E("\x03\x60") },
		{ 1, E("\x03\x18\x3c") }, /* as a number */
		{ 1, E("\x03\x78\x1e"
		       "application/prov-MANIFEST+cbor") },
		{ 1, E("\x03\x78\x1d"
		       "application/prov-manifest+cbo") },
		{ 1, E("\x03\x78\x1f"
		       "application/prov-manifest+cbor\0") },
		{ 1, E("\x03\x58\x1e"
		       "application/prov-manifest+cbor") },
		{ 1, E("\x03\x70"
		       "application/cbor") },
		{ 2, E("\x04\x40") },
		{ 2, E("\x04\x42\x31\x31") },
		{ 2, E("\x04\x60") },
		{ 2, E("\x04\xf6") },
		{ 2, E("\x04\x58\x20"
		       "................................") },
		{ 3, E("\x0f\xa0") },
		{ 3, E("\x0f\xf6") },
		{ 3, E("\x0f\xa1\x01\x61"
		       "a") },
		{ 3, E("\x0f\xa1\x02\x78\x47sha256:aa0000000000000000000000000"
		       "0000000000000000000000000000000000000") },
		{ 3, E("\x0f\xa2\x01\x61"
		       "a\x02\x60") },
		{ 3, E("\x0f\xa2\x01\x60\x02\x78\x47sha256:aa00000000000000000"
		       "000000000000000000000000000000000000000000000") },
		{ 3, E("\x0f\xa2\x01\x61+\x02\x78\x47sha256:aa0000000000000000"
		       "0000000000000000000000000000000000000000000000") },
		{ 3, E("\x0f\xa2\x01\x61"
		       "a\x02\x78\x47SHA256:aa00000000000000000000000000000000"
		       "000000000000000000000000000000") },
		{ 3, E("\x0f\xa2\x01\x61"
		       "a\x02\x78\x47sha256:AA00000000000000000000000000000000"
		       "000000000000000000000000000000") },
		{ 3, E("\x0f\xa2\x01\x61"
		       "a\x02\x78\x46sha256:aa00000000000000000000000000000000"
		       "00000000000000000000000000000") },
		{ 3, E("\x0f\xa3\x01\x61"
		       "a\x02\x78\x47sha256:aa00000000000000000000000000000000"
		       "000000000000000000000000000000\x04\x00") },
	};
	size_t n = sizeof(rows) / sizeof(rows[0]);

	for (size_t i = 0; i < n; i++) {
		const struct entry *e[4] = { &regular[0], &regular[1],
			&regular[2], &regular[3] };

		e[rows[i].at] = &rows[i].e;
		if (try_header(e, 4, k) == PROV_OK)
			fail_msg("substitute %zu", i);
	}
	return (n);
}

static void
headers(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	size_t n;

	(void)state;
	n = orders(k) + subsets(k) + additions(k) + substitutes(k);
	assert_true(n >= 200);
	print_message("# %zu headers refused\n", n);
}

static void
unprotected_is_empty(void **state)
{
	static const struct entry rows[] = { E("\xa1\x04\x42\x31\x31"),
		E("\xa1\x01\x27"), E("\xa1\x19\x01\x8a\x80"), E("\xf6"),
		E("\x80"), E("\x40"), E("\xa1\x60\x60"), E("\xbf\xff") };
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF prot = { 0 };

	(void)state;
	cbor_put_map(&prot, 4);
	for (size_t i = 0; i < 4; i++)
		put_entry(&prot, &regular[i], k);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		wrap(&b, &prot, k, &rows[i]);
		if (accept(buf_span(&b), prov_key_public(k)) == PROV_OK)
			fail_msg("row %zu", i);
	}
}

/* The envelope itself: tag, length, detached payload, signature's size. */
static void
envelopes(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF good = { 0 }, b = { 0 };
	const prov_pubkey *pub = prov_key_public(k);
	struct statement s;

	(void)state;
	make(&good, k);
	assert_int_equal(PROV_OK, statement_parse(&s, buf_span(&good), NULL));
	/* without its tag */
	assert_int_equal(PROV_EFORMAT,
	    accept(span(good.p + 1, good.len - 1), pub));
	/* tagged twice */
	buf_put_byte(&b, 0xd2);
	buf_put_span(&b, buf_span(&good));
	assert_int_equal(PROV_EFORMAT, accept(buf_span(&b), pub));
	/* with something behind it */
	b.len = 0;
	buf_put_span(&b, buf_span(&good));
	buf_put_byte(&b, 0xf6);
	assert_int_equal(PROV_EFORMAT, accept(buf_span(&b), pub));
	/* as tag 98, COSE_Sign */
	b.len = 0;
	buf_put_str(&b, "\xd8\x62");
	buf_put(&b, good.p + 1, good.len - 1);
	assert_int_equal(PROV_EFORMAT, accept(buf_span(&b), pub));
	/* detached */
	b.len = 0;
	buf_put_str(&b, "\xd2\x84");
	cbor_put_bytes(&b, s.protected_);
	buf_put_str(&b, "\xa0\xf6");
	cbor_put_bytes(&b, span(s.sig, 64));
	assert_int_equal(PROV_EFORMAT, accept(buf_span(&b), pub));
	/* a signature of 63 bytes, and of 65 */
	for (size_t n = 63; n <= 65; n += 2) {
		b.len = 0;
		buf_put_str(&b, "\xd2\x84");
		cbor_put_bytes(&b, s.protected_);
		buf_put_byte(&b, 0xa0);
		cbor_put_bytes(&b, s.payload);
		cbor_put_bytes(&b, span(good.p + good.len - 65, n));
		assert_int_equal(PROV_EFORMAT, accept(buf_span(&b), pub));
	}
}

static void
limit(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF b = { 0 }, payload = { 0 };
	prov_err err = { 0 };
	size_t overhead;

	(void)state;
	make(&b, k);
	/* the payload's head grows from 1 byte to 3 */
	overhead = b.len - 3 + 2;
	b.len = 0;
	assert_non_null(buf_grow(&payload, STATEMENT_MAX - overhead + 1));
	memset(payload.p, 0, payload.len);
	assert_int_equal(PROV_ELIMIT, statement_sign(&b, k, PAYLOAD_MANIFEST,
					  asset, buf_span(&payload), &err));
	assert_int_equal(0, b.len);
	prov_err_clear(&err);
	payload.len = STATEMENT_MAX - overhead;
	if (statement_sign(&b, k, PAYLOAD_MANIFEST, asset, buf_span(&payload),
		&err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(STATEMENT_MAX, b.len);
}

static void
manifest_belongs(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF payload = { 0 }, good = { 0 }, bad = { 0 }, run = { 0 };
	AUTO_MANIFEST m = { 0 };
	struct statement s;
	uint8_t sub[32];

	(void)state;
	assert_true(sample_statement(&good));
	assert_int_equal(PROV_OK, statement_parse(&s, buf_span(&good), NULL));
	assert_int_equal(PROV_OK, manifest_of_statement(&m, &s, NULL));
	manifest_clear(&m);
	assert_true(sample_manifest_bytes(&payload));
	/* on another asset than the subject */
	memset(sub, 0xac, sizeof(sub));
	assert_int_equal(PROV_OK, statement_sign(&bad, k, PAYLOAD_MANIFEST, sub,
				      buf_span(&payload), NULL));
	assert_int_equal(PROV_OK, statement_parse(&s, buf_span(&bad), NULL));
	assert_int_equal(PROV_EFORMAT, manifest_of_statement(&m, &s, NULL));
	/* under another content type */
	memset(sub, 0xab, sizeof(sub));
	assert_int_equal(PROV_OK, statement_sign(&run, k, PAYLOAD_RUN, sub,
				      buf_span(&payload), NULL));
	assert_int_equal(PROV_OK, statement_parse(&s, buf_span(&run), NULL));
	assert_int_equal(PROV_EFORMAT, manifest_of_statement(&m, &s, NULL));
	assert_null(m.streams);
}

/*
 * cose-wg's Ed25519 example: its ToBeSigned is what we would sign, and its
 * signature verifies; as a statement it is refused, for its kid is unprotected.
 */
static void
cose_wg(void **state)
{
	AUTO_BUF tbs = { 0 };
	uint8_t raw[512], want[512], key[32];
	json_t *root, *output, *want_hex;
	struct statement s;
	char path[4096];
	const char *hex;
	size_t n;

	(void)state;
	if (!shared_path(path, sizeof(path),
		"vectors/cose-wg-examples/eddsa-examples/eddsa-sig-01.json"))
		return;
	assert_non_null(root = json_load_file(path, 0, NULL));
	output = json_object_get(json_object_get(root, "output"), "cbor");
	hex = json_string_value(output);
	assert_non_null(hex);
	n = strlen(hex) / 2;
	assert_int_equal(100, n);
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		assert_int_equal(1, sscanf(hex + 2 * i, "%2X", &v));
		raw[i] = (uint8_t)v;
	}
	want_hex = json_object_get(json_object_get(root, "intermediates"),
	    "ToBeSign_hex");
	hex = json_string_value(want_hex);
	cose_to_sign(&tbs, span(raw + 3, 5), span(raw + 14, 20));
	assert_int_equal(strlen(hex) / 2, tbs.len);
	for (size_t i = 0; i < tbs.len; i++) {
		unsigned v;

		assert_int_equal(1, sscanf(hex + 2 * i, "%2X", &v));
		want[i] = (uint8_t)v;
	}
	assert_memory_equal(want, tbs.p, tbs.len);
	assert_true(hex_decode(key, 32,
	    "d75a980182b10ab7d54bfed3c964073a"
	    "0ee172f3daa62325af021a68f707511a",
	    64));
	assert_int_equal(PROV_OK,
	    pubkey_verify(key, raw + 36, buf_span(&tbs), NULL));
	assert_int_equal(PROV_EFORMAT, statement_parse(&s, span(raw, n), NULL));
	json_decref(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(bytes_are_these),
		cmocka_unit_test(kinds),
		cmocka_unit_test(flips),
		cmocka_unit_test(inserts_and_deletes),
		cmocka_unit_test(other_keys),
		cmocka_unit_test(headers),
		cmocka_unit_test(unprotected_is_empty),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(limit),
		cmocka_unit_test(manifest_belongs),
		cmocka_unit_test(cose_wg),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
