/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The entries that are read, framed again, are what was read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF again = { 0 };
	AUTO_BUNDLE b;
	prov_span entry;
	prov_status st;

	bundle_init(&b);
	if (bundle_from(&b, span(data, size), NULL) != PROV_OK)
		return (0);
	while ((st = bundle_next(&b, &entry, NULL)) == PROV_OK)
		bundle_put(&again, entry);
	if (again.failed || again.len > size ||
	    (again.len != 0 && memcmp(again.p, data, again.len) != 0) ||
	    (st == PROV_ENOTFOUND) != (again.len == size))
		abort();
	return (0);
}
