/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "prov/verify.h"
#include "witness/client.h"
#include "witness/witness.h"
#include "witnesses.h"

#define NOW   INT64_C(1800000000)
#define COUNT 3

/* How a witness behaves. */
enum mood {
	HONEST,
	DOWN,    /* not reached */
	SLOW,    /* answers when its time is over */
	SHAKY,   /* not reached the first time, and 500 the second */
	LYING,   /* cosigns another checkpoint */
	EARLY,   /* in ten years */
	EMPTY,   /* 200 with nothing in it */
	NOISE,   /* 200 with bytes */
	AHEAD,   /* says it has seen more */
	LOOPING, /* names another size each time */
	STERN    /* 403 */
};

/* Witnesses in this process, and what was asked of them. */
struct field {
	struct logged g;
	prov_ledger *l;
	prov_key *key[COUNT];
	prov_witness *w[COUNT];
	enum mood mood[COUNT];
	unsigned asked[COUNT];
	int64_t now;
	unsigned stops;
	struct tlogpolicy policy;
	size_t n_queue;
	struct post_answer queue[64];
	bool slow[64];
	unsigned slow_ms;
	uint64_t grow_to; /* what somebody else appends at the first POST */
};

static void
field_open(struct field *f, const char *rest)
{
	AUTO_BUF b = { 0 };

	memset(f, 0, sizeof(*f));
	f->now = NOW;
	assert_true(logged_open(&f->g));
	for (unsigned i = 0; i < COUNT; i++) {
		char dir[96], url[32];

		snprintf(dir, sizeof(dir), "%s/w%u", f->g.dir, i + 1);
		snprintf(url, sizeof(url), "http://w/%u%s", i,
		    i == 1 ? "/" : "");
		assert_non_null(f->key[i] = witness_key(i + 1));
		assert_int_equal(prov_witness_init(dir,
				     prov_key_public(f->key[i]), NULL),
		    PROV_OK);
		assert_int_equal(prov_witness_open(&f->w[i], dir, f->key[i],
				     prov_key_public(f->g.log), 1, NULL),
		    PROV_OK);
		assert_true(witness_line(&b, i + 1, url));
	}
	buf_put_str(&b, rest);
	assert_int_equal(tlogpolicy_parse(&f->policy, buf_span(&b), "p", NULL),
	    PROV_OK);
	assert_int_equal(prov_ledger_open_writer(&f->l, f->g.path, f->g.log,
			     NULL),
	    PROV_OK);
}

static void
field_close(struct field *f)
{
	for (unsigned i = 0; i < COUNT; i++) {
		prov_witness_close(f->w[i]);
		prov_key_free(f->key[i]);
	}
	for (size_t i = 0; i < f->n_queue; i++)
		buf_free(&f->queue[i].body);
	tlogpolicy_clear(&f->policy);
	prov_ledger_close(f->l);
	logged_close(&f->g);
}

static void
append(struct field *f, uint64_t from, uint64_t to)
{
	assert_int_equal(logged_append(f->l, f->g.owner, from, to, 8, NULL),
	    PROV_OK);
}

/* Somebody else's process, while witnesses are asked. */
static void
others_append(struct field *f)
{
	prov_ledger *other = NULL;

	assert_int_equal(prov_ledger_open_writer(&other, f->g.path, f->g.log,
			     NULL),
	    PROV_OK);
	assert_int_equal(logged_append(other, f->g.owner, f->grow_to - 3,
			     f->grow_to, 8, NULL),
	    PROV_OK);
	prov_ledger_close(other);
	f->grow_to = 0;
}

static void
answer_as(struct field *f, unsigned i, prov_span body, struct post_answer *a)
{
	static const char other[] =
	    LOG_NAME "\n2\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n";
	prov_answer got = { 0 };

	a->status = 200;
	switch (f->mood[i]) {
	case LYING:
		assert_true(witness_cosign(&a->body, i + 1,
		    span(other, sizeof(other) - 1), NOW));
		return;
	case EMPTY:
		return;
	case NOISE:
		buf_put_str(&a->body, "\xe2\x80\x94 witness.example/w1 \n");
		return;
	case AHEAD:
	case LOOPING:
		a->status = 409;
		buf_printf(&a->body, "%u\n",
		    f->mood[i] == AHEAD ? 1000 : f->asked[i] % 2 + 1);
		return;
	case STERN:
		a->status = 403;
		buf_put_str(&a->body, "not \x1b[31mhere\nmore\n");
		return;
	case HONEST:
	case DOWN:
	case SLOW:
	case SHAKY:
	case EARLY:
		break;
	}
	assert_int_equal(prov_witness_answer(f->w[i], "POST", "/add-checkpoint",
			     body,
			     f->mood[i] == EARLY ? NOW + 315360000 : f->now,
			     &got, NULL),
	    PROV_OK);
	a->status = got.status;
	buf_put(&a->body, got.body, got.len);
	prov_free(got.body);
}

static prov_status
start(void *arg, uint32_t tag, const char *url, prov_span body,
    unsigned timeout_ms, prov_err *err)
{
	struct field *f = arg;
	unsigned i = (unsigned)(url[9] - '0');
	struct post_answer *a = &f->queue[f->n_queue];

	(void)err;
	assert_string_equal(url + 10, "/add-checkpoint");
	assert_true(timeout_ms > 0 && f->n_queue < 64);
	if (f->grow_to != 0)
		others_append(f);
	memset(a, 0, sizeof(*a));
	a->tag = tag;
	f->slow[f->n_queue++] = f->mood[i] == SLOW;
	f->slow_ms = timeout_ms;
	f->asked[i]++;
	if (f->mood[i] == DOWN || f->mood[i] == SLOW ||
	    (f->mood[i] == SHAKY && f->asked[i] == 1)) {
		a->st = prov_fail(&a->why, PROV_EIO, "not reached");
	} else if (f->mood[i] == SHAKY && f->asked[i] == 2) {
		a->status = 500;
		buf_put_str(&a->body, "trouble\n");
	} else {
		answer_as(f, i, body, a);
	}
	return (PROV_OK);
}

/* What is slow comes last, after all of its time. */
static prov_status
next(void *arg, struct post_answer *a, prov_err *err)
{
	struct field *f = arg;
	struct timespec t = { .tv_sec = f->slow_ms / 1000,
		.tv_nsec = (long)(f->slow_ms % 1000) * 1000000 };
	size_t i = 0;

	(void)err;
	assert_true(f->n_queue > 0);
	while (i < f->n_queue && f->slow[i])
		i++;
	if (i == f->n_queue) {
		(void)nanosleep(&t, NULL);
		i = 0;
	}
	*a = f->queue[i];
	f->n_queue--;
	for (; i < f->n_queue; i++) {
		f->queue[i] = f->queue[i + 1];
		f->slow[i] = f->slow[i + 1];
	}
	return (PROV_OK);
}

static void
stop(void *arg)
{
	struct field *f = arg;

	f->stops++;
	while (f->n_queue > 0)
		buf_free(&f->queue[--f->n_queue].body);
}

static void
release(void *arg)
{
	(void)arg;
}

static const struct post_ops field_ops = { start, next, stop, release };

static prov_status
cosign(struct field *f, prov_witnesses *w, unsigned flags, unsigned wait_ms,
    struct quorum *q, prov_err *err)
{
	return (witnesses_cosign(w, f->l, flags, wait_ms, f->now, q, err));
}

/* As above with a client that knows nothing yet. */
static prov_status
cosign_new(struct field *f, unsigned wait_ms, struct quorum *q, prov_err *err)
{
	AUTO(prov_witnesses) *w = NULL;

	memset(f->asked, 0, sizeof(f->asked));
	assert_int_equal(witnesses_new(&w, &f->policy, &field_ops, f, NULL),
	    PROV_OK);
	return (cosign(f, w, 0, wait_ms, q, err));
}

/* How many of the witnesses cosigned what is published, as a reader sees it. */
static size_t
published(struct field *f, uint64_t size)
{
	AUTO(prov_ledger) *l = NULL;
	struct quorum q;
	uint64_t is;

	assert_int_equal(prov_ledger_open(&l, f->g.path,
			     prov_key_public(f->g.log), NULL),
	    PROV_OK);
	assert_int_equal(prov_ledger_checkpoint(l, &is, NULL, NULL, NULL),
	    PROV_OK);
	assert_int_equal(is, size);
	assert_int_equal(quorum_weigh(&q, &f->policy, ledger_note(l), f->now,
			     NULL),
	    PROV_OK);
	return (q.n);
}

#define ALL "group g all w1 w2 w3\nquorum g\n"
#define TWO "group g 2 w1 w2 w3\nquorum g\n"
#define ANY "group g any w1 w2 w3\nquorum g\n"

static void
grows(void **state)
{
	AUTO(prov_witnesses) *w = NULL;
	AUTO_FREE char *proof = NULL;
	uint64_t entries;
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	assert_int_equal(witnesses_new(&w, &f.policy, &field_ops, &f, NULL),
	    PROV_OK);
	assert_true(witnesses_needed(w));
	append(&f, 1, 20);
	assert_int_equal(published(&f, 20), 0);
	assert_int_equal(cosign(&f, w, 0, 5000, &q, NULL), PROV_OK);
	assert_true(q.met && q.n == 3 && q.time == NOW);
	assert_int_equal(f.asked[0] + f.asked[1] + f.asked[2], 3);
	assert_int_equal(published(&f, 20), 3);
	/* Nothing more to do; then what is known of them saves a question. */
	assert_int_equal(cosign(&f, w, 0, 5000, &q, NULL), PROV_OK);
	assert_int_equal(f.asked[0], 1);
	f.now += 7;
	append(&f, 20, 300);
	assert_int_equal(cosign(&f, w, 0, 5000, &q, NULL), PROV_OK);
	assert_true(q.met && q.time == NOW + 7);
	assert_int_equal(f.asked[0], 2);
	/* One that knows nothing asks twice: the conflict says from where. */
	append(&f, 300, 301);
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	assert_int_equal(f.asked[0], 2);
	assert_int_equal(f.asked[1], 2);
	/* Proofs have what was cosigned in them, and the store has it, too. */
	assert_int_equal(prov_ledger_prove(f.l, 7, &proof, NULL), PROV_OK);
	assert_non_null(strstr(proof, "witness.example/w3 "));
	prov_ledger_close(f.l);
	assert_int_equal(prov_ledger_open_writer(&f.l, f.g.path, f.g.log, NULL),
	    PROV_OK);
	assert_int_equal(prov_ledger_check(f.l, NULL, NULL, &entries, NULL),
	    PROV_OK);
	append(&f, 301, 302);
	assert_int_equal(published(&f, 302), 0);
	field_close(&f);
}

/* From a note that was cosigned, who did is known without asking. */
static void
remembers(void **state)
{
	AUTO(prov_witnesses) *w = NULL;
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	append(&f, 1, 5);
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	assert_int_equal(witnesses_new(&w, &f.policy, &field_ops, &f, NULL),
	    PROV_OK);
	assert_int_equal(witnesses_remember(w, ledger_note(f.l), NULL),
	    PROV_OK);
	append(&f, 5, 9);
	memset(f.asked, 0, sizeof(f.asked));
	assert_int_equal(cosign(&f, w, 0, 5000, &q, NULL), PROV_OK);
	assert_int_equal(f.asked[0] + f.asked[1] + f.asked[2], 3);
	/* Again, for newer times on what did not grow. */
	f.now += 60;
	assert_int_equal(cosign(&f, w, COSIGN_RENEW, 5000, &q, NULL), PROV_OK);
	assert_true(q.n == 3 && q.time == NOW + 60);
	assert_int_equal(published(&f, 9), 3);
	field_close(&f);
}

/* Each way to fail, alone and against a quorum that does without it. */
static void
moods(void **state)
{
	static const struct {
		enum mood mood;
		const char *says;
		unsigned asked; /* 0: any number */
	} table[] = {
		{ DOWN, "w2: not reached", 0 },
		{ SLOW, "w2: no answer in time", 0 },
		{ LYING, "w2: the cosignature of witness.example/w2", 1 },
		{ EARLY, "w2: its cosignature is of a time to come", 1 },
		{ EMPTY, "w2: answered without a cosignature", 1 },
		{ NOISE, "w2: not a signed note", 1 },
		{ AHEAD, "w2: has seen more entries of this log", 1 },
		{ LOOPING, "w2: names another size each time", 9 },
		{ STERN, "w2: not \\u{1b}[31mhere", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		prov_err err = { 0 };
		struct quorum q = { 0 };
		struct field f;

		field_open(&f, ALL);
		f.mood[1] = table[i].mood;
		append(&f, 1, 5);
		assert_int_equal(cosign_new(&f, 300, &q, &err), PROV_EBUSY);
		if (strstr(err.msg, table[i].says) == NULL &&
		    !(table[i].mood == SLOW &&
			strstr(err.msg, "w2: not reached") != NULL))
			fail_msg("case %zu: %s", i, err.msg);
		assert_non_null(strstr(err.msg, "2 of the 3 witnesses"));
		if (table[i].asked != 0)
			assert_int_equal(f.asked[1], table[i].asked);
		/* What the others said is kept. */
		assert_true(!q.met && q.n == 2);
		assert_int_equal(published(&f, 5), 2);
		field_close(&f);

		field_open(&f, TWO);
		f.mood[1] = table[i].mood;
		append(&f, 1, 5);
		assert_int_equal(cosign_new(&f, 60000, &q, NULL), PROV_OK);
		assert_true(q.met && q.n == 2);
		assert_int_equal(published(&f, 5), 2);
		field_close(&f);
	}
}

/* Tried again while there is time. */
static void
shaky(void **state)
{
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	f.mood[2] = SHAKY;
	append(&f, 1, 5);
	assert_int_equal(cosign_new(&f, 60000, &q, NULL), PROV_OK);
	assert_true(q.met && q.n == 3);
	assert_int_equal(f.asked[2], 3);
	assert_int_equal(f.asked[0], 1);
	field_close(&f);
}

/* The first quorum ends it: nobody waits for the slow. */
static void
slow(void **state)
{
	struct timespec a, b;
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ANY);
	f.mood[0] = f.mood[1] = SLOW;
	append(&f, 1, 5);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(cosign_new(&f, 3600000, &q, NULL), PROV_OK);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(q.met && q.n == 1 && f.stops == 1);
	assert_true(b.tv_sec - a.tv_sec < 1800);
	field_close(&f);
}

/* A wait in vain is the last one; without time nobody is asked. */
static void
tired(void **state)
{
	AUTO(prov_witnesses) *w = NULL;
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	f.mood[0] = DOWN;
	append(&f, 1, 5);
	assert_int_equal(cosign_new(&f, 0, &q, NULL), PROV_EBUSY);
	assert_int_equal(f.asked[0] + f.asked[1] + f.asked[2], 0);
	assert_int_equal(witnesses_new(&w, &f.policy, &field_ops, &f, NULL),
	    PROV_OK);
	assert_int_equal(cosign(&f, w, 0, 100, &q, NULL), PROV_EBUSY);
	assert_int_equal(f.asked[1], 1);
	append(&f, 5, 6);
	assert_int_equal(cosign(&f, w, 0, 3600000, &q, NULL), PROV_EBUSY);
	assert_int_equal(f.asked[1], 1);
	field_close(&f);
}

/* The log goes on while witnesses are asked: its new head is cosigned. */
static void
overtaken(void **state)
{
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	append(&f, 1, 5);
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	append(&f, 5, 6);
	/* One witness has seen the new head, by whoever appended there. */
	f.grow_to = 9;
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	assert_true(q.met);
	/* What was cosigned was the older head, which is not the newest. */
	assert_int_equal(published(&f, 9), 0);
	assert_int_equal(ledger_refresh(f.l, NULL), PROV_OK);
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	assert_int_equal(published(&f, 9), 3);
	/* Now the ledger that knows less: its witnesses are ahead of it. */
	append(&f, 9, 10);
	f.grow_to = 13;
	{
		AUTO(prov_ledger) *old = NULL;
		prov_ledger *mine = f.l;

		assert_int_equal(prov_ledger_open_writer(&old, f.g.path,
				     f.g.log, NULL),
		    PROV_OK);
		assert_int_equal(prov_ledger_checkpoint(old, NULL, NULL, NULL,
				     NULL),
		    PROV_OK);
		others_append(&f);
		assert_int_equal(ledger_refresh(f.l, NULL), PROV_OK);
		assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
		f.l = old;
		assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
		assert_true(q.met && q.n == 3);
		f.l = mine;
	}
	assert_int_equal(published(&f, 13), 3);
	field_close(&f);
}

/* Two clients with other witnesses: neither loses what the other has. */
static void
union_of_both(void **state)
{
	AUTO(prov_ledger) *other = NULL;
	struct quorum q;
	struct field f;
	prov_ledger *mine;

	(void)state;
	field_open(&f, ANY);
	append(&f, 1, 5);
	assert_int_equal(prov_ledger_open_writer(&other, f.g.path, f.g.log,
			     NULL),
	    PROV_OK);
	assert_int_equal(prov_ledger_checkpoint(other, NULL, NULL, NULL, NULL),
	    PROV_OK);
	f.mood[0] = f.mood[1] = DOWN;
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	f.mood[0] = HONEST;
	f.mood[2] = DOWN;
	mine = f.l;
	f.l = other;
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_OK);
	f.l = mine;
	assert_int_equal(published(&f, 5), 2);
	field_close(&f);
}

/* A ledger that is only read has nowhere to put cosignatures. */
static void
reader(void **state)
{
	struct quorum q;
	struct field f;

	(void)state;
	field_open(&f, ALL);
	append(&f, 1, 5);
	prov_ledger_close(f.l);
	assert_int_equal(prov_ledger_open(&f.l, f.g.path,
			     prov_key_public(f.g.log), NULL),
	    PROV_OK);
	assert_int_equal(cosign_new(&f, 5000, &q, NULL), PROV_EARG);
	field_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(remembers),
		cmocka_unit_test(moods),
		cmocka_unit_test(shaky),
		cmocka_unit_test(slow),
		cmocka_unit_test(tired),
		cmocka_unit_test(overtaken),
		cmocka_unit_test(union_of_both),
		cmocka_unit_test(reader),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
