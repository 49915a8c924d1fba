/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_STOCK_H
#define PROV_LEDGER_STOCK_H

#include <pthread.h>

#include "ledger/levels.h"
#include "ledger/store.h"

/*
 * The store beside tlog/: a snapshot of what it says of itself, taken under
 * the lock, and then a thread that builds the tree over its entries. The lock
 * is taken for STOCK_CHUNK entries at a time, so writers go on meanwhile; what
 * they add behind the snapshot is not looked at. Holds an eighth of a byte an
 * entry: the root of each 256 of them.
 */
#define STOCK_CHUNK UINT64_C(65536)

/* A checkpoint that the store keeps, and whether the tree gave its root. */
struct kept {
	uint64_t size;
	uint8_t root[32];
};

struct stock {
	const char *dir;
	const prov_pubkey *log;
	struct damage *found;
	const struct ledger_ops *ops;
	bool there;  /* ledger.db is there, and may be opened */
	bool opened; /* and was */
	bool loaded; /* and says something that fits together */
	struct store_state state;
	struct checkpoint at; /* the newest */
	struct buf kept;      /* struct kept, ascending */
	/* The thread's, until it has ended: */
	struct edge *edge;
	struct sha256 *hash;
	size_t next; /* of kept */
	uint64_t policy;
	prov_status st; /* why it gave up */
	prov_err err;
	/* Under the lock: */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t grew;
	bool started, ended;
	uint8_t (*root)[32];
	uint64_t ready; /* roots */
};

/*
 * The snapshot. public is the published checkpoint, read under the lock, too;
 * empty where there is none. PROV_EBUSY if the lock is not to be had.
 */
prov_status stock_open(struct stock *v, const char *dir, const prov_pubkey *log,
    struct damage *found, struct buf *public, prov_err *err);

/* One more checkpoint that the store's tree has to give. */
prov_status stock_expect(struct stock *v, const struct checkpoint *c,
    prov_err *err);

prov_status stock_start(struct stock *v, prov_err *err);

/* For struct truth; arg is a stock. */
bool stock_root(void *arg, uint64_t tile, uint8_t out[32]);
bool stock_leaves(void *arg, uint64_t tile, unsigned n, uint8_t (*out)[32]);

/* Waits for the thread. PROV_OK where it could do its work. */
prov_status stock_finish(struct stock *v, prov_err *err);
void stock_clear(struct stock *v);

#endif
