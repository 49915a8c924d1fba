/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "verify/task.h"

/* Whether the ledger at hand is the log that e was proven under. */
static bool
is_at_hand(const struct task *t, const struct evidence *e)
{
	return (t->v->ledger != NULL && e->ledger == PROV_LEDGER_INCLUDED &&
		e->at.size != 0 &&
		strcmp(prov_ledger_origin(t->v->ledger), e->at.origin) == 0);
}

/* A pending sidecar: the ledger's own head may have its cosignatures. */
static prov_status
confirm(struct task *t, struct evidence *e, prov_err *err)
{
	prov_status st;

	if (!e->from_sidecar || t->v->ledger == NULL ||
	    e->ledger != PROV_LEDGER_UNCHECKED || e->at.size == 0 ||
	    strcmp(prov_ledger_origin(t->v->ledger), e->at.origin) != 0)
		return (PROV_OK);
	st = lookup_consistency(e, t->v->ledger, t->v->memory, err);
	if (st != PROV_OK || e->ledger != PROV_LEDGER_UNCHECKED)
		return (st);
	return (lookup_confirm(e, t->v->ledger, &t->judge, err));
}

/* A key that is revoked in the log at hand is so for those of others, too. */
static prov_status
audit_one(struct task *t, struct evidence *e, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_status st = PROV_OK;

	if (is_at_hand(t, e) && e->binding != PROV_BIND_NONE && !t->judge.run)
		st = lookup_superseded(e, &t->d, v->ledger, &v->revocations,
		    err);
	if (st == PROV_OK)
		revocations_judge(&v->revocations,
		    prov_ledger_origin(v->ledger), e);
	return (st);
}

prov_status
task_audit(struct task *t, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = PROV_OK;

	for (size_t i = 0; i < t->d.n && st == PROV_OK; i++) {
		struct evidence *e = t->d.at[i];

		st = confirm(t, e, &why);
		if (st == PROV_OK && is_at_hand(t, e) && e->from_sidecar)
			st = lookup_consistency(e, t->v->ledger, t->v->memory,
			    &why);
		if (st == PROV_OK && t->v->ledger != NULL &&
		    evidence_is_sound(e))
			st = audit_one(t, e, &why);
	}
	return (task_looked_up(t, st, &why, err));
}

/*
 * Whether e's checkpoint was compared with another that its log signed: the
 * remembered one, or the ledger's. A client without memory is shown what the
 * log likes to show.
 */
static bool
is_recalled(const struct task *t, const struct evidence *e)
{
	if (t->v->memory == NULL)
		return (false);
	if (e->recalled)
		return (true);
	return (
	    is_at_hand(t, e) && (e->from_sidecar || t->v->standing.recalled));
}

void
task_skip_unchecked(struct task *t, const struct evidence *e)
{
	struct findings *f = &t->out->why;

	enum notices_by by = t->v->revocations.notices.by;

	if (!is_at_hand(t, e) || by != NOTICES_OWN)
		findings_skip(f, "superseded");
	t->out->revocation_checked = is_at_hand(t, e) && by != NOTICES_FOREIGN;
	if (!t->out->revocation_checked)
		findings_skip(f, "revocation");
	if (t->v->o.require_revocation && !t->out->revocation_checked)
		findings_add(f, REASON_REVOCATION_UNCHECKED, "%s",
		    reason_text(REASON_REVOCATION_UNCHECKED));
	if (!is_recalled(t, e))
		findings_skip(f, "consistency");
}
