/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/blob.h"
#include "ledger/flush.h"
#include "ledger/layout.h"
#include "ledger/lock.h"
#include "ledger/writer.h"
#include "sign/key.h"

/* Up to here syncing each blob is faster than syncing the file system. */
#define SYNC_EACH_MAX 16

/* Registering and closing wait for other writers' batches. */
#define REGISTER_WAIT_MS 30000
#define CLOSE_WAIT_MS    2000

static void
writer_close(prov_ledger *l)
{
	struct writer *w = l->writer;

	syncer_free(w->syncer);
	w->syncer = NULL;
	if (w->unsynced && !w->dead &&
	    writer_enter(l, CLOSE_WAIT_MS, NULL) == PROV_OK) {
		/* Readers scan what no run covers, so a failure costs time. */
		(void)index_flush(&l->index, l->dir, NULL);
		(void)writer_sync(l, NULL);
		writer_leave(l);
	}
	l->index.sweeper = NULL;
	sweeper_free(w->sweeper);
	anchor_free(w->anchor);
	registry_clear(&w->registry);
	buf_free(&w->state.note);
	buf_free(&w->bundle);
	free(w);
	l->writer = NULL;
}

static prov_status writer_check(prov_ledger *l, const prov_inspection *how,
    prov_inspected *out, prov_err *err);

prov_status
writer_new(prov_ledger **out, const char *dir, const prov_key *log,
    prov_err *err)
{
	const prov_pubkey *key = prov_key_public(log);
	AUTO(prov_ledger) *l = NULL;
	struct writer *w;
	prov_status st;

	if ((st = reader_new(&l, dir, key, err)) != PROV_OK)
		return (st);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	w->ops = ledger_backends[0];
	w->log = log;
	w->lock = -1;
	w->sync_ms = lock_clock_ms();
	l->writer = w;
	l->writer_close = writer_close;
	l->writer_check = writer_check;
	l->writer_cosign = writer_cosign;
	st = sha256_of(w->origin, span(key->name, strlen(key->name)), err);
	if (st != PROV_OK)
		return (st);
	*out = TAKE(l);
	return (PROV_OK);
}

prov_status
prov_ledger_open_writer(prov_ledger **out, const char *dir, const prov_key *log,
    prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	prov_err why = { 0 };
	prov_status st;

	if ((st = writer_new(&l, dir, log, err)) != PROV_OK)
		return (st);
	st = writer_enter(l, 0, &why);
	if (st == PROV_OK) {
		st = reader_stand(l, &l->writer->at,
		    buf_span(&l->writer->state.note), err);
		writer_leave(l);
		if (st != PROV_OK)
			return (st);
	} else if (st != PROV_EBUSY) {
		return (prov_fail(err, st, "%s", why.msg));
	}
	/* Who holds the lock has recovered it. */
	*out = TAKE(l);
	return (PROV_OK);
}

prov_status
prov_ledger_anchor(prov_ledger *l, const char *state, prov_err *err)
{
	struct writer *w = l->writer;
	prov_err why = { 0 };
	prov_status st;

	if (w == NULL)
		return (prov_fail(err, PROV_EARG,
		    "the ledger was opened for reading"));
	anchor_free(w->anchor);
	w->anchor = NULL;
	if ((st = anchor_open(&w->anchor, state, &l->key, err)) != PROV_OK)
		return (st);
	/* Who holds the lock appends; before this one does, it is checked. */
	st = writer_enter(l, 0, &why);
	if (st == PROV_EBUSY)
		return (PROV_OK);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	st = anchor_write(w->anchor, buf_span(&w->state.note), err);
	writer_leave(l);
	return (st);
}

/* Directories of a new ledger; private/ is nobody else's. */
static prov_status
make_dirs(const char *dir, prov_err *err)
{
	static const char *const names[] = { "tlog", "index", "blobs",
		"private" };
	char path[LEDGER_PATH_MAX];
	prov_status st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((st = layout_path(path, err, dir, "%s", names[i])) !=
			PROV_OK ||
		    (st = dir_make(path, err)) != PROV_OK)
			return (st);
	if (chmod(path, 0700) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s: chmod", path));
	return (PROV_OK);
}

/* The statement by which owner says whose statements the ledger takes. */
static prov_status
sign_policy(struct buf *out, struct candidate *c, prov_ledger *l,
    const prov_key *owner, const struct registrant *more, prov_err *err)
{
	struct writer *w = l->writer;
	AUTO_BUF payload = { 0 };
	prov_status st;

	if ((st = registry_extend(&payload, &w->registry, more, err)) !=
		PROV_OK ||
	    (st = statement_sign(out, owner, PAYLOAD_REGISTRATION, w->origin,
		 buf_span(&payload), err)) != PROV_OK ||
	    (st = buf_done(out, err)) != PROV_OK)
		return (st);
	return (candidate_read(c, buf_span(out), NULL, err));
}

/* Refuses to begin where a ledger is, or was: its history would fork. */
static prov_status
check_vacant(prov_ledger *l, prov_err *err)
{
	struct writer *w = l->writer;
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, l->dir, LEDGER_CHECKPOINT)) !=
		PROV_OK ||
	    (st = w->ops->load(w->store, &w->state, err)) != PROV_OK)
		return (st);
	if (w->state.note.len != 0 || !file_missing(path))
		return (prov_fail(err, PROV_EEXIST, "%s holds a ledger already",
		    l->dir));
	return (PROV_OK);
}

static prov_status
first_entry(prov_ledger *l, const prov_key *owner, const prov_pubkey *recovery,
    prov_err *err)
{
	struct registrant first = { .key = *prov_key_public(owner),
		.has_recovery = recovery != NULL };
	struct writer *w = l->writer;
	AUTO_BUF bytes = { 0 };
	struct candidate c;
	prov_entry entry;
	prov_status st;

	if (recovery != NULL)
		first.recovery = *recovery;
	if ((st = w->ops->open(&w->store, l->dir, true, err)) != PROV_OK ||
	    (st = check_vacant(l, err)) != PROV_OK ||
	    (st = registry_one(&w->registry, prov_key_public(owner), err)) !=
		PROV_OK ||
	    (st = sign_policy(&bytes, &c, l, owner, &first, err)) != PROV_OK ||
	    (st = writer_append(l, &c, 1, &entry, err)) != PROV_OK)
		return (st);
	return (writer_sync(l, err));
}

prov_status
prov_ledger_create(const char *dir, const prov_key *log, const prov_key *owner,
    const prov_pubkey *recovery, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	prov_status st;

	if (memcmp(prov_key_public(log)->kid, prov_key_public(owner)->kid,
		32) == 0)
		return (prov_fail(err, PROV_EARG,
		    "a log's key cannot be its owner's: it signs no "
		    "statements"));
	if ((st = make_dirs(dir, err)) != PROV_OK ||
	    (st = writer_new(&l, dir, log, err)) != PROV_OK ||
	    (st = lock_take(&l->writer->lock, l->dir, REGISTER_WAIT_MS, err)) !=
		PROV_OK)
		return (st);
	st = first_entry(l, owner, recovery, err);
	l->writer->unsynced = false;
	writer_leave(l);
	return (st);
}

/* Few files are synced one by one; for many the whole file system once. */
static prov_status
write_blobs(prov_ledger *l, const struct ledger_item *items, size_t n,
    prov_err *err)
{
	size_t files = 0;
	unsigned flags;
	uint8_t name[32];
	AUTO_FD int fd = -1;
	prov_status st;

	for (size_t i = 0; i < n; i++)
		files += items[i].n_blobs + (items[i].openings.len != 0);
	if (files == 0)
		return (PROV_OK);
	flags = files <= SYNC_EACH_MAX ? FILE_SYNC : 0;
	if ((fd = open(l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", l->dir));
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < items[i].n_blobs; j++)
			if ((st = blob_write(l->dir, items[i].blobs[j], flags,
				 err)) != PROV_OK)
				return (st);
		if (items[i].openings.len == 0)
			continue;
		if ((st = statement_digest(name, items[i].statement, err)) !=
			PROV_OK ||
		    (st = openings_write(l->dir, name, items[i].openings, flags,
			 err)) != PROV_OK)
			return (st);
	}
	if (flags == 0 && syncfs(fd) == -1) {
		l->writer->dead = true;
		return (prov_fail_errno(err, PROV_EWRITE, "%s: sync", l->dir));
	}
	return (PROV_OK);
}

static prov_status
read_items(struct candidate *c, const struct ledger_item *items, size_t n,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	for (size_t i = 0; i < n; i++) {
		st = candidate_read(&c[i], items[i].statement,
		    items[i].verified, &why);
		if (st != PROV_OK)
			return (prov_fail(err, st, "statement %zu of %zu: %s",
			    i + 1, n, why.msg));
	}
	return (PROV_OK);
}

prov_status
writer_refused(prov_status st, const prov_err *why, prov_err *err)
{
	if (st == PROV_EWRITE && strstr(why->msg, "acknowledged") == NULL)
		return (prov_fail(err, st,
		    "%s; nothing was acknowledged: make room or allow writing, "
		    "and run the same again",
		    why->msg));
	return (prov_fail(err, st, "%s", why->msg));
}

static prov_status
append_read(prov_ledger *l, const struct ledger_item *items,
    struct candidate *c, size_t n, unsigned wait_ms, prov_entry *entries,
    prov_err *err)
{
	prov_status st;

	/* By the policy that this process saw last; a later one decides. */
	candidates_verify(c, n, &l->writer->registry);
	if ((st = write_blobs(l, items, n, err)) != PROV_OK ||
	    (st = writer_enter(l, wait_ms, err)) != PROV_OK)
		return (st);
	st = writer_append(l, c, n, entries, err);
	writer_leave(l);
	return (st);
}

prov_status
ledger_append_items(prov_ledger *l, const struct ledger_item *items, size_t n,
    unsigned wait_ms, prov_entry *entries, struct buf *proofs, prov_err *err)
{
	AUTO_FREE struct candidate *c = calloc(n + 1, sizeof(*c));
	AUTO_FREE prov_entry *done = calloc(n + 1, sizeof(*done));
	prov_err why = { 0 };
	prov_status st;

	if (l->writer == NULL)
		return (prov_fail(err, PROV_EARG,
		    "the ledger was opened for reading"));
	if (c == NULL || done == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = read_items(c, items, n, err)) != PROV_OK)
		return (st);
	if (n == 0)
		return (PROV_OK);
	st = append_read(l, items, c, n, wait_ms, done, &why);
	if (st != PROV_OK)
		return (writer_refused(st, &why, err));
	/* What the proofs are made of was read back: it is published. */
	for (size_t i = 0; proofs != NULL && i < n; i++)
		if ((st = reader_prove(l, done[i].index, &proofs[i], err)) !=
		    PROV_OK)
			return (st);
	memcpy(entries, done, n * sizeof(*entries));
	return (PROV_OK);
}

prov_status
prov_ledger_append(prov_ledger *l, const prov_span *statements, size_t n,
    unsigned wait_ms, prov_entry *entries, prov_err *err)
{
	AUTO_FREE struct ledger_item *items = calloc(n + 1, sizeof(*items));

	if (items == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < n; i++)
		items[i].statement = statements[i];
	return (ledger_append_items(l, items, n, wait_ms, entries, NULL, err));
}

static prov_status
register_locked(prov_ledger *l, const prov_key *owner,
    const prov_pubkey *signer, prov_entry *entry, prov_err *err)
{
	struct writer *w = l->writer;
	const struct registrant more = { .key = *signer };
	AUTO_BUF bytes = { 0 };
	struct candidate c;
	prov_status st;

	if (registry_is_revoked(&w->registry, signer->kid))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "%.100s was revoked in this ledger; make another key",
		    signer->name));
	if (registry_find(&w->registry, signer->kid) != NULL) {
		entry->index = w->state.policy;
		entry->existed = 1;
		return (reader_stand(l, &w->at, buf_span(&w->state.note), err));
	}
	if ((st = sign_policy(&bytes, &c, l, owner, &more, err)) != PROV_OK)
		return (st);
	return (writer_append(l, &c, 1, entry, err));
}

prov_status
prov_ledger_register(prov_ledger *l, const prov_key *owner,
    const prov_pubkey *signer, int64_t now, prov_entry *entry, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	(void)now; /* a policy states no time: its place in the log is enough */
	if (l->writer == NULL)
		return (prov_fail(err, PROV_EARG,
		    "the ledger was opened for reading"));
	st = writer_enter(l, REGISTER_WAIT_MS, &why);
	if (st == PROV_OK) {
		st = register_locked(l, owner, signer, entry, &why);
		writer_leave(l);
	}
	return (st == PROV_OK ? st : writer_refused(st, &why, err));
}

/* Everything, with the store that only a writer has. */
static prov_status
writer_check(prov_ledger *l, const prov_inspection *how, prov_inspected *out,
    prov_err *err)
{
	return (prov_ledger_inspect(l->dir, &l->key, how, out, err));
}
