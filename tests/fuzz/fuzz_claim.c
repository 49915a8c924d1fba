/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any claim that is read can be logged, and rights are always in clear. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_claim) *c = NULL;
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	prov_status st;

	if (claim_parse(&c, span(data, size), "claim", &err) != PROV_OK)
		return (0);
	if (manifest_claim(&m, c, &err) != PROV_OK)
		abort();
	for (size_t i = 0; i < m.n_assertions; i++) {
		struct assertion *a = &m.assertions[i];
		bool rights = strcmp(a->label, "rights") == 0 ||
		              strcmp(a->label, "signals") == 0 ||
		              strcmp(a->label, "cawg.training-mining") == 0;

		if (a->is_private == rights)
			abort();
		if (a->is_private &&
		    assertion_seal(a, (const uint8_t *)"0123456789abcdef",
			&err) != PROV_OK)
			abort();
	}
	st = manifest_encode(&b, &m, &err);
	if (st != PROV_OK && st != PROV_ELIMIT)
		abort();
	return (0);
}
