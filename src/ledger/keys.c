/* SPDX-License-Identifier: ISC */
#include "ledger/keys.h"

#include <string.h>

#include "hash/sha256.h"
#include "ledger/segment.h"

prov_status
index_type_key(uint8_t out[32], enum payload_kind kind, prov_err *err)
{
	const char *type = payload_type(kind);

	return (sha256_of(out, span(type, strlen(type)), err));
}

static prov_status
type_key(struct records *r, enum payload_kind kind, uint64_t index,
    prov_err *err)
{
	uint8_t key[32];
	prov_status st;

	if (kind != PAYLOAD_REVOCATION && kind != PAYLOAD_TAKEDOWN)
		return (PROV_OK);
	if ((st = index_type_key(key, kind, err)) == PROV_OK)
		records_add(r, INDEX_ASSET, key, index);
	return (st);
}

prov_status
index_statement(struct records *r, const struct statement *s,
    const struct outline *o, const char *dir, uint64_t index, bool *lacking,
    prov_err *err)
{
	prov_status st;

	records_add(r, INDEX_ASSET, s->sub_digest, index);
	records_add(r, INDEX_SIGNER, s->kid, index);
	if ((st = type_key(r, s->kind, index, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; o != NULL && i < o->n; i++)
		records_add(r, INDEX_STREAM, o->at[i].root, index);
	if (o != NULL &&
	    (st = segment_keys(r, o, dir, index, lacking, err)) != PROV_OK)
		return (st);
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		if ((st = buf_done(&r->of[k], err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
index_keys(struct records *r, prov_span entry, const char *dir, uint64_t index,
    bool *lacking, prov_err *err)
{
	struct statement s;
	struct outline o;
	bool outlined;

	*lacking = false;
	if (statement_parse(&s, entry, NULL) != PROV_OK)
		return (PROV_OK);
	outlined = s.kind == PAYLOAD_MANIFEST &&
	           manifest_outline(&o, s.payload, NULL) == PROV_OK;
	return (index_statement(r, &s, outlined ? &o : NULL, dir, index,
	    lacking, err));
}
