/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "branch.h"
#include "ledger/memory.h"
#include "prov/witness.h"
#include "witness/submission.h"
#include "witness/vault.h"
#include "witnesses.h"

/*
 * A log that may lie, two clients and the one witness that both trust, in one
 * process and on a clock of its own. Notes, proofs, quorum, memory and the
 * witness are the real ones; the log's trees are in memory. Seeds are run from
 * 0 on, PROV_SEEDS of them; a failure names its seed.
 */
#define SEEDS  1000
#define ROUNDS 6
#define START  INT64_C(1795466460)

struct client {
	struct memory *m;
	char state[128];
	bool caught;        /* it has evidence against the log */
	uint64_t newest[2]; /* the largest head accepted of each history */
};

struct world {
	uint64_t random;
	int64_t now;
	char dir[64];
	prov_key *log, *cosigner, *thief;
	struct tlogpolicy policy;
	prov_witness *witness;
	char origin[65];
	struct branch side[2];
	uint64_t part; /* where the histories part */
	struct client client[2];
};

static uint64_t
pick(struct world *w, uint64_t n)
{
	/* splitmix64 */
	uint64_t z = (w->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return ((z ^ (z >> 31)) % n);
}

static void
open_world(struct world *w, uint64_t seed, bool honest)
{
	char vault[128];

	memset(w, 0, sizeof(*w));
	w->random = seed;
	w->now = START + (int64_t)seed;
	/* What is synced a hundred thousand times is better kept in memory. */
	snprintf(w->dir, sizeof(w->dir), "%s/prov-world.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->log = logged_key(LOG_NAME, 1);
	w->thief = logged_key(LOG_NAME, 9);
	w->cosigner = witness_key(1);
	ok(witness_policy(&w->policy, prov_key_public(w->log), 1,
	    "quorum w1\n"));
	snprintf(vault, sizeof(vault), "%s/witness", w->dir);
	ok(prov_witness_init(vault, prov_key_public(w->cosigner), err));
	ok(prov_witness_open(&w->witness, vault, w->cosigner,
	    prov_key_public(w->log), 1, err));
	ok(vault_name(w->origin, LOG_NAME, err));
	w->part = honest ? BRANCH_MAX : 1 + pick(w, 60);
	for (unsigned i = 0; i < 2; i++) {
		branch_open(&w->side[i]);
		snprintf(w->client[i].state, sizeof(w->client[i].state),
		    "%s/client%u", w->dir, i);
		ok(memory_open(&w->client[i].m, w->client[i].state, err));
	}
}

static void
close_world(struct world *w)
{
	for (unsigned i = 0; i < 2; i++) {
		memory_close(w->client[i].m);
		branch_close(&w->side[i]);
	}
	prov_witness_close(w->witness);
	tlogpolicy_clear(&w->policy);
	prov_key_free(w->log);
	prov_key_free(w->cosigner);
	prov_key_free(w->thief);
	(void)nftw(w->dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* What the witness answers: 0 where it has nothing of this log. */
static uint64_t
ask(struct world *w, struct buf *note, struct signed_head *head)
{
	prov_answer a = { 0 };
	char path[80];
	unsigned status;

	snprintf(path, sizeof(path), "/%s/checkpoint", w->origin);
	ok(prov_witness_answer(w->witness, "GET", path, span(NULL, 0), w->now,
	    &a, err));
	status = a.status;
	note->len = 0;
	buf_put(note, a.body, a.len);
	prov_free(a.body);
	if (status == 404)
		return (0);
	assert_int_equal(status, 200);
	ok(checkpoint_verify(&head->at, buf_span(note), prov_key_public(w->log),
	    err));
	head->note = buf_span(note);
	return (head->at.size);
}

/* The log has a head cosigned, if the witness will; the line is appended. */
static unsigned
submit(struct world *w, struct branch *b, struct buf *note, uint64_t old,
    uint64_t size)
{
	uint8_t path[FORK_PATH_MAX * 32];
	AUTO_BUF body = { 0 };
	prov_answer a = { 0 };
	size_t n = 0;

	if (old > 0 && old < size && size <= b->size)
		ok(tree_consistency_path(path, &n, old, size, branch_get, b,
		    err));
	submission_encode(&body, old, path, n, buf_span(note));
	ok(prov_witness_answer(w->witness, "POST", "/add-checkpoint",
	    buf_span(&body), w->now, &a, err));
	if (a.status == 200)
		buf_put(note, a.body, a.len);
	prov_free(a.body);
	return (a.status);
}

/* What a client does that has found evidence: anyone can check it. */
static void
catches(struct world *w, struct client *c)
{
	AUTO_BUF bytes = { 0 };
	uint64_t sizes[2];
	const char *path = memory_evidence(c->m, prov_key_public(w->log));

	ok(file_read(&bytes, path, FORK_MAX, err));
	ok(prov_ledger_fork(prov_key_public(w->log), buf_span(&bytes), sizes,
	    err));
	assert_true(sizes[1] > w->part);
	c->caught = true;
}

/*
 * A head without its quorum is not accepted; the client then asks the witness
 * that it trusts what that has seen, and compares.
 */
static void
doubt(struct world *w, struct client *c, const struct signed_head *head,
    struct branch *tiles)
{
	AUTO_BUF note = { 0 }, evidence = { 0 };
	struct signed_head seen = { 0 };
	bool forked;
	prov_status st;

	if (ask(w, &note, &seen) == 0 || seen.at.size > head->at.size)
		return; /* the log is behind its witness: later */
	st =
	    fork_look(&evidence, &forked, &seen, head, branch_get, tiles, NULL);
	if (st != PROV_OK || !forked)
		return;
	ok(memory_accuse(c->m, prov_key_public(w->log), buf_span(&evidence),
	    err));
	catches(w, c);
}

/* One client is shown a note, and tiles for it. */
static void
shows(struct world *w, struct client *c, unsigned side, prov_span note,
    struct branch *tiles)
{
	struct signed_head head = { .note = note };
	const prov_pubkey *log = prov_key_public(w->log);
	struct quorum q;
	enum meeting how;
	prov_status st;

	if (checkpoint_verify(&head.at, note, log, NULL) != PROV_OK ||
	    quorum_weigh(&q, &w->policy, note, w->now, NULL) != PROV_OK)
		return; /* invalid */
	if (!q.met) {
		doubt(w, c, &head, tiles);
		return;
	}
	st = memory_meet(c->m, &how, log, &head, branch_get, tiles, NULL);
	if (st != PROV_OK) {
		/* Tiles that are others, or too few. */
		assert_true(st == PROV_EUNTRUSTED || st == PROV_ENOTFOUND);
		return;
	}
	if (how == MEETING_FORK)
		catches(w, c);
	else if (how != MEETING_OLDER && head.at.size > c->newest[side])
		c->newest[side] = head.at.size;
}

/* A log's head on one side, with what it could get of cosignatures. */
static void
make_head(struct world *w, struct buf *note, unsigned side, uint64_t size)
{
	AUTO_BUF seen = { 0 };
	struct signed_head last = { 0 }, head;
	uint64_t old = ask(w, &seen, &last);
	unsigned status;

	branch_sign(note, &head, &w->side[side], size, w->log);
	if (old > size)
		return;
	/* Sometimes it tries what is none of the witness's business. */
	if (pick(w, 8) == 0)
		(void)submit(w, &w->side[side ^ 1], note, old / 2, size);
	if (pick(w, 4) == 0 && w->part < BRANCH_MAX)
		(void)submit(w, &w->side[side ^ 1], note, old, size);
	old = ask(w, &seen, &last);
	if (old > size)
		return;
	status = submit(w, &w->side[side], note, old, size);
	assert_true(status == 200 || status == 422);
	if (status == 200 && w->part == BRANCH_MAX)
		assert_true(ask(w, &seen, &last) == size);
}

/* A log under pressure pastes the other side's cosignature under its head. */
static void
paste(struct world *w, struct buf *note)
{
	AUTO_BUF seen = { 0 };
	struct signed_head last = { 0 };
	static const char dash[] = "\xe2\x80\x94 witness.example";
	const uint8_t *line;

	if (ask(w, &seen, &last) == 0)
		return;
	line = memmem(seen.p, seen.len, dash, sizeof(dash) - 1);
	assert_non_null(line);
	buf_put(note, line, seen.len - (size_t)(line - seen.p));
}

static void
grow(struct world *w, uint64_t more)
{
	for (unsigned i = 0; i < 2; i++)
		branch_grow(&w->side[i], w->side[i].size + 1 + pick(w, more),
		    w->part, i);
	w->now += (int64_t)pick(w, 100000);
}

/* Both histories grow and are shown, each to its own client. */
static void
lie(struct world *w)
{
	unsigned first = (unsigned)pick(w, 2);

	for (unsigned round = 0; round < ROUNDS; round++) {
		grow(w, 40);
		for (unsigned k = 0; k < 2; k++) {
			unsigned i = first ^ k;
			struct branch *b = &w->side[i];
			AUTO_BUF note = { 0 };
			uint64_t size = 1 + pick(w, b->size);

			make_head(w, &note, i, size);
			if (pick(w, 6) == 0)
				paste(w, &note);
			shows(w, &w->client[i], i, buf_span(&note),
			    pick(w, 6) == 0 ? &w->side[i ^ 1] : b);
		}
	}
}

/*
 * In the end each client sees all of its side: a log that never does that is
 * behind its witness for one of them, who accepts nothing from it.
 */
static void
end(struct world *w)
{
	uint64_t size = 200 + w->part;

	for (unsigned i = 0; i < 2; i++) {
		AUTO_BUF note = { 0 };

		branch_grow(&w->side[i], size, w->part, i);
		make_head(w, &note, i, size);
		shows(w, &w->client[i], i, buf_span(&note), &w->side[i]);
	}
}

static void
equivocate(uint64_t seed)
{
	struct world w;
	uint64_t a, b;

	open_world(&w, seed, false);
	lie(&w);
	end(&w);
	if (!w.client[0].caught && !w.client[1].caught)
		fail_msg("seed %llu: not caught", (unsigned long long)seed);
	/* Nor did they ever accept what excludes each other. */
	a = w.client[0].newest[0];
	b = w.client[1].newest[1];
	if (a > w.part && b > w.part)
		fail_msg("seed %llu: both accepted", (unsigned long long)seed);
	close_world(&w);
}

/* Something of the wire or the disk was changed on its way. */
static void
garble(struct world *w, struct buf *note)
{
	note->p[pick(w, note->len)] ^= (uint8_t)(1U << pick(w, 8));
}

/* Old sidecars, copies that lag, proofs that nobody signed or that are bad. */
static void
pester(struct world *w, struct client *c)
{
	struct branch *b = &w->side[0];
	AUTO_BUF note = { 0 };
	struct signed_head head;
	enum meeting how;

	switch (pick(w, 5)) {
	case 0: /* a sidecar, of whatever head */
		branch_sign(&note, &head, b, 1 + pick(w, b->size), w->log);
		ok(memory_compare(c->m, &how, prov_key_public(w->log), &head,
		    err));
		assert_int_not_equal(how, MEETING_FORK);
		return;
	case 1: /* a copy that lags */
		make_head(w, &note, 0, 1 + pick(w, b->size));
		break;
	case 2: /* signed by somebody else */
		branch_sign(&note, &head, &w->side[1], 1 + pick(w, b->size),
		    w->thief);
		break;
	case 3: /* damaged */
		make_head(w, &note, 0, 1 + pick(w, b->size));
		garble(w, &note);
		break;
	default: /* other tiles than the head's */
		make_head(w, &note, 0, 1 + pick(w, b->size));
		shows(w, c, 0, buf_span(&note), &w->side[1]);
		return;
	}
	shows(w, c, 0, buf_span(&note), b);
}

static void
be_honest(uint64_t seed)
{
	struct world w;
	uint64_t last[2] = { 0 };

	open_world(&w, seed, true);
	branch_grow(&w.side[1], 300, 0, 1); /* tiles of something else */
	for (unsigned round = 0; round < ROUNDS; round++) {
		branch_grow(&w.side[0], w.side[0].size + 1 + pick(&w, 40),
		    w.part, 0);
		w.now += (int64_t)pick(&w, 100000);
		for (unsigned i = 0; i < 2; i++) {
			struct signed_head held = { 0 };
			AUTO_BUF note = { 0 };
			prov_status st;

			if (pick(&w, 3) == 0) {
				make_head(&w, &note, 0, w.side[0].size);
				shows(&w, &w.client[i], 0, buf_span(&note),
				    &w.side[0]);
			}
			pester(&w, &w.client[i]);
			st = memory_recall(w.client[i].m, &held,
			    prov_key_public(w.log), NULL);
			assert_true(st == PROV_OK || st == PROV_ENOTFOUND);
			assert_true(held.at.size >= last[i]);
			last[i] = held.at.size;
		}
	}
	for (unsigned i = 0; i < 2; i++)
		if (w.client[i].caught ||
		    memory_evidence(w.client[i].m, prov_key_public(w.log))[0] !=
			'\0')
			fail_msg("seed %llu: an honest log is accused",
			    (unsigned long long)seed);
	close_world(&w);
}

static uint64_t
seeds(void)
{
	const char *s = getenv("PROV_SEEDS");

	return (s != NULL ? strtoull(s, NULL, 10) : SEEDS);
}

static void
liars_are_caught(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < seeds(); seed++)
		equivocate(seed);
	printf("# caught in %llu of %llu\n", (unsigned long long)seeds(),
	    (unsigned long long)seeds());
}

static void
the_honest_are_not(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < seeds(); seed++)
		be_honest(seed);
	printf("# accused in 0 of %llu\n", (unsigned long long)seeds());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(liars_are_caught),
		cmocka_unit_test(the_honest_are_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
