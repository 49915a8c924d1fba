/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "gate/journal.h"
#include "gate/quarantine.h"
#include "gate/record.h"
#include "gate/request.h"
#include "gate/tally.h"
#include "hash/sha256.h"
#include "policies.h"

static char dir[] = "/tmp/prov-gate.XXXXXX";
static prov_policy *policy;

static int
enter(void **state)
{
	(void)state;
	policy = policy_of("version: 1\nname: unit\npurpose: ai_training\n");
	return (policy == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0);
}

static int
leave(void **state)
{
	char cmd[64];

	(void)state;
	prov_policy_free(policy);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return (chdir("/") != 0 || system(cmd) != 0);
}

static prov_status
parse(struct query *a, const char *line)
{
	static const int fds[] = { 3, 7 };

	return (request_parse(a, span(line, strlen(line)), fds, 2, NULL));
}

static void
requests(void **state)
{
	AUTO_QUERY a = { .r = { .fd = -1 } };
	static const uint8_t digest[32] = { 0xab };

	(void)state;
	assert_int_equal(PROV_OK, parse(&a, "a/b.mp4"));
	assert_string_equal("a/b.mp4", a.r.path);
	assert_true(a.r.fd == -1 && a.r.id == NULL && a.r.sha256 == NULL);
	assert_int_equal(PROV_OK,
	    parse(&a,
		"{\"id\":\"i\",\"fd\":7,\"tenant\":\"t\",\"path\":null}"));
	assert_true(a.r.fd == 7 && a.r.path == NULL);
	assert_string_equal("i", a.r.id);
	assert_string_equal("t", a.r.tenant);
	assert_int_equal(PROV_OK,
	    parse(&a, "{\"sha256\":\"ab00000000000000000000000000000000000000"
		      "000000000000000000000000\",\"sidecar\":\"AAE=\"}"));
	assert_memory_equal(digest, a.r.sha256, 32);
	assert_true(a.r.sidecar.len == 2 && a.r.sidecar.p[1] == 1);
	assert_int_equal(PROV_OK,
	    parse(&a, "{\"path\":\"a\",\"signals\":{\"content_usage\":"
		      "[\"train-ai=n\"],\"tdm_reservation\":0}}"));
	assert_non_null(a.r.seen);
	assert_int_equal(USE_NOT_ALLOWED,
	    a.r.seen->use[SIGNAL_AIPREF][PURPOSE_AI_GENERATIVE_TRAINING]);
	assert_int_equal(USE_SILENT,
	    a.r.seen->use[SIGNAL_TDMREP][PURPOSE_AI_TRAINING]);
}

/* What is refused names no source, but who asked still gets an answer. */
static void
no_requests(void **state)
{
	static const char *const bad[] = { "{\"id\":\"i\",\"fd\":4}",
		"{\"id\":\"i\",\"path\":\"a\",\"fd\":3}", "{\"id\":\"i\"}",
		"{\"id\":\"i\",\"path\":\"a\",\"x\":1}",
		"{\"id\":\"i\",\"path\":\"a\",\"manifest\":\"b\","
		"\"sidecar\":\"AAE=\"}",
		"{\"id\":\"i\",\"path\":\"a\",\"sidecar\":\"AAF=\"}",
		"{\"id\":\"i\",\"path\":\"a\",\"signals\":{\"x_robots_tags\":1}"
		"}",
		"{\"id\":\"i\",\"path\":\"a\",\"signals\":[]}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_QUERY a = { .r = { .fd = -1 } };

		assert_int_equal(PROV_EFORMAT, parse(&a, bad[i]));
		assert_string_equal("i", a.r.id);
		assert_true(a.r.fd == -1 && a.r.path == NULL &&
			    a.r.sha256 == NULL && a.r.sidecar.p == NULL);
	}
}

/* An answer about facts that are fine. */
static void
fill(prov_gate_answer *a, const char *id, prov_decision decision)
{
	struct request r = { .id = id,
		.path = "a/b.mp4",
		.fd = -1,
		.tenant = "t" };
	struct facts *f = facts_good();

	assert_int_equal(PROV_OK,
	    answer_begin(a, &r, policy, INT64_C(1750000000123), NULL));
	a->facts = *f;
	free(f);
	answer_lend(a);
	a->decision.decision = a->decision.effective = decision;
	a->ms = 1.2345;
}

static void
round_trip(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));
	AUTO_BUF b = { 0 };
	AUTO_RECORD r = { 0 };

	(void)state;
	assert_non_null(a);
	fill(a, "id", PROV_QUARANTINE);
	findings_add(&a->decision.why, REASON_UNSIGNED, "x");
	assert_int_equal(PROV_OK, record_put(&b, a, NULL));
	assert_true(b.p[b.len - 1] == '\n');
	assert_int_equal(PROV_OK, record_parse(&r, span(b.p, b.len - 1), NULL));
	assert_string_equal("id", r.id);
	assert_string_equal("a/b.mp4", r.path);
	assert_string_equal("t", r.tenant);
	assert_null(r.error);
	assert_int_equal(PROV_QUARANTINE, r.decision);
	assert_memory_equal(prov_policy_digest(policy), r.policy, 32);
	assert_true(r.has_sha256 && r.has_bytes && r.bytes == 1000);
	assert_true(r.has_statement && r.has_entry);
	assert_string_equal("log.example/a", r.origin);
	assert_string_equal("acme", r.signer);
	assert_true(r.t_ms == INT64_C(1750000000123));
	assert_true(r.n_reasons == 1);
	assert_string_equal("unsigned", r.reasons[0]);
	prov_gate_answer_free(a);
}

/* Whatever stands in it, a record is one line of ASCII that reads back. */
static void
hostile_text(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));
	char id[256];

	(void)state;
	assert_non_null(a);
	for (unsigned c = 1; c < 256; c++) {
		AUTO_BUF b = { 0 };
		AUTO_RECORD r = { 0 };
		AUTO_FREE char *text = NULL;

		(void)snprintf(id, sizeof(id), "a%cb\",\"decision\":\"allow",
		    c);
		fill(a, id, PROV_DENY);
		free(a->path);
		a->path = strdup(id);
		(void)snprintf(a->facts.error, sizeof(a->facts.error), "%s",
		    id);
		a->facts.trouble = PROV_EIO;
		assert_int_equal(PROV_OK, record_put(&b, a, NULL));
		for (size_t i = 0; i < b.len - 1; i++)
			assert_true(b.p[i] >= 0x20 && b.p[i] < 0x7f);
		assert_int_equal(PROV_OK,
		    record_parse(&r, span(b.p, b.len - 1), NULL));
		assert_int_equal(PROV_DENY, r.decision);
		if (c < 0x80)
			assert_string_equal(id, r.id);
		assert_int_equal(PROV_OK,
		    prov_gate_answer_text(&text, a, NULL));
		for (const char *p = text; *p != '\0'; p++)
			assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
	prov_gate_answer_free(a);
}

static void
no_records(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));
	AUTO_BUF b = { 0 };
	AUTO_FREE char *line = NULL;
	size_t refused = 0;

	(void)state;
	assert_non_null(a);
	fill(a, "id", PROV_ALLOW);
	assert_int_equal(PROV_OK, record_put(&b, a, NULL));
	b.len--;
	assert_int_equal(PROV_OK, buf_take_str(&b, &line, NULL));
	/* A record without any one of its keys, or cut anywhere, is none. */
	for (size_t i = 1; line[i] != '\0'; i++) {
		AUTO_RECORD r = { 0 };
		char was = line[i];

		assert_int_equal(PROV_EFORMAT,
		    record_parse(&r, span(line, i), NULL));
		if (line[i - 1] != '"' || line[i] < 'a' || line[i] > 'z' ||
		    (line[i - 2] != ',' && line[i - 2] != '{'))
			continue;
		line[i] = '#';
		assert_int_equal(PROV_EFORMAT,
		    record_parse(&r, span(line, strlen(line)), NULL));
		line[i] = was;
		refused++;
	}
	assert_true(refused == 38);
	prov_gate_answer_free(a);
}

static void
put(struct journal *j, prov_gate_answer *a, const char *id, prov_decision d)
{
	AUTO_BUF b = { 0 };

	fill(a, id, d);
	assert_int_equal(PROV_OK, record_put(&b, a, NULL));
	assert_int_equal(PROV_OK, journal_append(j, buf_span(&b), NULL));
}

static bool
knows(const struct journal *j, const char *id, const char *tenant)
{
	AUTO_BUF line = { 0 };

	assert_int_equal(PROV_OK, journal_find(j, &line, id, tenant, NULL));
	return (line.len > 0);
}

static void
journals(void **state)
{
	const uint8_t *digest = prov_policy_digest(policy);
	prov_gate_answer *a = calloc(1, sizeof(*a));
	struct journal *j = NULL, *other = NULL;
	char id[32];
	int fd;

	(void)state;
	assert_non_null(a);
	assert_int_equal(PROV_OK, journal_open(&j, "run", false, digest, NULL));
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		put(j, a, id, i % 3 == 0 ? PROV_RETRY : PROV_ALLOW);
	}
	put(j, a, "0", PROV_DENY);
	put(j, a, "1", PROV_RETRY);
	assert_int_equal(PROV_OK, journal_sync(j, NULL));
	/* While one writes, no other does. */
	assert_int_equal(PROV_EBUSY,
	    journal_open(&other, "run", true, digest, NULL));
	journal_close(j);
	assert_int_equal(PROV_EEXIST,
	    journal_open(&j, "run", false, digest, NULL));
	fd = open("run", O_WRONLY | O_APPEND);
	assert_true(write(fd, "{\"v\":1,", 7) == 7);
	(void)close(fd);
	assert_int_equal(PROV_OK, journal_open(&j, "run", true, digest, NULL));
	for (int i = 2; i < 3000; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_int_equal(i % 3 != 0, knows(j, id, "t"));
	}
	/* The last record of an item is the one that counts. */
	assert_true(knows(j, "0", "t") && !knows(j, "1", "t"));
	assert_false(knows(j, "2", NULL) || knows(j, "2", "u"));
	put(j, a, "3000", PROV_ALLOW);
	journal_close(j);
	assert_int_equal(PROV_OK, journal_open(&j, "run", true, digest, NULL));
	assert_true(knows(j, "3000", "t"));
	journal_close(j);
	fd = open("run", O_WRONLY | O_APPEND);
	assert_true(write(fd, "{}\n", 3) == 3);
	(void)close(fd);
	assert_int_equal(PROV_EFORMAT,
	    journal_open(&j, "run", true, digest, NULL));
	prov_gate_answer_free(a);
}

/* A file that changed after it was judged is not what was judged. */
static void
quarantined(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));
	static const uint8_t bytes[] = "media";
	prov_span media = span(bytes, 5);

	(void)state;
	assert_non_null(a);
	assert_int_equal(PROV_OK, dir_make("q", NULL));
	fill(a, "../../x", PROV_QUARANTINE);
	a->facts.digest.size = 5;
	assert_int_equal(PROV_EIO, quarantine_keep("q", a, -1, media, NULL));
	assert_int_equal(0, system("test -z \"$(ls -A q)\""));
	assert_int_equal(PROV_OK,
	    sha256_of(a->facts.digest.sha256, media, NULL));
	assert_int_equal(PROV_OK, quarantine_keep("q", a, -1, media, NULL));
	free(a->path);
	a->path = NULL;
	assert_int_equal(PROV_OK, quarantine_keep("q", a, -1, media, NULL));
	assert_int_equal(0, system("ls -A q | sed 's/^[0-9a-f]*-//' | "
				   "tr '\\n' ' ' | grep -qx 'b.mp4 "
				   "b.mp4.verdict.json x x.verdict.json '"));
	prov_gate_answer_free(a);
}

/* However many reasons there are, the text is bounded and sums up. */
static void
tallies(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));
	struct tally *t = calloc(1, sizeof(*t));
	AUTO_BUF b = { 0 };
	AUTO_FREE char *text = NULL;
	unsigned long sum = 0;

	(void)state;
	assert_true(a != NULL && t != NULL);
	tally_init(t);
	for (int i = 0; i < 1000; i++) {
		fill(a, "id", (prov_decision)(i % 4));
		a->decision.why.n = 1;
		(void)snprintf(a->decision.why.at[0].code, CODE_MAX, "code.%d",
		    i);
		tally_begin(t);
		tally_end(t, a);
	}
	assert_true(tally_count(t, PROV_ALLOW) == 250);
	assert_true(t->n <= TALLY_MAX);
	tally_put(t, &b, policy, NULL, T0);
	assert_int_equal(PROV_OK, buf_take_str(&b, &text, NULL));
	for (char *p = text; (p = strstr(p, "\nprov_gate_total{")) != NULL;) {
		p = strchr(p, '}');
		sum += strtoul(p + 1, NULL, 10);
	}
	assert_true(sum == 1000);
	assert_non_null(strstr(text, "prov_gate_bytes_total 1000000\n"));
	assert_non_null(strstr(text, "prov_checkpoint_age_seconds 60\n"));
	tally_clear(t);
	free(t);
	prov_gate_answer_free(a);
}

static void
followed(void **state)
{
	prov_gate_answer *a = calloc(1, sizeof(*a));

	(void)state;
	assert_non_null(a);
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++) {
			fill(a, "a", (prov_decision)i);
			answer_follow(a, (prov_decision)k, (prov_decision)k);
			assert_int_equal(i < k ? i : k,
			    prov_gate_answer_decision(a));
			assert_int_equal(i < k ? i : k,
			    prov_gate_answer_effective(a));
		}
	prov_gate_answer_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(no_requests),
		cmocka_unit_test(round_trip),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(no_records),
		cmocka_unit_test(journals),
		cmocka_unit_test(quarantined),
		cmocka_unit_test(tallies),
		cmocka_unit_test(followed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, enter, leave));
}
