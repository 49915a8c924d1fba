/* SPDX-License-Identifier: ISC */
#include "verify/recall.h"

#include <string.h>

static void
stand_older(struct standing *s, struct memory *m, const prov_pubkey *log,
    uint64_t size)
{
	struct signed_head head = { 0 };

	s->state = PROV_LEDGER_STALE;
	s->reason = REASON_LEDGER_STALE;
	(void)memory_recall(m, &head, log, NULL);
	(void)prov_fail(&s->why, PROV_EBUSY,
	    "the ledger at hand has %llu entries and had %llu before: bring it "
	    "up to date",
	    (unsigned long long)size, (unsigned long long)head.at.size);
}

static void
stand_forked(struct standing *s, struct memory *m, const prov_pubkey *log)
{
	s->state = PROV_LEDGER_FORK;
	s->reason = REASON_LEDGER_FORK;
	(void)prov_fail(&s->why, PROV_EUNTRUSTED,
	    "the log signed two histories; evidence: %.110s",
	    memory_evidence(m, log));
}

prov_status
recall_ledger(struct standing *out, struct memory *m, prov_ledger *l,
    prov_err *err)
{
	struct standing s = { .state = PROV_LEDGER_INVALID };
	const prov_pubkey *log = ledger_key(l);
	enum meeting how;
	uint64_t size;
	prov_status st;

	if ((st = memory_meet_ledger(m, &how, l, err)) != PROV_OK ||
	    (st = prov_ledger_checkpoint(l, &size, NULL, NULL, err)) != PROV_OK)
		return (st);
	/* Its own memory of a minute ago is nothing to compare with. */
	s.first = how == MEETING_FIRST || (how == MEETING_SAME && out->first);
	s.recalled = !s.first;
	s.fine =
	    how == MEETING_FIRST || how == MEETING_SAME || how == MEETING_GROWN;
	if (how == MEETING_OLDER)
		stand_older(&s, m, log, size);
	else if (!s.fine)
		stand_forked(&s, m, log);
	*out = s;
	return (PROV_OK);
}

prov_status
recall_fork(struct evidence *e, struct memory *m, const prov_pubkey *log,
    prov_span evidence, prov_err *err)
{
	const char *where = "";
	prov_status st;

	if (m != NULL) {
		if (evidence.len != 0 &&
		    (st = memory_accuse(m, log, evidence, err)) != PROV_OK)
			return (st);
		where = memory_evidence(m, log);
	}
	e->ledger = PROV_LEDGER_FORK;
	findings_add(&e->why, REASON_LEDGER_FORK,
	    "the log signed two histories%s%.110s",
	    where[0] != '\0' ? "; evidence: " : "", where);
	return (PROV_OK);
}

/* The trusted log under which e's proof was verified. */
static const prov_pubkey *
log_of(const struct evidence *e, const prov_trust *trust)
{
	for (size_t i = 0; i < trust->logs.n_logs; i++)
		if (strcmp(trust->logs.logs[i].name, e->at.origin) == 0)
			return (&trust->logs.logs[i]);
	return (NULL);
}

prov_status
recall_proof(struct evidence *e, struct memory *m, const prov_trust *trust,
    prov_err *err)
{
	const struct signed_head head = { e->at, e->note };
	const prov_pubkey *log = log_of(e, trust);
	enum meeting how;
	prov_status st;

	/* What did not verify says nothing about its log. */
	if (log == NULL || e->at.size == 0 || e->note.len == 0 ||
	    (e->ledger != PROV_LEDGER_INCLUDED &&
		e->ledger != PROV_LEDGER_UNCHECKED))
		return (PROV_OK);
	if ((st = memory_compare(m, &how, log, &head, err)) != PROV_OK)
		return (st);
	if (how == MEETING_FORK)
		return (recall_fork(e, m, log, span(NULL, 0), err));
	e->recalled = how == MEETING_SAME;
	return (PROV_OK);
}
