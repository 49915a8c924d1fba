/* SPDX-License-Identifier: ISC */
/* What verify_subject says of each kind of subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <malloc.h>

#include "asked.h"
#include "sign/cose.h"
#include "sign/note.h"
#include "sign/vouched.h"
#include "verify/trust.h"
#include "witnesses.h"

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

/* What a file says of itself without a signature restricts, and no more. */
static void
unsigned_words(void **state)
{
	static const char xmp[] =
	    "<plus:DataMining>http://ns.useplus.org/ldf/vocab/"
	    "DMI-PROHIBITED-AIMLTRAINING</plus:DataMining>";
	struct signals asked = { 0 };
	struct subject s = { .fd = -1, .name = "a", .seen = &asked };
	AUTO_BUF media = { 0 };
	AUTO_FD int fd = -1;
	struct bench b;

	(void)state;
	bench_open(&b);
	signals_forbid(&asked, SIGNAL_TDMREP);
	buf_put_span(&media, buf_span(&b.media));
	buf_put_str(&media, xmp);
	s.bytes = buf_span(&media);
	for (int by_fd = 0; by_fd < 2; by_fd++) {
		const struct signals *seen = &ask(&b, &s)->seen;

		assert_int_equal(USE_NOT_ALLOWED,
		    seen->use[SIGNAL_IPTC][PURPOSE_AI_TRAINING]);
		assert_int_equal(USE_SILENT,
		    seen->use[SIGNAL_IPTC][PURPOSE_AI_INFERENCE]);
		assert_int_equal(USE_NOT_ALLOWED,
		    seen->use[SIGNAL_TDMREP][PURPOSE_AI_INFERENCE]);
		ok(file_write(desk_path(&b.d, "x.wav"), buf_span(&media), 0600,
		    0, err));
		if (fd == -1)
			ok(file_open(&fd, NULL, desk_path(&b.d, "x.wav"), err));
		s.fd = fd;
		s.bytes = span(NULL, 0);
	}
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

/* Where the log's own line of a proof ends; others' are passed over. */
static size_t
line_end(prov_span proof)
{
	size_t at = proof.len - 1;

	while (at > 2 && memcmp(proof.p + at - 2, "\n\n", 2) != 0)
		at--;
	while (at < proof.len && proof.p[at] != '\n')
		at++;
	return (at);
}

/* The sidecar with one character of the proof's or receipt's signature other.
 */
static void
reseal(struct buf *out, const struct bench *b, size_t at, bool receipt)
{
	AUTO_BUF bad = { 0 };
	struct sidecar c;
	size_t end;

	ok(sidecar_decode(&c, buf_span(&b->sidecar), err));
	buf_put_span(&bad, receipt ? c.receipt : c.proof);
	end = receipt ? bad.len : line_end(buf_span(&bad));
	bad.p[end - 1 - at] ^= 1;
	*(receipt ? &c.receipt : &c.proof) = buf_span(&bad);
	out->len = 0;
	ok(sidecar_encode(out, &c, err));
}

/* That a signature verified says nothing of another that looks like it. */
static void
lately(void **state)
{
	AUTO_BUF sidecar = { 0 };
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	for (size_t at = 0; at < 60; at++) {
		s.sidecar = buf_span(&b.sidecar);
		assert_proven(ask(&b, &s), PROV_BIND_EXACT);
		reseal(&sidecar, &b, at, at % 2 == 0);
		s.sidecar = buf_span(&sidecar);
		assert_int_not_equal(ask(&b, &s)->ledger, PROV_LEDGER_INCLUDED);
	}
	bench_close(&b);
}

static void
vouched(void **state)
{
	struct vouched v = { 0 };
	struct statement st;
	struct sidecar c;
	uint8_t sig[64];
	struct bench b;
	AUTO_BUF tbs = { 0 };
	const uint8_t *key;

	(void)state;
	bench_open(&b);
	key = prov_key_public(b.d.g.owner)->key;
	ok(sidecar_decode(&c, buf_span(&b.sidecar), err));
	ok(statement_parse(&st, c.statement, err));
	cose_to_sign(&tbs, st.protected_, st.payload);
	for (int i = 0; i < 2; i++)
		ok(vouched_verify(&v, key, st.sig, buf_span(&tbs), err));
	assert_int_equal(v.n, 1);
	memcpy(sig, st.sig, sizeof(sig));
	for (size_t i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		assert_int_equal(vouched_verify(&v, key, sig, buf_span(&tbs),
				     NULL),
		    PROV_EUNTRUSTED);
		sig[i] ^= 1;
	}
	assert_int_equal(vouched_verify(&v, prov_key_public(b.d.g.log)->key,
			     sig, buf_span(&tbs), NULL),
	    PROV_EUNTRUSTED);
	tbs.p[0] ^= 1;
	assert_int_equal(vouched_verify(&v, key, sig, buf_span(&tbs), NULL),
	    PROV_EUNTRUSTED);
	assert_int_equal(v.n, 1);
	bench_close(&b);
}

/* Witnesses 1 to 3 cosign the head, at these times. */
static void
cosign(struct bench *b, const int64_t times[3])
{
	AUTO_BUF note = { 0 }, text = { 0 };
	prov_span body, sigs;

	assert_true(logged_read(&note, &b->d.g, "tlog/checkpoint"));
	ok(note_split(&body, &sigs, buf_span(&note), err));
	buf_put_span(&text, body);
	for (unsigned i = 0; i < 3; i++)
		assert_true(
		    witness_cosign(&note, i + 1, buf_span(&text), times[i]));
	assert_true(logged_write(&b->d.g, "tlog/checkpoint", buf_span(&note)));
}

/* Two of three are a quorum: its time is the second newest. */
static void
head_time(void **state)
{
	static const int64_t times[] = { DESK_NOW - 90, DESK_NOW - 30,
		DESK_NOW - 60 };
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	ask(&b, &s);
	assert_false(b.f.has_head_time); /* nobody witnesses it */
	tlogpolicy_clear(&b.d.trust->logs);
	ok(witness_policy(&b.d.trust->logs, prov_key_public(b.d.g.log), 3,
	    "group g 2 w1 w2 w3\nquorum g\n"));
	look(&b);
	ask(&b, &s);
	assert_false(b.f.has_head_time);
	assert_int_equal(b.f.ledger, PROV_LEDGER_UNCHECKED);
	cosign(&b, times);
	assert_proven(ask(&b, &s), PROV_BIND_EXACT);
	assert_true(b.f.has_head_time);
	assert_int_equal(b.f.head_time, DESK_NOW - 60);
	bench_close(&b);
}

#define MANY 600

/* What one is asked about is not kept, however much it is. */
static void
memory(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	struct subject s = { .fd = -1 };
	size_t held = 0;
	struct bench b;

	(void)state;
	bench_open(&b);
	ok(prov_ledger_open_writer(&l, b.d.g.path, b.d.g.log, err));
	ok(logged_append(l, b.d.g.owner, 1, MANY, 300, err));
	for (uint64_t i = 1; i < 5 * (uint64_t)MANY; i++) {
		uint8_t asset[32];

		logged_asset(asset, i % MANY + i % 7);
		s.sha256 = asset;
		ask(&b, &s);
		if (i % MANY + i % 7 != 0 && i % MANY + i % 7 < MANY)
			assert_int_equal(b.f.binding, PROV_BIND_EXACT);
		if (i == 2 * (uint64_t)MANY)
			held = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks < held + 65536);
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
		cmocka_unit_test(unsigned_words),
		cmocka_unit_test(bytes),
		cmocka_unit_test(digest),
		cmocka_unit_test(malformed),
		cmocka_unit_test(scope),
		cmocka_unit_test(taken_down),
		cmocka_unit_test(stale),
		cmocka_unit_test(claims),
		cmocka_unit_test(lately),
		cmocka_unit_test(vouched),
		cmocka_unit_test(head_time),
		cmocka_unit_test(memory),
		cmocka_unit_test(trouble),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
