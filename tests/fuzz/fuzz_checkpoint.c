/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written the same; extension lines come behind it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct checkpoint c;
	AUTO_BUF b = { 0 };

	if (checkpoint_parse(&c, span(data, size), NULL) != PROV_OK)
		return (0);
	checkpoint_text(&b, &c);
	if (b.failed || c.size > INT64_MAX || b.len > size ||
	    memcmp(b.p, data, b.len) != 0)
		abort();
	return (0);
}
