/* SPDX-License-Identifier: ISC */
#include "verify/runcase.h"

#include <string.h>

#include "verify/task.h"

prov_status
verify_run(prov_verifier *v, const uint8_t root[32], prov_span sidecar,
    struct buf *statement, prov_verdict **out, prov_err *err)
{
	AUTO(prov_verdict) *verdict = NULL;
	AUTO_TASK t = TASK(v, NULL);
	const struct evidence *e;
	prov_status st;

	if ((st = verdict_new(&verdict, "run", err)) != PROV_OK)
		return (st);
	t.out = verdict;
	t.bare = true;
	t.judge = (struct judge){ .trust = v->o.trust,
		.now = verifier_now(v),
		.scale = &v->scale,
		.run = true };
	memcpy(verdict->digest.sha256, root, 32);
	verdict->has_digest = true;
	if ((sidecar.p != NULL &&
		(st = task_sidecar(&t, sidecar, err)) != PROV_OK) ||
	    (st = task_work(&t, err)) != PROV_OK)
		return (st);
	if ((e = task_conclude(&t)) != NULL)
		buf_put_span(statement, buf_span(&e->bytes));
	*out = TAKE(verdict);
	return (buf_done(statement, err));
}

bool
verify_run_holds(const prov_verdict *v)
{
	return (v->signature == PROV_SIG_VALID &&
		v->ledger == PROV_LEDGER_INCLUDED &&
		v->binding == PROV_BIND_EXACT && !v->sidecar_bad &&
		!v->ledger_bad && v->has_statement);
}
