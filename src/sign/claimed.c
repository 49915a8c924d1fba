/* SPDX-License-Identifier: ISC */
#include "sign/claimed.h"

#include <string.h>

prov_status
manifest_of_statement(struct manifest *out, const struct statement *s,
    prov_err *err)
{
	AUTO_MANIFEST m = { 0 };
	prov_status st;

	if (s->kind != PAYLOAD_MANIFEST)
		return (prov_fail(err, PROV_EFORMAT,
		    "statement: holds no manifest but %s",
		    payload_type(s->kind)));
	if ((st = manifest_decode(&m, s->payload, err)) != PROV_OK)
		return (prov_wrap(err, st, "statement"));
	if (memcmp(m.asset.sha256, s->sub_digest, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "statement: its manifest is on another asset than its "
		    "subject"));
	*out = m;
	m = (struct manifest){ 0 }; /* *out owns it now */
	return (PROV_OK);
}
