/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_TASK_H
#define PROV_VERIFY_TASK_H

#include <sys/stat.h>

#include "verify/verifier.h"

/*
 * One asset being verified. Who made it fills in the verifier, the verdict
 * with the digest, whom to trust, and the asset: a descriptor, bytes, or, bare,
 * no more than its digest.
 */
struct task {
	prov_verifier *v;
	prov_verdict *out;
	int fd;          /* borrowed; -1: none, or none yet */
	struct stat sb;  /* of fd when it was opened */
	prov_span bytes; /* p NULL: none */
	int sealed;      /* fd where it was made of bytes; else -1 */
	bool bare;
	struct judge judge;
	struct sidecar *sidecar; /* NULL: none */
	prov_identity *id;       /* NULL: not identified */
	prov_identity *framed; /* the same, with each picture; NULL: not yet */
	struct finding no_id;  /* why there is none */
	struct dossier d;
	prov_ledger_state ledger_state; /* where the ledger at hand is bad */
	bool recollects; /* what was proven of the asset may be recalled */
	bool recalled;   /* and was */
};

#define TASK(verifier, verdict)                                           \
	{                                                                 \
		.v = (verifier), .out = (verdict), .fd = -1, .sealed = -1 \
	}

void task_clear(struct task *t);
#define AUTO_TASK __attribute__((cleanup(task_clear))) struct task

/*
 * Takes a sidecar for evidence. One that is malformed is a finding, and nothing
 * replaces it. Borrows bytes.
 */
prov_status task_sidecar(struct task *t, prov_span bytes, prov_err *err);
void task_sidecar_bad(struct task *t, const prov_err *why);

/* Looks statements up, binds the asset to them, and audits what holds. */
prov_status task_work(struct task *t, prov_err *err);

/*
 * Fills the verdict, but for its streams, from the statement that says most;
 * lends that, or NULL where there is none to speak of.
 */
const struct evidence *task_conclude(struct task *t);

/* Passes a look-up's status on; a bad ledger is a finding, no failure. */
prov_status task_looked_up(struct task *t, prov_status st, const prov_err *why,
    prov_err *err);

/* bind.c: marks what is about these very bytes; whether any of it holds. */
bool task_bind_exact(struct task *t);

/* The same for streams. */
prov_status task_bind_streams(struct task *t, prov_err *err);

/*
 * recollect.c: fills the empty dossier with what is remembered of the asset
 * under the head at hand, where any of that holds; *hit says so.
 */
prov_status task_recall(struct task *t, bool *hit, prov_err *err);

/* Remembers what a look-up found and proved. */
prov_status task_remember(struct task *t, prov_err *err);

/* audit.c: everything that only the ledger can say against what holds. */
prov_status task_audit(struct task *t, prov_err *err);

/* Says of a chosen statement what of it was not checked. */
void task_skip_unchecked(struct task *t, const struct evidence *e);

#endif
