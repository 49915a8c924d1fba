/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sample.h"

static prov_status
parse(prov_claim **out, const char *yaml, prov_err *err)
{
	return (claim_parse(out, span(yaml, strlen(yaml)), "c.yaml", err));
}

static const struct assertion *
find(const prov_claim *c, const char *label)
{
	for (size_t i = 0; i < c->n_assertions; i++)
		if (strcmp(c->assertions[i].label, label) == 0)
			return (&c->assertions[i]);
	fail_msg("no assertion %s", label);
	abort(); /* which is not reached */
}

static void
value_is(const struct assertion *a, const char *want, size_t len)
{
	assert_int_equal(PROV_OK, cbor_check(buf_span(&a->value), NULL));
	if (!span_eq(buf_span(&a->value), span(want, len)))
		fail_msg("%s: %zu bytes", a->label, a->value.len);
}

static void
everything(void **state)
{
	static const char yaml[] = "origin: captured\n"
				   "supersedes: "
				   "00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff\n"
				   "author: Jane Doe\n"
				   "title: \"A walk\"\n"
				   "year: 2026\n"
				   "rights:\n"
				   "  license: CC-BY-4.0\n"
				   "  holders: [Jane, Joe]\n"
				   "  to: all\n"
				   "  cawg.ai_generative_training: notAllowed\n"
				   "  cawg.data_mining: [constrained, ask us]\n"
				   "  cawg.ai_training: allowed\n";
	AUTO(prov_claim) *c = NULL;
	prov_err err = { 0 };

	(void)state;
	if (parse(&c, yaml, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(PROV_ORIGIN_CAPTURED, c->origin);
	assert_true(c->has_supersedes);
	assert_int_equal(0x11, c->supersedes[1]);
	assert_int_equal(5, c->n_assertions);
	assert_true(find(c, "author")->is_private);
	value_is(find(c, "year"),
	    "\x64"
	    "2026",
	    5);
	assert_false(find(c, "rights")->is_private);
	value_is(find(c, "rights"),
	    "\xa3\x62to\x63"
	    "all\x67holders\x82\x64Jane\x63Joe\x67license\x69"
	    "CC-BY-4.0",
	    44);
	assert_false(find(c, "cawg.training-mining")->is_private);
	value_is(find(c, "cawg.training-mining"),
	    "\xa1\x67"
	    "entries\xa3"
	    "\x70"
	    "cawg.ai_training\xa1\x63use\x67"
	    "allowed"
	    "\x70"
	    "cawg.data_mining\xa2\x63use\x6b"
	    "constrained\x6f"
	    "constraint_info\x66"
	    "ask us"
	    "\x78\x1b"
	    "cawg.ai_generative_training\xa1\x63use\x6a"
	    "notAllowed",
	    142);
	prov_claim_public(c);
	assert_false(find(c, "author")->is_private);
}

static void
refused(void **state)
{
	static const struct {
		const char *yaml, *says;
	} rows[] = {
		{ "", "" },
		{ "just text", "a claim is a map" },
		{ "- a\n- b\n", "a claim is a map" },
		{ "origin: found\n", "captured, ingested" },
		{ "origin: unstated\n", "captured, ingested" },
		{ "origin: [captured]\n", "captured, ingested" },
		{ "supersedes: abc\n", "64 hex" },
		{ "supersedes: 00112233445566778899AABBCCDDEEFF0011223344556677"
		  "8899aabbccddeeff\n",
		    "64 hex" },
		{ "author:\n", "author has no text" },
		{ "author: [Jane]\n", "author has no text" },
		{ "author: {name: Jane}\n", "author has no text" },
		{ "a b: c\n", "letters, digits" },
		{ "\"a\\u202e\": c\n", "letters, digits" },
		{ "cawg.ai_training: allowed\n", "under rights" },
		{ "cawg.training-mining: x\n", "under rights" },
		{ "rights: all\n", "rights is a map" },
		{ "rights: {}\n", "rights is a map" },
		{ "rights:\n  license:\n", "text or a list" },
		{ "rights:\n  license: []\n", "text or a list" },
		{ "rights:\n  license: {a: b}\n", "text or a list" },
		{ "rights:\n  license: [[a]]\n", "text or a list" },
		{ "rights:\n  a b: c\n", "letters, digits" },
		{ "rights:\n  cawg.ai_trainning: notAllowed\n",
		    "the purposes are" },
		{ "rights:\n  cawg.ai_training: no\n", "notAllowed" },
		{ "rights:\n  cawg.ai_training: notallowed\n", "notAllowed" },
		{ "rights:\n  cawg.ai_training: [allowed, x]\n",
		    "[constrained, why]" },
		{ "rights:\n  cawg.ai_training: [constrained]\n",
		    "[constrained, why]" },
		{ "rights:\n  cawg.ai_training: [constrained, a, b]\n",
		    "[constrained, why]" },
		{ "rights:\n  cawg.ai_training: {use: allowed}\n", "one use" },
		{ "rights:\n  c2pa.ai_training: allowed\n", "cawg." },
		{ "rights:\n  source_type: photo\n", "IPTC" },
		{ "rights:\n  source_type: [print]\n", "IPTC" },
		{ "rights:\n  source_type: http://example.com/print\n",
		    "IPTC" },
		{ "signals: 1\n", "signals is a map" },
		{ "signals: {}\n", "signals is a map" },
		{ "signals: {tdm_reservation: 2}\n", "0 or 1" },
		{ "signals: {tdm_reservation: [1]}\n", "0 or 1" },
		{ "signals: {tdm-reservation: 1}\n", "signals are" },
		{ "signals: {content_usage: }\n", "text of a header" },
		{ "signals: {x_robots_tag: {a: b}}\n", "text of a header" },
		{ "signals: {x_robots_tag: []}\n", "text of a header" },
		{ "signals: {fetched: yesterday}\n", "a time such as" },
		{ "a: b\na: c\n", "" },
		{ "a: &x b\nc: *x\n", "" },
		{ "a: !!binary aGk=\n", "" },
		{ "a: \"\\x01\\xff\xff\"\n", "" },
		{ "a: b\n---\nc: d\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		prov_claim *c = NULL;
		prov_err err = { 0 };

		if (parse(&c, rows[i].yaml, &err) == PROV_OK)
			fail_msg("accepted: %s", rows[i].yaml);
		assert_null(c);
		if (strstr(err.msg, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].yaml, err.msg);
		if (rows[i].says[0] != '\0' &&
		    strncmp(err.msg, "c.yaml:", 7) != 0)
			fail_msg("no place: %s", err.msg);
	}
}

static void
limits(void **state)
{
	for (size_t n = ASSERTIONS_MAX; n <= ASSERTIONS_MAX + 1; n++) {
		AUTO(prov_claim) *c = NULL;
		AUTO_BUF b = { 0 };

		for (size_t i = 0; i < n; i++)
			buf_printf(&b, "label%zu: text\n", i);
		assert_int_equal(n == ASSERTIONS_MAX ? PROV_OK : PROV_ELIMIT,
		    claim_parse(&c, buf_span(&b), "c", NULL));
	}
	(void)state;
	for (size_t n = ASSERTION_VALUE_MAX - 3; n < ASSERTION_VALUE_MAX; n++) {
		AUTO(prov_claim) *c = NULL;
		AUTO_BUF b = { 0 };

		/* n bytes of text have 3 bytes of head */
		buf_put_str(&b, "a: ");
		for (size_t i = 0; i < n; i++)
			buf_put_byte(&b, 'x');
		assert_int_equal(n + 3 <= ASSERTION_VALUE_MAX ? PROV_OK
							      : PROV_ELIMIT,
		    claim_parse(&c, buf_span(&b), "c", NULL));
	}
}

static void
ingredients(void **state)
{
	AUTO(prov_claim) *c = NULL;
	uint8_t digest[32] = { 0 };

	(void)state;
	assert_int_equal(PROV_OK, prov_claim_new(&c, NULL));
	for (size_t i = 0; i < INGREDIENTS_MAX; i++) {
		digest[0] = (uint8_t)i;
		assert_int_equal(PROV_OK,
		    prov_claim_ingredient(c, digest, "derivedFrom", NULL));
		/* the same again is one */
		assert_int_equal(PROV_OK,
		    prov_claim_ingredient(c, digest, "derivedFrom", NULL));
	}
	assert_int_equal(INGREDIENTS_MAX, c->n_ingredients);
	digest[1] = 1;
	assert_int_equal(PROV_ELIMIT,
	    prov_claim_ingredient(c, digest, "derivedFrom", NULL));
	assert_int_equal(PROV_EARG, prov_claim_ingredient(c, digest, "", NULL));
	assert_int_equal(PROV_EARG,
	    prov_claim_ingredient(c, digest, "a b", NULL));
	assert_int_equal(PROV_EARG,
	    prov_claim_ingredient(c, digest, "x123456789012345678901234567890x",
		NULL));
}

/* A claim ends up in a manifest whole; salts are drawn in between. */
static void
into_manifest(void **state)
{
	AUTO(prov_claim) *c = NULL;
	AUTO_MANIFEST m = { 0 };
	AUTO_MANIFEST back = { 0 };
	AUTO_BUF b = { 0 };
	uint8_t digest[32] = { 9 };

	(void)state;
	assert_int_equal(PROV_OK,
	    parse(&c, "origin: generated\nauthor: Jane\nrights: {to: all}\n",
		NULL));
	assert_int_equal(PROV_OK,
	    prov_claim_ingredient(c, digest, "derivedFrom", NULL));
	assert_int_equal(PROV_OK, manifest_claim(&m, c, NULL));
	assert_int_equal(PROV_EARG, manifest_encode(&b, &m, NULL));
	for (size_t i = 0; i < m.n_assertions; i++)
		if (m.assertions[i].is_private)
			assert_int_equal(PROV_OK,
			    assertion_seal(&m.assertions[i],
				(const uint8_t *)SAMPLE_SALT, NULL));
	assert_int_equal(PROV_OK, manifest_encode(&b, &m, NULL));
	assert_int_equal(PROV_OK, manifest_decode(&back, buf_span(&b), NULL));
	assert_int_equal(PROV_ORIGIN_GENERATED, back.origin);
	assert_int_equal(2, back.n_assertions);
	assert_int_equal(1, back.n_ingredients);
	assert_int_equal(9, back.ingredients[0].statement[0]);
	assert_int_equal(PROV_EARG, manifest_claim(&m, c, NULL));
}

static void
files(void **state)
{
	char path[] = "/tmp/prov-claim-XXXXXX";
	int fd = mkstemp(path);
	AUTO(prov_claim) *c = NULL;
	prov_err err = { 0 };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(17, write(fd, "origin: captured\n", 17));
	(void)close(fd);
	assert_int_equal(PROV_OK, prov_claim_load(&c, path, NULL));
	assert_int_equal(PROV_ORIGIN_CAPTURED, c->origin);
	prov_claim_free(TAKE(c));
	(void)unlink(path);
	assert_int_equal(PROV_ENOTFOUND, prov_claim_load(&c, path, &err));
	assert_non_null(strstr(err.msg, path));
	assert_int_not_equal(PROV_OK, prov_claim_load(&c, "/tmp", NULL));
}

static void
origin_names(void **state)
{
	(void)state;
	assert_string_equal("unstated", prov_origin_name(PROV_ORIGIN_UNSTATED));
	assert_string_equal("transformed",
	    prov_origin_name(PROV_ORIGIN_TRANSFORMED));
	assert_string_equal("unknown", prov_origin_name((prov_origin)5));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(ingredients),
		cmocka_unit_test(into_manifest),
		cmocka_unit_test(files),
		cmocka_unit_test(origin_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
