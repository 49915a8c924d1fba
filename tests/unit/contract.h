/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_CONTRACT_H
#define PROV_TESTS_CONTRACT_H

/*
 * What ledger_ops promises, and no more: it runs against any backend. Each
 * case gets an empty place, as the backend knows it: contract_place is what
 * the program that includes this makes of a name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/store.h"
#include "logged.h"

/* The backend under test, and its place. */
struct contract {
	const struct ledger_ops *ops;
	const char *place;
};

/* Entry i: some bytes that differ in length, up to the longest allowed. */
static inline prov_span
contract_entry(struct buf *b, uint64_t i)
{
	size_t len = i % 500 == 499 ? STATEMENT_MAX : 1 + (size_t)(i * 37 % 900);
	uint8_t *p;

	b->len = 0;
	if ((p = buf_grow(b, len)) == NULL)
		abort();
	for (size_t k = 0; k < len; k++)
		p[k] = (uint8_t)(i * 7 + k * (i | 1));
	return (buf_span(b));
}

static inline prov_span
contract_note(struct buf *b, uint64_t size, const char *what)
{
	b->len = 0;
	buf_printf(b, "%s %llu\n", what, (unsigned long long)size);
	return (buf_span(b));
}

/* Commits entries from the edge's size on; edge moves along. */
static inline prov_status
contract_commit(const struct contract *c, struct store *s, struct edge *e,
    size_t n, uint64_t policy, uint64_t synced)
{
	struct buf *bytes = calloc(n + 1, sizeof(*bytes));
	prov_span *spans = calloc(n + 1, sizeof(*spans));
	AUTO_BUF note = { 0 };
	struct store_batch b = { .first = e->size,
		.entries = spans,
		.n = n,
		.edge = e,
		.policy = policy,
		.synced = synced };
	uint8_t leaf[32];
	bool fatal = true;
	prov_status st;

	assert_true(bytes != NULL && spans != NULL);
	for (size_t i = 0; i < n; i++) {
		spans[i] = contract_entry(&bytes[i], b.first + i);
		ok(tree_leaf(leaf, spans[i], err));
		ok(edge_push(e, leaf, NULL, NULL, err));
	}
	b.note = contract_note(&note, e->size, "note");
	st = c->ops->commit(s, &b, &fatal, NULL);
	assert_false(fatal);
	for (size_t i = 0; i < n; i++)
		buf_free(&bytes[i]);
	free(bytes);
	free(spans);
	return (st);
}

static inline struct store *
contract_open(const struct contract *c, bool create)
{
	struct store *s = NULL;

	ok(c->ops->open(&s, c->place, create, err));
	assert_non_null(s);
	return (s);
}

static inline struct store *
contract_reopen(const struct contract *c, struct store *s)
{
	c->ops->close(s);
	return (contract_open(c, false));
}

struct contract_seen {
	uint64_t next;
	uint64_t stop; /* fails there */
};

static inline prov_status
contract_see(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct contract_seen *seen = arg;
	AUTO_BUF want = { 0 };

	assert_int_equal(seen->next, i);
	assert_true(span_eq(entry, contract_entry(&want, i)));
	if (i == seen->stop)
		return (prov_fail(err, PROV_EEXIST, "stopped"));
	seen->next++;
	return (PROV_OK);
}

/* All that the store says of itself is what was committed last. */
static inline void
contract_is_at(const struct contract *c, struct store *s, const struct edge *e,
    uint64_t policy, uint64_t synced)
{
	struct contract_seen seen = { 0, UINT64_MAX };
	struct store_state *state = calloc(1, sizeof(*state));
	AUTO_BUF note = { 0 };

	assert_non_null(state);
	/* What was in it before must not shine through. */
	memset(&state->edge, 0xee, sizeof(state->edge));
	ok(c->ops->load(s, state, err));
	assert_int_equal(e->size, state->edge.size);
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		assert_memory_equal(e->hash[level], state->edge.hash[level],
		    (size_t)tile_partial(e->size, level) * 32);
	if (e->size == 0)
		assert_int_equal(0, state->note.len);
	else
		assert_true(span_eq(buf_span(&state->note),
		    contract_note(&note, e->size, "note")));
	assert_int_equal(policy, state->policy);
	assert_int_equal(synced, state->synced);
	ok(c->ops->entries(s, 0, e->size, contract_see, &seen, err));
	assert_int_equal(e->size, seen.next);
	ok(c->ops->check(s, err));
	buf_free(&state->note);
	free(state);
}

static inline void
contract_is_created_once(void **state)
{
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = NULL;

	assert_int_equal(PROV_ENOTFOUND,
	    c->ops->open(&s, c->place, false, NULL));
	assert_null(s);
	s = contract_open(c, true);
	contract_is_at(c, s, e, 0, 0);
	ok(contract_commit(c, s, e, 3, 0, 0));
	/* Creating what is there opens it, and loses nothing. */
	c->ops->close(s);
	s = contract_open(c, true);
	contract_is_at(c, s, e, 0, 0);
	c->ops->close(s);
	c->ops->close(NULL);
	free(e);
}

/* Batches of many sizes, over tiles' borders, each also after opening anew. */
static inline void
contract_keeps_commits(void **state)
{
	static const size_t sizes[] = { 1, 1, 2, 250, 1, 1, 1, 300, 1024, 7,
		1500 };
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	uint64_t synced = 0;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ok(contract_commit(c, s, e, sizes[i], i / 2, synced));
		contract_is_at(c, s, e, i / 2, synced);
		if (i % 3 == 0)
			s = contract_reopen(c, s);
		contract_is_at(c, s, e, i / 2, synced);
		synced = e->size - 1;
	}
	c->ops->close(s);
	free(e);
}

static inline void
contract_reads_parts(void **state)
{
	static const uint64_t parts[][2] = { { 0, 0 }, { 0, 1 }, { 599, 600 },
		{ 255, 257 }, { 100, 500 }, { 600, 600 } };
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	struct contract_seen seen;
	prov_err why = { 0 };

	ok(contract_commit(c, s, e, 600, 0, 0));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		seen = (struct contract_seen){ parts[i][0], UINT64_MAX };
		ok(c->ops->entries(s, parts[i][0], parts[i][1], contract_see,
		    &seen, err));
		assert_int_equal(parts[i][1], seen.next);
	}
	/* What its reader says ends it; what lacks is no end. */
	seen = (struct contract_seen){ 10, 20 };
	assert_int_equal(PROV_EEXIST,
	    c->ops->entries(s, 10, 600, contract_see, &seen, &why));
	assert_string_equal("stopped", why.msg);
	assert_int_equal(20, seen.next);
	seen = (struct contract_seen){ 598, UINT64_MAX };
	assert_int_equal(PROV_EUNTRUSTED,
	    c->ops->entries(s, 598, 601, contract_see, &seen, NULL));
	assert_int_equal(600, seen.next);
	c->ops->close(s);
	free(e);
}

static inline void
contract_sizes_are(const struct contract *c, struct store *s, uint64_t above,
    const uint64_t *want, size_t n)
{
	AUTO_BUF got = { 0 };

	ok(c->ops->sizes(s, above, &got, err));
	assert_int_equal(n * sizeof(*want), got.len);
	if (n != 0)
		assert_memory_equal(want, got.p, got.len);
}

/* Checkpoints are kept until their tiles are on the disk; the newest ever. */
static inline void
contract_forgets_what_is_synced(void **state)
{
	static const uint64_t all[] = { 4, 8, 12, 16, 20 };
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	bool fatal = true;

	for (size_t i = 0; i < 5; i++)
		ok(contract_commit(c, s, e, 4, 0, 0));
	contract_sizes_are(c, s, 0, all, 5);
	contract_sizes_are(c, s, 8, all + 2, 3);
	contract_sizes_are(c, s, 20, NULL, 0);
	ok(c->ops->mark(s, 8, &fatal, err));
	assert_false(fatal);
	contract_sizes_are(c, s, 0, all + 2, 3);
	contract_is_at(c, s, e, 0, 8);
	ok(c->ops->mark(s, 20, &fatal, err));
	contract_sizes_are(c, s, 0, all + 4, 1);
	s = contract_reopen(c, s);
	contract_is_at(c, s, e, 0, 20);
	/* A commit that says so does the same. */
	ok(contract_commit(c, s, e, 2, 0, 20));
	contract_sizes_are(c, s, 0, (const uint64_t[]){ 22 }, 1);
	c->ops->close(s);
	free(e);
}

static inline void
contract_takes_cosignatures(void **state)
{
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	struct store_state *got = calloc(1, sizeof(*got));
	AUTO_BUF note = { 0 };
	bool fatal = true;

	ok(contract_commit(c, s, e, 5, 0, 0));
	ok(c->ops->note(s, 5, contract_note(&note, 5, "cosigned"), &fatal,
	    err));
	assert_false(fatal);
	s = contract_reopen(c, s);
	ok(c->ops->load(s, got, err));
	assert_true(span_eq(buf_span(&note), buf_span(&got->note)));
	assert_int_equal(PROV_ENOTFOUND,
	    c->ops->note(s, 4, buf_span(&note), &fatal, NULL));
	assert_false(fatal);
	/* And it goes on from there. */
	ok(contract_commit(c, s, e, 1, 0, 0));
	contract_is_at(c, s, e, 0, 0);
	buf_free(&got->note);
	free(got);
	c->ops->close(s);
	free(e);
}

/* One that does not follow what is there changes nothing, for ever. */
static inline void
contract_refuses_what_does_not_follow(void **state)
{
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e)), *other = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);

	ok(contract_commit(c, s, e, 10, 0, 0));
	*other = *e;
	other->size = 5;
	assert_int_not_equal(PROV_OK,
	    contract_commit(c, s, other, 20, 0, 0));
	contract_is_at(c, s, e, 0, 0);
	s = contract_reopen(c, s);
	contract_is_at(c, s, e, 0, 0);
	ok(contract_commit(c, s, e, 3, 1, 2));
	contract_is_at(c, s, e, 1, 2);
	c->ops->close(s);
	free(e);
	free(other);
}

/* Whatever settling does, all is there as before, also when no mark follows. */
static inline void
contract_settles(void **state)
{
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	bool fatal = true;

	for (unsigned i = 0; i < 60; i++) {
		ok(contract_commit(c, s, e, i % 7 + 1, 0, 0));
		ok(c->ops->settle(s, &fatal, err));
		assert_false(fatal);
		if (i % 3 == 0) {
			s = contract_reopen(c, s);
			contract_is_at(c, s, e, 0, 0);
		}
	}
	for (unsigned i = 0; i < 60; i++) {
		ok(contract_commit(c, s, e, i % 7 + 1, 0, 0));
		ok(c->ops->settle(s, &fatal, err));
		ok(c->ops->mark(s, e->size, &fatal, err));
		assert_false(fatal);
		s = contract_reopen(c, s);
		contract_is_at(c, s, e, 0, e->size);
	}
	c->ops->close(s);
	free(e);
}

static inline void
contract_flushes(void **state)
{
	const struct contract *c = *state;
	struct edge *e = calloc(1, sizeof(*e));
	struct store *s = contract_open(c, true);
	bool fatal = true;

	ok(contract_commit(c, s, e, 100, 0, 0));
	s = contract_reopen(c, s);
	ok(c->ops->flush(s, &fatal, err));
	assert_false(fatal);
	contract_is_at(c, s, e, 0, 0);
	ok(c->ops->flush(s, &fatal, err));
	ok(contract_commit(c, s, e, 100, 0, 0));
	contract_is_at(c, s, e, 0, 0);
	c->ops->close(s);
	free(e);
}

#endif
