/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sign/cosignature.h"
#include "sign/note.h"
#include "sign/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vkey[] = "example.com/foo+530d903a+"
			   "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char golden[] = "This is an example message.\n";

static const char witness[] = "transparency.dev/DEV:witness-little-garden+"
			      "d8042a87+"
			      "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM";

/* A witness whose key is not at hand cosigned nothing that is made up. */
static prov_status
forged(void *arg, const struct note_sig *s, prov_err *err)
{
	int64_t time;

	if (cosignature_verify(&time, arg, span(golden, strlen(golden)), s->sig,
		err) == PROV_OK)
		abort();
	return (PROV_OK);
}

/* What a witness may answer, and what is made of it. */
static void
answer(prov_span bytes)
{
	static const char bare[] = "t\n\n\xe2\x80\x94 a AAAAAAA=\n";
	struct cosigner c;
	AUTO_BUF b = { 0 };
	prov_span text;

	if (cosigner_parse(&c, witness, NULL) != PROV_OK)
		abort();
	if (note_sigs(bytes, forged, &c, NULL) != PROV_OK ||
	    note_merge(&b, span(bare, sizeof(bare) - 1), bytes, NULL) !=
		PROV_OK)
		return;
	if (note_parse(&text, buf_span(&b), NULL) != PROV_OK ||
	    !span_eq(text, span("t\n", 2)))
		abort();
}

/* C2SP's golden text is the only one that its key ever signed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prov_span text, verified;
	prov_err err = { 0 };
	prov_pubkey key;

	if (prov_vkey_parse(&key, vkey, &err) != PROV_OK)
		abort();
	answer(span(data, size));
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
