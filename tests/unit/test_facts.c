/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify/facts_json.h"

static prov_status
parse(struct facts *f, struct jsonin **held, const char *text, prov_err *err)
{
	return (facts_parse(f, held, span(text, strlen(text)), err));
}

static char *
written(const struct facts *f)
{
	AUTO_BUF b = { 0 };
	char *s = NULL;

	assert_int_equal(PROV_OK, facts_put(&b, f, NULL));
	assert_int_equal(PROV_OK, buf_take_str(&b, &s, NULL));
	return (s);
}

/* Nothing is known: null where there is nothing, and the worst of the rest. */
static void
empty(void **state)
{
	static const char uses[] =
	    "{\"use\":{"
#define SILENT                                                     \
	"{\"data_mining\":\"silent\",\"ai_inference\":\"silent\"," \
	"\"ai_training\":\"silent\",\"ai_generative_training\":\"silent\"}"
	    "\"cawg.training-mining\":" SILENT
	    ",\"c2pa.training-mining\":" SILENT ",\"iptc.data_mining\":" SILENT
	    ",\"tdmrep\":" SILENT ",\"aipref\":" SILENT ",\"x-robots\":" SILENT
	    "},\"source_type\":null,\"license\":null}";
	struct facts f = { 0 };
	AUTO_FREE char *s = written(&f);
	AUTO_BUF want = { 0 };

	(void)state;
	buf_printf(&want,
	    "{\"v\":1,\"id\":null,\"path\":null,\"tenant\":null,"
	    "\"trouble\":\"none\",\"error\":null,\"sha256\":null,"
	    "\"bytes\":null,\"media_type\":null,\"uncovered_bytes\":null,"
	    "\"carrier\":\"none\",\"binding\":\"none\",\"signature\":"
	    "\"absent\",\"ledger\":\"unchecked\",\"revoked\":\"unchecked\","
	    "\"superseded\":false,\"edges\":false,\"captions\":false,"
	    "\"captions_altered\":false,\"reasons\":[],\"not_checked\":[],"
	    "\"signer\":null,\"iss\":null,\"statement\":null,\"kid\":null,"
	    "\"signed_at\":null,\"origin_class\":\"unstated\",\"origin\":null,"
	    "\"log_index\":null,\"checkpoint_size\":null,\"head_time\":null,"
	    "\"claimed\":%s,\"seen\":%s,\"cached\":false}",
	    uses, uses);
	buf_put_byte(&want, '\0');
	assert_string_equal((const char *)want.p, s);
}

/* Every field has another value, so that none stands for another. */
static void
fill(struct facts *f)
{
	*f = (struct facts){ .id = "s3://b/1.mp4",
		.path = "vendor/1.mp4",
		.tenant = "a",
		.trouble = PROV_EBUSY,
		.error = "locked\n\"",
		.has_digest = true,
		.digest = { { 1, 2 }, UINT64_MAX },
		.has_size = true,
		.media_type = "video/mp4",
		.has_uncovered = true,
		.uncovered = 3,
		.carrier = CARRIER_LEDGER,
		.binding = PROV_BIND_CLIP,
		.signature = PROV_SIG_EXPIRED,
		.ledger = PROV_LEDGER_STALE,
		.revoked = REVOKED_YES,
		.superseded = true,
		.captions = true,
		.signer = "newsroom",
		.iss = "news/room",
		.has_statement = true,
		.statement = { 4 },
		.kid = { 5 },
		.signed_at = 1795466460,
		.origin_class = PROV_ORIGIN_INGESTED,
		.origin = "example/log",
		.has_entry = true,
		.log_index = 6,
		.checkpoint_size = 7,
		.has_head_time = true,
		.head_time = 1795466461,
		.cached = true };
	f->claimed.use[SIGNAL_C2PA][PURPOSE_AI_TRAINING] = USE_ALLOWED;
	f->claimed.use[SIGNAL_CAWG][PURPOSE_AI_INFERENCE] = USE_CONSTRAINED;
	strcpy(f->claimed.source_type, "digitalCapture");
	strcpy(f->claimed.license, "CC0-1.0");
	signals_forbid(&f->seen, SIGNAL_TDMREP);
	strcpy(f->seen.source_type, "print");
	findings_add(&f->why, REASON_SIGNATURE_EXPIRED, " ");
	f->why.at[0].detail[0] = '\0';
	(void)findings_add_code(&f->why, "limit.cpu");
	findings_skip(&f->why, "revocation");
}

static void
round_trip(void **state)
{
	AUTO_JSONIN *held = NULL;
	struct facts f, g;
	char *s, *again;
	prov_err err = { 0 };

	(void)state;
	fill(&f);
	s = written(&f);
	if (parse(&g, &held, s, &err) != PROV_OK)
		fail_msg("%s", err.msg);
	again = written(&g);
	assert_string_equal(s, again);
	assert_string_equal(f.path, g.path);
	assert_memory_equal(&f.trouble, &g.trouble,
	    sizeof(f) - offsetof(struct facts, trouble));
	free(s);
	free(again);
}

/* Each bool moves alone. */
static void
flags(void **state)
{
	static const char *const names[] = { "superseded", "edges", "captions",
		"captions_altered", "cached" };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		AUTO_JSONIN *held = NULL;
		struct facts f;
		char text[64];

		(void)snprintf(text, sizeof(text), "{\"v\":1,\"%s\":true}",
		    names[i]);
		assert_int_equal(PROV_OK, parse(&f, &held, text, NULL));
		assert_int_equal(i == 0, f.superseded);
		assert_int_equal(i == 1, f.edges);
		assert_int_equal(i == 2, f.captions);
		assert_int_equal(i == 3, f.captions_altered);
		assert_int_equal(i == 4, f.cached);
	}
}

static void
refused(void **state)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"v\":2}",
		"{\"v\":\"1\"}",
		"{\"v\":1,\"v\":1}",
		"{\"v\":1,\"sha\":null}",
		"{\"v\":1}x",
		"{\"v\":1,\"id\":1}",
		"{\"v\":1,\"id\":\"a\\u0000b\"}",
		"{\"v\":1,\"trouble\":null}",
		"{\"v\":1,\"trouble\":\"Busy\"}",
		"{\"v\":1,\"sha256\":\"00\"}",
		"{\"v\":1,\"bytes\":-1}",
		"{\"v\":1,\"bytes\":1.0}",
		"{\"v\":1,\"bytes\":\"1\"}",
		"{\"v\":1,\"uncovered_bytes\":-1}",
		"{\"v\":1,\"media_type\":\"\"}",
		"{\"v\":1,\"media_type\":"
		"\"012345678901234567890123456789012345678901234567890123456"
		"7890123\"}",
		"{\"v\":1,\"carrier\":\"c2pa\"}",
		"{\"v\":1,\"binding\":\"similar\"}",
		"{\"v\":1,\"binding\":3}",
		"{\"v\":1,\"signature\":\"ok\"}",
		"{\"v\":1,\"ledger\":null}",
		"{\"v\":1,\"revoked\":false}",
		"{\"v\":1,\"superseded\":\"false\"}",
		"{\"v\":1,\"superseded\":null}",
		"{\"v\":1,\"reasons\":\"unsigned\"}",
		"{\"v\":1,\"reasons\":[\"unsinged\"]}",
		"{\"v\":1,\"reasons\":[1]}",
		"{\"v\":1,\"not_checked\":[\"a b\"]}",
		"{\"v\":1,\"not_checked\":{}}",
		"{\"v\":1,\"kid\":\"0000000000000000000000000000000000000000"
		"000000000000000000000000\"}",
		"{\"v\":1,\"signed_at\":\"2026-11-23T20:41:00Z\"}",
		"{\"v\":1,\"signed_at\":1795466460}",
		"{\"v\":1,\"head_time\":\"2026-11-31T20:41:00Z\"}",
		"{\"v\":1,\"log_index\":1}",
		"{\"v\":1,\"checkpoint_size\":1}",
		"{\"v\":1,\"log_index\":1,\"checkpoint_size\":1}",
		"{\"v\":1,\"origin_class\":\"found\"}",
		"{\"v\":1,\"claimed\":null}",
		"{\"v\":1,\"claimed\":{\"uses\":{}}}",
		"{\"v\":1,\"claimed\":{\"use\":[]}}",
		"{\"v\":1,\"claimed\":{\"use\":{\"cawg\":{}}}}",
		"{\"v\":1,\"claimed\":{\"use\":{\"tdmrep\":{\"ai\":"
		"\"allowed\"}}}}",
		"{\"v\":1,\"claimed\":{\"use\":{\"tdmrep\":{\"ai_training\":"
		"\"ok\"}}}}",
		"{\"v\":1,\"claimed\":{\"license\":1}}",
		"{\"v\":1,\"claimed\":{\"source_type\":[]}}",
		"{\"v\":1,\"seen\":{\"use\":{\"iptc.data_mining\":"
		"{\"ai_training\":\"allowed\"}}}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jsonin *held = NULL;
		struct facts f;
		prov_err err = { 0 };

		if (parse(&f, &held, rows[i], &err) != PROV_EFORMAT)
			fail_msg("accepted: %s", rows[i]);
		assert_null(held);
		assert_true(strncmp(err.msg, "facts", 5) == 0);
	}
}

/* The words of each enum, there and back. */
static void
words(void **state)
{
	static const struct {
		const char *key, *words[16];
	} rows[] = {
		{ "trouble",
		    { "none", "internal", "memory", "argument", "open", "io",
			"write", "format", "limit", "untrusted", "notfound",
			"busy", "exists", "passphrase", "unsupported" } },
		{ "carrier", { "none", "sidecar", "ledger" } },
		{ "binding", { "none", "clip", "streams", "exact" } },
		{ "signature", { "absent", "invalid", "unknown", "expired",
				   "revoked", "valid" } },
		{ "ledger", { "unchecked", "absent", "invalid", "stale", "fork",
				"included" } },
		{ "revoked", { "unchecked", "no", "yes" } },
		{ "origin_class", { "unstated", "captured", "ingested",
				      "generated", "transformed" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t w = 0; rows[i].words[w] != NULL; w++) {
			AUTO_JSONIN *held = NULL;
			struct facts f;
			char text[96];
			char *s;

			(void)snprintf(text, sizeof(text), "\"%s\":\"%s\"",
			    rows[i].key, rows[i].words[w]);
			memmove(text + 7, text, strlen(text) + 1);
			memcpy(text, "{\"v\":1,", 7);
			strcat(text, "}");
			assert_int_equal(PROV_OK, parse(&f, &held, text, NULL));
			if (i == 0)
				assert_int_equal(-(int)w, f.trouble);
			s = written(&f);
			text[strlen(text) - 1] = '\0';
			assert_non_null(strstr(s, text + 7));
			free(s);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(flags),
		cmocka_unit_test(refused),
		cmocka_unit_test(words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
