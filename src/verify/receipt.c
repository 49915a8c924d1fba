/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "sign/receipt.h"
#include "verify/evidence.h"

/* A receipt that does not hold makes the log's word for the entry worthless. */
static void
refuse(struct evidence *e, const char *why)
{
	e->ledger = PROV_LEDGER_INVALID;
	e->receipt = RECEIPT_BAD;
	findings_add(&e->why, REASON_LEDGER_INVALID, "%.150s", why);
}

/* Tries the trusted logs; beside a proof that of the proof alone. */
static prov_status
verify(uint8_t root[32], const prov_pubkey **by, const struct evidence *e,
    const prov_trust *trust, const struct receipt *r, prov_err *err)
{
	unsigned flags = trust->foreign_receipts ? RECEIPT_FOREIGN : 0;
	prov_status st = PROV_ENOTFOUND;

	for (size_t i = 0; i < trust->logs.n_logs; i++) {
		const prov_pubkey *log = &trust->logs.logs[i];

		if (e->at.size != 0 && strcmp(log->name, e->at.origin) != 0)
			continue;
		prov_err_clear(err);
		*by = log;
		st = receipt_verify(root, r, e->st.bytes, log, flags, err);
		if (st != PROV_ENOTFOUND)
			return (st);
	}
	return (st);
}

/* Both are of one log. They have to tell the same story. */
static void
compare(struct evidence *e, const struct receipt *r, const uint8_t root[32])
{
	if (r->index != e->index)
		refuse(e, "the receipt is of another entry than the proof");
	else if (r->size == e->at.size && memcmp(root, e->at.root, 32) != 0)
		refuse(e, "receipt and proof give two roots at one size");
	else
		e->receipt = RECEIPT_GOOD;
}

/*
 * Without a proof it says that the entry is in the log and not where: the
 * checkpoint's place stays empty. Witnesses sign checkpoints, not receipts.
 */
static void
include(struct evidence *e, const prov_trust *trust, const prov_pubkey *log)
{
	e->receipt = RECEIPT_GOOD;
	memcpy(e->at.origin, log->name, sizeof(e->at.origin));
	findings_remove(&e->why, REASON_LEDGER_ABSENT);
	e->ledger = PROV_LEDGER_UNCHECKED;
	if (trust->logs.quorum)
		findings_add(&e->why, REASON_LEDGER_WITNESSES, "%s",
		    "the sidecar has a receipt and no proof, and witnesses "
		    "sign no receipts");
	else
		e->ledger = PROV_LEDGER_INCLUDED;
}

/* What a verified receipt, or one of no trusted log, is worth. */
static prov_status
judge(struct evidence *e, const prov_trust *trust, const struct receipt *r,
    prov_err *err)
{
	bool alone = e->at.size == 0;
	const prov_pubkey *log = NULL;
	prov_err why = { 0 };
	uint8_t root[32];
	prov_status st;

	st = verify(root, &log, e, trust, r, &why);
	if (st == PROV_OK && alone) {
		include(e, trust, log);
	} else if (st == PROV_OK) {
		compare(e, r, root);
	} else if (st == PROV_ENOTFOUND && alone) {
		e->ledger = PROV_LEDGER_UNCHECKED;
		findings_remove(&e->why, REASON_LEDGER_ABSENT);
		findings_add(&e->why, REASON_LEDGER_UNTRUSTED, "%s; %s",
		    reason_text(REASON_LEDGER_UNTRUSTED),
		    "prov trust add --log VKEY");
	} else if (st == PROV_ENOTFOUND) {
		refuse(e, "the receipt is of another log than the proof");
	} else if (prov_is_no(st)) {
		refuse(e, why.msg);
	} else {
		return (prov_fail(err, st, "%s", why.msg));
	}
	return (PROV_OK);
}

prov_status
evidence_receipt(struct evidence *e, const prov_trust *trust, prov_span bytes,
    prov_err *err)
{
	prov_err why = { 0 };
	struct receipt r;
	prov_status st;

	if (bytes.len == 0)
		return (PROV_OK);
	e->receipt = RECEIPT_OPEN;
	/* Beside a proof that does not hold it is not asked. */
	if (e->ledger != PROV_LEDGER_ABSENT && e->at.size == 0)
		return (PROV_OK);
	st = receipt_parse(&r, bytes, &why);
	if (st == PROV_OK) {
		r.seen = e->lately != NULL ? &e->lately->seen : NULL;
		return (judge(e, trust, &r, err));
	}
	if (!prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	refuse(e, why.msg);
	return (PROV_OK);
}
