/* SPDX-License-Identifier: ISC */
/* What verify_subject says of each kind of subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "signed.h"
#include "verify/subject.h"
#include "verify/trust.h"
#include "witnesses.h"

/* A desk where a.wav is signed, and one who verifies by its ledger. */
struct bench {
	struct desk d;
	prov_verify_options o;
	prov_verifier *v;
	struct buf media, sidecar;
	uint8_t sha256[32];
	struct facts f;
};

static void
look(struct bench *b)
{
	prov_verifier_free(b->v);
	b->v = NULL;
	ok(prov_verifier_new(&b->v, &b->o, err));
}

static void
bench_open(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	assert_true(desk_open(&b->d));
	assert_true(desk_put_wav(&b->d, "a.wav", 1, NULL));
	assert_true(desk_sign(&b->d, "a.wav"));
	assert_true(desk_read(&b->media, &b->d, "a.wav"));
	assert_true(desk_read(&b->sidecar, &b->d, "a.wav.prov"));
	ok(sha256_of(b->sha256, buf_span(&b->media), err));
	b->o = (prov_verify_options){ .trust = b->d.trust,
		.ledger_dir = b->d.g.path,
		.ledger_own = 1,
		.demux = b->d.demux,
		.now = DESK_NOW };
	look(b);
}

static void
bench_close(struct bench *b)
{
	prov_verifier_free(b->v);
	buf_free(&b->media);
	buf_free(&b->sidecar);
	desk_close(&b->d);
}

static const struct facts *
ask(struct bench *b, const struct subject *s)
{
	ok(verify_subject(b->v, s, &b->f, err));
	return (&b->f);
}

static struct subject
by_digest(const struct bench *b)
{
	return ((struct subject){ .fd = -1, .sha256 = b->sha256 });
}

static struct subject
by_bytes(const struct bench *b)
{
	return ((struct subject){ .fd = -1, .bytes = buf_span(&b->media) });
}

static void
assert_proven(const struct facts *f, prov_binding binding)
{
	if (f->signature != PROV_SIG_VALID || f->why.n != 0)
		fail_msg("signature %d, %s: %s", (int)f->signature,
		    f->why.at[0].code, f->why.at[0].detail);
	assert_int_equal(f->trouble, PROV_OK);
	assert_int_equal(f->binding, binding);
	assert_int_equal(f->ledger, PROV_LEDGER_INCLUDED);
	assert_int_equal(f->revoked, REVOKED_NO);
	assert_false(f->superseded);
	assert_true(f->has_statement);
	assert_string_equal(f->signer, OWNER_NAME);
	assert_string_equal(f->iss, OWNER_NAME);
	assert_string_equal(f->origin, LOG_NAME);
	assert_int_equal(f->signed_at, DESK_NOW);
	assert_true(f->has_entry);
	assert_int_equal(f->log_index, 1);
	assert_int_equal(f->checkpoint_size, 2);
	assert_string_equal(f->media_type, "audio/vnd.wave");
	assert_true(f->has_size);
	assert_true(f->has_uncovered || binding != PROV_BIND_EXACT);
}

static void
assert_worst(const struct facts *f)
{
	assert_int_equal(f->binding, PROV_BIND_NONE);
	assert_int_not_equal(f->signature, PROV_SIG_VALID);
	assert_int_not_equal(f->ledger, PROV_LEDGER_INCLUDED);
}

static void
descriptor(void **state)
{
	struct subject s = { .name = "a", .path = "x/a.wav" };
	struct bench b;
	AUTO_FD int fd = -1;

	(void)state;
	bench_open(&b);
	ok(file_open(&fd, NULL, desk_path(&b.d, "a.wav"), err));
	s.fd = fd;
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_memory_equal(b.f.digest.sha256, b.sha256, 32);
	assert_int_equal(b.f.digest.size, b.media.len);
	assert_int_equal(b.f.carrier, CARRIER_LEDGER);
	assert_int_equal(b.f.uncovered, 0);
	assert_string_equal(b.f.path, "x/a.wav");
	s.sidecar = buf_span(&b.sidecar);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_int_equal(b.f.carrier, CARRIER_SIDECAR);
	bench_close(&b);
}

static void
bytes(void **state)
{
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_bytes(&b);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_int_equal(b.f.digest.size, b.media.len);
	/* The same sound in other bytes: the worker gets them sealed. */
	desk_wav(&b.media, 1, "my song!");
	s = by_bytes(&b);
	assert_proven(ask(&b, &s), PROV_BIND_STREAMS);
	/* And without the ledger, by a sidecar alone. */
	b.o.ledger_dir = NULL;
	look(&b);
	s.sidecar = buf_span(&b.sidecar);
	ask(&b, &s);
	assert_int_equal(b.f.binding, PROV_BIND_STREAMS);
	assert_int_equal(b.f.signature, PROV_SIG_VALID);
	assert_int_equal(b.f.revoked, REVOKED_UNCHECKED);
	assert_int_equal(b.f.carrier, CARRIER_SIDECAR);
	desk_wav(&b.media, 2, NULL);
	s.bytes = buf_span(&b.media);
	ask(&b, &s);
	assert_int_equal(b.f.binding, PROV_BIND_NONE);
	assert_true(findings_has(&b.f.why, REASON_SIDECAR_MISMATCH) ||
		    findings_has(&b.f.why, REASON_STREAMS_MISMATCH));
	bench_close(&b);
}

static void
digest(void **state)
{
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_int_equal(b.f.digest.size, b.media.len); /* as signed */
	assert_false(findings_skipped(&b.f.why, "streams"));
	s.sidecar = buf_span(&b.sidecar);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_int_equal(b.f.carrier, CARRIER_SIDECAR);
	/* Another digest: its streams could tell, and cannot be tried. */
	b.sha256[0] ^= 1;
	ask(&b, &s);
	assert_int_equal(b.f.binding, PROV_BIND_NONE);
	assert_true(findings_skipped(&b.f.why, "streams"));
	assert_true(findings_has(&b.f.why, REASON_BYTES_MISMATCH));
	assert_false(b.f.has_size);
	s.sidecar = span(NULL, 0);
	assert_worst(ask(&b, &s));
	assert_int_equal(b.f.signature, PROV_SIG_ABSENT);
	assert_int_equal(b.f.ledger, PROV_LEDGER_ABSENT);
	assert_true(findings_has(&b.f.why, REASON_UNSIGNED));
	assert_true(findings_skipped(&b.f.why, "streams"));
	assert_false(b.f.has_size);
	bench_close(&b);
}

/* It is no better than none, and nothing stands in for it. */
static void
malformed(void **state)
{
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	for (int i = 0; i < 3; i++) {
		s = i == 0 ? by_bytes(&b) : by_digest(&b);
		s.sidecar = buf_span(&b.sidecar);
		if (i == 2)
			s.sidecar.len = 0;
		else
			b.sidecar.p[b.sidecar.len / 2] ^= 1;
		ask(&b, &s);
		assert_int_equal(b.f.signature, PROV_SIG_INVALID);
		assert_int_equal(b.f.carrier, CARRIER_SIDECAR);
		assert_true(findings_has(&b.f.why, REASON_SIDECAR_MALFORMED));
		assert_false(b.f.has_statement);
		b.sidecar.p[b.sidecar.len / 2] ^= i != 2;
	}
	bench_close(&b);
}

static void
trust_as(struct bench *b, const char *const *paths, size_t n, const char *iss)
{
	prov_trust_signer s = { .key = *prov_key_public(b->d.g.owner),
		.paths = paths,
		.n_paths = n,
		.iss = &iss,
		.n_iss = iss != NULL };

	ok(prov_trust_remove(b->d.trust, OWNER_NAME, err));
	ok(prov_trust_add_signer(b->d.trust, &s, err));
}

static void
scope(void **state)
{
	static const char *const paths[] = { "/in/*" };
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	trust_as(&b, paths, 1, NULL);
	s = by_digest(&b);
	ask(&b, &s); /* no path is in no scope */
	assert_int_equal(b.f.signature, PROV_SIG_UNKNOWN);
	assert_true(findings_has(&b.f.why, REASON_SIGNATURE_PATH));
	s.path = "/out/a.wav";
	assert_int_equal(ask(&b, &s)->signature, PROV_SIG_UNKNOWN);
	s.path = "/in/a.wav";
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	trust_as(&b, paths, 1, "somebody");
	assert_int_equal(ask(&b, &s)->signature, PROV_SIG_UNKNOWN);
	assert_true(findings_has(&b.f.why, REASON_SIGNATURE_ISS));
	bench_close(&b);
}

static void
take_down(struct bench *b)
{
	AUTO(prov_ledger) *l = NULL;
	prov_takedown t = { .reason = "rights" };
	prov_entry e;

	memcpy(t.asset, b->sha256, 32);
	ok(prov_ledger_open_writer(&l, b->d.g.path, b->d.g.log, err));
	ok(prov_ledger_takedown(l, b->d.g.owner, &t, &e, err));
}

/* One who has looked already hears of it. */
static void
taken_down(void **state)
{
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	take_down(&b);
	ask(&b, &s);
	assert_int_equal(b.f.signature, PROV_SIG_REVOKED);
	assert_int_equal(b.f.revoked, REVOKED_YES);
	assert_true(findings_has(&b.f.why, REASON_ASSET_TAKEDOWN));
	bench_close(&b);
}

/* Who remembers a newer head does not take an older one. */
static void
stale(void **state)
{
	AUTO_BUF old = { 0 };
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	snprintf(b.d.state, sizeof(b.d.state), "%s/state", b.d.g.dir);
	b.o.state_dir = b.d.state;
	look(&b);
	assert_true(logged_read(&old, &b.d.g, "tlog/checkpoint"));
	s = by_digest(&b);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	take_down(&b);
	assert_int_equal(ask(&b, &s)->revoked, REVOKED_YES);
	assert_true(logged_write(&b.d.g, "tlog/checkpoint", buf_span(&old)));
	ask(&b, &s);
	assert_int_equal(b.f.ledger, PROV_LEDGER_STALE);
	assert_true(findings_has(&b.f.why, REASON_LEDGER_STALE));
	bench_close(&b);
}

static void
sign_claim(struct bench *b, const prov_key *key, const char *use)
{
	prov_sign_options o = { .sidecar = PROV_SIDECAR_NONE, .key = key };
	AUTO(prov_claim) *c = NULL;
	AUTO_BUF yaml = { 0 };
	struct desk_report r;
	char path[128];
	const char *list[] = { path };

	buf_printf(&yaml, "rights:\n  cawg.ai_training: %s\n", use);
	ok(claim_parse(&c, buf_span(&yaml), "claim", err));
	o.claim = c;
	snprintf(path, sizeof(path), "%s", desk_path(&b->d, "a.wav"));
	assert_int_equal(desk_sign_with(&b->d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_OK);
}

static void
trust_other(struct bench *b)
{
	prov_trust_signer s = { .key = *prov_key_public(b->d.g.other) };

	ok(prov_trust_add_signer(b->d.trust, &s, err));
}

static void
register_other(struct bench *b)
{
	AUTO(prov_ledger) *l = NULL;
	prov_entry e;

	ok(prov_ledger_open_writer(&l, b->d.g.path, b->d.g.log, err));
	ok(prov_ledger_register(l, b->d.g.owner, prov_key_public(b->d.g.other),
	    0, &e, err));
}

/* Of several statements the most restrictive one counts, of those trusted. */
static void
claims(void **state)
{
	const enum use *use;
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	use = &b.f.claimed.use[SIGNAL_CAWG][PURPOSE_AI_TRAINING];
	s = by_digest(&b);
	ask(&b, &s);
	assert_int_equal(*use, USE_SILENT);
	register_other(&b);
	sign_claim(&b, b.d.g.other, "notAllowed");
	ask(&b, &s);
	assert_int_equal(b.f.signature, PROV_SIG_VALID);
	assert_int_equal(*use, USE_SILENT); /* nobody knows that key */
	trust_other(&b);
	look(&b);
	ask(&b, &s);
	assert_int_equal(*use, USE_NOT_ALLOWED);
	bench_close(&b);
}

/* The head's time is that of the quorum. */
static void
head_time(void **state)
{
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	ask(&b, &s);
	assert_false(b.f.has_head_time); /* nobody witnesses it */
	bench_close(&b);
}

static void
trouble(void **state)
{
	struct subject s = { .fd = -1 };
	struct bench b;
	AUTO_FD int dir = -1;

	(void)state;
	bench_open(&b);
	assert_int_equal(verify_subject(b.v, &s, &b.f, NULL), PROV_EARG);
	s.sha256 = b.sha256;
	s.bytes = buf_span(&b.media);
	assert_int_equal(verify_subject(b.v, &s, &b.f, NULL), PROV_EARG);
	dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s = (struct subject){ .fd = dir };
	assert_worst(ask(&b, &s));
	assert_int_equal(b.f.trouble, PROV_EOPEN);
	assert_string_not_equal(b.f.error, "");
	assert_false(b.f.has_digest);
	/* The worker is not there: what would need it is not decided. */
	b.o.demux = "/nonexistent";
	look(&b);
	desk_wav(&b.media, 7, NULL);
	s = by_bytes(&b);
	assert_worst(ask(&b, &s));
	assert_int_not_equal(b.f.trouble, PROV_OK);
	assert_true(b.f.has_digest);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptor),
		cmocka_unit_test(bytes),
		cmocka_unit_test(digest),
		cmocka_unit_test(malformed),
		cmocka_unit_test(scope),
		cmocka_unit_test(taken_down),
		cmocka_unit_test(stale),
		cmocka_unit_test(claims),
		cmocka_unit_test(head_time),
		cmocka_unit_test(trouble),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
