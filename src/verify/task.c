/* SPDX-License-Identifier: ISC */
#include "verify/task.h"

#include <stdlib.h>

#include "base/file.h"

void
task_clear(struct task *t)
{
	auto_fd(&t->sealed);
	free(t->sidecar);
	prov_identity_free(t->id);
	prov_identity_free(t->framed);
	dossier_clear(&t->d);
}

void
task_sidecar_bad(struct task *t, const prov_err *why)
{
	t->out->sidecar_bad = true;
	t->out->signature = PROV_SIG_INVALID;
	findings_add(&t->out->why, REASON_SIDECAR_MALFORMED, "%.150s",
	    why->msg);
}

/* The sidecar's statement and proof become the first evidence. */
static prov_status
judge_sidecar(struct task *t, prov_err *err)
{
	prov_span statement = t->sidecar->statement;
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	st = t->judge.run ? evidence_run_new(&e, statement, err)
	                  : evidence_new(&e, statement, err);
	if (st != PROV_OK)
		return (st);
	e->lately = &t->v->lately;
	if ((st = evidence_signature(e, t->judge.trust, t->judge.path,
		 t->judge.now, err)) != PROV_OK ||
	    (st = evidence_proof(e, t->judge.trust, t->sidecar->proof,
		 t->judge.now, err)) != PROV_OK ||
	    (st = evidence_receipt(e, t->judge.trust, t->sidecar->receipt,
		 err)) != PROV_OK)
		return (st);
	e->from_sidecar = true;
	if (t->v->memory != NULL && (st = recall_proof(e, t->v->memory,
					 t->judge.trust, err)) != PROV_OK)
		return (st);
	if ((st = dossier_add(&t->d, e, err)) == PROV_OK)
		e = NULL;
	return (st);
}

prov_status
task_sidecar(struct task *t, prov_span bytes, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if ((t->sidecar = calloc(1, sizeof(*t->sidecar))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	if ((st = sidecar_decode(t->sidecar, bytes, &why)) == PROV_OK)
		st = judge_sidecar(t, &why);
	if (prov_is_no(st)) {
		task_sidecar_bad(t, &why);
		return (PROV_OK);
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

static void
ledger_bad(struct task *t, enum reason r, const prov_err *why)
{
	t->out->ledger_bad = true;
	t->ledger_state = r == REASON_LEDGER_STALE  ? PROV_LEDGER_STALE
	                  : r == REASON_LEDGER_FORK ? PROV_LEDGER_FORK
	                                            : PROV_LEDGER_INVALID;
	findings_add(&t->out->why, r, "%.150s", why->msg);
}

prov_status
task_looked_up(struct task *t, prov_status st, const prov_err *why,
    prov_err *err)
{
	if (st == PROV_OK)
		return (PROV_OK);
	if (!prov_is_no(st))
		return (prov_fail(err, st, "%s", why->msg));
	ledger_bad(t, REASON_LEDGER_INVALID, why);
	return (PROV_OK);
}

static prov_status
look_up_asset(struct task *t, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_err why = { 0 };
	prov_status st;

	t->out->looked_up = v->o.ledger_dir != NULL;
	if (v->ledger_bad)
		ledger_bad(t, v->ledger_reason, &v->ledger_why);
	if (v->ledger == NULL || v->ledger_bad)
		return (PROV_OK);
	if ((st = verifier_refresh(v, &why)) != PROV_OK)
		return (task_looked_up(t, st, &why, err));
	if (v->memory != NULL && !v->standing.fine) {
		ledger_bad(t, v->standing.reason, &v->standing.why);
		return (PROV_OK);
	}
	if (v->ledger_bad) {
		ledger_bad(t, v->ledger_reason, &v->ledger_why);
		return (PROV_OK);
	}
	st = revocations_follow(&v->revocations, v->ledger, &why);
	if (st == PROV_OK && t->recollects)
		st = task_recall(t, &t->recalled, &why);
	if (st == PROV_OK && !t->recalled)
		st = lookup_asset(&t->d, v->ledger, &t->judge,
		    t->out->digest.sha256, &why);
	return (task_looked_up(t, st, &why, err));
}

static bool
is_settled(const struct task *t)
{
	return (
	    t->out->sidecar_bad || t->out->ledger_bad || dossier_lies(&t->d));
}

prov_status
task_work(struct task *t, prov_err *err)
{
	prov_status st;

	if ((st = look_up_asset(t, err)) != PROV_OK)
		return (st);
	if (!task_bind_exact(t) && !is_settled(t) && !t->judge.run &&
	    (st = task_bind_streams(t, err)) != PROV_OK)
		return (st);
	return (is_settled(t) ? PROV_OK : task_audit(t, err));
}
