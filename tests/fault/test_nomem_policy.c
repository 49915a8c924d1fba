/* SPDX-License-Identifier: ISC */
/*
 * A policy read, told, explained and tried, with each allocation failing in
 * turn. What is read then is the whole policy, or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/logged.h"
#include "policy/policy.h"
#include "shortage.h"

static const char yaml[] =
    "version: 1\n"
    "name: genai-video\n"
    "purpose: ai_generative_training\n"
    "trust:\n"
    "  signers:\n"
    "    - name: newsroom\n"
    "      key: "
    "demo/camera-1+1bed10d6+ASTFLp1Ug8BZRJqqQMKEZMrJp1CVuEp5hja9GktOfcpT\n"
    "      paths: [\"vendor/newsroom/**\"]     # nothing else by this key "
    "counts\n"
    "      not_after: 2027-12-31T23:59:59Z\n"
    "  logs:\n"
    "    lines: |\n"
    "      log "
    "demo/camera-1/log+8be0083f+AbplZ/B2xQuic07lJOqvVCloQEtjrJC845kLUuICEfv+\n"
    "      quorum none\n"
    "require:\n"
    "  media_type: [\"video/*\", image/jpeg, image/png]\n"
    "  max_bytes: 64GiB\n"
    "rights:\n"
    "  source_type:\n"
    "    deny: [trainedAlgorithmicMedia, "
    "compositeWithTrainedAlgorithmicMedia]\n"
    "  licenses: {allow: [CC0-1.0, CC-BY-4.0, \"LicenseRef-acme-*\"]}\n"
    "rules:                                  # the first that matches\n"
    "  - match: {path: \"vendor/newsroom/raw/**\", signer: newsroom}\n"
    "    set: {rights.unknown: allow}\n"
    "    route: raw\n"
    "    note: contract 2026-114\n"
    "  - match: {path: \"legacy/**\", reason: unsigned}\n"
    "    then: quarantine\n"
    "default: deny\n"
    "on_error: retry\n";

static const char json[] =
    "{\"version\":1,\"rules\":[{\"route\":\"a\",\"note\":"
    "\"\\ud83d\\ude00\"}]}";

static const char facts[] =
    "{\"v\":1,\"path\":\"a/b\",\"signature\":\"expired\"}";

static const char cases[] =
    "version: 1\npolicy: p.yaml\nfacts: {v: 1, path: a/b}\ncases:\n"
    "  - {name: a, facts: {seen: {license: MIT}}, decision: allow,\n"
    "     reasons: [unsigned, rights.ai_training.unknown]}\n"
    "  - {name: b, facts: f.json, decision: deny, route: x}\n";

/* Does one thing, by the name of a directory; says what came out in sum. */
typedef prov_status (*deed)(const char *dir, uint8_t sum[32], prov_err *err);

/* A deed, what comes of it when nothing fails, and what came this time. */
struct attempt {
	deed d;
	const char *dir;
	uint8_t want[32], got[32];
};

static prov_status
try_again(void *arg, prov_err *err)
{
	struct attempt *a = arg;

	memset(a->got, 0, sizeof(a->got));
	return (a->d(a->dir, a->got, err));
}

/* It says so, or comes to the same. */
static bool
is_whole(void *arg, bool failed, prov_status st, const prov_err *err)
{
	const struct attempt *a = arg;

	if (st == PROV_OK)
		return (memcmp(a->want, a->got, sizeof(a->got)) == 0);
	return (failed && st == PROV_ENOMEM && err->msg[0] != '\0');
}

static void
run_out(const char *dir, const char *name, deed d)
{
	struct attempt a = { .d = d, .dir = dir };
	const struct shortage s = { name, try_again, is_whole, &a, 10 };

	ok(d(dir, a.want, err));
	shortage_each(&s);
}

static prov_status
parse(prov_span bytes, uint8_t sum[32], prov_err *err)
{
	prov_policy *p = NULL;
	prov_status st;

	if ((st = policy_parse(&p, bytes, "p", NULL, err)) != PROV_OK)
		return (st);
	memcpy(sum, prov_policy_digest(p), 32);
	prov_policy_free(p);
	return (PROV_OK);
}

static prov_status
read_yaml(const char *dir, uint8_t sum[32], prov_err *err)
{
	(void)dir;
	return (parse(span(yaml, sizeof(yaml) - 1), sum, err));
}

static prov_status
read_json(const char *dir, uint8_t sum[32], prov_err *err)
{
	(void)dir;
	return (parse(span(json, sizeof(json) - 1), sum, err));
}

/* What is said of it is said whole. */
static prov_status
say(char *text, uint8_t sum[32], prov_err *err)
{
	prov_status st = sha256_of(sum, span(text, strlen(text)), err);

	prov_free(text);
	return (st);
}

static prov_status
tell(const char *dir, uint8_t sum[32], prov_err *err)
{
	prov_policy *p = NULL;
	char path[256], *text = NULL;
	prov_status st;

	(void)snprintf(path, sizeof(path), "%s/p.yaml", dir);
	if ((st = prov_policy_load(&p, path, err)) != PROV_OK)
		return (st);
	st = prov_policy_text(&text, p, err);
	prov_policy_free(p);
	return (st == PROV_OK ? say(text, sum, err) : st);
}

static prov_status
explain(int as_json, uint8_t sum[32], prov_err *err)
{
	const prov_explain_options o = { .facts =
					     span(facts, sizeof(facts) - 1),
		.now = 1,
		.json = as_json };
	prov_decision decision;
	prov_policy *p = NULL;
	char *text = NULL;
	prov_status st;

	if ((st = policy_parse(&p, span(yaml, sizeof(yaml) - 1), "p", NULL,
		 err)) != PROV_OK)
		return (st);
	st = prov_policy_explain(&text, &decision, p, &o, err);
	prov_policy_free(p);
	return (st == PROV_OK ? say(text, sum, err) : st);
}

static prov_status
explain_text(const char *dir, uint8_t sum[32], prov_err *err)
{
	(void)dir;
	return (explain(0, sum, err));
}

static prov_status
explain_json(const char *dir, uint8_t sum[32], prov_err *err)
{
	(void)dir;
	return (explain(1, sum, err));
}

static prov_status
try_table(const char *dir, uint8_t sum[32], prov_err *err)
{
	prov_policy_tested tested = { 0 };
	char path[256], *text = NULL;
	prov_status st;

	(void)snprintf(path, sizeof(path), "%s/cases.yaml", dir);
	if ((st = prov_policy_test(&text, &tested, path, NULL, err)) != PROV_OK)
		return (st);
	if (tested.n != 2 || tested.n_failed != 2)
		fail_msg("%zu of %zu failed", tested.n_failed, tested.n);
	return (say(text, sum, err));
}

static void
write_text(const char *dir, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(file_write(path, span(text, strlen(text)), 0600, 0,
			     NULL),
	    PROV_OK);
}

static void
all(void **state)
{
	static const struct {
		const char *name;
		deed d;
	} deeds[] = { { "yaml", read_yaml }, { "json", read_json },
		{ "text", tell }, { "explained", explain_text },
		{ "explained in JSON", explain_json }, { "cases", try_table } };
	struct logged g;

	(void)state;
	assert_true(logged_dir(&g));
	write_text(g.dir, "p.yaml", yaml);
	write_text(g.dir, "f.json", facts);
	write_text(g.dir, "cases.yaml", cases);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		run_out(g.dir, deeds[i].name, deeds[i].d);
	logged_close(&g);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(all) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
