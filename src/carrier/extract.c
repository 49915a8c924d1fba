/* SPDX-License-Identifier: ISC */
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
