/* SPDX-License-Identifier: ISC */
/* Receipts in sidecars, as prov verify judges them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sign/cose.h"
#include "sign/receipt.h"
#include "signed.h"
#include "verify/trust.h"
#include "verify/verdict.h"

/* A desk with a signed file "x" and its sidecar taken apart. */
struct receipted {
	struct desk d;
	struct buf bytes;
	struct sidecar s; /* points into bytes */
};

static void
receipted_open(struct receipted *t)
{
	memset(t, 0, sizeof(*t));
	assert_true(desk_open(&t->d));
	assert_true(desk_write(&t->d, "x", span("just text", 9)));
	assert_true(desk_sign(&t->d, "x"));
	assert_true(desk_read(&t->bytes, &t->d, "x.prov"));
	ok(sidecar_decode(&t->s, buf_span(&t->bytes), err));
	assert_int_not_equal(0, t->s.receipt.len);
}

static void
receipted_close(struct receipted *t)
{
	buf_free(&t->bytes);
	desk_close(&t->d);
}

/* Writes the sidecar anew and verifies. */
static prov_verdict *
judge(struct receipted *t, bool ledger, const char *word)
{
	AUTO_BUF b = { 0 };
	prov_verdict *v;

	ok(sidecar_encode(&b, &t->s, err));
	assert_true(desk_write(&t->d, "x.prov", buf_span(&b)));
	v = desk_verify(&t->d, "x", ledger, true);
	if (strcmp(prov_verdict_word(v), word) != 0)
		fail_msg("%s, not %s", prov_verdict_word(v), word);
	return (v);
}

static void
expect(struct receipted *t, bool ledger, const char *word)
{
	prov_verdict_free(judge(t, ledger, word));
}

static void
both(void **state)
{
	AUTO_FREE char *json = NULL;
	struct receipted t;
	prov_verdict *v;

	(void)state;
	receipted_open(&t);
	v = judge(&t, false, "VERIFIED exact");
	ok(prov_verdict_json(&json, v, err));
	assert_non_null(strstr(json, "\"receipt\":\"valid\",\"log_index\":1,"));
	prov_verdict_free(v);
	receipted_close(&t);
}

/* Inclusion and no position; what needs one stays unchecked. */
static void
alone(void **state)
{
	struct receipted t;
	prov_verdict *v;

	(void)state;
	receipted_open(&t);
	t.s.proof = span(NULL, 0);
	v = judge(&t, false, "VERIFIED exact");
	assert_int_equal(PROV_LEDGER_INCLUDED, prov_verdict_ledger(v));
	assert_int_equal(RECEIPT_GOOD, v->receipt);
	assert_false(v->has_entry);
	assert_string_equal(LOG_NAME, v->origin);
	assert_true(desk_unchecked(v, "revocation"));
	assert_true(desk_unchecked(v, "superseded"));
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	/* The ledger at hand knows the place. */
	v = judge(&t, true, "VERIFIED exact");
	assert_true(v->has_entry);
	assert_int_equal(1, v->log_index);
	assert_false(desk_unchecked(v, "revocation"));
	prov_verdict_free(v);
	/* Without either there is nothing. */
	t.s.receipt = span(NULL, 0);
	v = judge(&t, false, "UNTRUSTED");
	assert_true(desk_has(v, "ledger.absent"));
	assert_int_equal(RECEIPT_NONE, v->receipt);
	prov_verdict_free(v);
	receipted_close(&t);
}

/* A ledger at hand that has not the entry confirms nothing, and forks none. */
static void
ledger_lacks_it(void **state)
{
	AUTO_BUF b = { 0 };
	struct receipted t;
	prov_verdict *v;

	(void)state;
	receipted_open(&t);
	assert_true(logged_read(&b, &t.d.g, "tlog/checkpoint"));
	assert_int_equal(0,
	    nftw(t.d.g.path, logged_remove, 16, FTW_DEPTH | FTW_PHYS));
	ok(prov_ledger_create(t.d.g.path, t.d.g.log, t.d.g.owner, 0, err));
	t.s.proof = span(NULL, 0);
	v = judge(&t, true, "VERIFIED exact");
	assert_false(v->has_entry);
	assert_true(desk_unchecked(v, "revocation"));
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	receipted_close(&t);
}

static void
of_another_entry(void **state)
{
	AUTO_BUF other = { 0 };
	struct receipted t;
	struct sidecar s;

	(void)state;
	receipted_open(&t);
	assert_true(desk_write(&t.d, "y", span("other text", 10)));
	assert_true(desk_sign(&t.d, "y"));
	assert_true(desk_read(&other, &t.d, "y.prov"));
	ok(sidecar_decode(&s, buf_span(&other), err));
	t.s.receipt = s.receipt;
	expect(&t, false, "INVALID");
	t.s.proof = span(NULL, 0);
	expect(&t, false, "INVALID");
	receipted_close(&t);
}

/* prov ledger prove --receipt of later: another size, the same story. */
static void
at_another_size(void **state)
{
	AUTO_FREE uint8_t *later = NULL;
	AUTO(prov_ledger) *l = NULL;
	struct receipted t;
	size_t len;

	(void)state;
	receipted_open(&t);
	assert_true(desk_write(&t.d, "y", span("other text", 10)));
	assert_true(desk_sign(&t.d, "y"));
	ok(prov_ledger_open(&l, t.d.g.path, prov_key_public(t.d.g.log), err));
	ok(prov_ledger_receipt(l, 1, &later, &len, err));
	assert_false(span_eq(span(later, len), t.s.receipt));
	t.s.receipt = span(later, len);
	expect(&t, false, "VERIFIED exact");
	expect(&t, true, "VERIFIED exact");
	receipted_close(&t);
}

/* Claims of size and index alone can change, and never the index. */
static void
every_bit(void **state)
{
	struct receipted t;
	uint8_t *p;

	(void)state;
	receipted_open(&t);
	p = t.bytes.p + (t.s.receipt.p - t.bytes.p);
	for (size_t bit = 0; bit < 8 * t.s.receipt.len; bit++) {
		prov_verdict *v;
		AUTO_BUF b = { 0 };

		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		ok(sidecar_encode(&b, &t.s, err));
		assert_true(desk_write(&t.d, "x.prov", buf_span(&b)));
		v = desk_verify(&t.d, "x", false, true);
		if (strcmp(prov_verdict_word(v), "INVALID") != 0)
			fail_msg("bit %zu: %s", bit, prov_verdict_word(v));
		prov_verdict_free(v);
		p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	receipted_close(&t);
}

/* Entry 1 of 2 as entry 0 of 1 and such: refused beside the proof. */
static void
claims(void **state)
{
	struct receipted t;
	struct receipt r;

	(void)state;
	receipted_open(&t);
	ok(receipt_parse(&r, t.s.receipt, err));
	for (r.size = 0; r.size < 9; r.size++)
		for (r.index = 0; r.index < 9; r.index++) {
			AUTO_BUF b = { 0 };

			receipt_encode(&b, &r, prov_key_public(t.d.g.log));
			t.s.receipt = buf_span(&b);
			expect(&t, false,
			    r.size == 2 && r.index == 1 ? "VERIFIED exact"
							: "INVALID");
		}
	receipted_close(&t);
}

static void
other_log(void **state)
{
	AUTO(prov_key) *key = logged_key("demo/other/log", 9);
	AUTO(prov_trust) *trust = NULL;
	struct receipted t;
	prov_verdict *v;
	prov_trust_signer s = { 0 };

	(void)state;
	receipted_open(&t);
	s.key = *prov_key_public(t.d.g.owner);
	ok(prov_trust_new(&trust, err));
	ok(prov_trust_add_signer(trust, &s, err));
	ok(prov_trust_add_log(trust, prov_key_public(key), err));
	prov_trust_free(t.d.trust);
	t.d.trust = TAKE(trust);
	t.s.proof = span(NULL, 0);
	v = judge(&t, false, "UNTRUSTED");
	assert_true(desk_has(v, "ledger.untrusted"));
	assert_int_equal(RECEIPT_OPEN, v->receipt);
	prov_verdict_free(v);
	receipted_close(&t);
}

/* Witnesses cosign checkpoints: a receipt cannot stand for a quorum. */
static void
quorum(void **state)
{
	struct receipted t;
	prov_verdict *v;

	(void)state;
	receipted_open(&t);
	t.d.trust->logs.quorum = true;
	t.s.proof = span(NULL, 0);
	v = judge(&t, false, "UNTRUSTED");
	assert_true(desk_has(v, "ledger.witnesses"));
	assert_int_equal(PROV_LEDGER_UNCHECKED, prov_verdict_ledger(v));
	prov_verdict_free(v);
	t.d.trust->logs.quorum = false;
	receipted_close(&t);
}

/* A receipt with {1: -8, 395: 1} alone, as others write them. */
static void
foreign(void **state)
{
	static const uint8_t prot[] = { 0xa2, 0x01, 0x27, 0x19, 0x01, 0x8b,
		0x01 };
	AUTO_BUF b = { 0 }, tbs = { 0 };
	struct receipted t;
	struct receipt r;
	uint8_t sig[64], root[32];

	(void)state;
	receipted_open(&t);
	ok(receipt_parse(&r, t.s.receipt, err));
	ok(receipt_verify(root, &r, t.s.statement, prov_key_public(t.d.g.log),
	    0, err));
	cose_to_sign(&tbs, span(prot, sizeof(prot)), span(root, 32));
	ok(key_sign(t.d.g.log, sig, buf_span(&tbs), err));
	cbor_put_tag(&b, COSE_SIGN1);
	cbor_put_array(&b, 4);
	cbor_put_bytes(&b, span(prot, sizeof(prot)));
	/* From the unprotected header to the payload as it is. */
	buf_put(&b, r.protected_.p + r.protected_.len,
	    (size_t)(t.s.receipt.p + t.s.receipt.len - 66 -
		     (r.protected_.p + r.protected_.len)));
	cbor_put_bytes(&b, span(sig, 64));
	ok(buf_done(&b, err));
	t.s.receipt = buf_span(&b);
	expect(&t, false, "INVALID");
	t.d.trust->foreign_receipts = true;
	expect(&t, false, "VERIFIED exact");
	t.s.proof = span(NULL, 0);
	expect(&t, false, "VERIFIED exact");
	t.d.trust->foreign_receipts = false;
	expect(&t, false, "INVALID");
	receipted_close(&t);
}

/* Beside a proof that is a lie nothing is asked of the receipt. */
static void
bad_proof(void **state)
{
	struct receipted t;
	prov_verdict *v;

	(void)state;
	receipted_open(&t);
	t.bytes.p[t.s.proof.p - t.bytes.p + 40] ^= 1;
	v = judge(&t, false, "INVALID");
	assert_int_equal(RECEIPT_OPEN, v->receipt);
	prov_verdict_free(v);
	receipted_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both),
		cmocka_unit_test(alone),
		cmocka_unit_test(ledger_lacks_it),
		cmocka_unit_test(of_another_entry),
		cmocka_unit_test(at_another_size),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(claims),
		cmocka_unit_test(other_log),
		cmocka_unit_test(quorum),
		cmocka_unit_test(foreign),
		cmocka_unit_test(bad_proof),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
