/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_FORK_H
#define PROV_LEDGER_FORK_H

#include "base/limits.h"
#include "hash/tree.h"
#include "ledger/checkpoint.h"

/* A checkpoint, and the note that its log signed, which is borrowed. */
struct signed_head {
	struct checkpoint at;
	prov_span note;
};

/*
 * Evidence that a log signed two histories, which anybody can check who has
 * its key: two checkpoints of one size with other roots, or the RFC 9162
 * consistency proof that ties another root at the smaller size to the larger.
 *
 *	prov-fork/1
 *	LEN LEN		of the notes, the smaller tree's first
 *	ROOT		of the larger tree at the smaller's size, and
 *	HASH ...	the proof from there; both only where sizes differ
 *
 *	NOTE NOTE	verbatim, one behind the other
 */
#define FORK_PATH_MAX (TREE_PATH_MAX + 1)
#define FORK_MAX      (2 * NOTE_MAX + 8192)

struct fork {
	prov_span note[2]; /* borrow */
	bool grown;        /* sizes differ: root and path are there */
	uint8_t root[32];
	size_t n;
	uint8_t path[FORK_PATH_MAX * 32];
};

void fork_encode(struct buf *b, const struct fork *f);

/* The form alone: notes are not looked at. Borrows bytes. */
prov_status fork_parse(struct fork *out, prov_span bytes, prov_err *err);

/*
 * PROV_OK only if log signed both checkpoints and no one tree has both; fills
 * at, the smaller first. PROV_EUNTRUSTED where this is no evidence.
 */
prov_status fork_verify(struct checkpoint at[2], const struct fork *f,
    const prov_pubkey *log, prov_err *err);

/*
 * Whether a head, to whose tree get has the nodes, extends an older one or one
 * of its size. Both are verified. Where it does not, forked is set and the
 * evidence appended. get is not believed: PROV_EUNTRUSTED "ledger.invalid: ..."
 * where its nodes do not give the head's root.
 */
prov_status fork_look(struct buf *evidence, bool *forked,
    const struct signed_head *old, const struct signed_head *head,
    tree_get_fn get, void *arg, prov_err *err);

#endif
