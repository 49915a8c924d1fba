/* SPDX-License-Identifier: ISC */
#include "ledger/stock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/lock.h"
#include "sign/note.h"
#include "sign/statement.h"

/* Appends hold the lock for well under a second. */
#define LOCK_WAIT_MS 30000

/*
 * Where the content type stands in a statement: behind the heads of the whole,
 * of the protected header, for whose length there is one byte or two, and of
 * what it says before.
 */
#define TYPE_AT 10

/* Damage is found; want of memory or of a readable disk is trouble. */
static bool
is_trouble(prov_status st)
{
	return (st != PROV_OK && st != PROV_ENOTFOUND && !prov_is_no(st));
}

static prov_status
found(struct stock *v, enum finding_kind kind, prov_status st,
    const prov_err *why, prov_err *err)
{
	if (is_trouble(st))
		return (prov_fail(err, st, "%s", why->msg));
	damage_add(v->found, kind, LEDGER_DB, NO_ENTRY, "%s", why->msg);
	return (PROV_OK);
}

static prov_status
keep_note(void *arg, uint64_t size, prov_span note, prov_err *err)
{
	struct stock *v = arg;
	struct checkpoint c;
	struct kept k = { .size = size };
	prov_err why = { 0 };
	prov_status st;

	st = checkpoint_verify(&c, note, v->log, &why);
	if (st == PROV_OK && c.size != size)
		st = prov_fail(&why, PROV_EUNTRUSTED, "it is of size %llu",
		    (unsigned long long)c.size);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK) {
		damage_add(v->found, FOUND_STORED, LEDGER_DB, NO_ENTRY,
		    "the checkpoint kept for size %llu: %s",
		    (unsigned long long)size, why.msg);
		return (PROV_OK);
	}
	memcpy(k.root, c.root, 32);
	buf_put(&v->kept, &k, sizeof(k));
	return (buf_done(&v->kept, err));
}

/* The newest checkpoint, which is signed, and the edge that gives its root. */
static prov_status
look_at_state(struct stock *v, prov_err *err)
{
	uint8_t root[32];
	prov_status st;

	if (v->state.note.len == 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "has no checkpoint: the ledger was never finished"));
	if ((st = checkpoint_verify(&v->at, buf_span(&v->state.note), v->log,
		 err)) != PROV_OK)
		return (prov_wrap(err, st, "the newest checkpoint"));
	if (v->at.size != v->state.edge.size)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the newest checkpoint is of another size than its row"));
	if ((st = edge_root(&v->state.edge, root, err)) != PROV_OK)
		return (st);
	if (memcmp(root, v->at.root, 32) != 0)
		damage_add(v->found, FOUND_EDGE, LEDGER_DB, NO_ENTRY,
		    "the tree's edge does not give the checkpoint's root");
	return (PROV_OK);
}

static prov_status
look_at(struct stock *v, struct store *s, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if ((st = v->ops->load(s, &v->state, &why)) == PROV_OK)
		st = look_at_state(v, &why);
	if (st != PROV_OK)
		return (found(v, FOUND_STORE, st, &why, err));
	v->loaded = true;
	st = v->ops->notes(s, keep_note, v, &why);
	return (st == PROV_OK ? st : found(v, FOUND_STORED, st, &why, err));
}

/* The lock's holder: opens the store where there is one. */
static prov_status
snapshot(struct stock *v, prov_err *err)
{
	struct store *s = NULL;
	char path[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	prov_status st;

	st = v->ops->open(&s, v->dir, false, &why);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	/* Somebody else's ledger is checked as a reader checks it. */
	if (st != PROV_OK &&
	    layout_path(path, NULL, v->dir, LEDGER_DB) == PROV_OK &&
	    access(path, R_OK | W_OK) == -1)
		return (PROV_OK);
	v->there = true;
	if (st != PROV_OK)
		return (found(v, FOUND_STORE, st, &why, err));
	v->opened = true;
	st = look_at(v, s, err);
	v->ops->close(s);
	return (st);
}

/* The store, with the lock. */
struct hold {
	int fd;
	const struct ledger_ops *ops;
	struct store *store;
};

static void
hold_end(struct hold *h)
{
	if (h->store != NULL)
		h->ops->close(h->store);
	auto_fd(&h->fd);
}
#define AUTO_HOLD __attribute__((cleanup(hold_end))) struct hold

static prov_status
hold_begin(struct hold *h, const struct stock *v, prov_err *err)
{
	prov_status st;

	if ((st = lock_take(&h->fd, v->dir, LOCK_WAIT_MS, err)) != PROV_OK)
		return (st);
	h->ops = v->ops;
	return (v->ops->open(&h->store, v->dir, false, err));
}

static prov_status
read_entries(struct stock *v, uint64_t from, uint64_t to, store_entry_fn fn,
    void *arg, prov_err *err)
{
	AUTO_HOLD h = { .fd = -1 };
	prov_status st;

	if ((st = hold_begin(&h, v, err)) != PROV_OK)
		return (st);
	return (v->ops->entries(h.store, from, to, fn, arg, err));
}

/* The pages and what no read asks for. Reads all of it, and so takes long. */
static prov_status
check_pages(struct stock *v, prov_err *err)
{
	AUTO_HOLD h = { .fd = -1 };
	prov_err why = { 0 };
	prov_status st;

	if ((st = hold_begin(&h, v, err)) != PROV_OK ||
	    (st = v->ops->check(h.store, &why)) == PROV_OK)
		return (st);
	return (found(v, FOUND_STORE, st, &why, err));
}

static prov_status
read_public(const char *dir, struct buf *out, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	prov_status st;

	if ((st = layout_path(path, err, dir, LEDGER_CHECKPOINT)) != PROV_OK)
		return (st);
	st = part_read(out, path, NOTE_MAX, &why);
	if (is_trouble(st))
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		out->len = 0;
	return (PROV_OK);
}

/*
 * Whether the lock could not be had because nobody writes there, or not we:
 * then the ledger is checked as a reader checks it.
 */
static bool
is_others(const char *dir, prov_status st)
{
	char db[LEDGER_PATH_MAX], lock[LEDGER_PATH_MAX];

	if (st != PROV_EWRITE)
		return (st == PROV_EUNSUPPORTED);
	if (layout_path(db, NULL, dir, LEDGER_DB) != PROV_OK ||
	    layout_path(lock, NULL, dir, LEDGER_LOCK) != PROV_OK)
		return (false);
	return (access(db, R_OK | W_OK) == -1 ||
		access(file_missing(lock) ? dir : lock, W_OK) == -1);
}

prov_status
stock_open(struct stock *v, const char *dir, const prov_pubkey *log,
    struct damage *f, struct buf *public, prov_err *err)
{
	AUTO_FD int fd = -1;
	char path[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	prov_status st;

	memset(v, 0, sizeof(*v));
	v->dir = dir;
	v->log = log;
	v->found = f;
	v->ops = ledger_backends[0];
	(void)pthread_mutex_init(&v->lock, NULL);
	(void)pthread_cond_init(&v->grew, NULL);
	if ((st = layout_path(path, err, dir, LEDGER_DB)) != PROV_OK)
		return (st);
	if (file_missing(path))
		return (read_public(dir, public, err));
	st = lock_take(&fd, dir, LOCK_WAIT_MS, &why);
	if (st != PROV_OK && !is_others(dir, st))
		return (prov_fail(err, st, "%s", why.msg));
	if (st == PROV_OK && (st = snapshot(v, err)) != PROV_OK)
		return (st);
	if ((st = read_public(dir, public, err)) != PROV_OK)
		return (st);
	auto_fd(&fd);
	fd = -1;
	/* Of what is to be gone through, the thread checks that. */
	return (v->opened && !v->loaded ? check_pages(v, err) : PROV_OK);
}

prov_status
stock_expect(struct stock *v, const struct checkpoint *c, prov_err *err)
{
	struct kept k = { .size = c->size }, *at;
	size_t n = v->kept.len / sizeof(k), i = n;

	memcpy(k.root, c->root, 32);
	buf_put(&v->kept, &k, sizeof(k));
	if (buf_done(&v->kept, err) != PROV_OK)
		return (PROV_ENOMEM);
	at = (struct kept *)(void *)v->kept.p;
	for (; i > 0 && at[i - 1].size > k.size; i--)
		at[i] = at[i - 1];
	at[i] = k;
	return (PROV_OK);
}

/* At the size of a checkpoint: the tree must give its root. */
static prov_status
check_kept(struct stock *v, prov_err *err)
{
	const struct kept *k = (const struct kept *)(const void *)v->kept.p;
	size_t n = v->kept.len / sizeof(*k);
	uint8_t root[32];
	prov_status st;

	while (v->next < n && k[v->next].size < v->edge->size)
		v->next++;
	if (v->next >= n || k[v->next].size != v->edge->size)
		return (PROV_OK);
	if ((st = edge_root(v->edge, root, err)) != PROV_OK)
		return (st);
	for (; v->next < n && k[v->next].size == v->edge->size; v->next++)
		if (memcmp(root, k[v->next].root, 32) != 0)
			damage_add(v->found, FOUND_STORED, LEDGER_DB, NO_ENTRY,
			    "its entries do not give the root that was signed "
			    "at size %llu",
			    (unsigned long long)v->edge->size);
	return (PROV_OK);
}

/* Whether it says what a policy says where a statement says what it is. */
static bool
may_be_policy(prov_span entry)
{
	const char *type = payload_type(PAYLOAD_REGISTRATION);
	size_t len = strlen(type);

	for (size_t at = TYPE_AT; at <= TYPE_AT + 1; at++)
		if (entry.len >= at + len &&
		    memcmp(entry.p + at, type, len) == 0)
			return (true);
	return (false);
}

static bool
is_policy(prov_span entry)
{
	struct statement s;

	return (may_be_policy(entry) &&
		statement_parse(&s, entry, NULL) == PROV_OK &&
		s.kind == PAYLOAD_REGISTRATION);
}

static prov_status
leaf_of(struct sha256 *h, prov_span entry, uint8_t out[32], prov_err *err)
{
	static const uint8_t prefix = 0; /* RFC 9162 2.1.1 */

	sha256_init(h);
	sha256_add(h, &prefix, 1);
	sha256_add(h, entry.p, entry.len);
	return (sha256_done(h, out, err));
}

/* A tile of entries is complete: its root is the newest hash a level up. */
static void
tile_done(struct stock *v)
{
	uint64_t n = v->edge->size / TILE_WIDTH - 1;

	(void)pthread_mutex_lock(&v->lock);
	memcpy(v->root[n], v->edge->hash[1][n % TILE_WIDTH], 32);
	v->ready = n + 1;
	(void)pthread_cond_broadcast(&v->grew);
	(void)pthread_mutex_unlock(&v->lock);
}

static prov_status
add_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct stock *v = arg;
	uint8_t leaf[32];
	prov_status st;

	if ((st = leaf_of(v->hash, entry, leaf, err)) != PROV_OK ||
	    (st = edge_push(v->edge, leaf, NULL, NULL, err)) != PROV_OK)
		return (st);
	if (is_policy(entry))
		v->policy = i;
	if (v->edge->size % TILE_WIDTH == 0)
		tile_done(v);
	return (check_kept(v, err));
}

/* What the store keeps of the tree's edge and of the newest policy. */
static void
check_state(struct stock *v)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		if (memcmp(v->edge->hash[level], v->state.edge.hash[level],
			(size_t)tile_partial(v->at.size, level) * 32) != 0)
			damage_add(v->found, FOUND_EDGE, LEDGER_DB, NO_ENTRY,
			    "level %u of the tree's edge does not follow from "
			    "the entries",
			    level);
	if (v->policy != v->state.policy)
		damage_add(v->found, FOUND_STORE, LEDGER_DB, NO_ENTRY,
		    "names entry %llu as the newest registration policy, "
		    "which is entry %llu",
		    (unsigned long long)v->state.policy,
		    (unsigned long long)v->policy);
}

static void *
build(void *arg)
{
	struct stock *v = arg;
	uint64_t from = 0;
	prov_err why = { 0 };
	prov_status st;

	for (; v->st == PROV_OK && from < v->at.size; from = v->edge->size) {
		uint64_t left = v->at.size - from;

		v->st = read_entries(v, from,
		    from + (left < STOCK_CHUNK ? left : STOCK_CHUNK), add_entry,
		    v, &v->err);
	}
	if (v->st == PROV_OK)
		check_state(v);
	(void)pthread_mutex_lock(&v->lock);
	v->ended = true;
	(void)pthread_cond_broadcast(&v->grew);
	(void)pthread_mutex_unlock(&v->lock);
	/* Nobody waits for this, so it is the last thing. */
	if (is_trouble(v->st))
		return (NULL);
	st = check_pages(v, &why);
	if (v->st == PROV_OK && (v->st = st) != PROV_OK)
		v->err = why;
	return (NULL);
}

prov_status
stock_start(struct stock *v, prov_err *err)
{
	sigset_t all, old;
	prov_status st;

	v->edge = calloc(1, sizeof(*v->edge));
	v->root = calloc((size_t)(v->at.size / TILE_WIDTH + 1), 32);
	if (v->edge == NULL || v->root == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = sha256_new(&v->hash, err)) != PROV_OK)
		return (st);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	v->started = pthread_create(&v->thread, NULL, build, v) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!v->started)
		(void)build(v);
	return (PROV_OK);
}

bool
stock_root(void *arg, uint64_t tile, uint8_t out[32])
{
	struct stock *v = arg;
	bool any;

	if (tile >= v->at.size / TILE_WIDTH)
		return (false);
	(void)pthread_mutex_lock(&v->lock);
	while (v->ready <= tile && !v->ended)
		(void)pthread_cond_wait(&v->grew, &v->lock);
	if ((any = v->ready > tile))
		memcpy(out, v->root[tile], 32);
	(void)pthread_mutex_unlock(&v->lock);
	return (any);
}

static prov_status
one_leaf(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	uint8_t(*out)[32] = arg;

	return (tree_leaf(out[i % TILE_WIDTH], entry, err));
}

bool
stock_leaves(void *arg, uint64_t tile, unsigned n, uint8_t (*out)[32])
{
	struct stock *v = arg;
	uint64_t from = tile * TILE_WIDTH;

	return (from + n <= v->at.size && read_entries(v, from, from + n,
					      one_leaf, out, NULL) == PROV_OK);
}

prov_status
stock_finish(struct stock *v, prov_err *err)
{
	if (v->started)
		(void)pthread_join(v->thread, NULL);
	v->started = false;
	if (v->st == PROV_OK)
		return (PROV_OK);
	return (found(v, FOUND_STORE, v->st, &v->err, err));
}

void
stock_clear(struct stock *v)
{
	if (v->started)
		(void)pthread_join(v->thread, NULL);
	sha256_free(v->hash);
	free(v->edge);
	free(v->root);
	buf_free(&v->state.note);
	buf_free(&v->kept);
	(void)pthread_mutex_destroy(&v->lock);
	(void)pthread_cond_destroy(&v->grew);
}
