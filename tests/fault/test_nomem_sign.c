/* SPDX-License-Identifier: ISC */
/*
 * Keys, manifests, statements, notes, sidecars and what shows them, with the
 * first allocation failing, then the second, and so on until all is done
 * without running out; once each, and from there on. What fails says that
 * memory ran out and leaves its outputs alone.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sample.h"
#include "sign/note.h"
#include "sign/receipt.h"

static long fail_at; /* 0: never */
static bool for_good;
static bool failed; /* since work began */

static bool
fails(void)
{
	if (fail_at == 0)
		return (false);
	if (fail_at > 1) {
		fail_at--;
		return (false);
	}
	if (!for_good)
		fail_at = 0;
	failed = true;
	return (true);
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);
void *sodium_malloc(size_t);

void *
__wrap_malloc(size_t n)
{
	return (fails() ? NULL : __real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return (fails() ? NULL : __real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	return (fails() ? NULL : __real_realloc(p, n));
}

char *
__wrap_strdup(const char *s)
{
	return (fails() ? NULL : __real_strdup(s));
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return (fails() ? NULL : __real_strndup(s, n));
}

/* In front of libsodium's own. */
void *
sodium_malloc(size_t n)
{
	void *(*real)(size_t);

	*(void **)&real = dlsym(RTLD_NEXT, "sodium_malloc");
	return (fails() ? NULL : real(n));
}

static prov_status
keys(prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	AUTO(prov_key) *back = NULL;
	AUTO_BUF b = { 0 };
	prov_pubkey pub;
	prov_status st;

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
notes(prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	const uint8_t seed[32] = { 1 };
	AUTO_BUF b = { 0 };
	prov_span text;
	prov_status st;

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
	prov_status st = PROV_ENOMEM;
	char *out = NULL;

	if (s == NULL)
		return (st);
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
work(prov_err *err)
{
	AUTO_BUF manifest = { 0 }, statement = { 0 };
	prov_status st;

	if ((st = keys(err)) != PROV_OK ||
	    (st = claims(&manifest, err)) != PROV_OK ||
	    (st = statements(&statement, buf_span(&manifest), err)) !=
		PROV_OK ||
	    (st = notes(err)) != PROV_OK)
		return (st);
	return (sidecars(buf_span(&statement), err));
}

/*
 * Whether every allocation's failure was seen as what it is. It ends when
 * work is done without having met the one that was to fail.
 */
static bool
campaign(long *n)
{
	for (*n = 0;; (*n)++) {
		prov_err err = { 0 };
		prov_status st;

		fail_at = *n + 1;
		failed = false;
		st = work(&err);
		if (st == PROV_OK && !failed)
			break;
		if (st != PROV_ENOMEM) {
			printf("# allocation %ld: %d, %s\n", *n + 1, st,
			    err.msg);
			return (false);
		}
	}
	fail_at = 0;
	return (*n > 20);
}

int
main(void)
{
	bool fine[2];
	long n[2];

	printf("1..2\n");
	for (int i = 0; i < 2; i++) {
		for_good = i == 1;
		fine[i] = campaign(&n[i]);
		printf("%sok %d - %ld allocations failed %s\n",
		    fine[i] ? "" : "not ", i + 1, n[i],
		    for_good ? "from there on" : "once");
	}
	return (fine[0] && fine[1] ? 0 : 1);
}
