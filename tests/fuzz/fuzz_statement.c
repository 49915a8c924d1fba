/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What parses is what statement_sign would have put around that payload; and
 * it only verifies if it is the very statement that the key made (Ed25519 is
 * deterministic, and no fuzzer forges).
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_key) *k = sample_key(SAMPLE_NAME);
	AUTO_BUF again = { 0 };
	AUTO_MANIFEST m = { 0 };
	prov_err err = { 0 };
	struct statement s;

	if (!sample_ways_agree(span(data, size)))
		abort();
	if (k == NULL || statement_parse(&s, span(data, size), &err) != PROV_OK)
		return (0);
	if (manifest_of_statement(&m, &s, &err) == PROV_OK &&
	    memcmp(m.asset.sha256, s.sub_digest, 32) != 0)
		abort();
	prov_err_clear(&err);
	if (statement_verify(&s, prov_key_public(k), &err) != PROV_OK)
		return (0);
	if (statement_sign(&again, k, s.kind, s.sub_digest, s.payload, &err) !=
		PROV_OK ||
	    !span_eq(buf_span(&again), s.bytes))
		abort();
	return (0);
}
