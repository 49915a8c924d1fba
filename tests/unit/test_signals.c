/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cbor.h"
#include "manifest/reservation.h"
#include "manifest/signals.h"
#include "manifest/sourcetype.h"

#define GEN   PURPOSE_AI_GENERATIVE_TRAINING
#define TRAIN PURPOSE_AI_TRAINING
#define INFER PURPOSE_AI_INFERENCE
#define MINE  PURPOSE_DATA_MINING

/* What a claim says, once it is a manifest and read back. */
static void
claimed(struct signals *s, const char *yaml)
{
	AUTO(prov_claim) *c = NULL;
	AUTO_MANIFEST m = { 0 };
	AUTO_MANIFEST back = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (claim_parse(&c, span(yaml, strlen(yaml)), "c", &err) != PROV_OK ||
	    manifest_claim(&m, c, &err) != PROV_OK ||
	    manifest_encode(&b, &m, &err) != PROV_OK ||
	    manifest_decode(&back, buf_span(&b), &err) != PROV_OK ||
	    signals_claimed(s, &back, &err) != PROV_OK)
		fail_msg("%s: %s", yaml, err.msg);
}

/* What a value that others wrote says under a label. */
static prov_status
foreign(struct signals *s, const char *label, const char *cbor, size_t len)
{
	struct assertion a = { 0 };
	struct manifest m = { .n_assertions = 1, .assertions = &a };
	prov_status st;

	memcpy(a.label, label, strlen(label));
	buf_put(&a.value, cbor, len);
	assert_int_equal(PROV_OK, cbor_check(buf_span(&a.value), NULL));
	st = signals_claimed(s, &m, NULL);
	buf_free(&a.value);
	return (st);
}

static void
all_are(const struct signals *s, enum signal who, enum use want)
{
	for (unsigned p = 0; p < PURPOSE_N; p++)
		assert_int_equal(want, s->use[who][p]);
}

static void
each_purpose_and_use(void **state)
{
	static const struct {
		const char *text;
		enum use use;
	} uses[] = {
		{ "allowed", USE_ALLOWED },
		{ "notAllowed", USE_NOT_ALLOWED },
		{ "constrained", USE_NOT_ALLOWED },
		{ "[constrained, ask us]", USE_CONSTRAINED },
	};

	(void)state;
	for (unsigned p = 0; p < PURPOSE_N; p++)
		for (size_t u = 0; u < sizeof(uses) / sizeof(uses[0]); u++) {
			AUTO_BUF y = { 0 };
			struct signals s;
			char *text;
			size_t len;

			buf_printf(&y, "rights: {cawg.%s: %s}\n",
			    purpose_name((enum purpose)p), uses[u].text);
			assert_int_equal(PROV_OK,
			    buf_take(&y, (uint8_t **)&text, &len, NULL));
			claimed(&s, text);
			free(text);
			for (unsigned i = 0; i < PURPOSE_N; i++)
				assert_int_equal(i == p ? uses[u].use
							: USE_SILENT,
				    s.use[SIGNAL_CAWG][i]);
			all_are(&s, SIGNAL_C2PA, USE_SILENT);
		}
}

#define BYTES(s) s, sizeof(s) - 1

#define TRAINING "cawg.ai_training"
#define MINING   "c2pa.data_mining"

/* Assertions of other tools: {TRAINING: {"use": ...}} and so on. */
static void
shapes(void **state)
{
	static const struct {
		const char *label, *cbor;
		size_t len;
		enum use training, mining;
	} rows[] = {
		/* no entries */
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\x67"
			  "allowed"),
		    USE_ALLOWED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x67"
			  "entries\xa1\x70" TRAINING "\xa1\x63use\x67"
			  "allowed"),
		    USE_ALLOWED, USE_SILENT },
		{ "c2pa.training-mining",
		    BYTES("\xa1\x67"
			  "entries\xa1\x70" MINING "\xa1\x63use\x6a"
			  "notAllowed"),
		    USE_SILENT, USE_NOT_ALLOWED },
		{ "c2pa.training-mining",
		    BYTES("\xa1\x70" MINING "\xa1\x63use\x67"
			  "allowed"),
		    USE_SILENT, USE_ALLOWED },
		/* both spellings of what constrains, and an empty one */
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa2\x63use\x6b"
			  "constrained\x6f"
			  "constraint_info\x61x"),
		    USE_CONSTRAINED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa2\x63use\x6b"
			  "constrained\x70"
			  "constraints_info\x61x"),
		    USE_CONSTRAINED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa2\x63use\x6b"
			  "constrained\x6f"
			  "constraint_info\x60"),
		    USE_NOT_ALLOWED, USE_SILENT },
		/* words that are not known forbid */
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\x67"
			  "Allowed"),
		    USE_NOT_ALLOWED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\x66"
			  "silent"),
		    USE_NOT_ALLOWED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\x60"),
		    USE_NOT_ALLOWED, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70"
			  "cawg.ai_trainnng"
			  "\xa1\x63use\x6a"
			  "notAllowed"),
		    USE_NOT_ALLOWED, USE_NOT_ALLOWED },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70"
			  "cawg.ai_trainnng"
			  "\xa1\x63use\x67"
			  "allowed"),
		    USE_SILENT, USE_SILENT },
		/* others' names, metadata, another label say nothing */
		{ "cawg.training-mining",
		    BYTES("\xa1\x70"
			  "acme.ai_training"
			  "\xa1\x63use\x6a"
			  "notAllowed"),
		    USE_SILENT, USE_SILENT },
		{ "cawg.training-mining",
		    BYTES("\xa1\x68"
			  "metadata\xa0"),
		    USE_SILENT, USE_SILENT },
		{ "cawg.training-mining", BYTES("\xa0"), USE_SILENT,
		    USE_SILENT },
		{ "cawg.identity",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\x6a"
			  "notAllowed"),
		    USE_SILENT, USE_SILENT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signals s;

		assert_int_equal(PROV_OK,
		    foreign(&s, rows[i].label, rows[i].cbor, rows[i].len));
		if (signals_use(&s, TRAIN) != rows[i].training ||
		    signals_use(&s, MINE) != rows[i].mining)
			fail_msg("row %zu", i);
	}
}

static void
malformed(void **state)
{
	static const struct {
		const char *label, *cbor;
		size_t len;
	} rows[] = {
		{ "cawg.training-mining", BYTES("\x67"
						"allowed") },
		{ "cawg.training-mining", BYTES("\x80") },
		{ "cawg.training-mining", BYTES("\xf6") },
		{ "cawg.training-mining", BYTES("\xa1\x67"
						"entries\x80") },
		{ "cawg.training-mining", BYTES("\xa1\x70" TRAINING "\x67"
						"allowed") },
		{ "cawg.training-mining", BYTES("\xa1\x70" TRAINING "\xa0") },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa1\x63use\xf5") },
		{ "cawg.training-mining",
		    BYTES("\xa1\x70" TRAINING "\xa2\x63use\x67"
			  "allowed\x6f"
			  "constraint_info\xf6") },
		{ "c2pa.training-mining", BYTES("\x00") },
		{ "signals", BYTES("\x80") },
		{ "signals", BYTES("\xa1\x61x\x61y") },
		{ "signals", BYTES("\xa1\x6f"
				   "tdm_reservation\x00") },
		{ "signals", BYTES("\xa1\x6f"
				   "tdm_reservation\x81\x00") },
		{ "rights", BYTES("\x61x") },
		{ "rights", BYTES("\xa1\x67"
				  "license\x00") },
		{ "rights", BYTES("\xa1\x67"
				  "license\x81\xa0") },
		{ "rights", BYTES("\xa1\x6b"
				  "source_type\x61x") },
		{ "rights", BYTES("\xa1\x6b"
				  "source_type\x80") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signals s;

		if (foreign(&s, rows[i].label, rows[i].cbor, rows[i].len) !=
		    PROV_EFORMAT)
			fail_msg("row %zu is fine", i);
		for (unsigned p = 0; p < PURPOSE_N; p++)
			assert_int_equal(USE_NOT_ALLOWED,
			    signals_use(&s, (enum purpose)p));
	}
}

static void
source_and_license(void **state)
{
	static const struct {
		const char *yaml, *source, *license;
	} rows[] = {
		{ "origin: ingested\n", "", "" },
		{ "rights: {license: CC-BY-4.0}\n", "", "CC-BY-4.0" },
		{ "rights: {license: [CC0-1.0, MIT]}\n", "",
		    "CC0-1.0 AND MIT" },
		{ "rights: {license: [MIT OR ISC, CC0-1.0]}\n", "",
		    "(MIT OR ISC) AND CC0-1.0" },
		{ "rights: {source_type: digitalCapture}\n", "digitalCapture",
		    "" },
		{ "rights: {source_type: DIGITALCAPTURE}\n", "digitalCapture",
		    "" },
		{ "rights:\n  source_type: http://cv.iptc.org/newscodes/"
		  "digitalsourcetype/print\n",
		    "print", "" },
		{ "rights:\n  source_type: http://c2pa.org/digitalsourcetype/"
		  "trainedAlgorithmicData\n",
		    "trainedAlgorithmicData", "" },
		{ "origin: generated\n", "trainedAlgorithmicMedia", "" },
		{ "origin: generated\nrights: {source_type: digitalCapture}\n",
		    "trainedAlgorithmicMedia", "" },
		{ "origin: generated\n"
		  "rights: {source_type: algorithmicMedia}\n",
		    "algorithmicMedia", "" },
		{ "origin: captured\n", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(prov_claim) *c = NULL;
		AUTO_MANIFEST m = { 0 };
		struct signals s;

		assert_int_equal(PROV_OK,
		    claim_parse(&c, span(rows[i].yaml, strlen(rows[i].yaml)),
			"c", NULL));
		assert_int_equal(PROV_OK, manifest_claim(&m, c, NULL));
		assert_int_equal(PROV_OK, signals_claimed(&s, &m, NULL));
		assert_string_equal(rows[i].source, s.source_type);
		assert_string_equal(rows[i].license, s.license);
	}
}

static void
collected(void **state)
{
	struct signals s;

	(void)state;
	claimed(&s, "signals:\n"
		    "  fetched: 2026-11-23T20:41:00Z\n"
		    "  tdm_reservation: 0\n"
		    "  tdm_policy: https://example.com/tdm.json\n"
		    "  content_usage: train-ai=n, search=y\n"
		    "  x_robots_tag: [nofollow, \"acme: noai\"]\n"
		    "rights: {cawg.ai_generative_training: allowed}\n");
	all_are(&s, SIGNAL_TDMREP, USE_SILENT);
	assert_int_equal(USE_NOT_ALLOWED, s.use[SIGNAL_AIPREF][GEN]);
	assert_int_equal(USE_SILENT, s.use[SIGNAL_AIPREF][MINE]);
	assert_int_equal(USE_NOT_ALLOWED, s.use[SIGNAL_ROBOTS][INFER]);
	assert_int_equal(USE_SILENT, s.use[SIGNAL_ROBOTS][MINE]);
	assert_int_equal(USE_ALLOWED, s.use[SIGNAL_CAWG][GEN]);
	assert_int_equal(USE_NOT_ALLOWED, signals_use(&s, GEN));
	claimed(&s, "signals: {tdm_reservation: 1}\n");
	all_are(&s, SIGNAL_TDMREP, USE_NOT_ALLOWED);
	/* that a site grants is not signed by it, and grants nothing */
	claimed(&s, "signals: {tdm_reservation: 0, content_usage: train-ai=y, "
		    "x_robots_tag: all}\n");
	for (unsigned p = 0; p < PURPOSE_N; p++)
		assert_int_equal(USE_SILENT, signals_use(&s, (enum purpose)p));
}

static void
reservations(void **state)
{
	static const char all[] = "miTg", ai[] = "iTg", train[] = "Tg";
	static const struct {
		enum signal who;
		const char *text, *forbids;
	} rows[] = {
		{ SIGNAL_TDMREP, "0", "" },
		{ SIGNAL_TDMREP, " 0 ", "" },
		{ SIGNAL_TDMREP, "1", all },
		{ SIGNAL_TDMREP, "", all },
		{ SIGNAL_TDMREP, "2", all },
		{ SIGNAL_TDMREP, "00", all },
		{ SIGNAL_TDMREP, "no", all },
		{ SIGNAL_TDMREP, "0\xff", all },
		{ SIGNAL_AIPREF, "", "" },
		{ SIGNAL_AIPREF, "train-ai=y", "" },
		{ SIGNAL_AIPREF, "train-ai=yes, search=n", "" },
		{ SIGNAL_AIPREF, "search=n", "" },
		{ SIGNAL_AIPREF, "train-ai=n", train },
		{ SIGNAL_AIPREF, "Train-AI = N", train },
		{ SIGNAL_AIPREF, "search=y,train-ai=n;x=y", train },
		{ SIGNAL_AIPREF, "train-ai=y, train-ai=n", train },
		{ SIGNAL_AIPREF, "train-ai", train },
		{ SIGNAL_AIPREF, "train-ai=?0", train },
		{ SIGNAL_AIPREF, "ai-train=no", train },
		{ SIGNAL_AIPREF, "ai=n", ai },
		{ SIGNAL_AIPREF, "genai=n", "g" },
		{ SIGNAL_AIPREF, "train-genai=n", "g" },
		{ SIGNAL_AIPREF, "ai-input=no", "i" },
		{ SIGNAL_AIPREF, "bots=n", all },
		{ SIGNAL_AIPREF, "anything=n", all },
		{ SIGNAL_AIPREF, "anything=y", "" },
		{ SIGNAL_AIPREF, "\xff\xfe", all },
		{ SIGNAL_AIPREF, "train-ai=\"y, n\"", all },
		{ SIGNAL_ROBOTS, "", "" },
		{ SIGNAL_ROBOTS, "all, nofollow, max-snippet: 0", "" },
		{ SIGNAL_ROBOTS, "noai", ai },
		{ SIGNAL_ROBOTS, "NOAI", ai },
		{ SIGNAL_ROBOTS, "noimageai", ai },
		{ SIGNAL_ROBOTS, "nofollow, noindex", all },
		{ SIGNAL_ROBOTS, "noimageindex", all },
		{ SIGNAL_ROBOTS, "none", all },
		{ SIGNAL_ROBOTS, "acmebot: noai", ai },
		{ SIGNAL_ROBOTS, "acmebot: nofollow", "" },
		{ SIGNAL_ROBOTS, "nothing-for-models", all },
		{ SIGNAL_ROBOTS,
		    "unavailable_after: Wed, 03 Dec 2025 13:09:53 PST", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct signals s = { 0 };
		prov_span text = span(rows[i].text, strlen(rows[i].text));

		if (rows[i].who == SIGNAL_TDMREP)
			reservation_tdm(&s, text);
		else if (rows[i].who == SIGNAL_AIPREF)
			reservation_usage(&s, text);
		else
			reservation_robots(&s, text);
		for (unsigned p = 0; p < PURPOSE_N; p++)
			if ((strchr(rows[i].forbids, all[p]) != NULL) !=
			    (s.use[rows[i].who][p] == USE_NOT_ALLOWED))
				fail_msg("%s: %s", rows[i].text,
				    purpose_name((enum purpose)p));
	}
}

static void
oversize(void **state)
{
	uint8_t *text = test_calloc(1, RESERVATION_MAX + 1);
	struct signals s = { 0 };

	(void)state;
	memset(text, ',', RESERVATION_MAX + 1);
	reservation_usage(&s, span(text, RESERVATION_MAX));
	reservation_robots(&s, span(text, RESERVATION_MAX));
	all_are(&s, SIGNAL_AIPREF, USE_SILENT);
	all_are(&s, SIGNAL_ROBOTS, USE_SILENT);
	reservation_usage(&s, span(text, RESERVATION_MAX + 1));
	all_are(&s, SIGNAL_AIPREF, USE_NOT_ALLOWED);
	all_are(&s, SIGNAL_ROBOTS, USE_SILENT);
	reservation_robots(&s, span(text, RESERVATION_MAX + 1));
	all_are(&s, SIGNAL_ROBOTS, USE_NOT_ALLOWED);
	test_free(text);
}

/* For every pair of uses, from every source. */
static void
joined_uses(void **state)
{
	(void)state;
	for (unsigned a = 0; a < USE_N; a++)
		for (unsigned b = 0; b < USE_N; b++)
			for (unsigned who = 0; who < SIGNAL_N; who++) {
				struct signals s = { 0 }, t = { 0 };

				s.use[who][GEN] = (enum use)a;
				t.use[who][GEN] = (enum use)b;
				signals_join(&s, &t);
				assert_int_equal(a > b ? a : b,
				    s.use[who][GEN]);
				assert_int_equal(a > b ? a : b,
				    signals_use(&s, GEN));
				assert_int_equal(USE_SILENT,
				    signals_use(&s, TRAIN));
			}
}

static void
join_is(const char *a, const char *b, const char *want)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		struct signals s = { 0 }, t = { 0 };

		strcpy(s.source_type, swapped ? b : a);
		strcpy(t.source_type, swapped ? a : b);
		signals_join(&s, &t);
		assert_string_equal(want, s.source_type);
	}
}

static void
joined_sources(void **state)
{
	(void)state;
	join_is("", "", "");
	join_is("", "digitalCapture", "digitalCapture");
	join_is("digitalCapture", "compositeCapture", "compositeCapture");
	join_is("digitalCapture", "newerThanThis", "newerThanThis");
	join_is("newerThanThis", "compositeSynthetic", "compositeSynthetic");
	join_is("algorithmicMedia", "trainedAlgorithmicMedia",
	    "trainedAlgorithmicMedia");
	join_is("compositeWithTrainedAlgorithmicMedia", "humanEdits",
	    "compositeWithTrainedAlgorithmicMedia");
}

static void
licenses(const char *a, const char *b, const char *want)
{
	struct signals s = { 0 }, t = { 0 };

	strcpy(s.license, a);
	strcpy(t.license, b);
	signals_join(&s, &t);
	assert_string_equal(want, s.license);
}

static void
joined_licenses(void **state)
{
	char longest[LICENSE_NAME_MAX + 1];

	(void)state;
	licenses("", "", "");
	licenses("MIT", "", "MIT");
	licenses("", "MIT", "MIT");
	licenses("MIT", "MIT", "MIT");
	licenses("MIT", "ISC", "MIT AND ISC");
	licenses("MIT OR ISC", "CC0-1.0", "(MIT OR ISC) AND CC0-1.0");
	memset(longest, 'x', LICENSE_NAME_MAX);
	longest[LICENSE_NAME_MAX] = '\0';
	licenses("", longest, longest);
	licenses("MIT", longest, "NOASSERTION");
}

static void
names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PURPOSE_N; i++) {
		const char *n = purpose_name((enum purpose)i);
		enum purpose p = PURPOSE_N;

		assert_true(purpose_find(&p, span(n, strlen(n))));
		assert_int_equal(i, p);
	}
	for (unsigned i = 0; i < USE_N; i++) {
		const char *n = use_name((enum use)i);
		enum use u = USE_N;

		assert_true(use_find(&u, span(n, strlen(n))));
		assert_int_equal(i, u);
	}
	for (unsigned i = 0; i < SIGNAL_N; i++) {
		const char *n = signal_name((enum signal)i);
		enum signal s = SIGNAL_N;

		assert_true(signal_find(&s, span(n, strlen(n))));
		assert_int_equal(i, s);
	}
	assert_string_equal("unknown", use_name(USE_N));
	assert_string_equal("unknown", purpose_name(PURPOSE_N));
	assert_string_equal("unknown", signal_name(SIGNAL_N));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_purpose_and_use),
		cmocka_unit_test(shapes),
		cmocka_unit_test(malformed),
		cmocka_unit_test(source_and_license),
		cmocka_unit_test(collected),
		cmocka_unit_test(reservations),
		cmocka_unit_test(oversize),
		cmocka_unit_test(joined_uses),
		cmocka_unit_test(joined_sources),
		cmocka_unit_test(joined_licenses),
		cmocka_unit_test(names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
