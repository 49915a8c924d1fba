/* SPDX-License-Identifier: ISC */
/* Envelopes and the statements in them, as somebody else may have made them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/logged.h"
#include "../unit/runs.h"
#include "gate/dsse.h"
#include "gate/svr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What passes for the sample's statement is what would be written for it. */
static void
try_statement(prov_span bytes)
{
	static struct run_record r;
	char name[SVR_NAME_MAX + 1];
	AUTO_BUF same = { 0 };

	if (r.n == 0)
		runs_sample(&r);
	if (svr_check(name, bytes, &r, NULL) != PROV_OK)
		return;
	if (svr_put(&same, &r, name, NULL) != PROV_OK ||
	    !span_eq(buf_span(&same), bytes))
		abort();
}

/* The seed's payload is all that its key signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static prov_key *key;
	AUTO_DSSE d = { .n = 0 };
	char name[SVR_NAME_MAX + 1];

	if (key == NULL && (key = logged_key(OWNER_NAME, 2)) == NULL)
		abort();
	try_statement(span(data, size));
	if (dsse_parse(&d, span(data, size), NULL) != PROV_OK)
		return (0);
	if (d.n == 0 || d.n > DSSE_SIGS_MAX)
		abort();
	try_statement(buf_span(&d.payload));
	if (dsse_verify(&d, prov_key_public(key), NULL) == PROV_OK &&
	    (svr_name(name, buf_span(&d.payload), NULL) != PROV_OK ||
		strcmp(name, "run.ndjson") != 0))
		abort();
	return (0);
}
