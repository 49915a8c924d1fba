/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>

#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written back as the same bytes: one meaning, one form. */
static void
try_manifest(prov_span bytes)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (manifest_decode(&m, bytes, &err) != PROV_OK) {
		if (m.streams != NULL || m.assertions != NULL)
			abort();
		return;
	}
	if (manifest_encode(&b, &m, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
}

static void
try_registration(prov_span bytes)
{
	struct registration r = { 0 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (registration_decode(&r, bytes, &err) != PROV_OK)
		return;
	if (r.n == 0 || registration_encode(&b, &r, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
	registration_clear(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_manifest(span(data, size));
	try_registration(span(data, size));
	return (0);
}
