/* SPDX-License-Identifier: ISC */
/* What is remembered of an asset, and what is asked anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asked.h"
#include "shelf.h"
#include "verify/known.h"
#include "verify/trust.h"

struct study {
	struct bench b;
	struct shelf shelf;
	struct recollection r;
	struct subject s;
	struct recalls n;
};

static const struct facts *
query(struct study *y)
{
	ask(&y->b, &y->s);
	verifier_recalls(y->b.v, &y->n);
	return (&y->b.f);
}

/* As another process would. */
static void
begin(struct study *y)
{
	look(&y->b);
	verifier_recollect(y->b.v, &y->r);
}

/* It was asked about once, and all held. */
static void
study_open(struct study *y)
{
	memset(y, 0, sizeof(*y));
	bench_open(&y->b);
	y->r = shelf_recollection(&y->shelf);
	begin(y);
	y->s = by_digest(&y->b);
	assert_int_equal(query(y)->signature, PROV_SIG_VALID);
	assert_false(y->b.f.cached);
	assert_int_equal(y->n.misses, 1);
	assert_int_equal(y->shelf.n_put, 1);
}

static void
study_close(struct study *y)
{
	buf_free(&y->shelf.bytes);
	bench_close(&y->b);
}

static void
assert_same(const struct facts *a, const struct facts *b)
{
	assert_int_equal(a->binding, b->binding);
	assert_int_equal(a->signature, b->signature);
	assert_int_equal(a->ledger, b->ledger);
	assert_int_equal(a->revoked, b->revoked);
	assert_int_equal(a->carrier, b->carrier);
	assert_int_equal(a->why.n, b->why.n);
	assert_int_equal(a->why.n_skipped, b->why.n_skipped);
	assert_string_equal(a->signer, b->signer);
	assert_string_equal(a->iss, b->iss);
	assert_string_equal(a->origin, b->origin);
	assert_string_equal(a->media_type, b->media_type);
	assert_memory_equal(a->statement, b->statement, 32);
	assert_memory_equal(a->kid, b->kid, 32);
	assert_int_equal(a->signed_at, b->signed_at);
	assert_int_equal(a->origin_class, b->origin_class);
	assert_int_equal(a->log_index, b->log_index);
	assert_int_equal(a->checkpoint_size, b->checkpoint_size);
	assert_int_equal(a->digest.size, b->digest.size);
	assert_int_equal(a->has_uncovered, b->has_uncovered);
	assert_int_equal(a->captions, b->captions);
	assert_memory_equal(&a->claimed, &b->claimed, sizeof(a->claimed));
}

static void
recalled(void **state)
{
	struct facts first;
	struct study y;

	(void)state;
	study_open(&y);
	first = y.b.f;
	assert_true(query(&y)->cached);
	assert_same(&y.b.f, &first);
	assert_int_equal(y.n.hits, 1);
	begin(&y);
	assert_true(query(&y)->cached);
	assert_same(&y.b.f, &first);
	/* The file itself is hashed, and then known. */
	y.s = by_bytes(&y.b);
	assert_true(query(&y)->cached);
	assert_same(&y.b.f, &first);
	assert_int_equal(y.shelf.n_put, 1);
	/* Beside a sidecar nothing is recalled. */
	y.s.sidecar = buf_span(&y.b.sidecar);
	assert_false(query(&y)->cached);
	study_close(&y);
}

/* Who trusts, for what, and until when is no part of what is remembered. */
static void
trust_is_asked(void **state)
{
	static const char *const paths[] = { "/in/*" };
	struct study y;

	(void)state;
	study_open(&y);
	trust_as(&y.b, paths, 1, NULL);
	begin(&y);
	assert_int_equal(query(&y)->signature, PROV_SIG_UNKNOWN);
	assert_true(findings_has(&y.b.f.why, REASON_SIGNATURE_PATH));
	y.s.path = "/in/x";
	assert_int_equal(query(&y)->signature, PROV_SIG_VALID);
	assert_true(y.b.f.cached);
	trust_as(&y.b, NULL, 0, "somebody");
	assert_int_equal(query(&y)->signature, PROV_SIG_UNKNOWN);
	ok(prov_trust_remove(y.b.d.trust, OWNER_NAME, err));
	assert_int_equal(query(&y)->signature, PROV_SIG_UNKNOWN);
	assert_true(findings_has(&y.b.f.why, REASON_SIGNATURE_UNTRUSTED));
	assert_string_equal(y.b.f.signer, "");
	study_close(&y);
}

static void
time_is_asked(void **state)
{
	prov_trust_signer s = { .not_after = DESK_NOW + 10 };
	struct study y;

	(void)state;
	study_open(&y);
	s.key = *prov_key_public(y.b.d.g.owner);
	ok(prov_trust_remove(y.b.d.trust, OWNER_NAME, err));
	ok(prov_trust_add_signer(y.b.d.trust, &s, err));
	begin(&y);
	assert_int_equal(query(&y)->signature, PROV_SIG_VALID);
	y.b.o.now = DESK_NOW + 11;
	begin(&y);
	assert_int_equal(query(&y)->signature, PROV_SIG_EXPIRED);
	study_close(&y);
}

/* At the head that revokes it is remembered, and revoked all the same. */
static void
takedown(void **state)
{
	struct study y;

	(void)state;
	study_open(&y);
	assert_true(query(&y)->cached);
	take_down(&y.b);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(query(&y)->signature, PROV_SIG_REVOKED);
		assert_int_equal(y.b.f.revoked, REVOKED_YES);
		assert_true(findings_has(&y.b.f.why, REASON_ASSET_TAKEDOWN));
		assert_int_equal(y.b.f.cached, i == 1);
	}
	study_close(&y);
}

static void
key_revoked(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	prov_revocation r = { .reason = "key-compromise" };
	prov_entry e;
	struct study y;

	(void)state;
	study_open(&y);
	memcpy(r.kid, prov_key_public(y.b.d.g.owner)->kid, 32);
	ok(prov_ledger_open_writer(&l, y.b.d.g.path, y.b.d.g.log, err));
	ok(prov_ledger_revoke(l, y.b.d.g.owner, &r, &e, err));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(query(&y)->signature, PROV_SIG_REVOKED);
		assert_int_equal(y.b.f.cached, i == 1);
	}
	study_close(&y);
}

/* What a key signed that nobody knew is verified once somebody does. */
static void
unknown_key(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	prov_sign_options o = { .sidecar = PROV_SIDECAR_NONE };
	prov_trust_signer other = { 0 };
	struct desk_report r;
	struct study y;
	prov_entry e;
	char path[128];
	const char *list[] = { path };

	(void)state;
	study_open(&y);
	o.key = y.b.d.g.other;
	ok(prov_ledger_open_writer(&l, y.b.d.g.path, y.b.d.g.log, err));
	ok(prov_ledger_register(l, y.b.d.g.owner, prov_key_public(o.key), 0, &e,
	    err));
	prov_ledger_close(TAKE(l));
	snprintf(path, sizeof(path), "%s", desk_path(&y.b.d, "a.wav"));
	assert_int_equal(desk_sign_with(&y.b.d, &o, list, 1, &r), PROV_OK);
	assert_false(query(&y)->cached);
	assert_true(query(&y)->cached); /* both, one of them unknown */
	other.key = *prov_key_public(o.key);
	ok(prov_trust_add_signer(y.b.d.trust, &other, err));
	begin(&y);
	assert_false(query(&y)->cached);
	assert_true(query(&y)->cached);
	assert_int_equal(y.b.f.signature, PROV_SIG_VALID);
	study_close(&y);
}

/* Any byte of it: nothing of that is an answer, and it is told. */
static void
damaged(void **state)
{
	struct study y;
	AUTO_BUF good = { 0 };

	(void)state;
	study_open(&y);
	buf_put_span(&good, buf_span(&y.shelf.bytes));
	for (size_t i = 0; i < good.len; i++) {
		struct known k;

		y.shelf.bytes.len = 0;
		buf_put_span(&y.shelf.bytes, buf_span(&good));
		y.shelf.bytes.p[i] ^= 1;
		assert_int_not_equal(known_open(&k, y.shelf.key,
					 buf_span(&y.shelf.bytes), NULL),
		    PROV_OK);
		if (i % 50 != 0)
			continue;
		assert_false(query(&y)->cached);
		assert_int_equal(y.b.f.signature, PROV_SIG_VALID);
		assert_int_equal(y.n.damaged, 1 + i / 50);
		assert_true(query(&y)->cached); /* it was proven again */
	}
	/* Nor is that of another asset. */
	y.b.sha256[0] ^= 1;
	ok(known_key(y.shelf.key, y.b.sha256,
	    &(struct checkpoint){ .origin = LOG_NAME, .size = 2 }, err));
	assert_false(query(&y)->cached);
	assert_int_equal(y.b.f.binding, PROV_BIND_NONE);
	study_close(&y);
}

/* Who cannot keep anything only takes longer. */
static void
gone(void **state)
{
	struct study y;

	(void)state;
	study_open(&y);
	y.shelf.st = PROV_EIO;
	assert_false(query(&y)->cached);
	assert_int_equal(y.b.f.signature, PROV_SIG_VALID);
	assert_int_equal(y.n.damaged, 1);
	assert_int_equal(y.n.lost, 1);
	study_close(&y);
}

/* What is not bound exactly, or not at all, is not remembered. */
static void
nothing(void **state)
{
	struct study y;

	(void)state;
	study_open(&y);
	desk_wav(&y.b.media, 1, "my song!");
	y.s = by_bytes(&y.b);
	assert_int_equal(query(&y)->binding, PROV_BIND_STREAMS);
	desk_wav(&y.b.media, 9, NULL);
	y.s = by_bytes(&y.b);
	assert_int_equal(query(&y)->binding, PROV_BIND_NONE);
	assert_int_equal(y.shelf.n_put, 1);
	study_close(&y);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recalled),
		cmocka_unit_test(trust_is_asked),
		cmocka_unit_test(time_is_asked),
		cmocka_unit_test(takedown),
		cmocka_unit_test(key_revoked),
		cmocka_unit_test(unknown_key),
		cmocka_unit_test(damaged),
		cmocka_unit_test(gone),
		cmocka_unit_test(nothing),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
