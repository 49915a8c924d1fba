/* SPDX-License-Identifier: ISC */
/*
 * Keys, manifests, statements, notes, sidecars and what shows them, with each
 * allocation failing in turn: what fails says that memory ran out and leaves
 * its outputs alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample.h"
#include "shortage.h"
#include "sign/note.h"
#include "sign/receipt.h"

void *sodium_malloc(size_t);

/* In front of libsodium's own. */
void *
sodium_malloc(size_t n)
{
	void *(*real)(size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "sodium_malloc");
	return (shortage_fails() ? NULL : real(n));
}

static prov_status
use_keys(void *arg, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	AUTO(prov_key) *back = NULL;
	AUTO_BUF b = { 0 };
	prov_pubkey pub;
	prov_status st;

	(void)arg;
	if ((st = prov_key_generate(&k, SAMPLE_NAME, err)) != PROV_OK ||
	    (st = key_encode(&b, k, span(NULL, 0), err)) != PROV_OK ||
	    (st = prov_vkey_parse(&pub,
		 "example.com/foo+530d903a+"
		 "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		 err)) != PROV_OK)
		return (st);
	return (key_decode(&back, buf_span(&b), NULL, NULL, "key", err));
}

static prov_status
claims(struct buf *out, prov_err *err)
{
	static const char yaml[] = "author: Jane\nrights: {a: b, cawg."
				   "ai_training: allowed}\norigin: captured\n";
	AUTO(prov_claim) *c = NULL;
	AUTO_MANIFEST m = { 0 };
	const uint8_t digest[32] = { 1 };
	prov_status st;

	if ((st = claim_parse(&c, span(yaml, sizeof(yaml) - 1), "c", err)) !=
		PROV_OK ||
	    (st = prov_claim_ingredient(c, digest, "derivedFrom", err)) !=
		PROV_OK ||
	    (st = manifest_claim(&m, c, err)) != PROV_OK ||
	    (st = assertion_seal(&m.assertions[0], (const uint8_t *)SAMPLE_SALT,
		 err)) != PROV_OK)
		return (st);
	return (manifest_encode(out, &m, err));
}

static prov_status
statements(struct buf *out, prov_span payload, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	AUTO_MANIFEST m = { 0 };
	const uint8_t seed[32] = { 1 }, sub[32] = { 0 };
	struct statement s;
	prov_status st;

	if ((st = prov_key_import(&k, SAMPLE_NAME, span(seed, 32), err)) !=
		PROV_OK ||
	    (st = statement_sign(out, k, PAYLOAD_MANIFEST, sub, payload,
		 err)) != PROV_OK ||
	    (st = statement_parse(&s, buf_span(out), err)) != PROV_OK ||
	    (st = statement_verify(&s, prov_key_public(k), err)) != PROV_OK)
		return (st);
	return (manifest_of_statement(&m, &s, err));
}

static prov_status
sign_note(void *arg, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	const uint8_t seed[32] = { 1 };
	AUTO_BUF b = { 0 };
	prov_span text;
	prov_status st;

	(void)arg;
	if ((st = prov_key_import(&k, SAMPLE_NAME, span(seed, 32), err)) !=
		PROV_OK ||
	    (st = note_sign(&b, k, span("text\n", 5), err)) != PROV_OK)
		return (st);
	return (note_verify(&text, buf_span(&b), prov_key_public(k), err));
}

/* A log of one entry: its checkpoint's line, and the receipt by that. */
static prov_status
receipts(struct buf *out, prov_span entry, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	const uint8_t seed[32] = { 1 };
	struct receipt r = { .size = 1 };
	uint8_t root[32];
	AUTO_BUF note = { 0 };
	prov_status st;

	if ((st = prov_key_import(&k, SAMPLE_NAME, span(seed, 32), err)) !=
		PROV_OK ||
	    (st = tree_leaf(root, entry, err)) != PROV_OK)
		return (st);
	buf_put_str(&note, "text\n\n");
	if ((st = receipt_endorse(&note, k, root, err)) != PROV_OK ||
	    (st = receipt_line(r.sig, buf_span(&note), prov_key_public(k),
		 err)) != PROV_OK)
		return (st);
	receipt_encode(out, &r, prov_key_public(k));
	if ((st = buf_done(out, err)) != PROV_OK ||
	    (st = receipt_parse(&r, buf_span(out), err)) != PROV_OK)
		return (st);
	return (receipt_verify(root, &r, entry, prov_key_public(k), 0, err));
}

static prov_status
sidecars(prov_span statement, prov_err *err)
{
	AUTO_BUF receipt = { 0 };
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO_BUF b = { 0 };
	char *out = NULL;
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "a sidecar"));
	if ((st = receipts(&receipt, statement, err)) != PROV_OK)
		return (st);
	s->receipt = buf_span(&receipt);
	s->statement = statement;
	s->n_timelines = 1;
	s->timelines[0] = span("timeline", 8);
	if ((st = sidecar_encode(&b, s, err)) != PROV_OK ||
	    (st = sidecar_decode(s, buf_span(&b), err)) != PROV_OK)
		return (st);
	for (unsigned flags = 0; flags <= PROV_SHOW_JSON; flags++) {
		if ((st = prov_show(&out, buf_span(&b), flags, err)) != PROV_OK)
			return (out == NULL ? st : PROV_EINTERNAL);
		prov_free(out);
		out = NULL;
	}
	return (PROV_OK);
}

static prov_status
sign_claim(void *arg, prov_err *err)
{
	AUTO_BUF manifest = { 0 }, statement = { 0 };
	prov_status st;

	(void)arg;
	if ((st = claims(&manifest, err)) != PROV_OK ||
	    (st = statements(&statement, buf_span(&manifest), err)) != PROV_OK)
		return (st);
	return (sidecars(buf_span(&statement), err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		shortage_unit_test("keys", use_keys, 4),
		shortage_unit_test("notes", sign_note, 3),
		shortage_unit_test("claims", sign_claim, 15),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
