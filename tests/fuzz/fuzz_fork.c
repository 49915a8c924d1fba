/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/logged.h"
#include "ledger/fork.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Evidence is written as it is read; only what the log signed accuses it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static prov_pubkey key;
	struct checkpoint at[2];
	struct fork f;
	AUTO_BUF b = { 0 };

	if (key.name[0] == '\0') {
		AUTO(prov_key) *k = logged_key(LOG_NAME, 1);

		if (k == NULL)
			abort();
		key = *prov_key_public(k);
	}
	if (fork_parse(&f, span(data, size), NULL) != PROV_OK)
		return (0);
	fork_encode(&b, &f);
	if (b.failed || !span_eq(buf_span(&b), span(data, size)))
		abort();
	if (fork_verify(at, &f, &key, NULL) == PROV_OK &&
	    at[0].size > at[1].size)
		abort();
	return (0);
}
