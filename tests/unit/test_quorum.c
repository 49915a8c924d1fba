/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witnesses.h"

#define NOW  INT64_C(1800000000)
#define ROOT "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="
#define TEXT LOG_NAME "\n2\n" ROOT "\n"

/* A note with cosignatures of the witnesses whose time is not 0. */
static void
make_note(struct buf *b, const int64_t *times, size_t n)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);

	assert_int_equal(note_sign(b, log, span(TEXT, sizeof(TEXT) - 1), NULL),
	    PROV_OK);
	for (size_t i = 0; i < n; i++)
		if (times[i] != 0)
			assert_true(witness_cosign(b, (unsigned)i + 1,
			    span(TEXT, sizeof(TEXT) - 1), times[i]));
}

/* Who cosigned when, and the quorum's time that comes of it; 0: not met. */
static const struct {
	const char *rest;
	int64_t times[6];
	int64_t want;
} table[] = {
	{ "quorum w1\n", { 0 }, 0 },
	{ "quorum w1\n", { 7 }, 7 },
	{ "quorum w1\n", { 0, 7 }, 0 },
	{ "quorum w2\n", { 0, 7 }, 7 },
	{ "group g any w1 w2 w3\nquorum g\n", { 0 }, 0 },
	{ "group g any w1 w2 w3\nquorum g\n", { 0, 5, 0 }, 5 },
	{ "group g any w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 5 },
	{ "group g 1 w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 5 },
	{ "group g 2 w1 w2 w3\nquorum g\n", { 4, 0, 0 }, 0 },
	{ "group g 2 w1 w2 w3\nquorum g\n", { 4, 0, 3 }, 3 },
	{ "group g 2 w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 4 },
	{ "group g 3 w1 w2 w3\nquorum g\n", { 4, 5, 0 }, 0 },
	{ "group g 3 w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 3 },
	{ "group g all w1 w2 w3\nquorum g\n", { 4, 5, 0 }, 0 },
	{ "group g all w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 3 },
	/* A witness outside the quorum counts for nothing. */
	{ "group g all w1 w2\nquorum g\n", { 0, 0, 9, 9, 9, 9 }, 0 },
	{ "group g all w1 w2\nquorum g\n", { 4, 5, 9, 9, 9, 9 }, 4 },
	/* The specification's example: two of X and any of Y. */
	{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\ngroup z all x y\n"
	  "quorum z\n",
	    { 4, 5, 6, 0, 0, 0 }, 0 },
	{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\ngroup z all x y\n"
	  "quorum z\n",
	    { 0, 0, 6, 1, 2, 3 }, 0 },
	{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\ngroup z all x y\n"
	  "quorum z\n",
	    { 4, 0, 6, 0, 9, 0 }, 4 },
	{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\ngroup z all x y\n"
	  "quorum z\n",
	    { 8, 7, 6, 2, 3, 1 }, 3 },
	{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\ngroup z any x y\n"
	  "quorum z\n",
	    { 8, 0, 6, 7, 0, 0 }, 7 },
	/* Witnesses beside groups, and times ahead of the clock. */
	{ "group x 2 w1 w2\ngroup z 2 x w3 w4\nquorum z\n",
	    { 9, 9, 0, 8, 0, 0 }, 8 },
	{ "quorum w1\n", { NOW + COSIGNED_AHEAD_S }, NOW + COSIGNED_AHEAD_S },
	{ "quorum w1\n", { NOW + COSIGNED_AHEAD_S + 1 }, 0 },
	{ "group g any w1 w2\nquorum g\n", { INT64_MAX, 3 }, 3 },
};

static void
quorums(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tlogpolicy p = { 0 };
		struct quorum q = { 0 };
		AUTO_BUF note = { 0 };

		assert_int_equal(witness_policy(&p, NULL, 6, table[i].rest),
		    PROV_OK);
		make_note(&note, table[i].times, 6);
		assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW,
				     NULL),
		    PROV_OK);
		if (q.met != (table[i].want != 0) || q.time != table[i].want ||
		    q.timed != q.met || q.of != 6)
			fail_msg("case %zu: met %d at %lld", i, q.met,
			    (long long)q.time);
		tlogpolicy_clear(&p);
	}
}

/* By when a quorum had cosigned: who lies alone makes nothing look older. */
static void
since(void **state)
{
	static const struct {
		const char *rest;
		int64_t times[6];
		int64_t want;
	} rows[] = {
		{ "quorum w1\n", { 7 }, 7 },
		{ "quorum w1\n", { 0, 7 }, 0 },
		{ "group g any w1 w2 w3\nquorum g\n", { 4, 5, 3 }, 3 },
		{ "group g 2 w1 w2 w3\nquorum g\n", { 4, 5, 1 }, 4 },
		{ "group g 2 w1 w2 w3\nquorum g\n", { 0, 5, 1 }, 5 },
		{ "group g all w1 w2 w3\nquorum g\n", { 1, 5, 3 }, 5 },
		{ "group g all w1 w2 w3\nquorum g\n", { 1, 5, 0 }, 0 },
		{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\n"
		  "group z all x y\nquorum z\n",
		    { 8, 7, 6, 2, 3, 1 }, 7 },
		{ "group x 2 w1 w2 w3\ngroup y any w4 w5 w6\n"
		  "group z any x y\nquorum z\n",
		    { 8, 7, 6, 9, 0, 0 }, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tlogpolicy p = { 0 };
		struct quorum q = { 0 };
		AUTO_BUF note = { 0 };

		assert_int_equal(witness_policy(&p, NULL, 6, rows[i].rest),
		    PROV_OK);
		make_note(&note, rows[i].times, 6);
		assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW,
				     NULL),
		    PROV_OK);
		if (q.since != rows[i].want)
			fail_msg("case %zu: since %lld", i, (long long)q.since);
		tlogpolicy_clear(&p);
	}
}

/* No quorum asked for: met, and nobody vouches for a time. */
static void
none(void **state)
{
	struct tlogpolicy p = { 0 };
	struct quorum q = { 0 };
	AUTO_BUF note = { 0 };

	(void)state;
	assert_int_equal(witness_policy(&p, NULL, 2, "quorum none\n"), PROV_OK);
	make_note(&note, (const int64_t[]){ 5, 0 }, 2);
	assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW, NULL),
	    PROV_OK);
	assert_true(q.met && !q.timed && q.n == 1 && q.of == 2);
	tlogpolicy_clear(&p);
}

/* Of several lines of one witness the newest counts. */
static void
twice(void **state)
{
	struct tlogpolicy p = { 0 };
	struct quorum q = { 0 };
	AUTO_BUF note = { 0 };

	(void)state;
	assert_int_equal(witness_policy(&p, NULL, 1, "quorum w1\n"), PROV_OK);
	make_note(&note, (const int64_t[]){ 5 }, 1);
	assert_true(witness_cosign(&note, 1, span(TEXT, sizeof(TEXT) - 1), 9));
	assert_true(witness_cosign(&note, 1, span(TEXT, sizeof(TEXT) - 1), 7));
	assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW, NULL),
	    PROV_OK);
	assert_true(q.met && q.time == 9 && q.n == 1);
	tlogpolicy_clear(&p);
}

/* A known witness's line of another text spoils the note. */
static void
lying(void **state)
{
	static const char other[] = LOG_NAME "\n3\n" ROOT "\n";
	struct tlogpolicy p = { 0 };
	struct quorum q = { 0 };
	AUTO_BUF note = { 0 };

	(void)state;
	assert_int_equal(witness_policy(&p, NULL, 2,
			     "group g any w1 w2\nquorum g\n"),
	    PROV_OK);
	make_note(&note, (const int64_t[]){ 5, 0 }, 2);
	assert_true(
	    witness_cosign(&note, 2, span(other, sizeof(other) - 1), 6));
	assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW, NULL),
	    PROV_EUNTRUSTED);
	tlogpolicy_clear(&p);
}

/* Many lines of nobody known, and one too many. */
static void
crowd(void **state)
{
	struct tlogpolicy p = { 0 };
	struct quorum q = { 0 };
	AUTO_BUF note = { 0 };

	(void)state;
	assert_int_equal(witness_policy(&p, NULL, 1, "quorum w1\n"), PROV_OK);
	make_note(&note, NULL, 0);
	for (unsigned i = 2; i < NOTE_SIGS_MAX; i++)
		assert_true(
		    witness_cosign(&note, i, span(TEXT, sizeof(TEXT) - 1), 3));
	assert_true(witness_cosign(&note, 1, span(TEXT, sizeof(TEXT) - 1), 4));
	assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW, NULL),
	    PROV_OK);
	assert_true(q.met && q.time == 4 && q.n == 1);
	assert_true(witness_cosign(&note, 2, span(TEXT, sizeof(TEXT) - 1), 3));
	assert_int_equal(quorum_weigh(&q, &p, buf_span(&note), NOW, NULL),
	    PROV_ELIMIT);
	tlogpolicy_clear(&p);
}

/* As many as C2SP asks for, and prov's own bounds. */
static void
limits(void **state)
{
	struct tlogpolicy p = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 40; i++) {
		assert_true(witness_line(&b, i, "https://w.example/"));
		buf_printf(&b, "group g%u any w%u%s", i, i, i > 1 ? "" : "\n");
		if (i > 1)
			buf_printf(&b, " g%u\n", i - 1);
	}
	buf_put_str(&b, "quorum g40\n");
	assert_int_equal(tlogpolicy_parse(&p, buf_span(&b), "p", NULL),
	    PROV_OK);
	assert_true(p.quorum && p.n_witnesses == 40 && p.n_groups == 40);
	assert_string_equal(tlogpolicy_member(&p, "w7")->url,
	    "https://w.example/");
	tlogpolicy_clear(&p);
	b.len = 0;
	for (unsigned i = 0; i <= POLICY_KEYS_MAX; i++) {
		struct cosigner c;
		uint8_t key[32] = { (uint8_t)i, (uint8_t)(i >> 8) };

		assert_int_equal(cosigner_init(&c, "w", key, NULL), PROV_OK);
		buf_printf(&b, "witness w%u ", i);
		cosigner_format(&b, &c);
		buf_put_byte(&b, '\n');
	}
	assert_int_equal(tlogpolicy_parse(&p, buf_span(&b), "p", &err),
	    PROV_EFORMAT);
	assert_string_equal(err.msg, "p:257: too many witnesses");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quorums),
		cmocka_unit_test(since),
		cmocka_unit_test(none),
		cmocka_unit_test(twice),
		cmocka_unit_test(lying),
		cmocka_unit_test(crowd),
		cmocka_unit_test(limits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
