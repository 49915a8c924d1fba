/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/logged.h"
#include "sign/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The root of the seeds' log, the entries "0" to "6": all that it signed. */
static bool
log_root(prov_pubkey *key, uint8_t root[32])
{
	AUTO(prov_key) *k = logged_key(LOG_NAME, 1);
	uint8_t leaf[7][32];

	for (unsigned i = 0; i < 7; i++) {
		const uint8_t e = (uint8_t)('0' + i);

		if (tree_leaf(leaf[i], span(&e, 1), NULL) != PROV_OK)
			return (false);
	}
	if (k == NULL || tree_root(root, leaf[0], 7, NULL) != PROV_OK)
		return (false);
	*key = *prov_key_public(k);
	return (true);
}

/* What is written of it is read the same; nothing verifies under another root.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static prov_pubkey key;
	static uint8_t want[32];
	struct receipt r, again;
	AUTO_BUF b = { 0 };
	uint8_t root[32];

	if (key.name[0] == '\0' && !log_root(&key, want))
		abort();
	if (receipt_parse(&r, span(data, size), NULL) != PROV_OK)
		return (0);
	receipt_encode(&b, &r, &key);
	if (b.failed || receipt_parse(&again, buf_span(&b), NULL) != PROV_OK ||
	    again.size != r.size || again.index != r.index || again.n != r.n ||
	    memcmp(again.path, r.path, 32 * r.n) != 0 ||
	    memcmp(again.sig, r.sig, sizeof(r.sig)) != 0)
		abort();
	if (receipt_verify(root, &r, span("2", 1), &key, RECEIPT_FOREIGN,
		NULL) == PROV_OK &&
	    memcmp(root, want, sizeof(want)) != 0)
		abort();
	return (0);
}
