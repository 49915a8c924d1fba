/* SPDX-License-Identifier: ISC */
/*
 * What is refused is refused by the check that is there for it, and says so:
 * a status alone is also had by what comes after a check that is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "carrier/sidecar.h"
#include "ledger/checkpoint.h"
#include "ledger/edge.h"
#include "ledger/fork.h"
#include "ledger/memory.h"
#include "ledger/merge.h"
#include "ledger/proof.h"
#include "ledger/reader.h"
#include "ledger/tile.h"
#include "ledger/view.h"
#include "logged.h"
#include "prov/check.h"
#include "prov/sign.h"
#include "prov/verify.h"
#include "refused.h"
#include "sign/cosignature.h"
#include "sign/note.h"
#include "sign/receipt.h"
#include "spans.h"
#include "verify/subject.h"

#define ROOT "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s="

static void
witness_keys(void **state)
{
	static const char *const rows[][2] = {
		{ "w1", "not a witness key" },
		{ "w1+aabbccdd", "not a witness key" },
		{ "+aabbccdd+BAAAAA==", "its name is not valid" },
		{ "w 1+aabbccdd+BAAAAA==", "its name is not valid" },
		{ "w\1x+aabbccdd+BAAAAA==", "control character" },
		{ "w\177+aabbccdd+BAAAAA==", "control character" },
		{ "w1+aabbccdd+BAAAA", "last part is not base64" },
		{ "w1+aabbccdd+", "last part is not base64" },
		{ "w1+aabbccdd+AQAAAA==", "of type 0x01, not 0x04" },
		{ "w1+aabbccdd+BAAAAA==", "3 bytes, not 32" },
		{ "w1+aabbccdd+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		  "A",
		    "its hash does not fit" },
	};
	char text[COSIGNER_VKEY_MAX + 2];
	struct cosigner c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(PROV_EFORMAT, rows[i][1],
		    cosigner_parse(&c, rows[i][0], err));
	memset(text, 'w', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	refused(PROV_EFORMAT, "it is too long", cosigner_parse(&c, text, err));
	memcpy(text + PROV_NAME_MAX + 1, "+aabbccdd+BAAAAA==", 19);
	refused(PROV_EFORMAT, "256 bytes, more than",
	    cosigner_parse(&c, text, err));
}

static void
checkpoints(void **state)
{
	static const char *const rows[][2] = {
		{ "o\n9x\n" ROOT "\n", "line 2 is not a tree size" },
		{ "o\n42\n" ROOT "\n\nx\n", "empty extension line" },
		{ "o\n42\n" ROOT "\nx", "last line has no newline" },
		{ "o\n42\n" ROOT "x\n", "line 3 is not a root hash" },
		{ "\n42\n" ROOT "\n", "line 1, the origin, is missing" },
		{ "o\xff\n42\n" ROOT "\n", "the origin is not UTF-8" },
		{ "o\t\n42\n" ROOT "\n", "control character in the origin" },
		{ "o\n0\n" ROOT "\n", "size 0 with the root of another" },
	};
	struct checkpoint c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(PROV_EFORMAT, rows[i][1],
		    checkpoint_parse(&c, str(rows[i][0]), err));
	refused(PROV_ELIMIT, "bytes, more than",
	    checkpoint_read(&c, many(NOTE_MAX + 1), err));
}

static void
proofs(void **state)
{
	static const char head[] = "c2sp.org/tlog-proof@v1\n";
	static const char *const rows[][2] = {
		{ "index 1\n\n", "the first line is not" },
		{ "%s", "no index line" },
		{ "%sextra AAA\nindex 1\n\n", "the extra line is not base64" },
		{ "%sextra AAAA\n", "no index line" },
		{ "%sindex 01\n\n", "no valid index line" },
		{ "%sindex 1\nAAAA\n\n", "hash 0 is malformed" },
		{ "%sindex 1\n" ROOT, "no blank line before" },
	};
	char text[256];
	struct proof p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *rest = rows[i][0];
		bool headed = strncmp(rest, "%s", 2) == 0;

		snprintf(text, sizeof(text), "%s%s", headed ? head : "",
		    headed ? rest + 2 : rest);
		refused(PROV_EFORMAT, rows[i][1],
		    proof_parse(&p, str(text), err));
	}
	refused(PROV_ELIMIT, "bytes, more than",
	    proof_parse(&p, many(1 << 24), err));
}

/* A body in the form's array, with its digest behind it, or another end. */
static prov_status
read_sidecar(const char *body, size_t len, const char *end, prov_err *err)
{
	struct sidecar *s = calloc(1, sizeof(*s));
	uint8_t digest[32];
	AUTO_BUF b = { 0 };
	prov_status st;

	assert_non_null(s);
	buf_put_byte(&b, 0x82);
	buf_put(&b, body, len);
	if (end[0] != '\0')
		buf_put_byte(&b, 0x58);
	assert_int_equal(PROV_OK, sha256_of(digest, buf_span(&b), NULL));
	buf_put_str(&b, end[0] != '\0' ? end : "\x58\x20");
	buf_put(&b, digest, sizeof(digest));
	st = sidecar_decode(s, buf_span(&b), err);
	free(s);
	return (st);
}

static void
sidecars(void **state)
{
	struct sidecar *s = calloc(1, sizeof(*s));

	(void)state;
	assert_non_null(s);
	assert_int_equal(PROV_OK, read_sidecar("\xa2\1\1\2\x41S", 6, "", NULL));
	refused(PROV_EFORMAT, "field 99 is not known",
	    read_sidecar("\xa3\1\1\2\x41S\x18\x63\0", 9, "", err));
	/* 33 bytes at the end, of which the last 32 are the digest. */
	refused(PROV_EFORMAT, "it ends without SHA-256",
	    read_sidecar("\xa2\1\1\2\x41S", 6, "\x21x", err));
	refused(PROV_EFORMAT, "bytes are too few",
	    sidecar_decode(s, many(34), err));
	refused(PROV_ELIMIT, "at most",
	    sidecar_decode(s, many(SIDECAR_MAX + 1), err));
	free(s);
}

/* A policy, which is entry 0 of each log. */
static void
statements(void **state)
{
	struct logged g;
	prov_ledger *l = NULL;
	uint8_t asset[32], *bytes = NULL;
	size_t len;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_entry(l, 0, &bytes, &len, err));
	refused(PROV_EFORMAT, "it is on no asset",
	    prov_statement_asset(asset, span(bytes, len), err));
	prov_free(bytes);
	prov_ledger_close(l);
	logged_close(&g);
}

/* The head of a receipt whose proofs are as they should not be. */
static void
keys(void **state)
{
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	AUTO_BUF b = { 0 };
	prov_key *got = NULL;
	uint8_t seed[32];

	(void)state;
	refused(PROV_EARG, "no key to export",
	    prov_key_export(NULL, seed, err));
	refused(PROV_EFORMAT, "too many for a key file",
	    key_decode(&got, many(1 << 20), NULL, NULL, "k", err));
	ok(key_encode(&b, key, span(NULL, 0), err));
	/* The name of how it is stored, and the length of what is. */
	for (size_t i = 0; i + 4 < b.len; i++)
		if (memcmp(b.p + i, "none", 4) == 0)
			b.p[i] = 'N';
	refused(PROV_EUNSUPPORTED, "neither argon2id13 nor",
	    key_decode(&got, buf_span(&b), NULL, NULL, "k", err));
	assert_null(got);
	refused(PROV_ENOTFOUND, "no such key file",
	    prov_key_load(&got, "no/such/key", NULL, NULL, err));
	refused(PROV_EOPEN, "/dev/null/key",
	    prov_key_load(&got, "/dev/null/key", NULL, NULL, err));
}

static void
trust(void **state)
{
	const char *names[65];
	prov_trust_signer s = { .iss = names, .n_iss = 65 };
	AUTO(prov_key) *a = logged_key(OWNER_NAME, 2);
	AUTO(prov_key) *b = logged_key(OWNER_NAME, 3);
	prov_trust *t = NULL;

	(void)state;
	for (size_t i = 0; i < 65; i++)
		names[i] = "issuer";
	s.key = *prov_key_public(a);
	ok(prov_trust_new(&t, err));
	refused(PROV_ELIMIT, "a list of 65 names",
	    prov_trust_add_signer(t, &s, err));
	s.n_iss = 2;
	names[1] = "";
	refused(PROV_EARG, "an empty name", prov_trust_add_signer(t, &s, err));
	assert_int_equal(0, prov_trust_signers(t));
	/* Two keys of one name. */
	s.n_iss = 0;
	ok(prov_trust_add_signer(t, &s, err));
	s.key = *prov_key_public(b);
	ok(prov_trust_add_signer(t, &s, err));
	refused(PROV_EARG, "2 keys are", prov_trust_remove(t, OWNER_NAME, err));
	assert_int_equal(2, prov_trust_signers(t));
	prov_trust_free(t);
}

static void
reports(void **state)
{
	const char *words[70];
	const prov_report_options o = { .command = words };
	prov_report *r = NULL;

	(void)state;
	for (size_t i = 0; i < 69; i++)
		words[i] = "word";
	words[69] = NULL;
	refused(PROV_EARG, "a command of more than",
	    prov_report_new(&r, &o, err));
	assert_null(r);
}

/* What was opened for reading is never written. */
static void
readers(void **state)
{
	struct logged g;
	AUTO_BUF b = { 0 };
	const prov_revocation r = { .revoker = 1 };
	prov_ledger *l = NULL;
	prov_entry e;
	prov_span s;

	(void)state;
	assert_true(logged_open(&g));
	assert_true(logged_statement(&b, g.owner, 1));
	s = buf_span(&b);
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	refused(PROV_EARG, "opened for reading",
	    prov_ledger_append(l, &s, 1, 0, &e, err));
	refused(PROV_EARG, "opened for reading",
	    prov_ledger_register(l, g.owner, prov_key_public(g.other), 0, &e,
		err));
	refused(PROV_EARG, "opened for reading",
	    prov_ledger_revoke(l, g.owner, &r, &e, err));
	refused(PROV_EARG, "opened for reading",
	    prov_ledger_anchor(l, g.dir, err));
	prov_ledger_close(l);
	logged_close(&g);
}

static void
what_a_log_has_not(void **state)
{
	struct logged g;
	const uint8_t key[32] = { 1 };
	prov_ledger *l = NULL;
	uint8_t *bytes = NULL;
	uint64_t *at = NULL;
	size_t n;
	char *text = NULL;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	refused(PROV_EARG, "no entry 1: the log has 1",
	    prov_ledger_entry(l, 1, &bytes, &n, err));
	refused(PROV_EARG, "no entry 1: the log has 1",
	    prov_ledger_prove(l, 1, &text, err));
	refused(PROV_EARG, "sizes 1 and 2: the log has 1",
	    prov_ledger_consistency(l, 1, 2, &bytes, &n, err));
	refused(PROV_EARG, "look-up by 99",
	    prov_ledger_lookup(l, (prov_lookup_by)99, key, &at, &n, err));
	refused(PROV_ENOTFOUND, "no ledger at",
	    prov_ledger_inspect("no/such/ledger", prov_key_public(g.log), NULL,
		NULL, err));
	prov_ledger_close(l);
	logged_close(&g);
}

static void
evidence(void **state)
{
	AUTO_FREE struct fork *f = calloc(1, sizeof(*f));
	AUTO_MEMORY *m = NULL;
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	struct signed_head head;

	(void)state;
	assert_non_null(f);
	refused(PROV_ELIMIT,
	    "fork evidence:", fork_parse(f, many(FORK_MAX + 1), err));
	ok(memory_open(&m, "no-such-state", err));
	refused(PROV_ENOTFOUND, "nothing is remembered of",
	    memory_recall(m, &head, prov_key_public(log), err));
}

/* What only a mistake of ours could ask for. */
static void
contracts(void **state)
{
	AUTO_FREE struct tile *t = calloc(1, sizeof(*t));
	AUTO_FREE struct edge *e = calloc(1, sizeof(*e));
	struct signed_head small = { .at = { .size = 1 } };
	struct signed_head large = { .at = { .size = 2 } };
	struct run_info runs[MERGE_INPUTS_MAX + 1] = { 0 };
	struct merge *m = NULL;
	const uint8_t leaf[32] = { 1 };
	AUTO_BUF b = { 0 };
	bool forked;

	(void)state;
	assert_non_null(t);
	assert_non_null(e);
	refused(PROV_EINTERNAL, "tile of level 0 with 0 hashes",
	    tile_build(t, 0, 0, leaf, 0, err));
	refused(PROV_EINTERNAL, "the older is larger",
	    fork_look(&b, &forked, &large, &small, NULL, NULL, err));
	refused(PROV_EINTERNAL, "17 runs",
	    merge_begin(&m, ".", runs, MERGE_INPUTS_MAX + 1, err));
	assert_null(m);
	e->size = INT64_MAX;
	refused(PROV_ELIMIT, "the log is full",
	    edge_push(e, leaf, NULL, NULL, err));
}

static void
nodes(void **state)
{
	struct logged g;
	prov_ledger *l = NULL;
	uint8_t node[32];

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	ok(prov_ledger_checkpoint(l, &(uint64_t){ 0 }, NULL, NULL, err));
	refused(PROV_EINTERNAL, "no level",
	    view_node(&l->view, 8 * TILE_LEVELS, 0, node, err));
	refused(PROV_EINTERNAL, "node 1 of level 0",
	    view_node(&l->view, 0, 1, node, err));
	refused(PROV_EINTERNAL, "is not in the tree",
	    view_node(&l->view, 0, 1000, node, err));
	refused(PROV_EARG, "entries 0 to 2 of 1",
	    view_scan(&l->view, 0, 2, NULL, NULL, err));
	prov_ledger_close(l);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(witness_keys),
		cmocka_unit_test(checkpoints),
		cmocka_unit_test(proofs),
		cmocka_unit_test(sidecars),
		cmocka_unit_test(statements),
		cmocka_unit_test(keys),
		cmocka_unit_test(trust),
		cmocka_unit_test(reports),
		cmocka_unit_test(readers),
		cmocka_unit_test(what_a_log_has_not),
		cmocka_unit_test(evidence),
		cmocka_unit_test(contracts),
		cmocka_unit_test(nodes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
