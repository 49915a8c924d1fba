/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/logged.h"
#include "ledger/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The extra line aside, what is read is written the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static prov_pubkey key;
	struct checkpoint at;
	struct proof p, again;
	AUTO_BUF b = { 0 };

	if (key.name[0] == '\0' && !logged_log(&key))
		abort();
	if (proof_parse(&p, span(data, size), NULL) != PROV_OK)
		return (0);
	proof_encode(&b, &p);
	if (b.failed || b.len > size ||
	    proof_parse(&again, buf_span(&b), NULL) != PROV_OK ||
	    again.index != p.index || again.n != p.n ||
	    memcmp(again.path, p.path, 32 * p.n) != 0 ||
	    !span_eq(again.note, p.note))
		abort();
	if (proof_verify(&at, &p, span("2", 1), &key, NULL) == PROV_OK &&
	    (p.index != 2 || at.size != 7))
		abort();
	return (0);
}
