/* SPDX-License-Identifier: ISC */
/*
 * Parts of the ledger that could do without what there is no memory for, but
 * would then say less than there is: each allocation fails once, and what is
 * told as done is whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chore.h"

#include "../unit/branch.h"
#include "ledger/flush.h"
#include "ledger/index.h"
#include "ledger/judge.h"
#include "ledger/memory.h"
#include "ledger/notices.h"
#include "ledger/reader.h"
#include "ledger/search.h"
#include "prov/check.h"

#define ENTRIES 9U /* behind the policy */

static struct place {
	struct logged g;
	prov_ledger *l;
	uint64_t size;
	uint8_t root[32]; /* of an entry's stream */
	struct buf turns;
	struct branches fork;
	char index[96]; /* a directory with an index of no ledger */
	uint8_t key[INDEX_FANOUT + 1][32]; /* of its entries, and one more */
	/* What the work begins with, and what comes of it. */
	struct index x;
	struct damage found;
	uint64_t verified;
	struct notices notices;
	enum meeting meeting;
	size_t hits;
	prov_inspected inspected;
} * p;

static const prov_pubkey *
log_key(void)
{
	return (prov_key_public(p->g.log));
}

static void
prepare_judge(void)
{
	damage_clear(&p->found);
	ok(damage_init(&p->found, err));
	p->verified = 0;
}

static prov_status
do_judge(prov_err *err)
{
	const struct judge j = { .dir = p->g.path,
		.log = log_key(),
		.size = p->size,
		.threads = 1,
		.turns = &p->turns,
		.found = &p->found };

	return (judge_all(&j, &p->verified, err));
}

static bool
is_judged(void)
{
	return (p->verified == p->size && p->found.total == 0);
}

static void
prepare_inspect(void)
{
	memset(&p->inspected, 0, sizeof(p->inspected));
}

static prov_status
do_inspect(prov_err *err)
{
	const prov_inspection how = { .threads = 1 };

	return (prov_ledger_inspect(p->g.path, log_key(), &how, &p->inspected,
	    err));
}

static bool
is_inspected(void)
{
	return (p->inspected.store && p->inspected.size == p->size &&
		p->inspected.differences == 0);
}

/* One run more than there are, of one entry. */
static prov_status
flush_one(prov_err *err)
{
	records_add(&p->x.tail, INDEX_ASSET, p->key[p->x.position],
	    p->x.position);
	p->x.tail_end = p->x.position + 1;
	return (index_flush(&p->x, p->index, err));
}

/* One run less than are merged. */
static void
prepare_flush(void)
{
	char path[128];

	index_clear(&p->x);
	snprintf(path, sizeof(path), "%s/index", p->index);
	(void)nftw(path, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(0, mkdir(path, 0755));
	for (unsigned i = 1; i < INDEX_FANOUT; i++)
		ok(flush_one(err));
	assert_int_equal(INDEX_FANOUT - 1, p->x.n);
}

static bool
is_flushed(void)
{
	struct index y = { 0 };
	bool fine;

	fine = index_load(&y, p->index, NULL) == PROV_OK && y.n == 1 &&
	       y.position == INDEX_FANOUT;
	index_clear(&y);
	return (fine);
}

static prov_status
do_filters(prov_err *err)
{
	return (index_filters(&p->x, p->index, err));
}

static bool
has_filters(void)
{
	return (p->x.n_filters == p->x.n &&
		index_lacks(&p->x, p->key[INDEX_FANOUT]));
}

static void
prepare_notices(void)
{
	notices_clear(&p->notices);
}

static prov_status
do_notices(prov_err *err)
{
	return (notices_load(&p->notices, p->g.dir, p->l, err));
}

static bool
has_notices(void)
{
	return (p->notices.position == p->size && notices_n(&p->notices) == 2);
}

static prov_status
meet(size_t i, prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	prov_status st;

	if ((st = memory_open(&m, p->g.dir, err)) != PROV_OK)
		return (st);
	return (memory_meet(m, &p->meeting, log_key(), &p->fork.head[i],
	    branch_get, &p->fork.at[i], err));
}

/* What is written now is written before anything fails. */
static void
prepare_fork(void)
{
	ok(meet(0, err));
	ok(meet(1, err));
	assert_int_equal(MEETING_FORK, p->meeting);
	p->meeting = MEETING_FIRST;
}

static prov_status
do_meet_fork(prov_err *err)
{
	return (meet(0, err));
}

static bool
is_fork(void)
{
	return (p->meeting == MEETING_FORK);
}

static void
prepare_lookup(void)
{
	p->hits = 0;
}

static prov_status
do_lookup(prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE uint64_t *at = NULL;
	prov_status st;

	if ((st = prov_ledger_open(&l, p->g.path, log_key(), err)) != PROV_OK)
		return (st);
	return (
	    prov_ledger_lookup(l, PROV_BY_STREAM, p->root, &at, &p->hits, err));
}

static bool
is_found(void)
{
	return (p->hits == 1);
}

static const struct chore parts[] = {
	{ "judge", FAULTY_MEMORY, prepare_judge, do_judge, is_judged },
	{ "inspect", FAULTY_MEMORY, prepare_inspect, do_inspect, is_inspected },
	{ "flush", FAULTY_MEMORY, prepare_flush, flush_one, is_flushed },
	{ "filters", FAULTY_MEMORY, prepare_flush, do_filters, has_filters },
	{ "notices", FAULTY_MEMORY, prepare_notices, do_notices, has_notices },
	{ "fork", FAULTY_MEMORY, prepare_fork, do_meet_fork, is_fork },
	{ "lookup", FAULTY_MEMORY, prepare_lookup, do_lookup, is_found },
};

/* The policy, a registration, statements of both, and what is known of them. */
static void
make_ledger(void)
{
	const uint64_t turns[2] = { 0, 1 };
	struct notices n = { .by = NOTICES_SCAN };
	prov_ledger *w = NULL;
	prov_entry e;

	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(prov_ledger_register(w, p->g.owner, prov_key_public(p->g.other), 0,
	    &e, err));
	ok(logged_append(w, p->g.owner, 0, 4, 50, err));
	ok(logged_append(w, p->g.other, 4, ENTRIES - 1, 50, err));
	prov_ledger_close(w);
	buf_put(&p->turns, turns, sizeof(turns));
	ok(prov_ledger_open(&p->l, p->g.path, log_key(), err));
	ok(prov_ledger_checkpoint(p->l, &p->size, NULL, NULL, err));
	ok(notices_follow(&n, p->l, err));
	ok(notices_save(&n, p->g.dir, p->l, err));
	notices_clear(&n);
}

static int
begin(void **state)
{
	(void)state;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	make_ledger();
	logged_root(p->root, 3);
	snprintf(p->index, sizeof(p->index), "%s/other", p->g.dir);
	assert_int_equal(0, mkdir(p->index, 0755));
	for (size_t i = 0; i <= INDEX_FANOUT; i++)
		logged_asset(p->key[i], i);
	branches_open(&p->fork, p->g.log);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	branches_close(&p->fork);
	index_clear(&p->x);
	damage_clear(&p->found);
	notices_clear(&p->notices);
	buf_free(&p->turns);
	prov_ledger_close(p->l);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(parts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
