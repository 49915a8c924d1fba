/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_MEMORY_H
#define PROV_LEDGER_MEMORY_H

#include "ledger/fork.h"
#include "ledger/ledger.h"

/*
 * What a client remembers of logs (LEDGER 3), in a state directory that is
 * outside of every ledger:
 *
 *	heads/ID	the newest verified checkpoint, the note verbatim
 *	heads/lock	held while one is replaced
 *	forks/ID/HASH	evidence that the log signed two histories
 *
 * ID is of the log's name and key. A head moves only to one whose tree was
 * shown to extend it, by whichever of many processes. What is damaged is
 * PROV_EOPEN, with a message that says what to do; it is never passed over.
 * One object is for one thread.
 */
struct memory;

/* The hexadecimal digits of ID, without the NUL. */
#define MEMORY_ID_LEN 32
prov_status memory_name(char id[MEMORY_ID_LEN + 1], const prov_pubkey *log,
    prov_err *err);

/* How a verified head relates to what is remembered of its log. */
enum meeting {
	MEETING_FIRST, /* nothing was remembered */
	MEETING_SAME,  /* of the same size and root */
	MEETING_GROWN, /* extends it, and is remembered now */
	MEETING_OLDER, /* smaller: whoever serves it lags behind, or went back */
	MEETING_NEWER, /* memory_compare: larger, and nothing is known of it */
	MEETING_FORK   /* no tree has both, or the log has forked before */
};

/* Reads nothing yet. state need not be there. */
prov_status memory_open(struct memory **out, const char *state, prov_err *err);

/* Writes what moved less than a second ago, as far as that works. */
void memory_close(struct memory *m);
void auto_memory(struct memory **m);
#define AUTO_MEMORY __attribute__((cleanup(auto_memory))) struct memory

/*
 * Meets a log's head whose tree is at hand: get has its nodes, and is not
 * believed. Remembers the first one and what extends it, on the disk at most
 * once a second and in memory_sync. PROV_EUNTRUSTED "ledger.invalid: ..."
 * where the nodes are not the head's. Evidence of a fork is saved.
 */
prov_status memory_meet(struct memory *m, enum meeting *out,
    const prov_pubkey *log, const struct signed_head *head, tree_get_fn get,
    void *arg, prov_err *err);

/* The same with the head that a ledger stands at. */
prov_status memory_meet_ledger(struct memory *m, enum meeting *out,
    prov_ledger *l, prov_err *err);

/* A head alone, as from a sidecar: it never moves what is remembered. */
prov_status memory_compare(struct memory *m, enum meeting *out,
    const prov_pubkey *log, const struct signed_head *head, prov_err *err);

/* What is remembered; lent until the next call. PROV_ENOTFOUND: nothing. */
prov_status memory_recall(struct memory *m, struct signed_head *out,
    const prov_pubkey *log, prov_err *err);

/* Keeps evidence against log, once fork_verify has said that it is some. */
prov_status memory_accuse(struct memory *m, const prov_pubkey *log,
    prov_span evidence, prov_err *err);

/* The file with evidence against log; lent. "" where there is none. */
const char *memory_evidence(struct memory *m, const prov_pubkey *log);

/* Puts on the disk what moved. */
prov_status memory_sync(struct memory *m, prov_err *err);

#endif
