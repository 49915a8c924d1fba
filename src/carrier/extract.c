/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "carrier/sidecar.h"
#include "prov/manifest.h"
#include "sign/statement.h"

/* A sidecar is an array, a statement a tag: the first byte tells. */
prov_status
prov_statement_in(prov_span *out, prov_span bytes, prov_err *err)
{
	struct statement statement;
	struct sidecar sidecar;
	prov_status st;

	if (bytes.len == 0 || bytes.p[0] != 0xd2) {
		if ((st = sidecar_decode(&sidecar, bytes, err)) != PROV_OK)
			return (st);
		bytes = sidecar.statement;
	}
	if ((st = statement_parse(&statement, bytes, err)) != PROV_OK)
		return (st);
	*out = bytes;
	return (PROV_OK);
}

prov_status
prov_statement_asset(uint8_t out[32], prov_span bytes, prov_err *err)
{
	struct statement s;
	prov_span in;
	prov_status st;

	if ((st = prov_statement_in(&in, bytes, err)) != PROV_OK ||
	    (st = statement_parse(&s, in, err)) != PROV_OK)
		return (st);
	if (s.kind != PAYLOAD_MANIFEST)
		return (prov_fail(err, PROV_EFORMAT,
		    "statement: it is on no asset"));
	memcpy(out, s.sub_digest, 32);
	return (PROV_OK);
}
