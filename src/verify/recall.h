/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_RECALL_H
#define PROV_VERIFY_RECALL_H

#include "ledger/memory.h"
#include "verify/evidence.h"

/* How the ledger at hand stands to what this client remembers of its log. */
struct standing {
	bool fine;
	prov_ledger_state state; /* else: STALE or FORK, and why */
	enum reason reason;
	prov_err why;
	bool recalled; /* there was something to compare with */
	bool first;    /* no: what is remembered now, it remembered itself */
};

/*
 * Compares, and remembers the ledger's head where it is fine. out is from the
 * last time, or zeroed.
 */
prov_status recall_ledger(struct standing *out, struct memory *m,
    prov_ledger *l, prov_err *err);

/*
 * Compares a sidecar's checkpoint with what is remembered, in state and why of
 * e: only one of the same size can be told from it without the tree.
 */
prov_status recall_proof(struct evidence *e, struct memory *m,
    const prov_trust *trust, prov_err *err);

/* Says of e that its log forked, and keeps the evidence; m may be NULL. */
prov_status recall_fork(struct evidence *e, struct memory *m,
    const prov_pubkey *log, prov_span evidence, prov_err *err);

#endif
