/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_STORE_H
#define PROV_LEDGER_STORE_H

#include "base/buf.h"
#include "ledger/edge.h"

/*
 * What the lock holder keeps: the entries, which are the truth, with the edge
 * of the tree over them and the signed checkpoints. Everything in tlog/ and
 * index/ derives from it. Nobody opens a store without holding the lock.
 */
struct store;

/* What the store says of itself. note is empty before the first commit. */
struct store_state {
	struct edge edge;
	struct buf note; /* the newest signed checkpoint */
	uint64_t policy; /* the entry with the newest registration policy */
	uint64_t synced; /* tlog/ and index/ are on the disk up to here */
};

/* One transaction: entries from edge's old size on, in order. */
struct store_batch {
	uint64_t first; /* index of the first entry */
	const prov_span *entries;
	size_t n;
	const struct edge *edge; /* after them */
	prov_span note;          /* signed at edge->size */
	uint64_t policy;
	uint64_t synced;
};

typedef prov_status (
    *store_entry_fn)(void *arg, uint64_t i, prov_span entry, prov_err *err);

/* Where the log is published, and the newest checkpoint that went there. */
struct store_target {
	const char *name; /* absolute */
	uint64_t size;
	uint8_t root[32];
};

typedef prov_status (
    *store_target_fn)(void *arg, const struct store_target *t, prov_err *err);

/*
 * A backend. Writes that fail are PROV_EWRITE, and nothing was committed;
 * *fatal is set where the disk's state is not known any more, after which a
 * store must not be used. A store that is not what this version would have
 * made is PROV_EUNTRUSTED.
 */
struct ledger_ops {
	const char *name;
	/* PROV_ENOTFOUND, unless create is set. */
	prov_status (*open)(struct store **out, const char *dir, bool create,
	    prov_err *err);
	void (*close)(struct store *s);
	prov_status (
	    *load)(struct store *s, struct store_state *out, prov_err *err);
	prov_status (*commit)(struct store *s, const struct store_batch *b,
	    bool *fatal, prov_err *err);
	/*
	 * Puts on the disk what load says, also what another process left
	 * behind before it synced, or although syncing it had failed.
	 */
	prov_status (*flush)(struct store *s, bool *fatal, prov_err *err);
	/*
	 * Before a sync of the file system, after which mark follows if it
	 * worked: does what that sync can take along. Syncs nothing itself.
	 */
	prov_status (*settle)(struct store *s, bool *fatal, prov_err *err);
	/*
	 * Records synced, and forgets older checkpoints. After a power cut it
	 * may be as if it had not been, unless a commit followed.
	 */
	prov_status (*mark)(struct store *s, uint64_t synced, bool *fatal,
	    prov_err *err);
	/*
	 * Replaces the signed note at a size: it was cosigned since.
	 * PROV_ENOTFOUND where none is kept.
	 */
	prov_status (*note)(struct store *s, uint64_t size, prov_span note,
	    bool *fatal, prov_err *err);
	/* Entries from to to - 1, in order; PROV_EUNTRUSTED if one lacks. */
	prov_status (*entries)(struct store *s, uint64_t from, uint64_t to,
	    store_entry_fn fn, void *arg, prov_err *err);
	/* Sizes (uint64_t, ascending) of the checkpoints above a size. */
	prov_status (*sizes)(struct store *s, uint64_t above, struct buf *out,
	    prov_err *err);
	/* Each publish target; adds or replaces one; PROV_ENOTFOUND if none. */
	prov_status (*targets)(struct store *s, store_target_fn fn, void *arg,
	    prov_err *err);
	prov_status (*target_put)(struct store *s, const struct store_target *t,
	    bool *fatal, prov_err *err);
	prov_status (*target_drop)(struct store *s, const char *name,
	    bool *fatal, prov_err *err);
	/* Each checkpoint that is kept, ascending. */
	prov_status (*notes)(struct store *s, store_entry_fn fn, void *arg,
	    prov_err *err);
	/* The backend's own look at its files, page by page. */
	prov_status (*check)(struct store *s, prov_err *err);
};

extern const struct ledger_ops ledger_sqlite;

/* By the first that finds its files; in a new ledger the first of all. */
extern const struct ledger_ops *const ledger_backends[];

#endif
