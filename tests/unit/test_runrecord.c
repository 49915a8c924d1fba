/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cbor.h"
#include "logged.h"
#include "runs.h"

static struct run_record sample, back;

static int
setup(void **state)
{
	(void)state;
	runs_sample(&sample);
	memset(&back, 0, sizeof(back));
	return (0);
}

static void
both_ways(void **state)
{
	AUTO_BUF b = { 0 }, again = { 0 };

	(void)state;
	ok(run_record_encode(&b, &sample, err));
	ok(run_record_decode(&back, buf_span(&b), err));
	assert_memory_equal(&sample, &back, sizeof(back));
	sample.policy_name[0] = '\0';
	memset(sample.policy_name, 0, sizeof(sample.policy_name));
	sample.purpose = PURPOSE_N;
	sample.n_heads = sample.n_reasons = 0;
	memset(sample.heads, 0, sizeof(sample.heads));
	memset(sample.reasons, 0, sizeof(sample.reasons));
	ok(run_record_encode(&again, &sample, err));
	ok(run_record_decode(&back, buf_span(&again), err));
	assert_memory_equal(&sample, &back, sizeof(back));
}

/* As full as it can be, it still fits into a statement. */
static void
largest(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	sample.n = sample.decided[PROV_ALLOW] = sample.effective[PROV_ALLOW] =
	    sample.passed.n = RUN_LINES_MAX;
	sample.decided[PROV_DENY] = sample.effective[PROV_DENY] = 0;
	sample.decided[PROV_QUARANTINE] = sample.effective[PROV_QUARANTINE] = 0;
	sample.n_reasons = RUN_REASONS_MAX;
	for (unsigned i = 0; i < RUN_REASONS_MAX; i++) {
		memset(sample.reasons[i].code, 'a', CODE_MAX);
		(void)snprintf(sample.reasons[i].code, 8, "%07u", i);
		sample.reasons[i].code[7] = 'a';
		sample.reasons[i].n = RUN_LINES_MAX;
	}
	sample.n_heads = RUN_HEADS_MAX;
	for (unsigned i = 0; i < RUN_HEADS_MAX; i++) {
		memset(sample.heads[i].origin, 'a', PROV_NAME_MAX);
		(void)snprintf(sample.heads[i].origin, 8, "%07u", i);
		sample.heads[i].origin[7] = 'a';
		sample.heads[i].size = UINT64_MAX;
		sample.heads[i].has_root = true;
	}
	ok(run_record_encode(&b, &sample, err));
	assert_true(b.len < STATEMENT_MAX - 1024);
	ok(run_record_decode(&back, buf_span(&b), err));
}

static prov_status
refused(void)
{
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	prov_status st = run_record_encode(&b, &sample, &err);

	assert_int_equal(0, b.len);
	runs_sample(&sample);
	return (st);
}

/* Numbers that cannot all be true are refused, and so are wrapping sums. */
static void
sums(void **state)
{
	(void)state;
	sample.n = 0;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.n = 11;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.decided[PROV_DENY]++;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.effective[PROV_RETRY] = UINT64_MAX;
	sample.effective[PROV_DENY]++;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.n--;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.valid = 7;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.logged = 7;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.rights = 7;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.exact = 6;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.exact = 7;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.passed.bytes = sample.bytes + 1;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.last = sample.first - 1;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.first = -1;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.last = RUN_TIME_MAX + 1;
	assert_int_equal(PROV_EFORMAT, refused());
}

static void
lists(void **state)
{
	(void)state;
	sample.reasons[1].n = 0;
	assert_int_equal(PROV_EFORMAT, refused());
	sample.reasons[1].n = 11;
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.reasons[1].code, "aaa", 4);
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.reasons[1].code, "rights.unknown", 15);
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.reasons[1].code, "two words", 10);
	assert_int_equal(PROV_EFORMAT, refused());
	sample.reasons[0].code[0] = '\0';
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.heads[1].origin, "a/log", 6);
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.heads[1].origin, "b\x1b[0m", 6);
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.verifier, "\xc3\xa9", 3);
	assert_int_equal(PROV_EFORMAT, refused());
	memcpy(sample.policy_name, "a\nb", 4);
	assert_int_equal(PROV_EFORMAT, refused());
}

/* No byte of it can be left out, added, or be another one of the form. */
static void
strict(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	ok(run_record_encode(&b, &sample, err));
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(PROV_OK,
		    run_record_decode(&back, span(b.p, len), NULL));
	for (size_t i = 0; i < b.len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			AUTO_BUF same = { 0 };

			b.p[i] ^= (uint8_t)(1 << bit);
			if (run_record_decode(&back, buf_span(&b), NULL) ==
			    PROV_OK) {
				ok(run_record_encode(&same, &back, err));
				assert_true(
				    span_eq(buf_span(&same), buf_span(&b)));
			}
			b.p[i] ^= (uint8_t)(1 << bit);
		}
	buf_put_byte(&b, 0);
	assert_int_equal(PROV_EFORMAT,
	    run_record_decode(&back, buf_span(&b), NULL));
	b.len--;
	b.p[2] = 2;
	assert_int_equal(PROV_EUNSUPPORTED,
	    run_record_decode(&back, buf_span(&b), NULL));
}

static bool
has(const char *property)
{
	const char *p;

	for (size_t i = 0; (p = run_record_property(&sample, i)) != NULL; i++)
		if (strcmp(p, property) == 0)
			return (true);
	return (false);
}

/* One item that lacks it, or nothing that passed, and it does not hold. */
static void
properties(void **state)
{
	(void)state;
	assert_true(has("PROV_SIGNED"));
	assert_true(has("PROV_LOGGED"));
	assert_false(has("PROV_BOUND_EXACT"));
	assert_true(has("PROV_BOUND_STREAMS"));
	assert_true(has("PROV_RIGHTS_AI_GENERATIVE_TRAINING"));
	sample.passed.valid--;
	assert_false(has("PROV_SIGNED"));
	sample.passed.logged--;
	assert_false(has("PROV_LOGGED"));
	sample.passed.exact--;
	assert_false(has("PROV_BOUND_STREAMS"));
	sample.passed.rights--;
	assert_null(run_record_property(&sample, 0));
	runs_sample(&sample);
	sample.purpose = PURPOSE_AI_TRAINING;
	assert_true(has("PROV_RIGHTS_AI_TRAINING"));
	assert_false(has("PROV_RIGHTS_AI_GENERATIVE_TRAINING"));
	sample.purpose = PURPOSE_N;
	assert_false(has("PROV_RIGHTS_AI_TRAINING"));
	memset(&sample.passed, 0, sizeof(sample.passed));
	assert_null(run_record_property(&sample, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(both_ways, setup),
		cmocka_unit_test_setup(largest, setup),
		cmocka_unit_test_setup(sums, setup),
		cmocka_unit_test_setup(lists, setup),
		cmocka_unit_test_setup(strict, setup),
		cmocka_unit_test_setup(properties, setup),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
