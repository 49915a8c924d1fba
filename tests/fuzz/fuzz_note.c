/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sign/note.h"
#include "sign/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vkey[] = "example.com/foo+530d903a+"
			   "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char golden[] = "This is an example message.\n";

/* C2SP's golden text is the only one that its key ever signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prov_span text, verified;
	prov_err err = { 0 };
	prov_pubkey key;

	if (prov_vkey_parse(&key, vkey, &err) != PROV_OK)
		abort();
	if (note_parse(&text, span(data, size), &err) != PROV_OK) {
		if (note_verify(&text, span(data, size), &key, NULL) == PROV_OK)
			abort();
		return (0);
	}
	if (text.len == 0 || text.p[text.len - 1] != '\n')
		abort();
	if (note_verify(&verified, span(data, size), &key, &err) == PROV_OK &&
	    (!span_eq(text, verified) ||
		!span_eq(text, span(golden, strlen(golden)))))
		abort();
	return (0);
}
