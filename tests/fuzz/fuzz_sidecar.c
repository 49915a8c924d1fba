/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "carrier/sidecar.h"
#include "hash/sha256.h"
#include "prov/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever it is, showing it ends, and what it says is printable. */
static void
try_show(prov_span bytes)
{
	for (unsigned flags = 0; flags <= PROV_SHOW_JSON; flags++) {
		prov_err err = { 0 };
		char *out = NULL;

		if (prov_show(&out, bytes, flags, &err) != PROV_OK)
			continue;
		for (const char *p = out; *p != '\0'; p++)
			if ((*p >= 0 && *p < ' ' && *p != '\n') || *p == 0x7f)
				abort();
		prov_free(out);
	}
}

/*
 * The digest at the end would stop a fuzzer at the door: it is put right, so
 * that what is behind it is tried too.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE struct sidecar *s = malloc(sizeof(*s));
	AUTO_BUF b = { 0 }, again = { 0 };
	prov_err err = { 0 };

	try_show(span(data, size));
	buf_put(&b, data, size);
	if (s == NULL || size <= 34 ||
	    sha256_of(b.p + size - 32, span(b.p, size - 34), &err) != PROV_OK ||
	    sidecar_decode(s, buf_span(&b), &err) != PROV_OK)
		return (0);
	if (sidecar_encode(&again, s, &err) != PROV_OK ||
	    !span_eq(buf_span(&b), buf_span(&again)))
		abort();
	try_show(buf_span(&b));
	return (0);
}
