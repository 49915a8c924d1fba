/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "verify/facts_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
put(struct buf *b, const struct facts *f)
{
	if (facts_put(b, f, NULL) != PROV_OK)
		abort();
	for (size_t i = 0; i < b->len; i++)
		if (b->p[i] < 0x20 || b->p[i] > 0x7e)
			abort();
}

/* What is read is one line of ASCII, and reads as the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_JSONIN *held = NULL;
	AUTO_JSONIN *held_again = NULL;
	AUTO_BUF b = { 0 }, again = { 0 };
	struct facts f, g;

	if (facts_parse(&f, &held, span(data, size), NULL) != PROV_OK)
		return (0);
	put(&b, &f);
	if (facts_parse(&g, &held_again, buf_span(&b), NULL) != PROV_OK)
		abort();
	put(&again, &g);
	if (!span_eq(buf_span(&b), buf_span(&again)))
		abort();
	for (unsigned p = 0; p < PURPOSE_N; p++)
		if (signals_use(&f.seen, (enum purpose)p) == USE_ALLOWED)
			abort();
	return (0);
}
