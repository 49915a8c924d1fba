/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sign/key.h"
#include "sign/pubkey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No passphrase: Argon2id is not what is fuzzed. */
static prov_status
ask(void *arg, const char *what, char *buf, size_t len, size_t *got)
{
	(void)arg;
	(void)what;
	(void)buf;
	(void)len;
	(void)got;
	return (PROV_EPASSPHRASE);
}

/* A key that loads has a good name and is written back as the same bytes. */
static void
try_file(prov_span bytes)
{
	AUTO(prov_key) *k = NULL;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (key_decode(&k, bytes, ask, NULL, "key", &err) != PROV_OK) {
		if (k != NULL)
			abort();
		return;
	}
	if (prov_name_check(prov_key_public(k)->name, &err) != PROV_OK ||
	    key_encode(&b, k, span(NULL, 0), &err) != PROV_OK ||
	    !span_eq(buf_span(&b), bytes))
		abort();
}

/* The same for verifier keys. */
static void
try_vkey(prov_span bytes)
{
	char s[PROV_VKEY_MAX + 2] = "", out[PROV_VKEY_MAX + 1];
	prov_pubkey k;

	if (bytes.len >= sizeof(s))
		return;
	memcpy(s, bytes.p, bytes.len);
	if (prov_vkey_parse(&k, s, NULL) != PROV_OK)
		return;
	prov_vkey_format(&k, out);
	if (strcmp(s, out) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_file(span(data, size));
	try_vkey(span(data, size));
	return (0);
}
