/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ledger/flush.h"
#include "ledger/keys.h"
#include "ledger/lock.h"
#include "ledger/search.h"
#include "ledger/writer.h"
#include "sign/note.h"
#include "sign/receipt.h"

/* From so many statements on, the filters of all runs pay. */
#define FILTER_MIN 64

/* Several statements of one asset in a batch: which of them are the same. */
struct sorted {
	const uint8_t *leaf;
	size_t i;
};

static int
sorted_cmp(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int c = memcmp(x->leaf, y->leaf, 32);

	return (c != 0 ? c : (x->i > y->i) - (x->i < y->i));
}

/* One batch on its way into the store. */
struct batch {
	const struct candidate *candidates;
	size_t n;
	prov_entry *entries;
	size_t *same;     /* same[i]: the first statement with these bytes */
	prov_span *fresh; /* what is new, in order */
	const uint8_t **leaf; /* its leaf hashes */
	size_t n_fresh;
	uint64_t policy;
	struct edge *edge;
	struct buf note;
};

static void
batch_clear(struct batch *b)
{
	free(b->same);
	free(b->fresh);
	free(b->leaf);
	free(b->edge);
	buf_free(&b->note);
}
#define AUTO_BATCH __attribute__((cleanup(batch_clear))) struct batch

static prov_status
batch_init(struct batch *b, prov_err *err)
{
	size_t n = b->n + 1;

	b->same = calloc(n, sizeof(*b->same));
	b->fresh = calloc(n, sizeof(*b->fresh));
	b->leaf = calloc(n, sizeof(*b->leaf));
	b->edge = malloc(sizeof(*b->edge));
	if (b->same == NULL || b->fresh == NULL || b->leaf == NULL ||
	    b->edge == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (PROV_OK);
}

static prov_status
find_repeats(struct batch *b, prov_err *err)
{
	AUTO_FREE struct sorted *s = calloc(b->n + 1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < b->n; i++) {
		s[i].i = i;
		s[i].leaf = b->candidates[i].leaf;
	}
	qsort(s, b->n, sizeof(*s), sorted_cmp);
	for (size_t i = 0; i < b->n; i++) {
		bool repeat =
		    i > 0 && memcmp(s[i].leaf, s[i - 1].leaf, 32) == 0;

		b->same[s[i].i] = repeat ? b->same[s[i - 1].i] : s[i].i;
	}
	return (PROV_OK);
}

/* Runs that the list names are there: nobody else writes now. */
static prov_status
index_damaged(const prov_ledger *l, prov_status st, const prov_err *why,
    prov_err *err)
{
	if (st != PROV_ENOTFOUND)
		return (prov_fail(err, st, "%s", why->msg));
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "%s/index is damaged; remove it, and it is made again", l->dir));
}

struct compare {
	prov_span bytes;
	bool same;
};

static prov_status
compare_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct compare *c = arg;

	(void)i;
	(void)err;
	c->same = span_eq(c->bytes, entry);
	return (PROV_OK);
}

/* Whether the ledger has these bytes; the index is only where to look. */
static prov_status
find_existing(prov_ledger *l, const struct statement *s, prov_entry *e,
    prov_err *err)
{
	struct writer *w = l->writer;
	struct compare c = { .bytes = s->bytes };
	AUTO_BUF hits = { 0 };
	const uint64_t *at;
	prov_err why = { 0 };
	prov_status st;

	e->existed = 0;
	if (index_lacks(&l->index, s->sub_digest))
		return (PROV_OK);
	st = index_find(&l->index, l->dir, INDEX_ASSET, s->sub_digest,
	    w->at.size, &hits, &why);
	at = (const uint64_t *)(const void *)hits.p;
	for (size_t i = 0;
	     st == PROV_OK && !c.same && i < hits.len / sizeof(*at); i++) {
		st = w->ops->entries(w->store, at[i], at[i] + 1, compare_entry,
		    &c, &why);
		e->index = at[i];
	}
	if (st != PROV_OK)
		return (index_damaged(l, st, &why, err));
	e->existed = c.same;
	return (PROV_OK);
}

/* Admits each statement under the policy that stands before it. */
static prov_status
admit(prov_ledger *l, struct batch *b, size_t i, struct registry *registry,
    prov_err *err)
{
	const struct candidate *c = &b->candidates[i];
	const struct statement *s = &c->s;
	const struct place place = { l->key.name, l->writer->origin,
		b->entries[i].index };
	prov_status st;

	if (memcmp(s->kid, l->key.kid, sizeof(s->kid)) == 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a log's key does not sign statements"));
	if ((st = registry_admit(registry, s, &place, err)) != PROV_OK ||
	    (!c->verified &&
		(st = statement_verify(s, registry_key(registry, s->kid),
		     err)) != PROV_OK) ||
	    (st = registry_apply(registry, s, err)) != PROV_OK)
		return (st);
	if (s->kind != PAYLOAD_REGISTRATION)
		return (PROV_OK);
	if (registry_key(registry, l->key.kid) != NULL)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a log's key cannot be registered as a signer"));
	b->policy = b->entries[i].index;
	return (PROV_OK);
}

static prov_status
add_fresh(prov_ledger *l, struct batch *b, size_t i, prov_err *err)
{
	const struct candidate *c = &b->candidates[i];
	size_t n = b->n_fresh;
	prov_status st;

	st = edge_push(b->edge, c->leaf, NULL, NULL, err);
	if (st != PROV_OK)
		return (st);
	b->fresh[n] = c->s.bytes;
	b->leaf[n] = c->leaf;
	b->entries[i].index = l->writer->at.size + n;
	b->n_fresh++;
	return (PROV_OK);
}

/* Sorts out what is new; registry moves along with the policies in between. */
static prov_status
batch_fill(prov_ledger *l, struct batch *b, struct registry *registry,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	*b->edge = l->writer->state.edge;
	b->policy = l->writer->state.policy;
	if ((st = find_repeats(b, err)) != PROV_OK)
		return (st);
	/* A few are looked up sooner than all filters are read. */
	if (b->n >= FILTER_MIN &&
	    (st = index_filters(&l->index, l->dir, &why)) != PROV_OK)
		return (index_damaged(l, st, &why, err));
	for (size_t i = 0; i < b->n; i++) {
		if (b->same[i] != i) {
			b->entries[i].index = b->entries[b->same[i]].index;
			b->entries[i].existed = 1;
			continue;
		}
		st = find_existing(l, &b->candidates[i].s, &b->entries[i], err);
		if (st != PROV_OK)
			return (st);
		if (b->entries[i].existed)
			continue;
		if ((st = add_fresh(l, b, i, err)) != PROV_OK)
			return (st);
		st = admit(l, b, i, registry, &why);
		if (st != PROV_OK && b->n == 1)
			return (prov_fail(err, st, "%s", why.msg));
		if (st != PROV_OK)
			return (prov_fail(err, st, "statement %zu of %zu: %s",
			    i + 1, b->n, why.msg));
	}
	return (PROV_OK);
}

prov_status
writer_sign(prov_ledger *l, const struct edge *edge, struct checkpoint *c,
    struct buf *note, prov_err *err)
{
	AUTO_BUF text = { 0 };
	prov_status st;

	memset(c, 0, sizeof(*c));
	memcpy(c->origin, l->key.name, sizeof(c->origin));
	c->size = edge->size;
	if ((st = edge_root(edge, c->root, err)) != PROV_OK)
		return (st);
	checkpoint_text(&text, c);
	if ((st = buf_done(&text, err)) != PROV_OK ||
	    (st = note_sign(note, l->writer->log, buf_span(&text), err)) !=
		PROV_OK)
		return (st);
	return (receipt_endorse(note, l->writer->log, c->root, err));
}

static prov_status
batch_commit(prov_ledger *l, struct batch *b, prov_err *err)
{
	struct writer *w = l->writer;
	const struct store_batch sb = {
		.first = w->at.size,
		.entries = b->fresh,
		.n = b->n_fresh,
		.edge = b->edge,
		.note = buf_span(&b->note),
		.policy = b->policy,
		.synced = w->synced > w->state.synced && w->synced <= w->at.size
		              ? w->synced
		              : w->state.synced,
	};
	prov_err why = { 0 };
	prov_status st;

	st = w->ops->commit(w->store, &sb, &w->dead, &why);
	if (st == PROV_EWRITE)
		return (prov_fail(err, st,
		    "%s; nothing was acknowledged: make room or allow writing, "
		    "and run the same again",
		    why.msg));
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

/*
 * From here on the entries are in the log. Where publishing fails they are
 * not acknowledged; the next writer publishes them, and who appends the same
 * again is told that they existed.
 */
static prov_status
batch_publish(prov_ledger *l, struct batch *b, prov_err *err)
{
	struct writer *w = l->writer;
	struct publisher p = { .dir = l->dir,
		.edge = &w->state.edge,
		.bundle = &w->bundle,
		.first = w->at.size,
		.final = b->edge->size,
		.sweeper = w->sweeper };
	prov_err why = { 0 };
	prov_status st = PROV_OK;

	/* Who appends once and closes then has no use for a sync beside. */
	if (!w->unsynced)
		w->sync_ms = lock_clock_ms();
	w->unsynced = true;
	w->loaded = false;
	for (size_t i = 0; i < b->n_fresh && st == PROV_OK; i++)
		st = publish_entry(&p, b->fresh[i], b->leaf[i], &why);
	if (st == PROV_OK && (st = publish_partials(&p, &why)) == PROV_OK)
		st = publish_checkpoint(&p, buf_span(&b->note), &why);
	/* From now on an older copy of this directory must not sign. */
	if (st == PROV_OK && w->anchor != NULL)
		st = anchor_write(w->anchor, buf_span(&b->note), &why);
	if (st != PROV_OK)
		return (prov_fail(err, st,
		    "%s; nothing was acknowledged: make room or allow writing, "
		    "and run the same again",
		    why.msg));
	publish_tidy(&p);
	return (PROV_OK);
}

/* Nothing here can undo the append; what fails shows in the next one. */
static void
batch_index(prov_ledger *l, const struct batch *b)
{
	struct writer *w = l->writer;
	struct index *x = &l->index;
	uint64_t first = w->at.size - b->n_fresh;
	prov_status st = PROV_OK;
	bool lacking;

	for (size_t i = 0; i < b->n_fresh && st == PROV_OK; i++)
		st = index_keys(&x->tail, b->fresh[i], l->dir, first + i,
		    &lacking, NULL);
	if (st != PROV_OK) {
		index_clear(x);
		return;
	}
	records_sort(&x->tail);
	x->tail_end = w->at.size;
	x->sweeper = w->sweeper;
	if (x->tail_end - x->position >= INDEX_LAG_MAX ||
	    records_total(&x->tail) >= INDEX_LAG_RECORDS)
		(void)index_flush_along(x, l->dir, NULL);
}

static prov_status
append_fresh(prov_ledger *l, struct batch *b, struct registry *registry,
    prov_err *err)
{
	struct writer *w = l->writer;
	struct checkpoint c;
	prov_status st;

	if ((st = writer_sign(l, b->edge, &c, &b->note, err)) != PROV_OK ||
	    (st = batch_commit(l, b, err)) != PROV_OK ||
	    (st = batch_publish(l, b, err)) != PROV_OK)
		return (st);
	w->at = c;
	w->revoked_to = c.size; /* the registry moved along */
	w->state.policy = b->policy;
	buf_free(&w->state.note);
	w->state.note = b->note;
	memset(&b->note, 0, sizeof(b->note));
	registry_clear(&w->registry);
	w->registry = *registry;
	memset(registry, 0, sizeof(*registry));
	w->loaded = true;
	batch_index(l, b);
	writer_sync_along(l);
	return (PROV_OK);
}

prov_status
writer_append(prov_ledger *l, const struct candidate *candidates, size_t n,
    prov_entry *entries, prov_err *err)
{
	struct writer *w = l->writer;
	AUTO_BATCH b = { .candidates = candidates, .n = n };
	AUTO_FREE prov_entry *done = calloc(n + 1, sizeof(*done));
	struct registry registry = { 0 };
	prov_status st;

	if (done == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	b.entries = done;
	if ((st = batch_init(&b, err)) == PROV_OK &&
	    (st = registry_copy(&registry, &w->registry, err)) == PROV_OK &&
	    (st = batch_fill(l, &b, &registry, err)) == PROV_OK &&
	    b.n_fresh != 0)
		st = append_fresh(l, &b, &registry, err);
	registry_clear(&registry);
	if (st == PROV_OK)
		st = reader_stand(l, &w->at, buf_span(&w->state.note), err);
	if (st == PROV_OK)
		memcpy(entries, done, n * sizeof(*entries));
	return (st);
}
