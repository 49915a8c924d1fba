/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_WRITER_H
#define PROV_LEDGER_WRITER_H

#include "ledger/anchor.h"
#include "ledger/candidate.h"
#include "ledger/publish.h"
#include "ledger/reader.h"
#include "ledger/syncer.h"

/* The writing half of a ledger. */
struct writer {
	const struct ledger_ops *ops;
	const prov_key *log; /* borrowed */
	uint8_t origin[32];  /* SHA-256 of the origin: a policy's subject */
	int lock;            /* -1: not held */
	struct store *store; /* open while the lock is held */
	bool dead;      /* a sync failed: what is on the disk is not known */
	bool recovered; /* this process compared tlog/ with the store */
	struct anchor *anchor; /* NULL: none is kept */
	bool compared;         /* it compared the store with publish targets */
	bool unsynced;         /* it wrote there since it last synced */
	uint64_t sync_ms;      /* when it last synced, by lock_clock_ms */
	struct syncer *syncer; /* NULL: not needed yet */
	struct sweeper *sweeper; /* likewise */
	uint64_t synced;         /* up to here by it: the next commit says so */
	/* What the store said last; all of it fits this checkpoint. */
	bool loaded;
	struct checkpoint at;
	struct store_state state;
	struct buf bundle;
	struct registry registry;
	uint64_t revoked_to; /* it knows the revocations below this entry */
};

/*
 * Takes the lock, opens the store, makes tlog/ and index/ follow it and loads
 * what appending needs. writer_leave undoes that, also after a failure.
 */
prov_status writer_enter(prov_ledger *l, unsigned wait_ms, prov_err *err);
void writer_leave(prov_ledger *l);

/*
 * The same without the comparison with what is published and was signed, for
 * who is to bring an old copy up to that.
 */
prov_status writer_begin(prov_ledger *l, unsigned wait_ms, prov_err *err);

/* A writer that has read nothing yet; log is borrowed. */
prov_status writer_new(prov_ledger **out, const char *dir, const prov_key *log,
    prov_err *err);

/* The checkpoint of the tree with an edge, signed: *note is appended to. */
prov_status writer_sign(prov_ledger *l, const struct edge *edge,
    struct checkpoint *c, struct buf *note, prov_err *err);

/* Puts tlog/ and index/ on the disk and records that. The lock is held. */
prov_status writer_sync(prov_ledger *l, prov_err *err);

/*
 * The same beside what follows, if the last time is a while ago. A failure
 * shows in the next append: what was acknowledged is in the store.
 */
void writer_sync_along(prov_ledger *l);

/*
 * Appends under the lock what is not there yet, publishes it, and stands at
 * the new checkpoint.
 */
prov_status writer_append(prov_ledger *l, const struct candidate *candidates,
    size_t n, prov_entry *entries, prov_err *err);

/* What ledger_cosign does. */
prov_status writer_cosign(prov_ledger *l, prov_span lines, unsigned wait_ms,
    prov_err *err);

/* A write that fails is told as what it means to who waits for the entry. */
prov_status writer_refused(prov_status st, const prov_err *why, prov_err *err);

#endif
