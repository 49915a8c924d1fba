/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/keys.h"
#include "ledger/layout.h"
#include "ledger/lock.h"
#include "ledger/search.h"
#include "ledger/target.h"
#include "ledger/writer.h"

/* What is derived goes to the disk this often while a process appends. */
#define SYNC_INTERVAL_MS 1000

static prov_status
keep_framed(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct writer *w = arg;
	uint8_t leaf[32];
	prov_status st;

	if ((st = tree_leaf(leaf, entry, err)) != PROV_OK)
		return (st);
	if (memcmp(leaf, w->state.edge.hash[0][i % TILE_WIDTH], 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": entry %llu was changed",
		    (unsigned long long)i));
	bundle_put(&w->bundle, entry);
	return (buf_done(&w->bundle, err));
}

static prov_status
keep_policy(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct writer *w = arg;
	struct statement s;
	prov_status st;

	(void)i;
	if ((st = statement_parse(&s, entry, err)) != PROV_OK ||
	    (st = registry_apply(&w->registry, &s, err)) != PROV_OK)
		return (prov_wrap(err, st, LEDGER_DB ": policy"));
	if (s.kind != PAYLOAD_REGISTRATION)
		return (prov_fail(err, PROV_EFORMAT,
		    LEDGER_DB ": entry %llu is no registration policy",
		    (unsigned long long)i));
	return (PROV_OK);
}

static prov_status
keep_revocation(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct writer *w = arg;
	struct statement s;
	prov_status st;

	(void)i;
	if ((st = statement_parse(&s, entry, err)) != PROV_OK ||
	    s.kind != PAYLOAD_REVOCATION)
		return (st);
	return (registry_apply(&w->registry, &s, err));
}

/* The revocations that the registry does not know yet, by the writer's index.
 */
static prov_status
load_revocations(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	AUTO_BUF hits = { 0 };
	uint8_t key[32];
	const uint64_t *at;
	prov_status st;

	if (w->revoked_to == w->at.size)
		return (PROV_OK);
	if ((st = index_type_key(key, PAYLOAD_REVOCATION, err)) != PROV_OK ||
	    (st = index_find(&l->index, l->dir, INDEX_ASSET, key, w->at.size,
		 &hits, err)) != PROV_OK)
		return (st);
	at = (const uint64_t *)(const void *)hits.p;
	for (size_t i = 0; i < hits.len / sizeof(*at); i++) {
		if (at[i] < w->revoked_to)
			continue;
		st = w->ops->entries(w->store, at[i], at[i] + 1,
		    keep_revocation, w, err);
		if (st != PROV_OK)
			return (st);
	}
	w->revoked_to = w->at.size;
	return (PROV_OK);
}

/* The store's own checkpoint is signed, and its edge gives that root. */
static prov_status
check_state(struct writer *w, const prov_pubkey *key, prov_err *err)
{
	struct checkpoint c;
	uint8_t root[32];
	prov_status st;

	if (w->state.note.len == 0)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "the ledger was never finished; prov init does that"));
	st = checkpoint_verify(&c, buf_span(&w->state.note), key, err);
	if (st != PROV_OK ||
	    (st = edge_root(&w->state.edge, root, err)) != PROV_OK)
		return (prov_wrap(err, st, LEDGER_DB));
	if (c.size != w->state.edge.size ||
	    memcmp(c.root, root, sizeof(root)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": the tree's edge does not give the "
			      "checkpoint's root"));
	w->at = c;
	return (PROV_OK);
}

static prov_status
load_state(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	struct checkpoint old = w->at;
	bool loaded = w->loaded;
	uint64_t size;
	prov_status st;

	w->loaded = false;
	if ((st = w->ops->load(w->store, &w->state, err)) != PROV_OK ||
	    (st = check_state(w, &l->key, err)) != PROV_OK)
		return (st);
	size = w->at.size;
	if (!loaded || old.size != size ||
	    memcmp(old.root, w->at.root, sizeof(old.root)) != 0) {
		w->bundle.len = 0;
		st = w->ops->entries(w->store, size - size % TILE_WIDTH, size,
		    keep_framed, w, err);
		if (st == PROV_OK)
			st = w->ops->entries(w->store, w->state.policy,
			    w->state.policy + 1, keep_policy, w, err);
		if (st != PROV_OK)
			return (st);
	}
	w->loaded = true;
	return (PROV_OK);
}

/*
 * What is published may lag behind the store, after a crash, and may be
 * damaged; ahead of it or beside it means that the store is an old copy, and
 * going on would sign a second history.
 */
static prov_status
check_public(prov_ledger *l, bool *published, prov_err *err)
{
	const struct writer *w = l->writer;
	char path[LEDGER_PATH_MAX];
	AUTO_BUF note = { 0 };
	struct checkpoint c;
	prov_err why = { 0 };
	prov_status st;

	*published = false;
	if ((st = layout_path(path, err, l->dir, LEDGER_CHECKPOINT)) != PROV_OK)
		return (st);
	st = file_read(&note, path, NOTE_MAX, &why);
	/* What cannot be read now may be the history that is to be kept to. */
	if (st != PROV_OK && st != PROV_ENOTFOUND && st != PROV_ELIMIT)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK ||
	    checkpoint_verify(&c, buf_span(&note), &l->key, NULL) != PROV_OK)
		return (PROV_OK);
	if (c.size > w->at.size ||
	    (c.size == w->at.size &&
		memcmp(c.root, w->at.root, sizeof(c.root)) != 0))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%s holds %llu entries and %s is at %llu of another "
		    "history: is the ledger an old copy? nothing was signed; "
		    "prov ledger recover brings back what is missing",
		    LEDGER_DB, (unsigned long long)w->at.size, path,
		    (unsigned long long)c.size));
	*published = c.size == w->at.size;
	return (PROV_OK);
}

/*
 * A checkpoint is published after its entries were synced. One that is not
 * may be of a process that came no further, or whose sync failed: its entries
 * are there, and a power cut would take them.
 */
static prov_status
recover(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	bool published;
	prov_status st;

	if ((st = check_public(l, &published, err)) != PROV_OK ||
	    (!published &&
		(st = w->ops->flush(w->store, &w->dead, err)) != PROV_OK))
		return (st);
	if (!published || (!w->recovered && w->state.synced < w->at.size)) {
		st = publish_rebuild(l->dir, w->ops, w->store, &w->state,
		    w->at.root, w->state.synced, NULL, NULL, err);
		if (st != PROV_OK)
			return (st);
		w->unsynced = true;
	}
	if (!w->recovered && (st = index_repair(&l->index, l->dir,
				  w->state.synced, w->at.size, err)) != PROV_OK)
		return (st);
	w->recovered = true;
	/* Nobody may have put the directories themselves on the disk. */
	return (w->state.synced == 0 ? writer_sync(l, err) : PROV_OK);
}

/* The entries that no run covers are looked up in memory. */
static prov_status
scan_store(void *arg, uint64_t from, uint64_t to, struct index *x,
    prov_err *err)
{
	const struct writer *w = arg;

	return (w->ops->entries(w->store, from, to, index_tail, x, err));
}

/* What others may have seen of this log must be in it, or it is an old copy. */
static prov_status
compare_targets(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	prov_status st;

	if (w->compared)
		return (PROV_OK);
	st = reader_stand(l, &w->at, buf_span(&w->state.note), err);
	if (st == PROV_OK)
		st = target_check(l, err);
	w->compared = st == PROV_OK;
	return (st);
}

/* The anchor is of an earlier size: this log must extend it. */
static prov_status
compare_anchor(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	prov_status st;

	st = reader_stand(l, &w->at, buf_span(&w->state.note), err);
	return (st == PROV_OK ? anchor_check(w->anchor, l, err) : st);
}

prov_status
writer_begin(prov_ledger *l, unsigned wait_ms, prov_err *err)
{
	struct writer *w = l->writer;
	prov_status st;

	if (w->dead)
		return (prov_fail(err, PROV_EWRITE,
		    "%s: an earlier write failed; nothing more is logged "
		    "until the ledger is opened again",
		    l->dir));
	if ((st = lock_take(&w->lock, l->dir, wait_ms, err)) != PROV_OK)
		return (st);
	st = w->ops->open(&w->store, l->dir, false, err);
	if (st == PROV_ENOTFOUND)
		st = prov_fail(err, st, "no ledger in %s; prov init makes one",
		    l->dir);
	return (st == PROV_OK ? load_state(l, err) : st);
}

prov_status
writer_enter(prov_ledger *l, unsigned wait_ms, prov_err *err)
{
	struct writer *w = l->writer;
	bool open = false;
	prov_status st;

	if ((st = writer_begin(l, wait_ms, err)) == PROV_OK &&
	    (w->anchor == NULL || (st = anchor_compare(w->anchor, &w->at, &open,
				       err)) == PROV_OK) &&
	    (st = recover(l, err)) == PROV_OK &&
	    (st = index_cover(&l->index, l->dir, w->at.size, scan_store, w,
		 err)) == PROV_OK &&
	    (!open || (st = compare_anchor(l, err)) == PROV_OK) &&
	    (st = compare_targets(l, err)) == PROV_OK)
		st = load_revocations(l, err);
	if (st != PROV_OK)
		writer_leave(l);
	return (st);
}

void
writer_leave(prov_ledger *l)
{
	struct writer *w = l->writer;

	if (w->store != NULL)
		w->ops->close(w->store);
	w->store = NULL;
	auto_fd(&w->lock);
	w->lock = -1;
}

void
writer_sync_along(prov_ledger *l)
{
	struct writer *w = l->writer;
	uint64_t now = lock_clock_ms();

	if (w->syncer != NULL &&
	    syncer_ended(w->syncer, &w->synced, NULL) != PROV_OK) {
		w->dead = true;
		return;
	}
	if (now - w->sync_ms < SYNC_INTERVAL_MS)
		return;
	if (w->sweeper == NULL)
		(void)sweeper_new(&w->sweeper, NULL);
	/* Where no thread can be had, whoever appends waits for it. */
	if (w->syncer == NULL &&
	    syncer_new(&w->syncer, l->dir, NULL) != PROV_OK)
		(void)writer_sync(l, NULL);
	else if (syncer_begin(w->syncer, w->at.size))
		w->sync_ms = now;
}

prov_status
writer_sync(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	AUTO_FD int fd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	prov_status st;

	if ((st = w->ops->settle(w->store, &w->dead, err)) != PROV_OK)
		return (st);
	/* One call for some hundred files; an fsync each would take longer. */
	if (fd == -1 || syncfs(fd) == -1) {
		w->dead = true;
		return (prov_fail_errno(err, PROV_EWRITE, "%s: sync", l->dir));
	}
	st = w->ops->mark(w->store, w->at.size, &w->dead, err);
	if (st != PROV_OK ||
	    (w->anchor != NULL &&
		(st = anchor_settle(w->anchor, l->dir, err)) != PROV_OK))
		return (st);
	w->state.synced = w->at.size;
	w->unsynced = false;
	w->sync_ms = lock_clock_ms();
	return (PROV_OK);
}
