/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/dsse.h"
#include "gate/svr.h"
#include "logged.h"
#include "runs.h"

/* The example of DSSE's protocol.md. */
static void
pae(void **state)
{
	static const char want[] =
	    "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
	AUTO_BUF b = { 0 };

	(void)state;
	dsse_pae(&b, "http://example.com/HelloWorld", span("hello world", 11));
	assert_true(span_eq(buf_span(&b), span(want, sizeof(want) - 1)));
}

static prov_status
reads(const char *text, const prov_pubkey *key)
{
	AUTO_DSSE d = { .n = 0 };
	prov_err err = { 0 };
	prov_status st = dsse_parse(&d, span(text, strlen(text)), &err);

	return (st == PROV_OK ? dsse_verify(&d, key, &err) : st);
}

static void
signed_and_read(void **state)
{
	AUTO(prov_key) *k = logged_key(OWNER_NAME, 2);
	AUTO(prov_key) *other = logged_key(OWNER_NAME, 3);
	AUTO_DSSE d = { .n = 0 };
	AUTO_BUF b = { 0 };
	AUTO_FREE char *text = NULL;

	(void)state;
	ok(dsse_sign(&b, k, span("{\"a\":1}", 7), err));
	ok(dsse_parse(&d, buf_span(&b), err));
	assert_true(span_eq(buf_span(&d.payload), span("{\"a\":1}", 7)));
	ok(dsse_verify(&d, prov_key_public(k), err));
	assert_int_equal(PROV_EUNTRUSTED,
	    dsse_verify(&d, prov_key_public(other), NULL));
	d.payload.p[2] = 'b';
	assert_int_equal(PROV_EUNTRUSTED,
	    dsse_verify(&d, prov_key_public(k), NULL));
	ok(buf_take_str(&b, &text, err));
	for (size_t i = 0; text[i] != '\0'; i++) {
		char was = text[i];

		/* What can change are spaces, and the keyid, which is a hint.
		 */
		text[i] = was == 'A' ? 'B' : 'A';
		if (reads(text, prov_key_public(k)) == PROV_OK)
			assert_true(text + i > strstr(text, "keyid") &&
				    text + i < strstr(text, "\"sig\""));
		text[i] = was;
	}
}

#define SIG                                                            \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\","

static void
forms(void **state)
{
	static const struct {
		const char *text;
		prov_status st;
	} cases[] = {
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EUNTRUSTED },
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"keyid\":\"\",\"sig\":\"" SIG "\"}]}",
		    PROV_EUNTRUSTED },
		{ "{" TYPE "\"payload\":\"-_-_\",\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EUNTRUSTED },
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":[]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e30=\"}", PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e3 0=\",\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e30\",\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":{},\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"sig\":\"AAAA\"}]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"keyid\":7,\"sig\":\"" SIG "\"}]}",
		    PROV_EFORMAT },
		{ "{" TYPE "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"cert\":\"\",\"sig\":\"" SIG "\"}]}",
		    PROV_EFORMAT },
		{ "{\"payloadType\":\"application/json\",\"payload\":\"e30=\","
		  "\"signatures\":[{\"sig\":\"" SIG "\"}]}",
		    PROV_EUNSUPPORTED },
		{ "{\"payload\":\"e30=\",\"signatures\":"
		  "[{\"sig\":\"" SIG "\"}]}",
		    PROV_EUNSUPPORTED },
		{ "[]", PROV_EFORMAT },
		{ "", PROV_EFORMAT },
	};
	AUTO(prov_key) *k = logged_key(OWNER_NAME, 2);
	AUTO_DSSE d = { .n = 0 };

	(void)state;
	/* Refused before a byte of it is looked at. */
	assert_int_equal(PROV_ELIMIT,
	    dsse_parse(&d, span("{", DSSE_MAX + 1), NULL));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (reads(cases[i].text, prov_key_public(k)) != cases[i].st)
			fail_msg("case %zu", i);
	}
}

static void
statement(void **state)
{
	static struct run_record r;
	char name[SVR_NAME_MAX + 1], text[8192];
	AUTO_BUF b = { 0 };

	(void)state;
	runs_sample(&r);
	ok(svr_put(&b, &r, "run \xc3\xa9 1.ndjson", err));
	ok(svr_check(name, buf_span(&b), &r, err));
	assert_string_equal("run \xc3\xa9 1.ndjson", name);
	assert_true(b.len < sizeof(text));
	(void)snprintf(text, sizeof(text), "%.*s", (int)b.len, b.p);
	assert_non_null(strstr(text,
	    "\"predicateType\":\"https://in-toto.io/attestation/svr/v0.2\""));
	assert_non_null(
	    strstr(text, "\"verifier\":{\"id\":\"urn:prov:gate:0.1.0\","
			 "\"policies\":[{\"name\":\"images for training\""));
	assert_non_null(strstr(text,
	    "\"properties\":[\"PROV_SIGNED\",\"PROV_LOGGED\","
	    "\"PROV_BOUND_STREAMS\",\"PROV_RIGHTS_AI_GENERATIVE_TRAINING\"]"));
	assert_non_null(
	    strstr(text, "\"timeCreated\":\"2026-11-23T20:41:10Z\""));
	r.reasons[0].n++;
	assert_int_equal(PROV_EUNTRUSTED,
	    svr_check(name, buf_span(&b), &r, NULL));
	runs_sample(&r);
	r.passed.valid--;
	assert_int_equal(PROV_EUNTRUSTED,
	    svr_check(name, buf_span(&b), &r, NULL));
}

static void
names(void **state)
{
	static struct run_record r;
	char name[SVR_NAME_MAX + 1], large[SVR_NAME_MAX + 2];
	AUTO_BUF b = { 0 };

	(void)state;
	runs_sample(&r);
	memset(large, 'a', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	assert_int_equal(PROV_EARG, svr_put(&b, &r, large, NULL));
	assert_int_equal(PROV_EARG, svr_put(&b, &r, "", NULL));
	assert_int_equal(PROV_EARG, svr_put(&b, &r, "\xff", NULL));
	ok(svr_put(&b, &r, large + 1, err));
	ok(svr_name(name, buf_span(&b), err));
	assert_string_equal(large + 1, name);
	assert_int_equal(PROV_EFORMAT,
	    svr_name(name, span("{\"subject\":[]}", 14), NULL));
	assert_int_equal(PROV_EFORMAT,
	    svr_name(name, span("{\"subject\":{\"name\":\"a\"}}", 24), NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pae),
		cmocka_unit_test(signed_and_read),
		cmocka_unit_test(forms),
		cmocka_unit_test(statement),
		cmocka_unit_test(names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
