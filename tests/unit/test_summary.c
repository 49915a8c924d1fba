/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/summary.h"
#include "logged.h"

/* A record that was allowed, as a reader hands it over. */
static void
allowed(struct record *r)
{
	memset(r, 0, sizeof(*r));
	r->decision = r->effective = PROV_ALLOW;
	r->binding = PROV_BIND_EXACT;
	r->signature = PROV_SIG_VALID;
	r->ledger = PROV_LEDGER_INCLUDED;
	r->purpose = PURPOSE_AI_TRAINING;
	r->rights = USE_ALLOWED;
	r->has_bytes = true;
	r->bytes = 100;
	r->has_entry = true;
	r->checkpoint_size = 7;
	memcpy(r->origin, "a/log", 6);
	r->t_ms = 1000;
}

static int
setup(void **state)
{
	struct summary *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->r.purpose = PURPOSE_N;
	*state = s;
	return (0);
}

static int
teardown(void **state)
{
	summary_free(*state);
	return (0);
}

static void
counts(void **state)
{
	struct summary *s = *state;
	static struct record r;

	allowed(&r);
	ok(summary_add(s, &r, err));
	r.binding = PROV_BIND_STREAMS;
	r.t_ms = 500;
	r.checkpoint_size = 9;
	ok(summary_add(s, &r, err));
	r.decision = PROV_DENY; /* which the policy only warns of */
	r.signature = PROV_SIG_UNKNOWN;
	r.rights = USE_SILENT;
	r.checkpoint_size = 8;
	r.n_reasons = 2;
	memcpy(r.reasons[0], "b", 2);
	memcpy(r.reasons[1], "a", 2);
	ok(summary_add(s, &r, err));
	r.effective = PROV_DENY;
	r.has_bytes = false;
	r.t_ms = 2000;
	memcpy(r.origin, "0/log", 6);
	ok(summary_add(s, &r, err));
	assert_int_equal(4, s->r.n);
	assert_int_equal(2, s->r.decided[PROV_ALLOW]);
	assert_int_equal(3, s->r.effective[PROV_ALLOW]);
	assert_int_equal(300, s->r.bytes);
	assert_int_equal(500, s->r.first);
	assert_int_equal(2000, s->r.last);
	assert_int_equal(3, s->r.passed.n);
	assert_int_equal(2, s->r.passed.valid);
	assert_int_equal(3, s->r.passed.logged);
	assert_int_equal(1, s->r.passed.exact);
	assert_int_equal(2, s->r.passed.streams);
	assert_int_equal(2, s->r.passed.rights);
	assert_int_equal(2, s->r.n_reasons);
	assert_string_equal("a", s->r.reasons[0].code);
	assert_int_equal(2, s->r.reasons[1].n);
	assert_int_equal(2, s->r.n_heads);
	assert_string_equal("0/log", s->r.heads[0].origin);
	assert_int_equal(9, s->r.heads[1].size);
}

static void
one_policy(void **state)
{
	static struct record r;

	allowed(&r);
	ok(summary_add(*state, &r, err));
	r.policy[31] = 1;
	assert_int_equal(PROV_EFORMAT, summary_add(*state, &r, NULL));
	r.policy[31] = 0;
	r.purpose = PURPOSE_DATA_MINING;
	assert_int_equal(PROV_EFORMAT, summary_add(*state, &r, NULL));
}

static void
limits(void **state)
{
	struct summary *s = *state;
	static struct record r;

	allowed(&r);
	r.n_reasons = 1;
	for (unsigned i = 0; i < RUN_REASONS_MAX; i++) {
		(void)snprintf(r.reasons[0], sizeof(r.reasons[0]), "r%u", i);
		ok(summary_add(s, &r, err));
	}
	memcpy(r.reasons[0], "one.more", 9);
	assert_int_equal(PROV_ELIMIT, summary_add(s, &r, NULL));
	r.n_reasons = 0;
	for (unsigned i = 1; i < RUN_HEADS_MAX; i++) {
		(void)snprintf(r.origin, sizeof(r.origin), "log%u", i);
		ok(summary_add(s, &r, err));
	}
	memcpy(r.origin, "one/more", 9);
	assert_int_equal(PROV_ELIMIT, summary_add(s, &r, NULL));
	r.origin[0] = '\0';
	r.bytes = UINT64_MAX;
	assert_int_equal(PROV_ELIMIT, summary_add(s, &r, NULL));
}

static struct summary *
read_back(const char *text, size_t len)
{
	char path[] = "/tmp/prov-summary.XXXXXX";
	AUTO_FD int fd = mkstemp(path);
	struct summary *s = NULL;

	assert_true(fd != -1);
	assert_int_equal(0, unlink(path));
	assert_int_equal((ssize_t)len, write(fd, text, len));
	ok(summary_read(&s, fd, err));
	return (s);
}

/* The first bad line is told; all of them are hashed. */
static void
bad_lines(void **state)
{
	AUTO_FREE char *text = calloc(1, RECORD_MAX + 10);
	struct summary *s;

	(void)state;
	assert_non_null(text);
	s = read_back("{}\n\nx", 5);
	assert_int_equal(1, s->bad);
	assert_int_equal(3 * RUN_PREFIX_LEN, s->lines.len);
	summary_free(s);
	memset(text, ' ', RECORD_MAX + 2);
	text[RECORD_MAX + 1] = '\n';
	s = read_back(text, RECORD_MAX + 2);
	assert_int_equal(1, s->bad);
	assert_non_null(strstr(s->why.msg, "more than 131072 bytes"));
	assert_int_equal(RUN_PREFIX_LEN, s->lines.len);
	summary_free(s);
	s = read_back("x", 1);
	assert_non_null(strstr(s->why.msg, "the run ends within it"));
	summary_free(s);
	s = read_back("", 0);
	assert_int_equal(0, s->bad);
	assert_int_equal(0, s->r.n);
	summary_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts, setup, teardown),
		cmocka_unit_test_setup_teardown(one_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(limits, setup, teardown),
		cmocka_unit_test(bad_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
