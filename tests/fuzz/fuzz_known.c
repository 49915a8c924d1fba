/* SPDX-License-Identifier: ISC */
/* What was remembered of an asset, as it may come back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verify/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written the same, sealed or not. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct known k, again;
	const uint8_t key[32] = { 1 };
	AUTO_BUF b = { 0 }, sealed = { 0 };

	if (known_open(&k, key, span(data, size), NULL) == PROV_OK)
		abort(); /* nobody finds a SHA-256 */
	if (known_decode(&k, span(data, size), NULL) != PROV_OK)
		return (0);
	if (k.n > EVIDENCE_MAX || known_encode(&b, &k, NULL) != PROV_OK ||
	    !span_eq(span(data, size), buf_span(&b)))
		abort();
	if (size > KNOWN_MAX - 32)
		return (0);
	if (known_seal(&sealed, key, &k, NULL) != PROV_OK ||
	    known_open(&again, key, buf_span(&sealed), NULL) != PROV_OK ||
	    again.n != k.n)
		abort();
	return (0);
}
