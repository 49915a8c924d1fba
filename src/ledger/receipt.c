/* SPDX-License-Identifier: ISC */
#include "sign/receipt.h"
#include "ledger/reader.h"
#include "sign/cose.h"
#include "sign/statement.h"

prov_status
ledger_receipt(prov_ledger *l, prov_span proof, struct buf *out, prov_err *err)
{
	prov_err why = { 0 };
	struct proof p;
	prov_status st;

	if ((st = proof_parse(&p, proof, err)) != PROV_OK)
		return (st);
	st = proof_receipt(out, &p, &l->key, &why);
	if (st == PROV_OK || st == PROV_ENOTFOUND)
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

/* The receipt of entry i, appended to out. */
static prov_status
receipt_of(prov_ledger *l, uint64_t i, struct buf *out, prov_err *err)
{
	AUTO_BUF proof = { 0 };
	struct proof p;
	prov_status st;

	if ((st = reader_prove(l, i, &proof, err)) != PROV_OK ||
	    (st = proof_parse(&p, buf_span(&proof), err)) != PROV_OK)
		return (st);
	return (proof_receipt(out, &p, &l->key, err));
}

prov_status
prov_ledger_receipt(prov_ledger *l, uint64_t i, uint8_t **bytes, size_t *len,
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = receipt_of(l, i, &b, err)) != PROV_OK)
		return (st);
	return (buf_take(&b, bytes, len, err));
}

/* The statement with one receipt in the header that nobody signed. */
static void
put_transparent(struct buf *b, const struct statement *s, prov_span receipt)
{
	cbor_put_tag(b, COSE_SIGN1);
	cbor_put_array(b, 4);
	cbor_put_bytes(b, s->protected_);
	cbor_put_map(b, 1);
	cbor_put_uint(b, COSE_RECEIPTS);
	cbor_put_array(b, 1);
	cbor_put_bytes(b, receipt);
	cbor_put_bytes(b, s->payload);
	cbor_put_bytes(b, span(s->sig, sizeof(s->sig)));
}

prov_status
prov_ledger_transparent(prov_ledger *l, uint64_t i, uint8_t **bytes,
    size_t *len, prov_err *err)
{
	AUTO_BUF entry = { 0 }, receipt = { 0 }, b = { 0 };
	struct checkpoint at;
	struct statement s;
	prov_status st;

	if ((st = ledger_entry_proven(l, i, &entry, &at, err)) != PROV_OK ||
	    (st = statement_parse(&s, buf_span(&entry), err)) != PROV_OK ||
	    (st = receipt_of(l, i, &receipt, err)) != PROV_OK)
		return (st);
	put_transparent(&b, &s, buf_span(&receipt));
	return (buf_take(&b, bytes, len, err));
}
