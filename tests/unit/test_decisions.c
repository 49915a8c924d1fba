/* SPDX-License-Identifier: ISC */
/*
 * testdata/policy/decisions.ndjson: one case a line. Its claims become signed
 * statements, as prov sign makes them, which are verified and read; what a
 * request and unsigned metadata say goes beside; and what is found of an item
 * that holds is changed as the case says. Its policy then decides, from the
 * JSON form of all that, what the case expects. A new case is a new line.
 */
#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../unit/sample.h"
#include "base/file.h"
#include "carrier/xmp.h"
#include "manifest/requested.h"
#include "policy/policy.h"
#include "verify/facts_json.h"

#define CASES_MIN 150

/* An item of which everything holds. */
static const char holding[] =
    "{\"v\":1,\"id\":\"1\",\"path\":\"vendor/1.mp4\","
    "\"sha256\":\"abababababababababababababababab"
    "abababababababababababababababab\",\"bytes\":4000,"
    "\"media_type\":\"video/mp4\",\"carrier\":\"sidecar\","
    "\"binding\":\"exact\",\"signature\":\"valid\","
    "\"ledger\":\"included\",\"revoked\":\"no\",\"signer\":\"newsroom\","
    "\"iss\":\"demo/camera-1\",\"statement\":"
    "\"0101010101010101010101010101010101010101010101010101010101010101\","
    "\"kid\":"
    "\"0202020202020202020202020202020202020202020202020202020202020202\","
    "\"signed_at\":\"2026-11-01T09:11:07Z\",\"origin\":\"demo/log\","
    "\"log_index\":5,\"checkpoint_size\":9,"
    "\"head_time\":\"2026-11-23T23:00:00Z\"}";

static const char usual_claim[] =
    "origin: captured\nrights: {cawg.data_mining: allowed, "
    "cawg.ai_inference: allowed, cawg.ai_training: allowed, "
    "cawg.ai_generative_training: allowed, license: CC-BY-4.0, "
    "source_type: digitalCapture}\n";

#define NOW INT64_C(1795478400) /* 2026-11-24T00:00:00Z */

static const char *
text_of(const json_t *o, const char *key, const char *otherwise)
{
	const char *s = json_string_value(json_object_get(o, key));

	return (s != NULL ? s : otherwise);
}

/* By length, then by bytes. */
static int
key_order(const void *a, const void *b)
{
	const char *s = *(const char *const *)a, *t = *(const char *const *)b;
	size_t n = strlen(s), m = strlen(t);

	return (n != m ? (n < m ? -1 : 1) : strcmp(s, t));
}

static void put_cbor(struct buf *b, json_t *v);

static void
put_object(struct buf *b, json_t *o)
{
	const char *keys[64];
	size_t n = 0;

	assert_true(json_object_size(o) <= 64);
	for (void *i = json_object_iter(o); i != NULL;
	     i = json_object_iter_next(o, i))
		keys[n++] = json_object_iter_key(i);
	qsort(keys, n, sizeof(keys[0]), key_order);
	cbor_put_map(b, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_text(b, keys[i]);
		put_cbor(b, json_object_get(o, keys[i]));
	}
}

/* What others assert, as deterministic CBOR. */
static void
put_cbor(struct buf *b, json_t *v)
{
	if (json_is_string(v))
		cbor_put_text(b, json_string_value(v));
	else if (json_is_integer(v))
		cbor_put_int(b, json_integer_value(v));
	else if (json_is_object(v))
		put_object(b, v);
	else {
		assert_true(json_is_array(v));
		cbor_put_array(b, json_array_size(v));
		for (size_t i = 0; i < json_array_size(v); i++)
			put_cbor(b, json_array_get(v, i));
	}
}

static void
add_assertion(struct manifest *m, const char *label, json_t *value)
{
	struct assertion *p =
	    realloc(m->assertions, (m->n_assertions + 1) * sizeof(*p));

	assert_non_null(p);
	m->assertions = p;
	p += m->n_assertions++;
	*p = (struct assertion){ 0 };
	memcpy(p->label, label, strlen(label) + 1);
	put_cbor(&p->value, value);
}

/* The manifest that prov sign makes of a claim, and what others add. */
static void
make_manifest(struct manifest *m, const char *claim, json_t *others,
    const char *name)
{
	AUTO(prov_claim) *c = NULL;
	prov_err err = { 0 };

	if (claim_parse(&c, span(claim, strlen(claim)), "claim", &err) !=
		PROV_OK ||
	    manifest_claim(m, c, &err) != PROV_OK)
		fail_msg("%s: %s", name, err.msg);
	for (void *i = json_object_iter(others); i != NULL;
	     i = json_object_iter_next(others, i))
		add_assertion(m, json_object_iter_key(i),
		    json_object_iter_value(i));
	for (size_t i = 0; i < m->n_assertions; i++)
		if (m->assertions[i].is_private)
			assert_int_equal(PROV_OK,
			    assertion_seal(&m->assertions[i],
				(const uint8_t *)SAMPLE_SALT, &err));
	memset(m->asset.sha256, 0xab, 32);
	m->asset.size = 4000;
}

/* Signs it, believes the signature, and reads what it says. */
static void
join_claim(struct facts *f, const char *claim, json_t *others, const char *name)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_MANIFEST m = { 0 };
	AUTO_MANIFEST back = { 0 };
	AUTO_BUF payload = { 0 }, bytes = { 0 };
	struct statement st;
	struct signals s;
	prov_err err = { 0 };

	assert_non_null(k);
	make_manifest(&m, claim, others, name);
	if (manifest_encode(&payload, &m, &err) != PROV_OK ||
	    statement_sign(&bytes, k, PAYLOAD_MANIFEST, m.asset.sha256,
		buf_span(&payload), &err) != PROV_OK ||
	    statement_parse(&st, buf_span(&bytes), &err) != PROV_OK ||
	    statement_verify(&st, prov_key_public(k), &err) != PROV_OK ||
	    manifest_decode(&back, st.payload, &err) != PROV_OK)
		fail_msg("%s: %s", name, err.msg);
	/* What cannot be read forbids, and is no error of the item. */
	if (signals_claimed(&s, &back, &err) != PROV_OK)
		assert_int_equal(PROV_EFORMAT, err.status);
	signals_join(&f->claimed, &s);
	f->origin_class = back.origin;
}

static void
join_claims(struct facts *f, const json_t *c, const char *name)
{
	const json_t *list = json_object_get(c, "claims");
	json_t *others = json_object_get(c, "assertions");
	size_t n = json_array_size(list);

	if (list == NULL) {
		join_claim(f, text_of(c, "claim", usual_claim), others, name);
		return;
	}
	for (size_t i = 0; i < n; i++)
		join_claim(f, json_string_value(json_array_get(list, i)),
		    i + 1 == n ? others : NULL, name);
}

static void
join_request(struct facts *f, const json_t *request)
{
	char *text = json_dumps(request, 0);
	AUTO_JSONIN *in = NULL;
	struct signals s;

	assert_int_equal(PROV_OK,
	    jsonin_parse(&in, span(text, strlen(text)), "request", NULL));
	(void)signals_requested(&s, in, NULL);
	signals_join(&f->seen, &s);
	free(text);
}

static void
join_metadata(struct facts *f, const char *text)
{
	struct xmp_scan s;

	xmp_scan_begin(&s);
	xmp_scan_feed(&s, span(text, strlen(text)));
	xmp_scan_end(&s, &f->seen);
}

/* What holds, with what the case changes. */
static void
patch(struct facts *f, struct jsonin **held, json_t *changes, const char *name)
{
	json_t *o = json_loads(holding, 0, NULL);
	prov_err err = { 0 };
	char *text;

	assert_non_null(o);
	assert_int_equal(0, json_object_update(o, changes));
	text = json_dumps(o, 0);
	if (facts_parse(f, held, span(text, strlen(text)), &err) != PROV_OK)
		fail_msg("%s: %s", name, err.msg);
	free(text);
	json_decref(o);
}

/* The facts of a case, once through their JSON form. */
static void
make_facts(struct facts *f, struct jsonin **held, const json_t *c,
    const char *name)
{
	json_t *none = json_object();
	json_t *changes = json_object_get(c, "facts");
	AUTO_JSONIN *first = NULL;
	AUTO_BUF b = { 0 };
	struct facts *g = calloc(1, sizeof(*g));
	prov_err err = { 0 };

	assert_non_null(g);
	if (changes == NULL)
		changes = none;
	patch(g, &first, changes, name);
	if (json_object_get(changes, "claimed") == NULL)
		join_claims(g, c, name);
	if (json_object_get(c, "request") != NULL)
		join_request(g, json_object_get(c, "request"));
	join_metadata(g, text_of(c, "xmp", ""));
	if (facts_put(&b, g, &err) != PROV_OK ||
	    facts_parse(f, held, buf_span(&b), &err) != PROV_OK)
		fail_msg("%s: %s", name, err.msg);
	json_decref(none);
	free(g);
}

static prov_policy *
load_policy(const char *name)
{
	const char *top = getenv("srcdir");
	AUTO_BUF path = { 0 }, bytes = { 0 };
	prov_policy *p = NULL;
	prov_err err = { 0 };

	buf_printf(&path, "%s/testdata/policy/%s.yaml", top != NULL ? top : ".",
	    name);
	buf_put_byte(&path, '\0');
	if (file_read(&bytes, (const char *)path.p, 1 << 20, &err) != PROV_OK ||
	    policy_parse(&p, buf_span(&bytes), name, NULL, &err) != PROV_OK)
		fail_msg("%s: %s", name, err.msg);
	return (p);
}

static const char *
decision_word(prov_decision d)
{
	static const char *const words[] = { [PROV_DENY] = "deny",
		[PROV_RETRY] = "retry",
		[PROV_QUARANTINE] = "quarantine",
		[PROV_ALLOW] = "allow" };

	return (words[d]);
}

/* Prints what is not as it should be; whether it was. */
static bool
is(const char *name, const char *what, const char *want, const char *got)
{
	if (strcmp(want, got) == 0)
		return (true);
	printf("# %s: %s is \"%s\", not \"%s\"\n", name, what, got, want);
	return (false);
}

static bool
reasons_are(const char *name, const json_t *want, const struct findings *why)
{
	AUTO_BUF w = { 0 }, g = { 0 };

	for (size_t i = 0; i < json_array_size(want); i++)
		buf_printf(&w, "%s ",
		    json_string_value(json_array_get(want, i)));
	for (size_t i = 0; i < why->n; i++)
		buf_printf(&g, "%s ", why->at[i].code);
	buf_put_byte(&w, '\0');
	buf_put_byte(&g, '\0');
	return (is(name, "reasons", (const char *)w.p, (const char *)g.p));
}

/*
 * Into $PROV_DECISIONS, for prov policy test: the case as a table of its own,
 * POLICY.N.json, with the facts as they are printed.
 */
static void
put_table(const json_t *c, const struct facts *f, size_t n)
{
	static const char *const keys[] = { "decision", "reasons", "effective",
		"route", "rule" };
	const char *dir = getenv("PROV_DECISIONS");
	json_t *table, *one = json_object();
	AUTO_BUF b = { 0 }, path = { 0 };

	if (dir == NULL) {
		json_decref(one);
		return;
	}
	assert_int_equal(PROV_OK, facts_put(&b, f, NULL));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_object_get(c, keys[i]) != NULL)
			(void)json_object_set(one, keys[i],
			    json_object_get(c, keys[i]));
	if (json_integer_value(json_object_get(one, "rule")) == 0)
		(void)json_object_del(one, "rule");
	if (text_of(one, "route", "")[0] == '\0')
		(void)json_object_del(one, "route");
	if (json_array_size(json_object_get(one, "reasons")) == 0)
		(void)json_object_del(one, "reasons");
	(void)json_object_set_new(one, "facts",
	    json_loadb((const char *)b.p, b.len, 0, NULL));
	table = json_pack("{s:s, s:s, s:[o]}", "version", "1", "now",
	    "2026-11-24T00:00:00Z", "cases", one);
	buf_printf(&path, "%s/%s.%zu.json", dir, text_of(c, "policy", ""), n);
	buf_put_byte(&path, '\0');
	assert_int_equal(0,
	    json_dump_file(table, (const char *)path.p, JSON_ENSURE_ASCII));
	json_decref(table);
}

static bool
check_case(const json_t *c, size_t n)
{
	const char *name = text_of(c, "case", NULL);
	const char *want = text_of(c, "decision", NULL);
	const json_t *rule = json_object_get(c, "rule");
	struct decision *d = calloc(1, sizeof(*d));
	struct facts *f = calloc(1, sizeof(*f));
	prov_policy *p = load_policy(text_of(c, "policy", ""));
	AUTO_JSONIN *held = NULL;
	bool good = true;

	assert_true(name != NULL && want != NULL && d != NULL && f != NULL);
	make_facts(f, &held, c, name);
	put_table(c, f, n);
	policy_judge(d, p, f, NOW);
	good &= is(name, "decision", want, decision_word(d->decision));
	good &= is(name, "effective", text_of(c, "effective", want),
	    decision_word(d->effective));
	good &= reasons_are(name, json_object_get(c, "reasons"), &d->why);
	good &= is(name, "route", text_of(c, "route", ""), d->route);
	good &= is(name, "rights", text_of(c, "rights", use_name(d->rights)),
	    use_name(d->rights));
	good &= is(name, "source_type",
	    text_of(c, "source_type", d->source_type), d->source_type);
	good &=
	    is(name, "license", text_of(c, "license", d->license), d->license);
	if (rule != NULL && json_integer_value(rule) != d->rule) {
		printf("# %s: rule %u\n", name, d->rule);
		good = false;
	}
	prov_policy_free(p);
	free(d);
	free(f);
	return (good);
}

static void
table(void **state)
{
	const char *top = getenv("srcdir");
	AUTO_BUF path = { 0 }, all = { 0 };
	size_t n = 0, bad = 0;
	prov_span rest, line;

	(void)state;
	buf_printf(&path, "%s/testdata/policy/decisions.ndjson",
	    top != NULL ? top : ".");
	buf_put_byte(&path, '\0');
	assert_int_equal(PROV_OK,
	    file_read(&all, (const char *)path.p, 1 << 24, NULL));
	rest = buf_span(&all);
	while (text_line(&rest, &line)) {
		json_error_t err;
		json_t *c = json_loadb((const char *)line.p, line.len,
		    JSON_REJECT_DUPLICATES, &err);

		n++;
		if (c == NULL)
			fail_msg("line %zu: %s", n, err.text);
		bad += !check_case(c, n);
		json_decref(c);
	}
	assert_int_equal(0, rest.len);
	printf("# %zu cases\n", n);
	if (bad > 0 || n < CASES_MIN)
		fail_msg("%zu of %zu cases are decided otherwise", bad, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
