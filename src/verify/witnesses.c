/* SPDX-License-Identifier: ISC */
#include "verify/trust.h"
#include "witness/amendment.h"
#include "witness/client.h"
#include "witness/post.h"

prov_status
prov_witnesses_new(prov_witnesses **out, const prov_trust *trust,
    const char *net, prov_err *err)
{
	void *post;
	prov_status st;

	if ((st = post_new(&post, net, err)) != PROV_OK)
		return (st);
	return (witnesses_new(out, &trust->logs, &post_http, post, err));
}

int
prov_witnesses_needed(const prov_witnesses *w)
{
	return (witnesses_needed(w));
}

prov_status
prov_ledger_cosign(prov_ledger *l, prov_witnesses *w, int renew,
    unsigned wait_ms, int64_t now, prov_cosigned *out, prov_err *err)
{
	struct quorum q = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = witnesses_cosign(w, l, renew ? COSIGN_RENEW : 0, wait_ms, now, &q,
	    &why);
	if (st != PROV_OK && st != PROV_EBUSY)
		return (prov_fail(err, st, "%s", why.msg));
	*out = (prov_cosigned){ .met = q.met,
		.n = q.n,
		.of = q.of,
		.time = q.timed ? q.time : 0 };
	if (st != PROV_OK)
		(void)prov_fail(err, st, "%s", why.msg);
	return (
	    prov_ledger_checkpoint(l, &out->size, NULL, NULL, NULL) == PROV_OK
		? st
		: PROV_EIO);
}

prov_status
prov_trust_add_witness(prov_trust *trust, const char *name, const char *vkey,
    const char *url, prov_err *err)
{
	return (amendment_add(&trust->logs, name, vkey, url, err));
}

prov_status
prov_trust_remove_witness(prov_trust *trust, const char *name, prov_err *err)
{
	return (amendment_remove(&trust->logs, name, err));
}

prov_status
prov_trust_set_quorum(prov_trust *trust, const char *what, prov_err *err)
{
	return (amendment_quorum(&trust->logs, what, err));
}

const char *
prov_trust_policy(const prov_trust *trust, size_t i)
{
	return (i < trust->logs.n_lines ? trust->logs.lines[i] : NULL);
}
