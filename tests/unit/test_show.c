/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "attacks.h"
#include "manifest/revocation.h"
#include "runs.h"
#include "sample.h"
#include "sign/receipt.h"

static char *
show(prov_span bytes, unsigned flags)
{
	prov_err err = { 0 };
	char *out = NULL;

	if (prov_show(&out, bytes, flags, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	return (out);
}

static void
says(const char *text, const char *want)
{
	if (strstr(text, want) == NULL)
		fail_msg("no \"%s\" in:\n%s", want, text);
}

static void
sidecar_text(void **state)
{
	AUTO_BUF b = { 0 };
	char *out;

	(void)state;
	assert_true(sample_sidecar(&b));
	out = show(buf_span(&b), 0);
	says(out, "2 timelines, 1 openings");
	says(out, "application/prov-manifest+cbor\n");
	says(out, "signer      " SAMPLE_NAME "  ");
	says(out, "prov verify checks it");
	says(out, "bytes       1234567\n");
	says(out, "claimed     2026-11-23T20:41:00Z by prov 0.1.0\n");
	says(out, "origin      captured\n");
	says(out, "video h264  as h264/1 rap/1  5 segments, 250 frames");
	says(out, "width 1280, height 720, shown_from -40000000\n");
	says(out, "480256 samples at 48000 Hz");
	says(out, "only exact timing.unknown\n");
	says(out, "assertion   license \"CC-BY-4.0\"\n");
	says(out, "assertion   title \"A walk\"  (private, opened");
	says(out, "ingredient  derivedFrom 6666");
	says(out, "supersedes  7777");
	says(out, "entry       5\n");
	says(out, "ledger      " SAMPLE_NAME "/log\n");
	prov_free(out);
}

static void
statement_text(void **state)
{
	AUTO_BUF b = { 0 };
	char *out;

	(void)state;
	assert_true(sample_statement(&b));
	out = show(buf_span(&b), 0);
	says(out, "statement   ");
	says(out, "assertion   private, digest ");
	assert_null(strstr(out, "A walk"));
	assert_null(strstr(out, "sidecar"));
	prov_free(out);
}

static void
manifest_text(void **state)
{
	AUTO_BUF b = { 0 };
	char *out;

	(void)state;
	assert_true(sample_manifest_bytes(&b));
	out = show(buf_span(&b), 0);
	says(out, "asset       abab");
	assert_null(strstr(out, "signer"));
	prov_free(out);
}

static const char *
text_at(const json_t *o, const char *a, const char *b)
{
	return (json_string_value(json_object_get(json_object_get(o, a), b)));
}

static void
sidecar_json(void **state)
{
	json_t *root, *m, *a, *s;
	AUTO_BUF b = { 0 };
	char *out;

	(void)state;
	assert_true(sample_sidecar(&b));
	out = show(buf_span(&b), PROV_SHOW_JSON);
	assert_null(strchr(out, '\n'));
	assert_non_null(root = json_loads(out, 0, NULL));
	assert_string_equal("sidecar",
	    json_string_value(json_object_get(root, "what")));
	assert_true(json_is_false(json_object_get(root, "verified")));
	assert_string_equal(SAMPLE_NAME, text_at(root, "statement", "iss"));
	assert_string_equal(SAMPLE_PROOF, text_at(root, "sidecar", "proof"));
	m = json_object_get(root, "manifest");
	assert_int_equal(1795466460,
	    json_integer_value(json_object_get(m, "time")));
	s = json_array_get(json_object_get(m, "streams"), 0);
	assert_int_equal(1280,
	    json_integer_value(
		json_object_get(json_object_get(s, "presentation"), "width")));
	assert_int_equal(2, json_object_size(json_object_get(s, "parts")));
	assert_true(json_is_null(json_object_get(s, "refused")));
	a = json_array_get(json_object_get(m, "assertions"), 1);
	assert_string_equal("title",
	    json_string_value(json_object_get(a, "label")));
	assert_string_equal("A walk",
	    json_string_value(json_object_get(a, "value")));
	assert_true(json_is_null(json_object_get(root, "registered")));
	json_decref(root);
	prov_free(out);
}

/* Every key is there whatever was shown. */
static void
json_keys(void **state)
{
	static const char *const keys[] = { "v", "what", "bytes", "verified",
		"sidecar", "statement", "manifest", "registered", "revocation",
		"takedown", "receipt" };
	struct buf b[3] = { 0 };

	(void)state;
	assert_true(sample_sidecar(&b[0]));
	assert_true(sample_statement(&b[1]));
	assert_true(sample_manifest_bytes(&b[2]));
	for (size_t i = 0; i < 3; i++) {
		char *out = show(buf_span(&b[i]), PROV_SHOW_JSON);
		json_t *root = json_loads(out, 0, NULL);

		for (size_t j = 0; j < sizeof(keys) / sizeof(keys[0]); j++)
			assert_non_null(json_object_get(root, keys[j]));
		json_decref(root);
		prov_free(out);
		buf_free(&b[i]);
	}
}

static void
signed_as(struct buf *b, enum payload_kind kind, prov_span payload)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	uint8_t sub[32];

	memset(sub, 0xab, sizeof(sub));
	assert_int_equal(PROV_OK,
	    statement_sign(b, k, kind, sub, payload, NULL));
}

static void
other_payloads(void **state)
{
	struct registered one = { .name = "a/b", .key = { 0x0c } };
	struct registration r = { .n = 1, .at = &one };
	struct revocation v = { .origin = "a/log",
		.from_index = 7,
		.reason = 1 };
	struct takedown t = { .origin = "a/log", .reason = 3 };
	static struct run_record run_record;
	AUTO_BUF payload = { 0 }, b = { 0 }, run = { 0 };
	char *out;

	(void)state;
	assert_int_equal(PROV_OK, registration_encode(&payload, &r, NULL));
	signed_as(&b, PAYLOAD_REGISTRATION, buf_span(&payload));
	out = show(buf_span(&b), 0);
	says(out, "registered  a/b 0c00");
	prov_free(out);
	out = show(buf_span(&b), PROV_SHOW_JSON);
	says(out, "\"registered\"");
	says(out, "\"a/b\"");
	prov_free(out);
	payload.len = b.len = 0;
	assert_int_equal(PROV_OK, revocation_encode(&payload, &v, NULL));
	signed_as(&b, PAYLOAD_REVOCATION, buf_span(&payload));
	out = show(buf_span(&b), 0);
	says(out, "revoked     0000");
	says(out, "from entry  7\nledger      a/log\n");
	says(out, "reason      key-compromise\n");
	prov_free(out);
	out = show(buf_span(&b), PROV_SHOW_JSON);
	says(out, "\"from_index\"");
	says(out, "\"key-compromise\"");
	prov_free(out);
	payload.len = b.len = 0;
	assert_int_equal(PROV_OK, takedown_encode(&payload, &t, NULL));
	signed_as(&b, PAYLOAD_TAKEDOWN, buf_span(&payload));
	out = show(buf_span(&b), 0);
	says(out, "taken down  0000");
	says(out, "reason      privacy\n");
	prov_free(out);
	out = show(buf_span(&b), PROV_SHOW_JSON);
	says(out, "\"takedown\"");
	prov_free(out);
	payload.len = 0;
	runs_sample(&run_record);
	assert_int_equal(PROV_OK,
	    run_record_encode(&payload, &run_record, NULL));
	signed_as(&run, PAYLOAD_RUN, buf_span(&payload));
	out = show(buf_span(&run), 0);
	says(out, "run         abab");
	says(out, "6 allowed, 1 quarantined, 0 to try again, 3 denied\n");
	prov_free(out);
	out = show(buf_span(&run), PROV_SHOW_JSON);
	says(out, "\"rights.unknown\":1,");
	says(out, "\"first\":\"2026-11-23T20:41:00Z\"");
	says(out, "\"PROV_SIGNED\"");
	prov_free(out);
}

/* All kinds of value, and text that would like to be more than text. */
static void
hostile_values(void **state)
{
	static const char value[] =
	    "\x89\x01\x20\x3b\xff\xff\xff\xff\xff\xff\xff\xff\x41\x0f\xf4\xf5"
	    "\xf6\xa1\x61"
	    "b\x80\x78\x1d\x1b[31m\x0a"
	    "asset\x07 \xe2\x80\xae"
	    "evil\xc2\x85"
	    "\x7f\xe2\x80\xa8.\x00.";
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	char *out;
	json_t *root;

	(void)state;
	assert_non_null(m.assertions = calloc(1, sizeof(*m.assertions)));
	m.n_assertions = 1;
	memcpy(m.assertions[0].label, "note", 5);
	buf_put(&m.assertions[0].value, value, sizeof(value) - 1);
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	out = show(buf_span(&b), 0);
	says(out, "note [1, -1, 3bffffffffffffffff, 0f, false, true, null, "
		  "{b: []}, \"");
	for (const char *p = out; *p != '\0'; p++)
		if ((*p < ' ' && *p != '\n') || *p > '~')
			fail_msg("byte %02x", (unsigned char)*p);
	assert_null(strstr(out, "\nasset\\"));
	prov_free(out);
	out = show(buf_span(&b), PROV_SHOW_JSON);
	for (const char *p = out; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			fail_msg("byte %02x", (unsigned char)*p);
	assert_non_null(root = json_loads(out, JSON_ALLOW_NUL, NULL));
	json_decref(root);
	prov_free(out);
}

/* Nothing of it reaches a screen. */
static void
show_assertion(const char *text)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	char *out;

	if (!utf8_valid((const uint8_t *)text, strlen(text)))
		return;
	m.assertions = calloc(1, sizeof(*m.assertions));
	assert_non_null(m.assertions);
	m.n_assertions = 1;
	assert_true(sample_assertion(&m.assertions[0], "x", text));
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	out = show(buf_span(&b), 0);
	for (const char *p = out; *p != '\0'; p++)
		if ((*p >= 0 && *p < ' ' && *p != '\n') || *p == 0x7f)
			fail_msg("%s", text);
	prov_free(out);
}

static void
c2pa_attacks(void **state)
{
	(void)state;
	attacks_each(show_assertion);
}

static void
refused(void **state)
{
	AUTO_BUF b = { 0 };
	char *out = NULL;

	(void)state;
	assert_int_equal(PROV_EFORMAT, prov_show(&out, span("", 0), 0, NULL));
	assert_int_equal(PROV_EFORMAT, prov_show(&out, span("hi", 2), 0, NULL));
	assert_int_equal(PROV_EFORMAT,
	    prov_show(&out, span("\xa0", 1), 0, NULL));
	assert_int_equal(PROV_EFORMAT,
	    prov_show(&out, span("\x82", 1), 0, NULL));
	/* a manifest payload that is none */
	signed_as(&b, PAYLOAD_MANIFEST, span("\xa0", 1));
	assert_int_not_equal(PROV_OK, prov_show(&out, buf_span(&b), 0, NULL));
	assert_null(out);
}

/* An opening that opens nothing is not passed over. */
static void
foreign_opening(void **state)
{
	AUTO_BUF statement = { 0 }, b = { 0 };
	static struct sidecar s;
	char *out = NULL;

	(void)state;
	assert_true(sample_statement(&statement));
	s.statement = buf_span(&statement);
	s.n_openings = 1;
	s.openings[0].item = span("\x82\x61t\x00", 4);
	assert_int_equal(PROV_OK, sidecar_encode(&b, &s, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_show(&out, buf_span(&b), 0, NULL));
	assert_null(out);
}

/* prov_statement_in lends the statement of either; other things have none. */
static void
statement_in(void **state)
{
	AUTO_BUF statement = { 0 }, side = { 0 }, bad = { 0 }, m = { 0 };
	struct sidecar s = { .statement = { (const uint8_t *)"S", 1 } };
	prov_span out = { 0 };

	(void)state;
	assert_true(sample_statement(&statement));
	assert_true(sample_sidecar(&side));
	assert_int_equal(PROV_OK,
	    prov_statement_in(&out, buf_span(&statement), NULL));
	assert_true(span_eq(out, buf_span(&statement)));
	assert_int_equal(PROV_OK,
	    prov_statement_in(&out, buf_span(&side), NULL));
	assert_true(span_eq(out, buf_span(&statement)));
	assert_true(out.p > side.p && out.p < side.p + side.len);
	assert_int_equal(PROV_OK, sidecar_encode(&bad, &s, NULL));
	assert_int_equal(PROV_EFORMAT,
	    prov_statement_in(&out, buf_span(&bad), NULL));
	assert_true(sample_manifest_bytes(&m));
	assert_int_equal(PROV_EFORMAT,
	    prov_statement_in(&out, buf_span(&m), NULL));
	assert_int_equal(PROV_EFORMAT,
	    prov_statement_in(&out, span("", 0), NULL));
}

/* A receipt alone, with what it claims; nothing in it is checked. */
static void
receipt(void **state)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	struct receipt r = { .size = 9, .index = 8, .n = 1 };
	AUTO_BUF b = { 0 };
	json_t *root, *v;
	char *out;

	(void)state;
	receipt_encode(&b, &r, prov_key_public(k));
	out = show(buf_span(&b), 0);
	says(out,
	    "receipt     COSE Receipt, entry 8 of 9 as claimed, by " SAMPLE_NAME
	    "\n");
	prov_free(out);
	out = show(buf_span(&b), PROV_SHOW_JSON);
	assert_non_null(root = json_loads(out, 0, NULL));
	assert_string_equal("receipt",
	    json_string_value(json_object_get(root, "what")));
	v = json_object_get(root, "receipt");
	assert_int_equal(9,
	    json_integer_value(json_object_get(v, "claimed_size")));
	assert_int_equal(-8, json_integer_value(json_object_get(v, "alg")));
	assert_int_equal(1, json_array_size(json_object_get(v, "path")));
	json_decref(root);
	prov_free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipt),
		cmocka_unit_test(sidecar_text),
		cmocka_unit_test(statement_text),
		cmocka_unit_test(manifest_text),
		cmocka_unit_test(sidecar_json),
		cmocka_unit_test(json_keys),
		cmocka_unit_test(other_payloads),
		cmocka_unit_test(hostile_values),
		cmocka_unit_test(c2pa_attacks),
		cmocka_unit_test(refused),
		cmocka_unit_test(foreign_opening),
		cmocka_unit_test(statement_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
