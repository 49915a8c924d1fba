/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/reader.h"
#include "logged.h"

static const prov_pubkey *
log_key(const struct logged *g)
{
	return (prov_key_public(g->log));
}

/* A new ledger holds its policy and nothing else, and is not made again. */
static void
create_logs_the_policy(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE uint8_t *bytes = NULL;
	struct registration r = { 0 };
	prov_err why = { 0 };
	struct statement s;
	uint64_t size;
	size_t len;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, log_key(&g), err));
	assert_string_equal(LOG_NAME, prov_ledger_origin(l));
	ok(prov_ledger_checkpoint(l, &size, NULL, NULL, err));
	assert_int_equal(1, size);
	ok(prov_ledger_entry(l, 0, &bytes, &len, err));
	ok(statement_parse(&s, span(bytes, len), err));
	ok(statement_verify(&s, prov_key_public(g.owner), err));
	assert_int_equal(PAYLOAD_REGISTRATION, s.kind);
	ok(registration_decode(&r, s.payload, err));
	assert_int_equal(1, r.n);
	assert_memory_equal(r.at[0].key, prov_key_public(g.owner)->key, 32);
	registration_clear(&r);
	assert_int_equal(PROV_EEXIST,
	    prov_ledger_create(g.path, g.log, g.owner, 0, &why));
	logged_close(&g);
}

static void
appends_and_proves(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	AUTO_BUF b = { 0 };
	prov_entry e;
	prov_span s;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	for (uint64_t n = 0; n < 300; n++) {
		assert_true(logged_statement(&b, g.owner, n));
		s = buf_span(&b);
		ok(prov_ledger_append(w, &s, 1, 0, &e, err));
		assert_int_equal(n + 1, e.index);
		assert_false(e.existed);
	}
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	for (uint64_t n = 0; n < 300; n++) {
		AUTO_FREE uint8_t *bytes = NULL;
		AUTO_FREE char *text = NULL;
		struct checkpoint at;
		struct proof p;
		size_t len;

		assert_true(logged_statement(&b, g.owner, n));
		ok(prov_ledger_entry(r, n + 1, &bytes, &len, err));
		assert_true(span_eq(buf_span(&b), span(bytes, len)));
		ok(prov_ledger_prove(r, n + 1, &text, err));
		ok(proof_parse(&p, span(text, strlen(text)), err));
		ok(proof_verify(&at, &p, buf_span(&b), log_key(&g), err));
		assert_int_equal(301, at.size);
		assert_int_equal(n + 1, p.index);
	}
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	logged_close(&g);
}

/* The same bytes again are the same entry, in one batch and later. */
static void
same_statement_is_one_entry(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF a = { 0 }, b = { 0 };
	prov_span s[4];
	prov_entry e[4];

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_true(logged_statement(&a, g.owner, 1));
	assert_true(logged_statement(&b, g.owner, 2));
	s[0] = s[2] = buf_span(&a);
	s[1] = s[3] = buf_span(&b);
	ok(prov_ledger_append(w, s, 3, 0, e, err));
	assert_int_equal(1, e[0].index);
	assert_int_equal(2, e[1].index);
	assert_int_equal(1, e[2].index);
	assert_true(!e[0].existed && !e[1].existed && e[2].existed);
	ok(prov_ledger_append(w, s + 2, 2, 0, e, err));
	assert_true(e[0].existed && e[1].existed);
	assert_int_equal(1, e[0].index);
	assert_int_equal(2, e[1].index);
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(prov_ledger_append(w, s, 2, 0, e, err));
	assert_true(e[0].existed && e[1].existed);
	logged_close(&g);
}

/* Only registered signers, and only what the manifest says. */
static void
policy_decides(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 }, payload = { 0 };
	uint8_t sub[32];
	prov_err why = { 0 };
	prov_entry e;
	prov_span s;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_true(logged_statement(&b, g.other, 1));
	s = buf_span(&b);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, &s, 1, 0, &e, &why));
	assert_non_null(strstr(why.msg, "is not registered; prov ledger "
					"register VKEY"));
	/* A registered kid over somebody else's signature. */
	assert_true(logged_statement(&b, g.owner, 1));
	b.p[b.len - 1] ^= 1;
	s = buf_span(&b);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, &s, 1, 0, &e, NULL));
	/* A subject that is not the manifest's asset. */
	assert_true(logged_manifest(&payload, 1, NULL));
	logged_asset(sub, 2);
	b.len = 0;
	ok(statement_sign(&b, g.owner, PAYLOAD_MANIFEST, sub,
	    buf_span(&payload), err));
	s = buf_span(&b);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, &s, 1, 0, &e, NULL));
	/* The log's own key is never a signer. */
	assert_true(logged_statement(&b, g.log, 1));
	s = buf_span(&b);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, &s, 1, 0, &e, NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_register(w, g.owner, log_key(&g), 0, &e, NULL));
	/* A stranger cannot register himself. */
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_register(w, g.other, prov_key_public(g.other), 0, &e,
		NULL));
	/* The owner can, once. */
	ok(prov_ledger_register(w, g.owner, prov_key_public(g.other), 0, &e,
	    err));
	assert_int_equal(1, e.index);
	assert_false(e.existed);
	ok(prov_ledger_register(w, g.owner, prov_key_public(g.other), 0, &e,
	    err));
	assert_true(e.existed);
	assert_true(logged_statement(&b, g.other, 1));
	s = buf_span(&b);
	ok(prov_ledger_append(w, &s, 1, 0, &e, err));
	assert_int_equal(2, e.index);
	/* And it is so for the next process. */
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_true(logged_statement(&b, g.other, 2));
	s = buf_span(&b);
	ok(prov_ledger_append(w, &s, 1, 0, &e, err));
	assert_int_equal(3, e.index);
	logged_close(&g);
}

/*
 * The check finds the newest policy by itself and compares: where its type
 * stands depends on how long the owner's name is.
 */
static void
check_knows_policies(void **state)
{
	char name[201];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t len = 1; len < sizeof(name); len += 19) {
		struct logged g;
		AUTO(prov_ledger) *w = NULL;
		prov_entry e;

		assert_true(logged_dir(&g));
		name[len] = '\0';
		prov_key_free(g.owner);
		assert_non_null(g.owner = logged_key(name, 2));
		name[len] = 'n';
		ok(prov_ledger_create(g.path, g.log, g.owner, NULL, err));
		ok(prov_ledger_open_writer(&w, g.path, g.log, err));
		ok(prov_ledger_register(w, g.owner, prov_key_public(g.other), 0,
		    &e, err));
		assert_int_equal(1, e.index);
		ok(prov_ledger_check(w, NULL, NULL, NULL, err));
		logged_close(&g);
	}
}

/* One bad statement in a batch, and nothing of it is logged. */
static void
all_or_nothing(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF a = { 0 }, b = { 0 };
	prov_entry e[2] = { { 77, 0 }, { 77, 0 } };
	prov_err why = { 0 };
	prov_span s[2];
	uint64_t size;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_true(logged_statement(&a, g.owner, 1));
	assert_true(logged_statement(&b, g.other, 2));
	s[0] = buf_span(&a);
	s[1] = buf_span(&b);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, s, 2, 0, e, &why));
	assert_non_null(strstr(why.msg, "statement 2 of 2"));
	assert_int_equal(77, e[0].index);
	ok(ledger_refresh(w, err));
	ok(prov_ledger_checkpoint(w, &size, NULL, NULL, err));
	assert_int_equal(1, size);
	/* Malformed bytes do not get as far as the lock. */
	s[0].len--;
	assert_int_equal(PROV_EFORMAT, prov_ledger_append(w, s, 1, 0, e, NULL));
	logged_close(&g);
}

static void
lookup_is(prov_ledger *l, prov_lookup_by by, const uint8_t key[32],
    const uint64_t *want, size_t n)
{
	AUTO_FREE uint64_t *got = NULL;
	size_t got_n = 99;

	ok(prov_ledger_lookup(l, by, key, &got, &got_n, err));
	assert_int_equal(n, got_n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(want[i], got[i]);
}

static void
finds_by_asset_stream_and_signer(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	uint8_t key[32];
	uint64_t at;
	prov_entry e;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(prov_ledger_register(w, g.owner, prov_key_public(g.other), 0, &e,
	    err));                                       /* 1 */
	ok(logged_append(w, g.owner, 0, 700, 100, err)); /* 2 to 701 */
	ok(logged_append(w, g.other, 500, 503, 3, err)); /* 702 to 704 */
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	for (uint64_t n = 0; n < 700; n++) {
		const uint64_t want[2] = { n + 2, n - 500 + 702 };

		logged_asset(key, n);
		lookup_is(r, PROV_BY_ASSET, key, want,
		    n >= 500 && n < 503 ? 2 : 1);
		ok(ledger_find(r, key, prov_key_public(g.owner)->kid, &at,
		    err));
		assert_int_equal(n + 2, at);
		logged_root(key, n);
		lookup_is(r, PROV_BY_STREAM, key, want,
		    n >= 500 && n < 503 ? 2 : 1);
		logged_root(key, n + 1000000);
		lookup_is(r, PROV_BY_STREAM, key, want,
		    n >= 500 && n < 503 ? 2 : 1);
	}
	lookup_is(r, PROV_BY_SIGNER, prov_key_public(g.other)->kid,
	    (const uint64_t[]){ 702, 703, 704 }, 3);
	logged_asset(key, 9999);
	lookup_is(r, PROV_BY_ASSET, key, NULL, 0);
	assert_int_equal(PROV_ENOTFOUND,
	    ledger_find(r, key, prov_key_public(g.owner)->kid, &at, NULL));
	logged_asset(key, 7);
	assert_int_equal(PROV_ENOTFOUND,
	    ledger_find(r, key, prov_key_public(g.other)->kid, &at, NULL));
	/* The same key prefix is not the same key. */
	key[31] ^= 1;
	lookup_is(r, PROV_BY_ASSET, key, NULL, 0);
	/* Without an index the entries are scanned. */
	prov_ledger_close(TAKE(w));
	assert_int_equal(0, remove(logged_path(&g, "index/runs")));
	logged_asset(key, 3);
	lookup_is(r, PROV_BY_ASSET, key, (const uint64_t[]){ 5 }, 1);
	logged_close(&g);
}

/* A reader stays where it is until it is told to look again. */
static void
refresh_moves_on(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	AUTO_BUF old = { 0 };
	uint64_t size, at[] = { 1 };
	uint8_t key[32];
	uint8_t *hashes = NULL;
	uint8_t root1[32], root2[32];
	size_t n;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	ok(logged_append(w, g.owner, 0, 5, 5, err));
	assert_true(logged_read(&old, &g, "tlog/checkpoint"));
	ok(prov_ledger_checkpoint(r, &size, NULL, NULL, err));
	assert_int_equal(1, size);
	logged_asset(key, 0);
	lookup_is(r, PROV_BY_ASSET, key, NULL, 0);
	ok(ledger_refresh(r, err));
	ok(prov_ledger_checkpoint(r, &size, root1, NULL, err));
	assert_int_equal(6, size);
	lookup_is(r, PROV_BY_ASSET, key, at, 1);
	ok(logged_append(w, g.owner, 5, 600, 200, err));
	/* Partial tiles of size 6 are gone; the full one stands in. */
	assert_int_equal(-1,
	    access(logged_path(&g, "tlog/tile/0/000.p/6"), F_OK));
	lookup_is(r, PROV_BY_ASSET, key, at, 1);
	ok(ledger_refresh(r, err));
	ok(prov_ledger_checkpoint(r, &size, root2, NULL, err));
	assert_int_equal(601, size);
	ok(prov_ledger_consistency(r, 6, 601, &hashes, &n, err));
	ok(tree_consistency_verify(6, 601, root1, root2, hashes, n, err));
	prov_free(hashes);
	/* It does not go back. */
	assert_true(logged_write(&g, "tlog/checkpoint", buf_span(&old)));
	assert_int_equal(PROV_EUNTRUSTED, ledger_refresh(r, NULL));
	ok(prov_ledger_checkpoint(r, &size, NULL, NULL, err));
	assert_int_equal(601, size);
	logged_close(&g);
}

static void
blobs_and_openings(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 }, got = { 0 }, proof = { 0 };
	const prov_span blob = span("a timeline", 10);
	struct ledger_item item = { .blobs = &blob,
		.n_blobs = 1,
		.openings = span("\x80", 1) };
	uint8_t sha[32], name[32];
	char path[128], hex[65];
	struct checkpoint at;
	struct proof p;
	prov_entry e;
	struct stat sb;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(sha256_of(sha, blob, err));
	assert_true(logged_statement_of(&b, g.owner, 1, sha));
	item.statement = buf_span(&b);
	ok(ledger_append_items(w, &item, 1, 0, &e, &proof, err));
	ok(proof_parse(&p, buf_span(&proof), err));
	ok(proof_verify(&at, &p, buf_span(&b), log_key(&g), err));
	ok(ledger_blob(w, sha, &got, err));
	assert_true(span_eq(blob, buf_span(&got)));
	ok(statement_digest(name, buf_span(&b), err));
	got.len = 0;
	ok(ledger_openings(w, name, &got, err));
	assert_true(span_eq(item.openings, buf_span(&got)));
	hex_encode(hex, name, 32);
	snprintf(path, sizeof(path), "private/%s", hex);
	assert_int_equal(0, stat(logged_path(&g, path), &sb));
	assert_int_equal(0600, sb.st_mode & 07777);
	assert_int_equal(0, stat(logged_path(&g, "private"), &sb));
	assert_int_equal(0700, sb.st_mode & 07777);
	assert_int_equal(PROV_ENOTFOUND, ledger_blob(w, name, &got, NULL));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	/* Every bit of it counts. */
	hex_encode(hex, sha, 32);
	snprintf(path, sizeof(path), "blobs/%.2s/%s", hex, hex);
	for (unsigned bit = 0; bit < 80; bit++) {
		uint8_t bad[10];

		memcpy(bad, blob.p, 10);
		bad[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(logged_write(&g, path, span(bad, 10)));
		assert_int_equal(PROV_EUNTRUSTED,
		    ledger_blob(w, sha, &got, NULL));
		assert_int_equal(PROV_EUNTRUSTED,
		    prov_ledger_check(w, NULL, NULL, NULL, NULL));
	}
	/* Appending again mends it. */
	ok(ledger_append_items(w, &item, 1, 0, &e, NULL, err));
	assert_true(e.existed);
	ok(ledger_blob(w, sha, &got, err));
	logged_close(&g);
}

/* What its signer vouches for is these bytes and no others. */
static void
verified_by_the_caller(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 }, stranger = { 0 };
	struct ledger_item item = { 0 };
	prov_err why = { 0 };
	uint8_t leaf[32];
	prov_entry e;
	prov_span s;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	assert_true(logged_statement(&b, g.owner, 1));
	ok(tree_leaf(leaf, buf_span(&b), err));
	b.p[b.len - 1] ^= 1;
	s = item.statement = buf_span(&b);
	item.verified = leaf;
	assert_int_equal(PROV_EINTERNAL,
	    ledger_append_items(w, &item, 1, 0, &e, NULL, &why));
	assert_non_null(strstr(why.msg, "not the statement"));
	/* Who does not vouch has it verified, alone and among many. */
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(w, &s, 1, 0, &e, NULL));
	b.p[b.len - 1] ^= 1;
	ok(ledger_append_items(w, &item, 1, 0, &e, NULL, err));
	assert_int_equal(1, e.index);
	/* Vouching for a signature does not register its signer. */
	assert_true(logged_statement(&stranger, g.other, 2));
	item.statement = buf_span(&stranger);
	ok(tree_leaf(leaf, item.statement, err));
	assert_int_equal(PROV_EUNTRUSTED,
	    ledger_append_items(w, &item, 1, 0, &e, NULL, NULL));
	logged_close(&g);
}

/* Threads verify a batch; one bad signature in it and none is logged. */
static void
one_bad_signature_of_many(void **state)
{
	enum { N = 200 };
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	struct buf b[N] = { 0 };
	prov_span s[N];
	prov_entry e[N];
	uint64_t size;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	for (size_t i = 0; i < N; i++) {
		assert_true(logged_statement(&b[i], g.owner, i));
		s[i] = buf_span(&b[i]);
	}
	for (size_t i = 0; i < N; i += 33) {
		prov_err why = { 0 };
		char want[32];

		snprintf(want, sizeof(want), "statement %zu of", i + 1);
		b[i].p[b[i].len - 9] ^= 4;
		assert_int_equal(PROV_EUNTRUSTED,
		    prov_ledger_append(w, s, N, 0, e, &why));
		assert_non_null(strstr(why.msg, want));
		b[i].p[b[i].len - 9] ^= 4;
	}
	ok(prov_ledger_checkpoint(w, &size, NULL, NULL, err));
	assert_int_equal(1, size);
	ok(prov_ledger_append(w, s, N, 0, e, err));
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(1 + i, e[i].index);
		buf_free(&b[i]);
	}
	logged_close(&g);
}

/* An old copy of the store would sign a second history. */
static void
old_copy_is_refused(void **state)
{
	static const char *const files[] = { "ledger.db", "ledger.db-wal" };
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	struct buf old[2] = { { 0 }, { 0 } };
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	for (int i = 0; i < 2; i++)
		assert_true(logged_read(&old[i], &g, files[i]));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(logged_append(w, g.owner, 0, 3, 1, err));
	prov_ledger_close(TAKE(w));
	for (int i = 0; i < 2; i++)
		assert_true(logged_write(&g, files[i], buf_span(&old[i])));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_open_writer(&w, g.path, g.log, &why));
	assert_non_null(strstr(why.msg, "old copy"));
	for (int i = 0; i < 2; i++)
		buf_free(&old[i]);
	logged_close(&g);
}

static void
remove_tree(const struct logged *g, const char *name)
{
	(void)nftw(logged_path(g, name), logged_remove, 16,
	    FTW_DEPTH | FTW_PHYS);
}

/* tlog/ and index/ follow from the store, all of them. */
static void
derived_is_made_again(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	uint8_t key[32];

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(logged_append(w, g.owner, 0, 600, 150, err));
	prov_ledger_close(TAKE(w));
	remove_tree(&g, "tlog");
	remove_tree(&g, "index");
	assert_int_equal(0, mkdir(logged_path(&g, "index"), 0755));
	assert_int_equal(PROV_ENOTFOUND,
	    prov_ledger_open(&r, g.path, log_key(&g), NULL));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(prov_ledger_check(w, NULL, NULL, NULL, err));
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	logged_asset(key, 599);
	lookup_is(r, PROV_BY_ASSET, key, (const uint64_t[]){ 600 }, 1);
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	logged_close(&g);
}

/* A file that nobody may find. */
static void
wrong_key_and_no_ledger(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *l = NULL;
	AUTO(prov_key) *impostor = logged_key(LOG_NAME, 9);
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_open(&l, g.path, prov_key_public(g.owner), &why));
	assert_non_null(strstr(why.msg, "ledger.untrusted"));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_open(&l, g.path, prov_key_public(impostor), NULL));
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_open_writer(&l, g.path, impostor, NULL));
	assert_int_equal(PROV_ENOTFOUND,
	    prov_ledger_open(&l, g.dir, log_key(&g), NULL));
	assert_int_equal(PROV_ENOTFOUND,
	    prov_ledger_open_writer(&l, g.dir, g.log, NULL));
	assert_int_equal(PROV_ENOTFOUND,
	    prov_ledger_open(&l, "no/such/place", log_key(&g), NULL));
	assert_int_equal(PROV_EARG,
	    prov_ledger_create(g.dir, g.log, g.log, 0, NULL));
	assert_null(l);
	logged_close(&g);
}

/* The last run by name, for the list has one run a line. */
static void
last_run(char name[64], const struct logged *g)
{
	AUTO_BUF b = { 0 };
	unsigned long long begin, end;
	const char *line;

	assert_true(logged_read(&b, g, "index/runs"));
	buf_put_byte(&b, '\0');
	b.p[b.len - 2] = '\0';
	line = strrchr((const char *)b.p, '\n');
	assert_non_null(line);
	assert_int_equal(2, sscanf(line, "%llu %llu", &begin, &end));
	assert_int_not_equal(0, begin);
	snprintf(name, 64, "index/%llu-%llu", begin, end);
}

/* What a run held that is gone is read from the entries again. */
static void
lost_run_is_made_again(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *w = NULL;
	AUTO(prov_ledger) *r = NULL;
	AUTO_FREE uint64_t *at = NULL;
	uint8_t asset[32];
	char name[64];
	size_t n;

	(void)state;
	assert_true(logged_open(&g));
	for (uint64_t i = 0; i < 2; i++) {
		ok(prov_ledger_open_writer(&w, g.path, g.log, err));
		ok(logged_append(w, g.owner, i * 20, i * 20 + 20 - 15 * i, 5,
		    err));
		prov_ledger_close(TAKE(w));
	}
	last_run(name, &g);
	assert_int_equal(0, truncate(logged_path(&g, name), 100));
	ok(prov_ledger_open_writer(&w, g.path, g.log, err));
	ok(logged_append(w, g.owner, 100, 101, 1, err));
	prov_ledger_close(TAKE(w));
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	logged_asset(asset, 22);
	ok(prov_ledger_lookup(r, PROV_BY_ASSET, asset, &at, &n, err));
	assert_int_equal(1, n);
	ok(prov_ledger_check(r, NULL, NULL, NULL, err));
	logged_close(&g);
}

/* A file that was gone so many times, as runs are while others merge them. */
static prov_status
gone_for(prov_ledger *l, void *arg, prov_err *err)
{
	unsigned *left = arg;

	(void)l;
	if (*left == 0)
		return (PROV_OK);
	(*left)--;
	return (prov_fail(err, PROV_ENOTFOUND, "it is gone"));
}

static void
gone_for_a_moment(void **state)
{
	struct logged g;
	AUTO(prov_ledger) *r = NULL;
	unsigned twice = 2, ever = 1000;
	prov_err why = { 0 };

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&r, g.path, log_key(&g), err));
	ok(reader_do(r, gone_for, &twice, err));
	assert_int_equal(PROV_EUNTRUSTED, reader_do(r, gone_for, &ever, &why));
	assert_non_null(strstr(why.msg, "it is gone"));
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_logs_the_policy),
		cmocka_unit_test(appends_and_proves),
		cmocka_unit_test(same_statement_is_one_entry),
		cmocka_unit_test(policy_decides),
		cmocka_unit_test(check_knows_policies),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(finds_by_asset_stream_and_signer),
		cmocka_unit_test(refresh_moves_on),
		cmocka_unit_test(gone_for_a_moment),
		cmocka_unit_test(lost_run_is_made_again),
		cmocka_unit_test(blobs_and_openings),
		cmocka_unit_test(verified_by_the_caller),
		cmocka_unit_test(one_bad_signature_of_many),
		cmocka_unit_test(old_copy_is_refused),
		cmocka_unit_test(derived_is_made_again),
		cmocka_unit_test(wrong_key_and_no_ledger),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
