/* SPDX-License-Identifier: ISC */
/*
 * LEDGER 5: a ledger that was restored from an old copy is brought up to a
 * newer copy of its tree, entry by entry, before it signs anything again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/blob.h"
#include "ledger/copy.h"
#include "ledger/writer.h"

#define WAIT_MS 30000

/* What one transaction takes. */
#define STEP_ENTRIES 1024
#define STEP_BYTES   ((size_t)16 << 20)

struct recovery {
	prov_ledger *l;    /* its lock is held */
	prov_ledger *copy; /* what it is brought up to */
	struct edge *edge; /* of all that was read */
	uint64_t policy;
	uint64_t first; /* the entry that the step begins with */
	struct buf bytes;
	size_t len[STEP_ENTRIES];
	size_t n;
	prov_progress_fn progress;
	void *arg;
	prov_copied *out;
};

/* Timelines are copied where they are; without one less can be proven. */
static prov_status
bring_blob(void *arg, const uint8_t sha256[32], prov_err *err)
{
	struct recovery *r = arg;
	AUTO_BUF blob = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (blob_there(r->l->dir, sha256))
		return (PROV_OK);
	st = ledger_blob(r->copy, sha256, &blob, &why);
	if (st == PROV_ENOTFOUND) {
		r->out->lacking++;
		return (PROV_OK);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	st = blob_write(r->l->dir, buf_span(&blob), FILE_SYNC, err);
	r->out->blobs++;
	r->out->bytes += blob.len;
	return (st);
}

/* The copy's own checkpoint at the end, which may be cosigned. */
static prov_status
sign_step(struct recovery *r, struct buf *note, prov_err *err)
{
	struct checkpoint c;
	prov_status st;

	if (r->edge->size != r->copy->view.at.size)
		return (writer_sign(r->l, r->edge, &c, note, err));
	if ((st = edge_root(r->edge, c.root, err)) != PROV_OK)
		return (st);
	if (memcmp(c.root, r->copy->view.at.root, sizeof(c.root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the copy's entries do not give its root"));
	buf_put_span(note, buf_span(&r->copy->note));
	return (buf_done(note, err));
}

static prov_status
commit_step(struct recovery *r, prov_err *err)
{
	struct writer *w = r->l->writer;
	AUTO_FREE prov_span *entries = calloc(r->n + 1, sizeof(*entries));
	AUTO_BUF note = { 0 };
	const uint8_t *p = r->bytes.p;
	struct store_batch b = { .first = r->first,
		.n = r->n,
		.edge = r->edge,
		.policy = r->policy,
		.synced = w->state.synced };
	prov_status st;

	if (r->n == 0)
		return (PROV_OK);
	if (entries == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < r->n; p += r->len[i], i++)
		entries[i] = span(p, r->len[i]);
	if ((st = sign_step(r, &note, err)) != PROV_OK)
		return (st);
	b.entries = entries;
	b.note = buf_span(&note);
	st = w->ops->commit(w->store, &b, &w->dead, err);
	if (st != PROV_OK)
		return (st);
	r->first += r->n;
	r->n = r->bytes.len = 0;
	if (r->progress != NULL)
		r->progress(r->arg, r->first, r->copy->view.at.size);
	return (PROV_OK);
}

/* A view_entry_fn: the entry was traced to the copy's root. */
static prov_status
bring_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct recovery *r = arg;
	struct statement s;
	uint8_t leaf[32];
	prov_status st;

	if ((st = statement_parse(&s, entry, err)) != PROV_OK ||
	    (st = tree_leaf(leaf, entry, err)) != PROV_OK ||
	    (st = edge_push(r->edge, leaf, NULL, NULL, err)) != PROV_OK ||
	    (st = copy_timelines(entry, bring_blob, r, err)) != PROV_OK)
		return (st);
	if (s.kind == PAYLOAD_REGISTRATION)
		r->policy = i;
	buf_put_span(&r->bytes, entry);
	r->len[r->n++] = entry.len;
	r->out->bytes += entry.len;
	if ((st = buf_done(&r->bytes, err)) != PROV_OK)
		return (st);
	return (r->n == STEP_ENTRIES || r->bytes.len >= STEP_BYTES
		    ? commit_step(r, err)
		    : PROV_OK);
}

/* Nothing is taken from a copy that this ledger is not the beginning of. */
static prov_status
check_beginning(const struct recovery *r, prov_err *err)
{
	const struct checkpoint *at = &r->l->writer->at;
	struct view *v = &r->copy->view;
	uint8_t root[32];
	prov_status st;

	if (v->at.size < at->size)
		return (prov_fail(err, PROV_EARG,
		    "%s has %llu entries, and the ledger %llu: it is an older "
		    "copy still",
		    r->copy->dir, (unsigned long long)v->at.size,
		    (unsigned long long)at->size));
	if (v->at.size == at->size)
		memcpy(root, v->at.root, sizeof(root));
	else if ((st = tree_range_root(root, 0, at->size, view_node, v, err)) !=
		 PROV_OK)
		return (st);
	if (memcmp(root, at->root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.fork: %s holds another history than %s: nothing "
		    "was taken from it",
		    r->copy->dir, r->l->dir));
	return (PROV_OK);
}

static prov_status
bring(struct recovery *r, prov_err *err)
{
	struct writer *w = r->l->writer;
	prov_status st;

	if ((st = check_beginning(r, err)) != PROV_OK)
		return (st);
	*r->edge = w->state.edge;
	r->policy = w->state.policy;
	r->out->from = r->first = w->at.size;
	r->out->size = r->copy->view.at.size;
	memcpy(r->out->root, r->copy->view.at.root, sizeof(r->out->root));
	st = view_scan(&r->copy->view, r->first, r->out->size, bring_entry, r,
	    err);
	return (st == PROV_OK ? commit_step(r, err) : st);
}

/* What others read, and the index, follow as after a crash. */
static prov_status
bring_up(struct recovery *r, prov_err *err)
{
	prov_status st;

	if ((r->edge = malloc(sizeof(*r->edge))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	st = writer_begin(r->l, WAIT_MS, err);
	if (st == PROV_OK)
		st = bring(r, err);
	writer_leave(r->l);
	free(r->edge);
	buf_free(&r->bytes);
	if (st != PROV_OK || (st = writer_enter(r->l, WAIT_MS, err)) != PROV_OK)
		return (st);
	st = writer_sync(r->l, err);
	writer_leave(r->l);
	return (st);
}

prov_status
prov_ledger_recover(const char *dir, const prov_key *log, const char *from,
    prov_progress_fn progress, void *arg, prov_copied *out, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO(prov_ledger) *copy = NULL;
	AUTO_FREE struct recovery *r = calloc(1, sizeof(*r));
	prov_status st;

	memset(out, 0, sizeof(*out));
	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = prov_ledger_open(&copy, from, prov_key_public(log), err)) !=
		PROV_OK ||
	    (st = reader_ready(copy, err)) != PROV_OK ||
	    (st = writer_new(&l, dir, log, err)) != PROV_OK)
		return (st);
	*r = (struct recovery){ .l = l,
		.copy = copy,
		.progress = progress,
		.arg = arg,
		.out = out };
	return (bring_up(r, err));
}
