/* SPDX-License-Identifier: ISC */
/* Where a log is published: a directory that others read. */
#include "ledger/target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "ledger/blob.h"
#include "ledger/copy.h"
#include "ledger/layout.h"
#include "ledger/lock.h"

/* Another publisher, or a writer: as long as signing waits. */
#define WAIT_MS 30000

struct job {
	prov_ledger *l;
	struct copy to;
	uint64_t from; /* entries below this are there */
	struct publisher p;
	prov_progress_fn progress;
	void *arg;
	prov_copied *out;
};

/* Takes the lock of a ledger and opens its store; a clone has none. */
static prov_status
store_enter(const struct ledger_ops **ops, struct store **s, int *lock,
    const char *dir, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, dir, LEDGER_DB)) != PROV_OK)
		return (st);
	if (file_missing(path))
		return (PROV_ENOTFOUND);
	if ((st = lock_take(lock, dir, WAIT_MS, err)) != PROV_OK)
		return (st);
	*ops = ledger_backends[0];
	return ((*ops)->open(s, dir, false, err));
}

static prov_status
remember(const prov_ledger *l, const char *name, const struct checkpoint *at,
    prov_err *err)
{
	struct store_target t = { .name = name, .size = at->size };
	const struct ledger_ops *ops = NULL;
	struct store *s = NULL;
	AUTO_FD int lock = -1;
	bool fatal;
	prov_status st;

	memcpy(t.root, at->root, sizeof(t.root));
	st = store_enter(&ops, &s, &lock, l->dir, err);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	if (st == PROV_OK)
		st = ops->target_put(s, &t, &fatal, err);
	if (s != NULL)
		ops->close(s);
	return (st);
}

prov_status
prov_ledger_forget(prov_ledger *l, const char *dir, prov_err *err)
{
	AUTO_FREE char *name = realpath(dir, NULL);
	const struct ledger_ops *ops = NULL;
	struct store *s = NULL;
	AUTO_FD int lock = -1;
	bool fatal;
	prov_status st;

	/* One that is gone is forgotten by the name that it had. */
	if (name == NULL && (name = strdup(dir)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	st = store_enter(&ops, &s, &lock, l->dir, err);
	if (st == PROV_OK)
		st = ops->target_drop(s, name, &fatal, err);
	if (s != NULL)
		ops->close(s);
	if (st == PROV_ENOTFOUND)
		return (
		    prov_fail(err, st, "%s: nothing is published there", name));
	return (st);
}

/* Whether a tree of the given size and root is the beginning of l's. */
static prov_status
is_prefix(prov_ledger *l, const struct checkpoint *c, bool *is, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	*is = c->size == 0;
	if (c->size == 0 || c->size > l->view.at.size)
		return (PROV_OK);
	if (c->size == l->view.at.size)
		memcpy(root, l->view.at.root, sizeof(root));
	else if ((st = tree_range_root(root, 0, c->size, view_node, &l->view,
		      err)) != PROV_OK)
		return (st);
	*is = memcmp(root, c->root, sizeof(root)) == 0;
	return (PROV_OK);
}

/* Never over a larger one, nor over another history. */
static prov_status
check_target(struct job *j, prov_err *err)
{
	uint64_t theirs = j->to.at.size, ours = j->l->view.at.size;
	prov_status st;
	bool is;

	if (theirs > ours)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.stale: %s is at %llu entries, the ledger at %llu",
		    j->to.dir, (unsigned long long)theirs,
		    (unsigned long long)ours));
	if ((st = is_prefix(j->l, &j->to.at, &is, err)) != PROV_OK || is)
		return (st);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "ledger.fork: %s has another history of %llu entries", j->to.dir,
	    (unsigned long long)theirs));
}

static prov_status
copy_blob(void *arg, const uint8_t sha256[32], prov_err *err)
{
	struct job *j = arg;
	AUTO_BUF b = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (blob_there(j->to.dir, sha256))
		return (PROV_OK);
	st = blob_read(&b, j->l->dir, sha256, &why);
	if (st == PROV_ENOTFOUND) {
		j->out->lacking++;
		return (PROV_OK);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	j->out->blobs++;
	j->out->bytes += b.len;
	return (blob_write(j->to.dir, buf_span(&b), 0, err));
}

static prov_status
copy_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct job *j = arg;
	uint8_t leaf[32];
	prov_status st;

	if ((st = tree_leaf(leaf, entry, err)) != PROV_OK ||
	    (st = publish_entry(&j->p, entry, leaf, err)) != PROV_OK ||
	    (st = copy_timelines(entry, copy_blob, j, err)) != PROV_OK)
		return (st);
	j->out->bytes += entry.len;
	if (j->progress != NULL)
		j->progress(j->arg, i + 1 - j->p.first,
		    j->p.final - j->p.first);
	return (PROV_OK);
}

/*
 * The tree's edge from which copying goes on, out of tiles that are checked:
 * those of the size that the target has may be gone, or others.
 */
static prov_status
begin_edge(struct edge *e, struct view *v, uint64_t size, prov_err *err)
{
	prov_status st = PROV_OK;

	memset(e, 0, sizeof(*e));
	e->size = size;
	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		uint64_t end = tile_hashes(size, level);
		unsigned width = tile_partial(size, level);

		for (unsigned i = 0; st == PROV_OK && i < width; i++)
			st = view_node(v, level * TILE_HEIGHT, end - width + i,
			    e->hash[level][i], err);
	}
	return (st);
}

/* Tiles and bundles of what the target lacks; all of it must give the root. */
static prov_status
copy_tree(struct job *j, prov_err *err)
{
	struct view *v = &j->l->view;
	uint8_t got[32];
	prov_status st;

	if ((st = begin_edge(j->p.edge, v, j->p.first, err)) != PROV_OK)
		return (st);
	st = view_scan(v, j->p.first, v->at.size, copy_entry, j, err);
	if (st != PROV_OK || (st = publish_partials(&j->p, err)) != PROV_OK ||
	    (st = edge_root(j->p.edge, got, err)) != PROV_OK)
		return (st);
	if (memcmp(v->at.root, got, sizeof(got)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the entries do not give the root"));
	return (PROV_OK);
}

/* A reader_op: another checkpoint, another copy. */
static prov_status
publish(prov_ledger *l, void *arg, prov_err *err)
{
	AUTO_FREE struct edge *e = calloc(1, sizeof(*e));
	AUTO_BUF bundle = { 0 };
	struct job *j = arg;
	prov_status st;

	if (e == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = check_target(j, err)) != PROV_OK ||
	    (st = remember(l, j->to.dir, &j->to.at, err)) != PROV_OK)
		return (st);
	j->p = (struct publisher){ .dir = j->to.dir,
		.edge = e,
		.bundle = &bundle,
		.first = j->from - j->from % TILE_WIDTH,
		.final = l->view.at.size,
		.compare = true };
	if ((st = copy_tree(j, err)) != PROV_OK ||
	    (st = copy_finish(&j->to, buf_span(&l->note), err)) != PROV_OK ||
	    (st = remember(l, j->to.dir, &l->view.at, err)) != PROV_OK)
		return (st);
	publish_tidy(&j->p);
	j->out->size = l->view.at.size;
	memcpy(j->out->root, l->view.at.root, sizeof(j->out->root));
	return (PROV_OK);
}

prov_status
prov_ledger_publish(prov_ledger *l, const char *dir, int all,
    prov_progress_fn progress, void *arg, prov_copied *out, prov_err *err)
{
	struct job j = { .l = l,
		.to = { .lock = -1 },
		.progress = progress,
		.arg = arg,
		.out = out };
	prov_status st;

	memset(out, 0, sizeof(*out));
	if ((st = ledger_refresh(l, err)) != PROV_OK)
		return (st);
	st = copy_open(&j.to, dir, &l->key, WAIT_MS, err);
	if (st == PROV_OK) {
		out->from = j.to.at.size;
		j.from = all != 0 ? 0 : j.to.at.size;
		st = reader_do(l, publish, &j, err);
	}
	copy_close(&j.to);
	return (st);
}

/* What the target says now, where it can be read and is the log's. */
static void
look_again(struct checkpoint *c, const prov_pubkey *key, const char *name)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF note = { 0 };
	struct checkpoint now;

	if (layout_path(path, NULL, name, LEDGER_CHECKPOINT) != PROV_OK ||
	    file_read(&note, path, NOTE_MAX, NULL) != PROV_OK ||
	    checkpoint_verify(&now, buf_span(&note), key, NULL) != PROV_OK)
		return;
	/* It may be ahead of what was noted, but not behind. */
	if (now.size >= c->size)
		*c = now;
}

static prov_status
check_one(void *arg, const struct store_target *t, prov_err *err)
{
	prov_ledger *l = arg;
	struct checkpoint c = { .size = t->size };
	prov_status st;
	bool is;

	memcpy(c.root, t->root, sizeof(c.root));
	look_again(&c, &l->key, t->name);
	if ((st = is_prefix(l, &c, &is, err)) != PROV_OK || is)
		return (st);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "%llu entries were published in %s that are not in %s: is the "
	    "ledger an old copy? nothing was signed; prov ledger recover "
	    "--from there brings them back",
	    (unsigned long long)c.size, t->name, LEDGER_DB));
}

prov_status
target_check(prov_ledger *l, prov_err *err)
{
	const struct writer *w = l->writer;

	return (w->ops->targets(w->store, check_one, l, err));
}
