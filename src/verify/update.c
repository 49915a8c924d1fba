/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "ledger/ledger.h"
#include "sign/statement.h"
#include "verify/lookup.h"

/* A sidecar whose proof may be completed. */
struct update {
	struct buf bytes;
	struct sidecar *s;
	struct statement st;
	uint64_t index;
};

static void
update_clear(struct update *u)
{
	buf_free(&u->bytes);
	free(u->s);
}
#define AUTO_UPDATE __attribute__((cleanup(update_clear))) struct update

static prov_status
read_sidecar(struct update *u, const char *path, prov_err *err)
{
	prov_status st;

	if ((u->s = calloc(1, sizeof(*u->s))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	if ((st = file_read(&u->bytes, path, SIDECAR_MAX, err)) != PROV_OK ||
	    (st = sidecar_decode(u->s, buf_span(&u->bytes), err)) != PROV_OK)
		return (st);
	return (statement_parse(&u->st, u->s->statement, err));
}

/* Whether the proof that is there is one that trust takes. */
static prov_status
is_complete(bool *is, const struct update *u, const prov_trust *trust,
    int64_t now, prov_err *err)
{
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	st = u->st.kind == PAYLOAD_RUN
	         ? evidence_run_new(&e, u->s->statement, err)
	         : evidence_new(&e, u->s->statement, err);
	if (st != PROV_OK ||
	    (st = evidence_proof(e, trust, u->s->proof, now, err)) != PROV_OK)
		return (st);
	*is = e->ledger == PROV_LEDGER_INCLUDED;
	return (PROV_OK);
}

/* The entry that holds this very statement. */
static prov_status
find_entry(struct update *u, prov_ledger *l, prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	prov_status st;
	size_t n = 0;

	st = prov_ledger_lookup(l, PROV_BY_ASSET, u->st.sub_digest, &at, &n,
	    err);
	while (st == PROV_OK && n > 0) {
		AUTO_BUF bytes = { 0 };
		struct checkpoint head;

		st = ledger_entry_proven(l, at[--n], &bytes, &head, err);
		if (st == PROV_OK &&
		    span_eq(buf_span(&bytes), u->s->statement)) {
			u->index = at[n];
			return (PROV_OK);
		}
	}
	return (st != PROV_OK ? st
			      : prov_fail(err, PROV_ENOTFOUND,
				    "its statement is not in this ledger"));
}

static prov_status
check_quorum(prov_ledger *l, const prov_trust *trust, int64_t now,
    prov_err *err)
{
	struct quorum q;
	prov_status st;

	st = quorum_weigh(&q, &trust->logs, ledger_note(l), now, err);
	if (st != PROV_OK || q.met)
		return (st);
	return (prov_fail(err, PROV_EBUSY,
	    "pending: %zu of the %zu witnesses cosigned the ledger, which is "
	    "no quorum",
	    q.n, q.of));
}

static prov_status
write_sidecar(struct update *u, prov_ledger *l, const char *path,
    const char *proof, prov_err *err)
{
	AUTO_BUF receipt = { 0 }, out = { 0 };
	prov_status st;

	u->s->proof = span(proof, strlen(proof));
	if ((st = ledger_receipt(l, u->s->proof, &receipt, err)) != PROV_OK)
		return (st);
	u->s->receipt = buf_span(&receipt);
	if ((st = sidecar_encode(&out, u->s, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&out), 0644, 0, err));
}

prov_status
prov_sidecar_update(prov_ledger *l, const prov_trust *trust, const char *path,
    int64_t now, int *changed, prov_err *err)
{
	AUTO_UPDATE u = { 0 };
	AUTO_FREE char *proof = NULL;
	bool complete = false;
	prov_status st;

	if ((st = read_sidecar(&u, path, err)) != PROV_OK ||
	    (st = is_complete(&complete, &u, trust, now, err)) != PROV_OK)
		return (st);
	*changed = 0;
	if (complete)
		return (PROV_OK);
	if ((st = find_entry(&u, l, err)) != PROV_OK ||
	    (st = prov_ledger_prove(l, u.index, &proof, err)) != PROV_OK ||
	    (st = check_quorum(l, trust, now, err)) != PROV_OK ||
	    (st = write_sidecar(&u, l, path, proof, err)) != PROV_OK)
		return (st);
	*changed = 1;
	return (PROV_OK);
}
