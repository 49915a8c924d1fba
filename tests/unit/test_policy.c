/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/yaml.h"
#include "logged.h"
#include "policies.h"
#include "policy/reason.h"

#define V1 "version: 1\n"

/* What is wrong, by line, column and the key that was likely meant. */
static const struct {
	const char *text, *says;
} wrong[] = {
	{ "", "1:1: nothing in it" },
	{ "- 1\n", "1:1: a policy is a map" },
	{ "{}\n", "1:1: a policy has nothing in it" },
	{ "name: x\n", "1:1: no version; this one is 1" },
	{ "version: 2\n", "1:10: not a version that this prov knows" },
	{ V1 "purpos: none\n",
	    "2:1: unknown key \"purpos\"; did you mean `purpose`?" },
	{ V1 "colour: red\n", "2:1: unknown key \"colour\"; known are version, "
			      "name, purpose, mode, trust" },
	{ V1 "name: a\nname: b\n",
	    "3:1: key \"name\" is there already, on line 2" },
	{ V1 "name: a b\n", "2:7: a name has letters" },
	{ V1 "name: \"\"\n", "2:7: nothing is there" },
	{ V1 "purpose: ai_trainign\n",
	    "2:10: unknown value \"ai_trainign\"; did you mean "
	    "`ai_training`?" },
	{ V1 "mode: warning\n", "2:7: unknown value \"warning\"; did you mean "
				"`warn`?" },
	{ V1 "default: allow\n", "2:10: unknown value \"allow\"; known are "
				 "deny, quarantine" },
	{ V1 "on_error: allow\n", "2:11: unknown value \"allow\"" },
	{ V1 "trust: {signrs: []}\n",
	    "2:9: unknown key \"signrs\"; did you mean `signers`?" },
	{ V1 "trust: []\n", "2:8: trust is a map" },
	{ V1 "trust: {}\n", "2:8: trust has nothing in it" },
	{ V1 "trust: {signers: []}\n", "2:18: not a list of signers" },
	{ V1 "trust: {signers: [{name: a}]}\n", "2:19: a signer needs a key" },
	{ V1 "trust: {signers: [{vkey: a}]}\n",
	    "2:20: unknown key \"vkey\"; did you mean `key`?" },
	{ V1 "trust: {signers: [{key: a}]}\n", "2:25: " },
	{ V1 "trust: {file: a}\n",
	    "2:15: this policy is no file, so it can name none" },
	{ V1 "trust: {file: a, signers: []}\n",
	    "2:8: trust is either a file or signers and logs" },
	{ V1 "trust: {file: a, logs: {lines: a}}\n",
	    "2:24: the trust file names the logs" },
	{ V1 "trust: {logs: {max_age: 24h}}\n",
	    "2:25: witnesses tell a head's age" },
	{ V1 "trust: {logs: {max_age: 24x}}\n", "2:25: not a duration" },
	{ V1 "trust: {logs: {max_age: 0s}}\n", "2:25: not a duration" },
	{ V1 "trust: {logs: {max_age: -1h}}\n", "2:25: not a duration" },
	{ V1 "trust: {logs: {max_age: 99999999999999999999s}}\n",
	    "2:25: not a duration" },
	{ V1 "trust: {logs: {lines: \"log x\"}}\n", "2:23: tlog-policy:1: " },
	{ V1 "require: {bindng: exact}\n",
	    "2:11: unknown key \"bindng\"; did you mean `binding`?" },
	{ V1 "require: {binding: similar}\n",
	    "2:20: \"similar\" is a binding that does not exist yet" },
	{ V1 "require: {binding: none}\n", "2:20: unknown value \"none\"" },
	{ V1 "require: {binding: [exact]}\n", "2:20: not text" },
	{ V1 "require: {carrier: []}\n", "2:20: an empty list" },
	{ V1 "require: {carrier: [ledger, ledger]}\n",
	    "2:29: \"ledger\" is there already" },
	{ V1 "require: {media_type: [a/b, a/b]}\n",
	    "2:29: \"a/b\" is there already" },
	{ V1 "require: {media_type: mp4}\n",
	    "2:23: \"mp4\" is not a media type such as" },
	{ V1 "require: {media_type: Video/mp4}\n", "is not a media type" },
	{ V1 "require: {max_bytes: 64gb}\n", "2:22: not a size such as" },
	{ V1 "require: {max_bytes: 1.5GB}\n", "2:22: not a size such as" },
	{ V1 "require: {max_bytes: -1}\n", "2:22: not a size such as" },
	{ V1 "require: {max_bytes: 9007199254740992TiB}\n",
	    "2:22: not a size such as" },
	{ V1 "require: {max_bytes: 1kB, min_bytes: 1KiB}\n",
	    "2:10: nothing has at least min_bytes" },
	{ V1 "require: {signer: desk}\n",
	    "2:19: the policy trusts no signer named \"desk\"" },
	{ V1 "rights: {honour: [cawg]}\n",
	    "2:19: unknown value \"cawg\"; known are cawg.training-mining" },
	{ V1 "rights: {source_type: {deny: trainedAlgoritmicMedia}}\n",
	    "2:30: unknown source type \"trainedAlgoritmicMedia\"; did you "
	    "mean `trainedAlgorithmicMedia`?" },
	{ V1 "rights: {source_type: {denny: x}}\n",
	    "2:24: unknown key \"denny\"; did you mean `deny`?" },
	{ V1 "rights: {source_type: x}\n", "2:23: not a map" },
	{ V1 "rights: {licenses: {allow: \"MIT OR X\"}}\n",
	    "2:28: \"MIT OR X\" is not one SPDX license identifier" },
	{ V1 "rights: {origin: {deny: generate}}\n",
	    "2:25: unknown value \"generate\"; did you mean `generated`?" },
	{ V1 "rules: {}\n", "2:8: not a list of rules" },
	{ V1 "rules:\n  - match: {path: a}\n",
	    "3:5: a rule needs one of set, then and route" },
	{ V1 "rules: [{match: {}, then: deny}]\n",
	    "2:17: not a map with something in it" },
	{ V1 "rules: [{match: {pth: a}, then: deny}]\n",
	    "2:18: unknown key \"pth\"; did you mean `path`?" },
	{ V1 "rules: [{match: {path: /a}, then: deny}]\n",
	    "2:24: \"/a\" is not a name below the root" },
	{ V1 "rules: [{match: {path: a/../b}, then: deny}]\n",
	    "is not a name below the root" },
	{ V1 "rules: [{match: {reason: unsined}, then: deny}]\n",
	    "2:26: \"unsined\" is not a reason code" },
	{ V1 "rules: [{match: {signer: x}, then: deny}]\n",
	    "2:26: \"x\" is not the name of a signer" },
	{ V1 "rules: [{match: {rights: notallowed}, then: deny}]\n",
	    "2:26: unknown value \"notallowed\"; did you mean `notAllowed`?" },
	{ V1 "rules: [{then: allow}]\n",
	    "2:16: a rule allows nothing by itself" },
	{ V1 "rules: [{then: deny, route: a}]\n",
	    "2:16: `then` lets nothing in" },
	{ V1 "rules: [{set: {binding: clip}}]\n",
	    "2:16: unknown requirement \"binding\"" },
	{ V1 "rules: [{set: {require.bindin: clip}}]\n",
	    "did you mean `require.binding`?" },
	{ V1 "rules: [{set: {require.binding: similar}}]\n",
	    "2:33: \"similar\" is a binding that does not exist yet" },
	{ V1 "rules: [{route: ../x}]\n", "2:17: a route is a word" },
	{ V1 "rules: [{route: .x}]\n", "2:17: a route is a word" },
	{ V1 "rules: [{route: \"a/b\"}]\n", "2:17: a route is a word" },
	{ V1 "name: !x a\n", "tags are not allowed" },
	{ V1 "name: &x a\n", "anchors are not allowed" },
	{ V1 "<<: {}\n", "merge keys are not allowed" },
	{ V1 "---\n" V1, "more than one document" },
	{ "{\"version\": 1, \"nam\": \"a\"}",
	    "1:16: unknown key \"nam\"; did you mean `name`?" },
	{ "{\"version\": 1, \"name\": null}", "" },
	{ "{\"version\": 1, \"version\": 1}", "1:16: key \"version\"" },
};

static void
refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		prov_policy *p = NULL;
		prov_err err = { 0 };
		prov_status st =
		    policy_parse(&p, span(wrong[i].text, strlen(wrong[i].text)),
			"p.yaml", NULL, &err);

		if (wrong[i].says[0] == '\0') {
			/* null is a word like others, and a fine name. */
			assert_int_equal(st, PROV_OK);
			prov_policy_free(p);
			continue;
		}
		assert_null(p);
		if (st != PROV_EFORMAT || strncmp(err.msg, "p.yaml:", 7) != 0 ||
		    strstr(err.msg, wrong[i].says) == NULL)
			fail_msg("%s\"%s\" does not say \"%s\"", wrong[i].text,
			    err.msg, wrong[i].says);
	}
}

/* As it stands: policy_of adds whom to trust. */
static prov_policy *
plain(const char *text)
{
	prov_policy *p = NULL;
	prov_err err = { 0 };

	if (policy_parse(&p, span(text, strlen(text)), "p.yaml", NULL, &err) !=
	    PROV_OK)
		fail_msg("%s%s", text, err.msg);
	return (p);
}

/* A policy with nothing in it trusts nobody. */
static void
empty_denies(void **state)
{
	static struct decision d;
	prov_policy *p = plain(V1);
	struct facts *f = calloc(1, sizeof(*f));

	(void)state;
	assert_non_null(p);
	assert_non_null(f);
	assert_int_equal(policy_trust(p)->n, 0);
	policy_judge(&d, p, f, T0);
	assert_int_equal(d.decision, PROV_DENY);
	assert_int_equal(d.effective, PROV_DENY);
	prov_policy_free(p);
	free(f);
}

static void
assert_same(const char *a, const char *b, bool same)
{
	prov_policy *p = plain(a), *q = plain(b);

	assert_non_null(p);
	assert_non_null(q);
	if ((memcmp(prov_policy_digest(p), prov_policy_digest(q), 32) == 0) !=
	    same)
		fail_msg("%s%s: %s", a, b, same ? "differ" : "are the same");
	prov_policy_free(p);
	prov_policy_free(q);
}

static void
digests(void **state)
{
	static const char one[] =
	    V1 "name: a\npurpose: ai_training\n"
	       "require: {media_type: [image/*, a/b], max_bytes: 1MiB}\n"
	       "rules: [{match: {path: \"a/**\"}, set: {rights.unknown: allow, "
	       "require.binding: clip}, note: \"n\xc3\xa9\"}]\n";
	static const char two[] =
	    "# why\npurpose: 'ai_training'\nname: \"a\"\n"
	    "rules:\n- note: n\xc3\xa9\n  set:\n    require.binding: clip\n"
	    "    rights.unknown: allow\n  match:\n    path: [\"a/**\"]\n"
	    "require:\n  max_bytes: 1048576\n  media_type:\n  - image/*\n"
	    "  - a/b\n  binding: streams\nversion: \"1\"\nmode: enforce\n";
	static const char json[] =
	    "\t{\"version\":1,\"name\":\"a\",\"purpose\":\"ai_training\",\n"
	    "\t\"require\":{\"media_type\":[\"image\\/*\",\"a/b\"],"
	    "\"max_bytes\":1048576},\"rules\":[{\"match\":{\"path\":"
	    "\"a/**\"},\"set\":{\"rights.unknown\":\"allow\","
	    "\"require.binding\":\"clip\"},\"note\":\"n\\u00e9\"}]}";

	(void)state;
	assert_same(one, one, true);
	assert_same(one, two, true);
	assert_same(one, json, true);
	assert_same(V1, V1 "default: deny\non_error: retry\n", true);
	assert_same(V1, V1 "default: quarantine\n", false);
	assert_same(V1, V1 "on_error: deny\n", false);
	assert_same(V1, V1 "mode: warn\n", false);
	assert_same(V1, V1 "name: a\n", false);
	assert_same(V1, V1 "purpose: none\n", false);
	assert_same(V1, V1 "require: {binding: clip}\n", false);
	assert_same(V1 "rules: [{route: a}]\n", V1 "rules: [{route: b}]\n",
	    false);
	assert_same(V1 "rules: [{route: a}]\n",
	    V1 "rules: [{route: a, note: b}]\n", false);
	assert_same(V1 "rules: [{match: {iss: a}, then: deny}]\n",
	    V1 "rules: [{match: {tenant: a}, then: deny}]\n", false);
	/* A pair of surrogates is one character, and moves nothing behind it.
	 */
	assert_same("{\"version\":1,\"rules\":[{\"route\":\"a\",\"note\":"
		    "\"\\ud83d\\ude00\"}]}",
	    V1 "rules: [{route: a, note: \"\xf0\x9f\x98\x80\"}]\n", true);
}

/* Places in JSON are those of its own text. */
static void
json_places(void **state)
{
	static const char text[] = "{\"version\":1,\"rules\":[{\"note\":"
				   "\"\\ud83d\\ude00\",\"rout\":\"a\"}]}";
	prov_policy *p = NULL;
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(policy_parse(&p, span(text, sizeof(text) - 1),
			     "p.json", NULL, &err),
	    PROV_EFORMAT);
	if (strstr(err.msg, "p.json:1:46: unknown key \"rout\"") == NULL)
		fail_msg("%s", err.msg);
}

static void
write_text(const struct logged *g, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", g->dir, name);
	assert_int_equal(file_write(path, span(text, strlen(text)), 0600, 0,
			     NULL),
	    PROV_OK);
}

static prov_policy *
load(const struct logged *g, prov_err *err)
{
	prov_policy *p = NULL;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/p.yaml", g->dir);
	return (prov_policy_load(&p, path, err) == PROV_OK ? p : NULL);
}

/* Who is trusted, in place and by files; what files say is in the digest. */
static void
trust(void **state)
{
	struct logged g;
	char owner[PROV_VKEY_MAX + 1], log[PROV_VKEY_MAX + 1], text[4096];
	uint8_t in_place[32];
	prov_policy *p;
	prov_err err = { 0 };
	const prov_trust_signer *s;

	(void)state;
	assert_true(logged_dir(&g));
	prov_vkey_format(prov_key_public(g.owner), owner);
	prov_vkey_format(prov_key_public(g.log), log);
	snprintf(text, sizeof(text),
	    V1 "trust:\n  signers:\n    - key: %s\n      paths: \"a/**\"\n"
	       "  logs:\n    lines: |\n      log %s\n      quorum none\n",
	    owner, log);
	write_text(&g, "p.yaml", text);
	if ((p = load(&g, &err)) == NULL)
		fail_msg("%s", err.msg);
	assert_int_equal(policy_trust(p)->n, 1);
	assert_true(policy_trust(p)->rooted);
	assert_int_equal(policy_trust(p)->logs.n_logs, 1);
	memcpy(in_place, prov_policy_digest(p), 32);
	prov_policy_free(p);

	/* The same in files. */
	snprintf(text, sizeof(text),
	    "# us\nversion: 1\npolicy: tlog\nsigners:\n  - vkey: %s\n"
	    "    paths: [\"a/**\"]\n",
	    owner);
	write_text(&g, "trust.yaml", text);
	snprintf(text, sizeof(text), "# ours\nlog  %s\n\nquorum none\n", log);
	write_text(&g, "tlog", text);
	write_text(&g, "p.yaml", V1 "trust: {file: trust.yaml}\n");
	if ((p = load(&g, &err)) == NULL)
		fail_msg("%s", err.msg);
	assert_memory_equal(in_place, prov_policy_digest(p), 32);
	assert_true(policy_trust(p)->rooted);
	prov_policy_free(p);
	write_text(&g, "tlog", "quorum none\n");
	p = load(&g, &err);
	assert_non_null(p);
	assert_memory_not_equal(in_place, prov_policy_digest(p), 32);
	prov_policy_free(p);

	/* A scope that begins at the root of the system is none here. */
	snprintf(text, sizeof(text),
	    "version: 1\npolicy: tlog\nsigners:\n  - vkey: %s\n"
	    "    paths: [/srv/*]\n",
	    owner);
	write_text(&g, "trust.yaml", text);
	assert_null(load(&g, &err));
	assert_non_null(strstr(err.msg, "p.yaml:2:15: "));
	assert_non_null(strstr(err.msg, "is no scope below the root"));

	/* A name of the policy's own; the key still signs as itself. */
	snprintf(text, sizeof(text),
	    V1 "trust: {signers: [{key: %s, name: desk}]}\n"
	       "require: {signer: desk}\n",
	    owner);
	write_text(&g, "p.yaml", text);
	prov_err_clear(&err);
	if ((p = load(&g, &err)) == NULL)
		fail_msg("%s", err.msg);
	s = prov_trust_signer_at(policy_trust(p), 0);
	assert_string_equal(s->key.name, "desk");
	assert_true(trust_allows_iss(s, OWNER_NAME));
	assert_false(trust_allows_iss(s, "desk"));
	assert_memory_equal(s->key.kid, prov_key_public(g.owner)->kid, 32);
	prov_policy_free(p);
	logged_close(&g);
}

/* The words that stand in two places are the same ones. */
static void
words_agree(void **state)
{
	const struct word *w = settings[SET_HONOUR].names;

	(void)state;
	for (size_t s = 0; s < SIGNAL_N; s++)
		assert_string_equal(w[s].name, signal_name((enum signal)s));
	w = settings[SET_ORIGIN_DENY].names;
	for (; w->name != NULL; w++)
		assert_string_equal(w->name,
		    prov_origin_name((prov_origin)w->number));
	for (size_t p = 0; p < PURPOSE_N; p++) {
		char text[128];
		prov_policy *q;

		snprintf(text, sizeof(text), V1 "purpose: %s\n",
		    purpose_name((enum purpose)p));
		q = plain(text);
		assert_non_null(q);
		assert_int_equal(policy_purpose(q), p);
		assert_string_equal(prov_policy_purpose(q),
		    purpose_name((enum purpose)p));
		prov_policy_free(q);
		snprintf(text, sizeof(text), "rights.%s.%s",
		    purpose_name((enum purpose)p), use_name(USE_NOT_ALLOWED));
		assert_string_equal(rights_code((enum purpose)p,
					USE_NOT_ALLOWED),
		    text);
	}
	for (size_t i = 0; policy_reason(i) != NULL; i++) {
		assert_non_null(policy_reason_text(policy_reason(i)));
		assert_true(strlen(policy_reason(i)) <= CODE_MAX);
	}
	assert_null(policy_reason_text("unsigned"));
}

static void
measures(void **state)
{
	uint64_t n;
	int64_t s;

	(void)state;
	assert_true(size_parse(&n, "64GiB"));
	assert_int_equal(n, UINT64_C(64) << 30);
	assert_true(size_parse(&n, "0"));
	assert_int_equal(n, 0);
	assert_true(size_parse(&n, "9223372036854775807"));
	assert_false(size_parse(&n, "9223372036854775808"));
	assert_false(size_parse(&n, "8388608TiB"));
	assert_false(size_parse(&n, "GiB"));
	assert_false(size_parse(&n, "01"));
	assert_false(size_parse(&n, "1 GiB"));
	assert_true(duration_parse(&s, "2w"));
	assert_int_equal(s, 1209600);
	assert_false(duration_parse(&s, "24"));
	assert_false(duration_parse(&s, "1000y"));
}

/* An item n times between head and tail: numbered, where it has an end. */
static void
assert_too_many(const char *head, const char *item, const char *end, size_t n,
    const char *tail, prov_status want, const char *says)
{
	prov_policy *p = NULL;
	prov_err err = { 0 };
	AUTO_BUF b = { 0 };

	buf_put_str(&b, head);
	for (size_t i = 0; i < n; i++)
		if (end[0] == '\0')
			buf_put_str(&b, item);
		else
			buf_printf(&b, "%s%zu%s", item, i, end);
	buf_put_str(&b, tail);
	assert_int_equal(policy_parse(&p, buf_span(&b), "p.yaml", NULL, &err),
	    want);
	if (want == PROV_OK)
		prov_policy_free(p);
	else if (strstr(err.msg, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
}

static void
limits(void **state)
{
	(void)state;
	assert_too_many(V1 "rules:\n", "- {route: r", "}\n", RULES_MAX, "",
	    PROV_OK, "");
	assert_too_many(V1 "rules:\n", "- {route: r", "}\n", RULES_MAX + 1, "",
	    PROV_EFORMAT, "3:1: 1001 rules, more than 1000");
	assert_too_many(V1 "require:\n  media_type:\n", "  - a/", "\n",
	    WORDS_MAX, "", PROV_OK, "");
	assert_too_many(V1 "require:\n  media_type:\n", "  - a/", "\n",
	    WORDS_MAX + 1, "", PROV_EFORMAT, "4:3: 257 items, more than 256");
	assert_too_many(V1 "rules: [{then: deny, note: \"", ".", "",
	    POLICY_NOTE_MAX + 2, "\"}]\n", PROV_EFORMAT, "more than 1023");
	assert_too_many(V1 "name: ", "a", "", POLICY_NAME_MAX + 2, "\n",
	    PROV_EFORMAT, "more than 63");
	assert_too_many(V1 "rules: [{route: ", "a", "", ROUTE_MAX + 2, "}]\n",
	    PROV_EFORMAT, "more than 63");
	assert_too_many(V1 "#", ".", "", YAML_SIZE_MAX, "\n", PROV_ELIMIT,
	    "more than the 1048576 allowed");
}

/* Without facts there is nothing to explain; with some that are none, too. */
static void
explains_facts_alone(void **state)
{
	prov_explain_options o = { .now = 1 };
	prov_decision d = PROV_RETRY;
	prov_policy *p = plain(V1);
	prov_err err = { 0 };
	char *text = NULL;

	(void)state;
	assert_int_equal(prov_policy_explain(&text, &d, p, &o, &err),
	    PROV_EARG);
	o.facts = span("{\"v\":2}", 7);
	prov_err_clear(&err);
	assert_int_equal(prov_policy_explain(&text, &d, p, &o, &err),
	    PROV_EFORMAT);
	assert_null(text);
	assert_int_equal(d, PROV_RETRY);
	o.facts = span("{\"v\":1}", 7);
	assert_int_equal(prov_policy_explain(&text, &d, p, &o, &err), PROV_OK);
	assert_int_equal(d, PROV_DENY);
	assert_non_null(strstr(text, "reason    policy.facts: what is known"));
	prov_free(text);
	prov_policy_free(p);
}

static void
wants(void **state)
{
	prov_policy *p = plain(V1);

	(void)state;
	assert_false(policy_accepts_clips(p));
	prov_policy_free(p);
	p = plain(V1 "rules: [{set: {require.binding: clip}}]\n");
	assert_true(policy_accepts_clips(p));
	prov_policy_free(p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(empty_denies),
		cmocka_unit_test(digests),
		cmocka_unit_test(json_places),
		cmocka_unit_test(trust),
		cmocka_unit_test(words_agree),
		cmocka_unit_test(measures),
		cmocka_unit_test(limits),
		cmocka_unit_test(explains_facts_alone),
		cmocka_unit_test(wants),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
