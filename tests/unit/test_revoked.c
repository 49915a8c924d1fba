/* SPDX-License-Identifier: ISC */
/* What verify makes of revocations and takedowns, and of attacks by them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/run.h"
#include "manifest/revocation.h"
#include "sign/note.h"
#include "signed.h"
#include "verify/revocations.h"
#include "verify/trust.h"
#include "witnesses.h"

#define FIRST "a.wav" /* entry 2 */
#define LATER "b.wav" /* entry 3 */

/*
 * A desk whose owner has a recovery key. Entry 1 registers a second key, which
 * trust does not know; the owner signed two files.
 */
struct court {
	struct desk d;
	prov_key *recovery;
};

static void
court_open(struct court *c)
{
	AUTO(prov_ledger) *l = NULL;
	prov_entry e;

	assert_true(desk_open(&c->d));
	assert_non_null(c->recovery = logged_key(OWNER_NAME "/recovery", 4));
	ok(prov_ledger_open_writer(&l, c->d.g.path, c->d.g.log, err));
	ok(prov_ledger_register(l, c->d.g.owner, prov_key_public(c->d.g.other),
	    0, &e, err));
	prov_ledger_close(TAKE(l));
	assert_true(desk_put_wav(&c->d, FIRST, 1, NULL));
	assert_true(desk_sign(&c->d, FIRST));
	assert_true(desk_put_wav(&c->d, LATER, 2, NULL));
	assert_true(desk_sign(&c->d, LATER));
}

static void
court_close(struct court *c)
{
	prov_key_free(c->recovery);
	desk_close(&c->d);
}

static uint64_t
say_revoked(const struct court *c, const prov_key *by, const prov_key *whose,
    uint64_t from)
{
	AUTO(prov_ledger) *l = NULL;
	prov_revocation r = { .from_index = from,
		.reason = "key-compromise",
		.revoker = 1 };
	prov_entry e;

	memcpy(r.kid, prov_key_public(whose)->kid, 32);
	ok(prov_ledger_open_writer(&l, c->d.g.path, c->d.g.log, err));
	ok(prov_ledger_revoke(l, by, &r, &e, err));
	return (e.index);
}

static void
take_down(const struct court *c, const prov_key *by, const char *name)
{
	AUTO(prov_ledger) *l = NULL;
	prov_takedown t = { .reason = "rights" };
	AUTO_BUF b = { 0 };
	prov_entry e;

	assert_true(desk_read(&b, &c->d, name));
	ok(sha256_of(t.asset, buf_span(&b), err));
	ok(prov_ledger_open_writer(&l, c->d.g.path, c->d.g.log, err));
	ok(prov_ledger_takedown(l, by, &t, &e, err));
}

static void
name_recovery(const struct court *c)
{
	AUTO(prov_ledger) *l = NULL;
	prov_entry e;

	ok(prov_ledger_open_writer(&l, c->d.g.path, c->d.g.log, err));
	ok(prov_ledger_recovery(l, c->d.g.owner, prov_key_public(c->recovery),
	    &e, err));
}

static void
trust(struct court *c, const prov_key *key, bool may_revoke)
{
	prov_trust_signer s = { .key = *prov_key_public(key),
		.may_revoke = may_revoke };

	ok(prov_trust_add_signer(c->d.trust, &s, err));
}

static void
expect_with(struct court *c, prov_verify_options *o, const char *name,
    const char *word, const char *reason)
{
	prov_verdict *v = desk_verify_with(&c->d, o, name);
	AUTO_FREE char *text = NULL;

	assert_non_null(v);
	ok(prov_verdict_text(&text, v, err));
	if (strcmp(prov_verdict_word(v), word) != 0 ||
	    prov_verdict_status(v) != (strncmp(word, "VERIFIED", 8) != 0) ||
	    (reason != NULL && !desk_has(v, reason)))
		fail_msg("not %s %s: %s", word, reason, text);
	if (strcmp(word, "REVOKED") == 0)
		assert_int_equal(PROV_SIG_REVOKED, prov_verdict_signature(v));
	prov_verdict_free(v);
}

/* With the sidecar and without; by an own index, and by reading all. */
static void
expect(struct court *c, const char *name, const char *word, const char *reason)
{
	for (int i = 0; i < 4; i++) {
		prov_verify_options o = { .ledger_dir = c->d.g.path,
			.ledger_own = i & 1,
			.require_revocation = 1,
			.sidecar = (i & 2) != 0 ? PROV_SIDECAR_BESIDE
			                        : PROV_SIDECAR_NONE };

		expect_with(c, &o, name, word, reason);
	}
}

#define VALID(c, name)   expect(c, name, "VERIFIED exact", NULL)
#define REVOKED(c, name) expect(c, name, "REVOKED", "signature.revoked")
#define TAKEN(c, name)   expect(c, name, "REVOKED", "asset.takedown")

static void
put_len(uint8_t *p, size_t n)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static void
from_an_entry_on(void **state)
{
	struct court c;
	AUTO_BUF b = { 0 };
	prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };
	prov_verdict *v;

	(void)state;
	court_open(&c);
	assert_int_equal(4, say_revoked(&c, c.d.g.owner, c.d.g.owner, 3));
	VALID(&c, FIRST);
	REVOKED(&c, LATER);
	/* Nothing was checked by who has but the sidecar. */
	v = desk_verify(&c.d, LATER, false, true);
	assert_string_equal("VERIFIED exact", prov_verdict_word(v));
	assert_true(desk_unchecked(v, "revocation"));
	prov_verdict_free(v);
	o.require_revocation = 1;
	expect_with(&c, &o, LATER, "UNTRUSTED", "revocation.unchecked");
	/* Packed anew, and cut. */
	assert_true(desk_put_wav(&c.d, "c.wav", 2, "my song!"));
	assert_true(desk_read(&b, &c.d, LATER));
	memmove(b.p + 44, b.p + 44 + DESK_RATE, b.len - 44 - DESK_RATE);
	b.len -= DESK_RATE;
	put_len(b.p + 4, b.len - 8);
	put_len(b.p + 40, b.len - 44);
	assert_true(desk_write(&c.d, "d.wav", buf_span(&b)));
	o = (prov_verify_options){ .ledger_dir = c.d.g.path,
		.accept_clip = 1,
		.sidecar = PROV_SIDECAR_NONE };
	expect_with(&c, &o, "c.wav", "REVOKED", "signature.revoked");
	v = desk_verify_with(&c.d, &o, "d.wav");
	assert_string_equal("REVOKED", prov_verdict_word(v));
	assert_int_equal(PROV_BIND_CLIP, prov_verdict_binding(v));
	prov_verdict_free(v);
	/* It can be widened, and never narrowed. */
	(void)say_revoked(&c, c.d.g.owner, c.d.g.owner, 2);
	REVOKED(&c, FIRST);
	(void)say_revoked(&c, c.d.g.owner, c.d.g.owner, PROV_FROM_NOW);
	REVOKED(&c, FIRST);
	court_close(&c);
}

static void
wrong_keys(void **state)
{
	struct court c;

	(void)state;
	court_open(&c);
	(void)say_revoked(&c, c.d.g.other, c.d.g.owner, 0);
	take_down(&c, c.d.g.other, FIRST);
	VALID(&c, FIRST);
	trust(&c, c.d.g.other, false);
	VALID(&c, FIRST);
	ok(prov_trust_remove(c.d.trust, "demo/camera-2", err));
	trust(&c, c.d.g.other, true);
	REVOKED(&c, LATER);
	TAKEN(&c, FIRST);
	court_close(&c);
}

/* The key is lost, or a thief has it. */
static void
recovery(void **state)
{
	struct court c;

	(void)state;
	court_open(&c);
	name_recovery(&c);
	take_down(&c, c.recovery, LATER);
	VALID(&c, FIRST);
	TAKEN(&c, LATER);
	(void)say_revoked(&c, c.recovery, c.d.g.owner, 2);
	REVOKED(&c, FIRST);
	court_close(&c);
}

/* A key that may revoke others does so until it is revoked itself. */
static void
revoked_revoker(void **state)
{
	struct court c;

	(void)state;
	court_open(&c);
	trust(&c, c.d.g.other, true);
	(void)say_revoked(&c, c.d.g.other, c.d.g.owner, 3);
	(void)say_revoked(&c, c.d.g.other, c.d.g.other, 0);
	/* What it said stands: else its thief could take that back. */
	VALID(&c, FIRST);
	REVOKED(&c, LATER);
	court_close(&c);
}

static void
put(struct buf *b, const prov_key *by, const prov_key *whose,
    const char *origin, uint64_t from)
{
	const uint8_t *kid = prov_key_public(whose)->kid;
	struct revocation r = { .from_index = from };
	AUTO_BUF payload = { 0 };

	memcpy(r.kid, kid, 32);
	snprintf(r.origin, sizeof(r.origin), "%s", origin);
	ok(revocation_encode(&payload, &r, err));
	b->len = 0;
	ok(statement_sign(b, by, PAYLOAD_REVOCATION, kid, buf_span(&payload),
	    err));
}

/* What an operator let into the log that no honest one would. */
static void
crooked_log(void **state)
{
	struct court c;
	struct revocations r = { 0 };
	const uint8_t *owner, *other;
	AUTO_BUF b = { 0 };

	(void)state;
	court_open(&c);
	trust(&c, c.d.g.other, true);
	owner = prov_key_public(c.d.g.owner)->kid;
	other = prov_key_public(c.d.g.other)->kid;
	r.trust = c.d.trust;
	/* It cannot spare what comes before itself. */
	put(&b, c.d.g.owner, c.d.g.owner, LOG_NAME, 1000);
	ok(revocations_heed(&r, LOG_NAME, 50, buf_span(&b), err));
	assert_true(revocations_has(&r, owner, 50));
	assert_false(revocations_has(&r, owner, 49));
	/* One of another log: there it has a place, here it is the key. */
	put(&b, c.d.g.owner, c.d.g.owner, "demo/else/log", 40);
	ok(revocations_heed(&r, LOG_NAME, 51, buf_span(&b), err));
	assert_true(revocations_has(&r, owner, 0));
	/* The owner is revoked: it revokes nobody else. */
	put(&b, c.d.g.owner, c.d.g.other, LOG_NAME, 0);
	ok(revocations_heed(&r, LOG_NAME, 52, buf_span(&b), err));
	assert_false(revocations_has(&r, other, 99));
	/* A signature that is none. */
	put(&b, c.d.g.other, c.d.g.other, LOG_NAME, 0);
	b.p[b.len - 1] ^= 1;
	ok(revocations_heed(&r, LOG_NAME, 53, buf_span(&b), err));
	assert_false(revocations_has(&r, other, 99));
	/* Of a later version: what it says is not known, but that it does. */
	{
		AUTO_BUF later = { 0 };

		ok(statement_sign(&later, c.d.g.other, PAYLOAD_REVOCATION,
		    other, span("\xa1\x01\x02", 3), err));
		ok(revocations_heed(&r, LOG_NAME, 54, buf_span(&later), err));
	}
	assert_true(revocations_has(&r, other, 0));
	revocations_clear(&r);
	court_close(&c);
}

/* Thieves of two keys that may revoke: who is first is heard. */
static void
thieves_of_revokers(void **state)
{
	struct court c;
	struct revocations r = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	court_open(&c);
	ok(prov_trust_remove(c.d.trust, OWNER_NAME, err));
	trust(&c, c.d.g.owner, true);
	trust(&c, c.d.g.other, true);
	r.trust = c.d.trust;
	put(&b, c.d.g.other, c.d.g.owner, LOG_NAME, 5);
	ok(revocations_heed(&r, LOG_NAME, 10, buf_span(&b), err));
	put(&b, c.d.g.owner, c.d.g.other, LOG_NAME, 5);
	ok(revocations_heed(&r, LOG_NAME, 11, buf_span(&b), err));
	assert_true(revocations_has(&r, prov_key_public(c.d.g.owner)->kid, 5));
	assert_false(
	    revocations_has(&r, prov_key_public(c.d.g.other)->kid, 99));
	revocations_clear(&r);
	court_close(&c);
}

/* Each signer takes back the own word, and nobody else's. */
static void
two_signers(void **state)
{
	struct court c;
	prov_sign_options o = { .sidecar = PROV_SIDECAR_NONE };
	struct desk_report r;
	char path[128];
	const char *list[] = { path };

	(void)state;
	court_open(&c);
	trust(&c, c.d.g.other, false);
	snprintf(path, sizeof(path), "%s", desk_path(&c.d, FIRST));
	o.key = c.d.g.other;
	ok(desk_sign_with(&c.d, &o, list, 1, &r));
	take_down(&c, c.d.g.other, FIRST);
	VALID(&c, FIRST);
	take_down(&c, c.d.g.owner, FIRST);
	TAKEN(&c, FIRST);
	VALID(&c, LATER);
	court_close(&c);
}

/* A key that was revoked in one log is so, whole, in another. */
static void
another_log(void **state)
{
	struct court c, d;
	prov_key *log;
	prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };
	prov_verdict *v;

	(void)state;
	court_open(&c);
	(void)say_revoked(&c, c.d.g.owner, c.d.g.owner, PROV_FROM_NOW);
	/* The other has the same keys, but for the log's. */
	assert_true(logged_dir(&d.d.g));
	prov_key_free(d.d.g.log);
	assert_non_null(log = d.d.g.log = logged_key("demo/else/log", 8));
	ok(prov_ledger_create(d.d.g.path, log, d.d.g.owner, NULL, err));
	d.d.demux = c.d.demux;
	d.d.trust = c.d.trust;
	ok(prov_trust_add_log(c.d.trust, prov_key_public(log), err));
	assert_true(desk_put_wav(&d.d, "e.wav", 5, NULL));
	assert_true(desk_sign(&d.d, "e.wav"));
	v = desk_verify(&d.d, "e.wav", true, true);
	assert_string_equal("VERIFIED exact", prov_verdict_word(v));
	prov_verdict_free(v);
	o.ledger_dir = c.d.g.path;
	o.ledger_own = 1;
	v = desk_verify_with(&d.d, &o, "e.wav");
	assert_string_equal("REVOKED", prov_verdict_word(v));
	assert_true(desk_unchecked(v, "revocation"));
	prov_verdict_free(v);
	logged_close(&d.d.g);
	court_close(&c);
}

/* Where in the log it is, a receipt does not say: it may be anywhere. */
static void
without_a_place(void **state)
{
	struct court c;
	struct revocations r = { 0 };
	struct evidence e = { .signature = PROV_SIG_VALID };
	AUTO_BUF b = { 0 };

	(void)state;
	court_open(&c);
	r.trust = c.d.trust;
	put(&b, c.d.g.owner, c.d.g.owner, LOG_NAME, 9);
	ok(revocations_heed(&r, LOG_NAME, 9, buf_span(&b), err));
	memcpy(e.st.kid, prov_key_public(c.d.g.owner)->kid, 32);
	memcpy(e.at.origin, LOG_NAME, sizeof(LOG_NAME));
	e.at.size = 9;
	e.index = 8;
	revocations_judge(&r, LOG_NAME, &e);
	assert_int_equal(PROV_SIG_VALID, e.signature);
	e.at.size = 0;
	e.index = 0;
	revocations_judge(&r, LOG_NAME, &e);
	assert_int_equal(PROV_SIG_REVOKED, e.signature);
	revocations_clear(&r);
	court_close(&c);
}

/* What a thief signs after the revocation replaces nothing before it. */
static void
superseded_by_a_thief(void **state)
{
	struct court c;
	AUTO(prov_claim) *claim = NULL;
	prov_sign_options o = { .sidecar = PROV_SIDECAR_NONE };
	struct desk_report r;
	char path[128];
	const char *list[] = { path };

	(void)state;
	court_open(&c);
	snprintf(path, sizeof(path), "%s", desk_path(&c.d, FIRST));
	ok(desk_sign_with(&c.d, &o, list, 1, &r));
	ok(prov_claim_new(&claim, err));
	claim->has_supersedes = true;
	memcpy(claim->supersedes, r.statement[0], 32);
	o.claim = claim;
	ok(desk_sign_with(&c.d, &o, list, 1, &r));
	assert_int_equal(4, r.index[0]);
	(void)say_revoked(&c, c.d.g.owner, c.d.g.owner, 4);
	VALID(&c, FIRST);
	court_close(&c);
}

/* The state of FIRST's signature under a head cosigned at a time; 0: not. */
static prov_sig_state
witnessed(struct court *c, prov_ledger *l, int64_t time, int64_t now)
{
	AUTO_EVIDENCE *e = NULL;
	AUTO_BUF bytes = { 0 }, note = { 0 };
	struct head head = { .index = 2 };
	prov_span text, sigs;
	prov_sig_state state;

	ok(ledger_entry_proven(l, head.index, &bytes, &head.at, err));
	ok(evidence_new(&e, buf_span(&bytes), err));
	buf_put_span(&note, ledger_note(l));
	ok(note_split(&text, &sigs, ledger_note(l), err));
	if (time != 0)
		assert_true(witness_cosign(&note, 1, text, time));
	head.note = buf_span(&note);
	ok(evidence_signature(e, c->d.trust, NULL, now, err));
	ok(evidence_entry(e, c->d.trust, &head, now, err));
	state = e->signature;
	assert_int_equal(state == PROV_SIG_EXPIRED,
	    findings_has(&e->why, REASON_SIGNATURE_EXPIRED));
	return (state);
}

/*
 * A key that is valid from 1000 to 2000. What a quorum has seen then stays
 * valid; without one the clock decides, and never the claimed time.
 */
static void
validity(void **state)
{
	struct court c;
	prov_trust_signer s = { .not_before = 1000, .not_after = 2000 };
	AUTO(prov_ledger) *l = NULL;

	(void)state;
	court_open(&c);
	ok(prov_trust_remove(c.d.trust, OWNER_NAME, err));
	s.key = *prov_key_public(c.d.g.owner);
	ok(prov_trust_add_signer(c.d.trust, &s, err));
	ok(prov_ledger_open(&l, c.d.g.path, prov_key_public(c.d.g.log), err));
	assert_int_equal(PROV_SIG_VALID, witnessed(&c, l, 0, 1500));
	assert_int_equal(PROV_SIG_EXPIRED, witnessed(&c, l, 0, 2001));
	/* Whom trust does not ask says nothing. */
	assert_int_equal(PROV_SIG_EXPIRED, witnessed(&c, l, 1500, 2001));
	tlogpolicy_clear(&c.d.trust->logs);
	ok(witness_policy(&c.d.trust->logs, prov_key_public(c.d.g.log), 1,
	    "quorum w1\n"));
	assert_int_equal(PROV_SIG_VALID, witnessed(&c, l, 1500, 9999));
	assert_int_equal(PROV_SIG_VALID, witnessed(&c, l, 2000, 9999));
	assert_int_equal(PROV_SIG_EXPIRED, witnessed(&c, l, 2001, 9999));
	assert_int_equal(PROV_SIG_EXPIRED, witnessed(&c, l, 999, 1500));
	assert_int_equal(PROV_SIG_EXPIRED, witnessed(&c, l, 0, 9999));
	court_close(&c);
}

/* An index of somebody else's that leaves the revocation out. */
static void
hidden(void **state)
{
	struct court c;
	struct records empty = { 0 };
	struct notices foreign = { .by = NOTICES_FOREIGN };
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF run = { 0 }, list = { 0 };
	prov_verify_options o = { .ledger_dir = NULL,
		.sidecar = PROV_SIDECAR_BESIDE,
		.require_revocation = 1 };

	(void)state;
	court_open(&c);
	assert_int_equal(4, say_revoked(&c, c.d.g.owner, c.d.g.owner, 0));
	ok(run_encode(&run, 0, 5, &empty, err));
	assert_true(logged_write(&c.d.g, "index/0-5", buf_span(&run)));
	buf_put_str(&list, "prov-index/2\n0 5 0\n");
	assert_true(logged_write(&c.d.g, "index/runs", buf_span(&list)));
	ok(prov_ledger_open(&l, c.d.g.path, prov_key_public(c.d.g.log), err));
	ok(notices_follow(&foreign, l, err));
	assert_int_equal(0, notices_n(&foreign));
	notices_clear(&foreign);
	o.ledger_dir = c.d.g.path;
	expect_with(&c, &o, FIRST, "REVOKED", "signature.revoked");
	court_close(&c);
}

/* What was read of a log is remembered, and only while it is that log. */
static void
remembered(void **state)
{
	struct court c;
	struct notices n = { .by = NOTICES_SCAN }, back = { 0 };
	struct checkpoint at;
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF b = { 0 };
	uint8_t digest[32];
	char name[65];

	(void)state;
	court_open(&c);
	(void)say_revoked(&c, c.d.g.owner, c.d.g.owner, PROV_FROM_NOW);
	ok(prov_ledger_open(&l, c.d.g.path, prov_key_public(c.d.g.log), err));
	ok(notices_follow(&n, l, err));
	assert_int_equal(3, notices_n(&n));
	assert_int_equal(4, notices_at(&n, 2));
	ok(notices_load(&back, c.d.g.dir, l, err));
	assert_int_equal(0, back.position);
	ok(notices_save(&n, c.d.g.dir, l, err));
	ok(notices_load(&back, c.d.g.dir, l, err));
	assert_int_equal(5, back.position);
	assert_int_equal(NOTICES_SCAN, back.by);
	assert_true(span_eq(buf_span(&n.at), buf_span(&back.at)));
	notices_clear(&back);
	/* Cut short anywhere, it is no record. */
	ok(sha256_of(digest, span(LOG_NAME, strlen(LOG_NAME)), err));
	hex_encode(name, digest, 32);
	assert_true(desk_read(&b, &c.d, name));
	for (size_t len = 0; len < b.len; len++)
		assert_int_not_equal(PROV_OK,
		    notices_parse(&back, &at, span(b.p, len), NULL));
	assert_true(desk_write(&c.d, name, span(b.p, b.len - 1)));
	ok(notices_load(&back, c.d.g.dir, l, err));
	assert_int_equal(0, back.position);
	/* Another root at that size. */
	at = (struct checkpoint){ .size = 3 };
	memcpy(at.origin, LOG_NAME, sizeof(LOG_NAME));
	n.at.len = sizeof(uint64_t);
	b.len = 0;
	ok(notices_encode(&b, &n, &at, err));
	assert_true(desk_write(&c.d, name, buf_span(&b)));
	assert_int_equal(PROV_EUNTRUSTED,
	    notices_load(&back, c.d.g.dir, l, NULL));
	notices_clear(&n);
	court_close(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_an_entry_on),
		cmocka_unit_test(wrong_keys),
		cmocka_unit_test(recovery),
		cmocka_unit_test(revoked_revoker),
		cmocka_unit_test(crooked_log),
		cmocka_unit_test(thieves_of_revokers),
		cmocka_unit_test(two_signers),
		cmocka_unit_test(another_log),
		cmocka_unit_test(without_a_place),
		cmocka_unit_test(superseded_by_a_thief),
		cmocka_unit_test(validity),
		cmocka_unit_test(hidden),
		cmocka_unit_test(remembered),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
