/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "signed.h"
#include "verify/trust.h"
#include "witnesses.h"

#define WITNESS \
	"w.example/1+46cf2d4c+BGDFWQ9y7vKS+VRa/Ci/Y8qR0gFqCiiPkPmjL4nT//yv"

/* One verdict: its word and exit status; the rest is for the caller. */
static prov_verdict *
expect(prov_verdict *v, const char *word, int status)
{
	AUTO_FREE char *text = NULL;

	assert_non_null(v);
	assert_int_equal(prov_verdict_text(&text, v, NULL), PROV_OK);
	if (strcmp(prov_verdict_word(v), word) != 0 ||
	    prov_verdict_status(v) != status)
		fail_msg("not %s, %d but %d: %s", word, status,
		    prov_verdict_status(v), text);
	return (v);
}

static void
assert_text(const prov_verdict *v, const char *part)
{
	AUTO_FREE char *text = NULL;

	assert_int_equal(prov_verdict_text(&text, v, NULL), PROV_OK);
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void
signed_desk(struct desk *d)
{
	assert_true(desk_open(d));
	assert_true(desk_put_wav(d, "a.wav", 1, NULL));
	assert_true(desk_sign(d, "a.wav"));
}

static void
exact(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	d.demux = "/nonexistent"; /* no parser touches the bytes */
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	assert_int_equal(prov_verdict_binding(v), PROV_BIND_EXACT);
	assert_int_equal(prov_verdict_signature(v), PROV_SIG_VALID);
	assert_int_equal(prov_verdict_ledger(v), PROV_LEDGER_INCLUDED);
	assert_null(prov_verdict_reason(v, 0));
	assert_null(prov_verdict_not_checked(v, 0));
	assert_text(v, "  by demo/camera-1 ");
	assert_text(v, ", entry 1 of 2\n");
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "revocation"));
	assert_true(desk_unchecked(v, "superseded"));
	assert_false(desk_unchecked(v, "consistency")); /* remembered */
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "VERIFIED exact", 0);
	assert_text(v, "found in the ledger");
	assert_false(desk_unchecked(v, "revocation"));
	assert_false(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, false), "UNSIGNED", 1);
	prov_verdict_free(v);
	desk_close(&d);
}

static void
streams(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_put_wav(&d, "b.wav", 1, "my song!"));
	v = expect(desk_verify(&d, "b.wav", true, true), "VERIFIED streams", 0);
	assert_int_equal(prov_verdict_binding(v), PROV_BIND_STREAMS);
	assert_text(v, ", found in the ledger\n");
	prov_verdict_free(v);
	assert_int_equal(rename(desk_path(&d, "a.wav.prov"),
			     desk_path(&d, "b.wav.prov")),
	    0);
	v = expect(desk_verify(&d, "b.wav", false, true), "VERIFIED streams",
	    0);
	prov_verdict_free(v);
	/* An unknown signer's streams prove nothing, whoever asks. */
	assert_int_equal(prov_trust_remove(d.trust, OWNER_NAME, NULL), PROV_OK);
	v = expect(desk_verify(&d, "b.wav", true, true), "UNTRUSTED", 1);
	prov_verdict_free(v);
	desk_close(&d);
}

/* One bit of the sound from second 6 on: named, with and without sidecar. */
static void
altered(void **state)
{
	AUTO_BUF b = { 0 };
	AUTO_FREE char *json = NULL;
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_read(&b, &d, "a.wav"));
	b.p[44 + 6 * DESK_RATE * 2] ^= 1;
	assert_true(desk_write(&d, "a.wav", buf_span(&b)));
	v = expect(desk_verify(&d, "a.wav", true, true), "ALTERED", 1);
	assert_int_equal(prov_verdict_binding(v), PROV_BIND_NONE);
	assert_true(desk_has(v, "binding.streams.mismatch"));
	assert_true(desk_has(v, "essence.altered"));
	assert_false(desk_unchecked(v, "clip"));
	assert_false(desk_has(v, "carrier.sidecar.mismatch"));
	assert_text(v, "a.wav: ALTERED  binding.streams.mismatch\n  audio pcm");
	assert_text(v, "  altered ");
	ok(prov_verdict_json(&json, v, err));
	assert_non_null(
	    strstr(json, "\"status\": \"altered\", \"altered\": [[")
		? json
		: strstr(json, "\"status\":\"altered\",\"altered\":[["));
	prov_verdict_free(v);
	/* Without the sidecar its other segments lead to the original. */
	v = expect(desk_verify(&d, "a.wav", true, false), "ALTERED", 1);
	assert_text(v, "a.wav: ALTERED  binding.streams.mismatch\n  audio pcm");
	prov_verdict_free(v);
	/* Another file altogether. */
	assert_true(desk_put_wav(&d, "a.wav", 77, NULL));
	v = expect(desk_verify(&d, "a.wav", true, true), "ALTERED", 1);
	assert_true(desk_has(v, "carrier.sidecar.mismatch"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "UNSIGNED", 1);
	assert_text(v, "no sidecar, not in the ledger; to sign it: prov sign ");
	prov_verdict_free(v);
	desk_close(&d);
}

/* A sidecar of another file beside one that the ledger knows: no matter. */
static void
sidecar_of_another(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_sign(&d, "b.wav"));
	assert_int_equal(rename(desk_path(&d, "a.wav.prov"),
			     desk_path(&d, "b.wav.prov")),
	    0);
	v = expect(desk_verify(&d, "b.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "b.wav", false, true), "ALTERED", 1);
	prov_verdict_free(v);
	desk_close(&d);
}

static void
exact_only(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_write(&d, "x", span("just text", 9)));
	assert_true(desk_sign(&d, "x"));
	v = expect(desk_verify(&d, "x", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	assert_true(desk_write(&d, "x", span("just tent", 9)));
	v = expect(desk_verify(&d, "x", true, true), "ALTERED", 1);
	assert_true(desk_has(v, "binding.bytes.mismatch"));
	prov_verdict_free(v);
	desk_close(&d);
}

/* A signed sound whose bytes are now of no known format. */
static void
not_demuxed(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_write(&d, "a.wav", span("nothing", 7)));
	v = expect(desk_verify(&d, "a.wav", true, true), "ALTERED", 1);
	assert_true(desk_has(v, "binding.bytes.mismatch"));
	assert_true(desk_has(v, "demux.unsupported"));
	prov_verdict_free(v);
	desk_close(&d);
}

static void
untrusted(void **state)
{
	char vkey[PROV_VKEY_MAX + 1], hint[PROV_VKEY_MAX + 64];
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_int_equal(prov_trust_remove(d.trust, OWNER_NAME, NULL), PROV_OK);
	prov_vkey_format(prov_key_public(d.g.owner), vkey);
	snprintf(hint, sizeof(hint), "prov trust add %s\n", vkey);
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	assert_int_equal(prov_verdict_signature(v), PROV_SIG_UNKNOWN);
	assert_true(desk_has(v, "signature.untrusted"));
	assert_text(v, hint); /* the ledger's policy has the key */
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, true), "UNTRUSTED", 1);
	assert_text(v, "prov trust add VKEY");
	prov_verdict_free(v);
	desk_close(&d);
}

/* Puts the owner under other conditions. */
static void
trust_as(struct desk *d, const prov_trust_signer *how)
{
	prov_trust_signer s = *how;

	s.key = *prov_key_public(d->g.owner);
	assert_int_equal(prov_trust_remove(d->trust, OWNER_NAME, NULL),
	    PROV_OK);
	assert_int_equal(prov_trust_add_signer(d->trust, &s, NULL), PROV_OK);
}

static void
scope(void **state)
{
	static const char *const iss[] = { "desk" };
	static const char *const out[] = { "/elsewhere/*" };
	static const char *const in[] = { "/tmp/prov-ledger.*/a.wav" };
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	trust_as(&d, &(prov_trust_signer){ .iss = iss, .n_iss = 1 });
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	assert_true(desk_has(v, "signature.iss"));
	prov_verdict_free(v);
	trust_as(&d, &(prov_trust_signer){ .paths = out, .n_paths = 1 });
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	assert_true(desk_has(v, "signature.path"));
	prov_verdict_free(v);
	trust_as(&d, &(prov_trust_signer){ .paths = in, .n_paths = 1 });
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	trust_as(&d, &(prov_trust_signer){ .not_after = DESK_NOW - 1 });
	v = expect(desk_verify(&d, "a.wav", true, true), "EXPIRED", 1);
	assert_true(desk_has(v, "signature.expired"));
	prov_verdict_free(v);
	trust_as(&d, &(prov_trust_signer){ .not_before = DESK_NOW + 1 });
	v = expect(desk_verify(&d, "a.wav", true, true), "EXPIRED", 1);
	prov_verdict_free(v);
	/* A link does not carry a file into another scope. */
	trust_as(&d, &(prov_trust_signer){ .paths = in, .n_paths = 1 });
	assert_true(desk_put_wav(&d, "c.wav", 1, NULL));
	assert_int_equal(unlink(desk_path(&d, "a.wav")), 0);
	assert_int_equal(symlink("c.wav", desk_path(&d, "a.wav")), 0);
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	prov_verdict_free(v);
	desk_close(&d);
}

static void
logs(void **state)
{
	static const char policy[] =
	    "log %s\nwitness w " WITNESS "\nquorum w\n";
	char vkey[PROV_VKEY_MAX + 1], text[1024];
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	/* A quorum that cannot be checked is not met. */
	prov_vkey_format(prov_key_public(d.g.log), vkey);
	snprintf(text, sizeof(text), policy, vkey);
	tlogpolicy_clear(&d.trust->logs);
	ok(tlogpolicy_parse(&d.trust->logs, span(text, strlen(text)), "p",
	    err));
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	assert_true(desk_has(v, "ledger.witnesses"));
	prov_verdict_free(v);
	assert_int_equal(prov_trust_remove(d.trust, LOG_NAME, NULL), PROV_OK);
	v = expect(desk_verify(&d, "a.wav", false, true), "UNTRUSTED", 1);
	assert_true(desk_has(v, "ledger.untrusted"));
	assert_int_equal(prov_verdict_ledger(v), PROV_LEDGER_UNCHECKED);
	prov_verdict_free(v);
	/* A ledger at hand that nobody trusted speaks for. */
	v = expect(desk_verify(&d, "a.wav", true, true), "INVALID", 1);
	assert_true(desk_has(v, "ledger.untrusted"));
	prov_verdict_free(v);
	desk_close(&d);
}

/* Malformed is malformed, whatever the ledger would say. */
static void
sidecar_malformed(void **state)
{
	AUTO_BUF b = { 0 };
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_read(&b, &d, "a.wav.prov"));
	for (size_t len = 0; len < b.len; len += b.len / 16 + 1) {
		assert_true(desk_write(&d, "a.wav.prov", span(b.p, len)));
		v = expect(desk_verify(&d, "a.wav", true, true), "INVALID", 1);
		assert_true(desk_has(v, "carrier.sidecar.malformed"));
		assert_int_equal(PROV_SIG_INVALID, prov_verdict_signature(v));
		assert_int_equal(PROV_BIND_NONE, prov_verdict_binding(v));
		prov_verdict_free(v);
	}
	assert_int_equal(unlink(desk_path(&d, "a.wav.prov")), 0);
	assert_int_equal(mkdir(desk_path(&d, "a.wav.prov"), 0755), 0);
	v = expect(desk_verify(&d, "a.wav", true, true), "ERROR", 2);
	prov_verdict_free(v);
	desk_close(&d);
}

/* A verifier for a.wav over and over, with the ledger or without. */
static prov_verifier *
verifier(const struct desk *d, bool ledger)
{
	const prov_verify_options o = { .trust = d->trust,
		.ledger_dir = ledger ? d->g.path : NULL,
		.demux = "/nonexistent",
		.now = DESK_NOW };
	prov_verifier *v = NULL;

	ok(prov_verifier_new(&v, &o, err));
	return (v);
}

static bool
holds(prov_verifier *v, const struct desk *d, const char *name)
{
	prov_verdict *verdict = NULL;
	bool yes;

	yes =
	    prov_verify_file(v, desk_path(d, name), &verdict, NULL) == PROV_OK;
	if (verdict != NULL && prov_verdict_status(verdict) == 0)
		yes = true;
	prov_verdict_free(verdict);
	return (yes);
}

static void
every_bit_of_a_sidecar(void **state)
{
	AUTO_BUF b = { 0 };
	struct desk d;
	prov_verifier *v;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_write(&d, "x", span("just text", 9)));
	assert_true(desk_sign(&d, "x"));
	assert_true(desk_read(&b, &d, "x.prov"));
	for (int ledger = 0; ledger < 2; ledger++) {
		v = verifier(&d, ledger);
		assert_true(holds(v, &d, "x"));
		for (size_t bit = 0; bit < 8 * b.len; bit++) {
			b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
			assert_true(desk_write(&d, "x.prov", buf_span(&b)));
			if (holds(v, &d, "x"))
				fail_msg("bit %zu", bit);
			b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		assert_true(desk_write(&d, "x.prov", buf_span(&b)));
		prov_verifier_free(v);
	}
	desk_close(&d);
}

/*
 * A sidecar of an unknown key or log says nothing; what the ledger says may
 * stand then. One that is a lie never gives way.
 */
static void
no_lie(prov_verifier *alone, const struct desk *d, size_t bit)
{
	prov_verdict *v = NULL;

	if (prov_verify_file(alone, desk_path(d, "x"), &v, NULL) !=
		PROV_EUNTRUSTED ||
	    strcmp(prov_verdict_word(v), "UNTRUSTED") != 0)
		fail_msg("bit %zu: %s", bit, prov_verdict_word(v));
	prov_verdict_free(v);
}

/*
 * How much of a note counts: the last line signs receipts, and readers pass
 * over lines of keys that they do not look for.
 */
static size_t
counting(prov_span note)
{
	static const char dash[] = "\n\xe2\x80\x94 ";
	size_t len = 0;

	for (size_t i = 0; i + sizeof(dash) - 1 <= note.len; i++) {
		if (memcmp(note.p + i, dash, sizeof(dash) - 1) == 0)
			len = i + 1;
	}
	assert_int_not_equal(0, len);
	return (len);
}

/* The same for statement and proof, by somebody who seals the sidecar anew. */
static void
every_bit_resealed(void **state)
{
	AUTO_BUF b = { 0 }, copy = { 0 };
	prov_verifier *v[2];
	struct sidecar s;
	struct desk d;
	size_t end;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_write(&d, "x", span("just text", 9)));
	assert_true(desk_sign(&d, "x"));
	assert_true(desk_read(&b, &d, "x.prov"));
	ok(sidecar_decode(&s, buf_span(&b), err));
	v[0] = verifier(&d, false);
	v[1] = verifier(&d, true);
	end = s.statement.len + counting(s.proof);
	for (size_t bit = 0; bit < 8 * end; bit++) {
		size_t at = bit / 8;
		uint8_t *p;

		p = at < s.statement.len
		        ? b.p + (s.statement.p - b.p) + at
		        : b.p + (s.proof.p - b.p) + at - s.statement.len;
		*p ^= (uint8_t)(1U << bit % 8);
		copy.len = 0;
		if (sidecar_encode(&copy, &s, NULL) == PROV_OK) {
			assert_true(desk_write(&d, "x.prov", buf_span(&copy)));
			if (holds(v[0], &d, "x"))
				fail_msg("bit %zu", bit);
			if (holds(v[1], &d, "x"))
				no_lie(v[0], &d, bit);
		}
		*p ^= (uint8_t)(1U << bit % 8);
	}
	prov_verifier_free(v[0]);
	prov_verifier_free(v[1]);
	desk_close(&d);
}

/* With the good sidecar beside it: the ledger at hand must agree. */
static void
every_bit_of(struct desk *d, const char *file, size_t from, size_t to)
{
	AUTO_BUF b = { 0 };

	assert_true(logged_read(&b, &d->g, file));
	to = to == 0 ? b.len : to;
	for (size_t bit = 8 * from; bit < 8 * to; bit++) {
		prov_verifier *v;

		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(logged_write(&d->g, file, buf_span(&b)));
		v = verifier(d, true);
		if (holds(v, d, "x"))
			fail_msg("%s: bit %zu", file, bit);
		prov_verifier_free(v);
		b.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_true(logged_write(&d->g, file, buf_span(&b)));
}

static void
every_bit_of_the_ledger(void **state)
{
	AUTO_BUF b = { 0 };
	struct desk d;
	prov_verifier *v;
	size_t first;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_write(&d, "x", span("just text", 9)));
	assert_true(desk_sign(&d, "x"));
	assert_true(logged_read(&b, &d.g, "tlog/checkpoint"));
	every_bit_of(&d, "tlog/checkpoint", 0, counting(buf_span(&b)));
	/* The entry is the second of its bundle; lengths are in front. */
	assert_true(logged_read(&b, &d.g, "tlog/tile/entries/000.p/2"));
	first = 2 + (size_t)be16(b.p);
	every_bit_of(&d, "tlog/tile/entries/000.p/2", first, b.len);
	v = verifier(&d, true);
	assert_true(holds(v, &d, "x"));
	prov_verifier_free(v);
	desk_close(&d);
}

static void
superseded(void **state)
{
	AUTO(prov_claim) *c = NULL;
	prov_sign_options o = { .sidecar = PROV_SIDECAR_NONE };
	struct desk_report r;
	struct desk d;
	prov_verdict *v;
	AUTO_FREE char *json = NULL;
	char path[128];
	const char *list[] = { path };

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "a.wav"));
	o.sidecar = PROV_SIDECAR_BESIDE;
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	ok(prov_claim_new(&c, err));
	c->has_supersedes = true;
	memcpy(c->supersedes, r.statement[0], 32);
	o.claim = c;
	o.sidecar = PROV_SIDECAR_NONE;
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.index[0], 2);
	/* The newer one counts, though the sidecar is of the older. */
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	ok(prov_verdict_json(&json, v, err));
	assert_non_null(strstr(json, "\"log_index\":2") != NULL
			    ? json
			    : strstr(json, "\"log_index\": 2"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "superseded"));
	prov_verdict_free(v);
	desk_close(&d);
}

/* A ledger that went back to what it was before the sidecar's proof. */
static void
stale(void **state)
{
	AUTO_BUF old = { 0 };
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(logged_read(&old, &d.g, "tlog/checkpoint"));
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_sign(&d, "b.wav"));
	assert_true(logged_write(&d.g, "tlog/checkpoint", buf_span(&old)));
	v = expect(desk_verify(&d, "b.wav", true, true), "STALE", 75);
	assert_true(desk_has(v, "ledger.stale"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	desk_close(&d);
}

/* One log key, two histories: the sidecar's is not the ledger's at hand. */
static void
forked(void **state)
{
	AUTO_BUF sidecar = { 0 };
	struct desk d, other;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_open(&other));
	assert_true(desk_put_wav(&other, "b.wav", 2, NULL));
	assert_true(desk_sign(&other, "b.wav"));
	assert_true(desk_read(&sidecar, &other, "b.wav.prov"));
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_write(&d, "b.wav.prov", buf_span(&sidecar)));
	v = expect(desk_verify(&d, "b.wav", false, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "b.wav", true, true), "FORK", 1);
	assert_true(desk_has(v, "ledger.fork"));
	prov_verdict_free(v);
	desk_close(&other);
	desk_close(&d);
}

/* Whether the head was compared with another is said, and with which not. */
static void
consistency(void **state)
{
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	/* A sidecar alone: nothing to compare with, and nothing remembered. */
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "VERIFIED exact", 0);
	assert_false(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	/* Of another size than the remembered one it is not known. */
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_sign(&d, "b.wav"));
	v = expect(desk_verify(&d, "b.wav", false, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "b.wav", true, true), "VERIFIED exact", 0);
	assert_false(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	/* Without memory, always. */
	d.state[0] = '\0';
	v = expect(desk_verify(&d, "b.wav", true, true), "VERIFIED exact", 0);
	assert_true(desk_unchecked(v, "consistency"));
	prov_verdict_free(v);
	desk_close(&d);
}

/* What was seen of a ledger is missing in it now; later it is back. */
static void
went_back(void **state)
{
	AUTO_BUF old = { 0 }, now = { 0 };
	prov_verify_options o = { 0 };
	prov_verifier *one = NULL;
	struct desk d;
	prov_verdict *v = NULL;

	(void)state;
	signed_desk(&d);
	assert_true(logged_read(&old, &d.g, "tlog/checkpoint"));
	assert_true(desk_put_wav(&d, "b.wav", 2, NULL));
	assert_true(desk_sign(&d, "b.wav"));
	assert_true(logged_read(&now, &d.g, "tlog/checkpoint"));
	o = (prov_verify_options){ .trust = d.trust,
		.ledger_dir = d.g.path,
		.state_dir = d.state,
		.demux = d.demux,
		.now = DESK_NOW };
	ok(prov_verifier_new(&one, &o, err));
	ok(prov_verify_file(one, desk_path(&d, "a.wav"), &v, err));
	prov_verdict_free(v);
	assert_true(logged_write(&d.g, "tlog/checkpoint", buf_span(&old)));
	v = expect(desk_verify(&d, "a.wav", true, true), "STALE", 75);
	assert_true(desk_has(v, "ledger.stale"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "STALE", 75);
	prov_verdict_free(v);
	/* So says who has been there all the time, and looks again. */
	assert_int_equal(prov_verify_file(one, desk_path(&d, "a.wav"), &v,
			     NULL),
	    PROV_EBUSY);
	prov_verdict_free(expect(v, "STALE", 75));
	/* A sidecar alone does not ask that ledger. */
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	assert_true(logged_write(&d.g, "tlog/checkpoint", buf_span(&now)));
	ok(prov_verify_file(one, desk_path(&d, "a.wav"), &v, err));
	prov_verdict_free(v);
	prov_verifier_free(one);
	/* One that began while it was behind reads on when it is not. */
	assert_true(logged_write(&d.g, "tlog/checkpoint", buf_span(&old)));
	ok(prov_verifier_new(&one, &o, err));
	assert_int_equal(prov_verify_file(one, desk_path(&d, "a.wav"), &v,
			     NULL),
	    PROV_EBUSY);
	prov_verdict_free(v);
	assert_true(logged_write(&d.g, "tlog/checkpoint", buf_span(&now)));
	ok(prov_verify_file(one, desk_path(&d, "a.wav"), &v, err));
	prov_verdict_free(v);
	prov_verifier_free(one);
	desk_close(&d);
}

/* Two histories, shown one after the other; the evidence stays. */
static void
remembered_fork(void **state)
{
	struct desk d, other;
	prov_verdict *v;

	(void)state;
	for (int larger = 0; larger < 2; larger++) {
		signed_desk(&d);
		assert_true(desk_open(&other));
		assert_true(desk_put_wav(&other, "a.wav", 3, NULL));
		assert_true(desk_sign(&other, "a.wav"));
		assert_true(desk_put_wav(&other, "b.wav", 4, NULL));
		if (larger)
			assert_true(desk_sign(&other, "b.wav"));
		v = expect(desk_verify(&d, "a.wav", true, false),
		    "VERIFIED exact", 0);
		prov_verdict_free(v);
		memcpy(other.state, d.state, sizeof(other.state));
		v = expect(desk_verify(&other, "a.wav", true, false), "FORK",
		    1);
		assert_true(desk_has(v, "ledger.fork"));
		assert_text(v, "evidence: ");
		prov_verdict_free(v);
		v = expect(desk_verify(&other, "a.wav", false, true), "FORK",
		    1);
		prov_verdict_free(v);
		v = expect(desk_verify(&d, "a.wav", true, true), "FORK", 1);
		prov_verdict_free(v);
		desk_close(&other);
		desk_close(&d);
	}
}

/* A sidecar of the remembered head's size, from the other history. */
static void
sidecar_fork(void **state)
{
	struct desk d, other;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	assert_true(desk_open(&other));
	assert_true(desk_put_wav(&other, "a.wav", 3, NULL));
	assert_true(desk_sign(&other, "a.wav"));
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	memcpy(other.state, d.state, sizeof(other.state));
	v = expect(desk_verify(&other, "a.wav", false, true), "FORK", 1);
	assert_text(v, "evidence: ");
	prov_verdict_free(v);
	desk_close(&other);
	desk_close(&d);
}

/* A proof that does not verify accuses nobody. */
static void
bad_proof(void **state)
{
	AUTO_BUF b = { 0 };
	struct desk d;
	prov_verdict *v;
	uint8_t *at;

	(void)state;
	signed_desk(&d);
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	assert_true(desk_read(&b, &d, "a.wav.prov"));
	/* The root in the checkpoint: then its signature is of another text. */
	at = memmem(b.p, b.len, LOG_NAME "\n2\n", sizeof(LOG_NAME) + 2);
	assert_non_null(at);
	at += sizeof(LOG_NAME) + 2;
	*at = *at == 'A' ? 'B' : 'A';
	ok(sha256_of(b.p + b.len - 32, span(b.p, b.len - 32), err));
	assert_true(desk_write(&d, "a.wav.prov", buf_span(&b)));
	v = expect(desk_verify(&d, "a.wav", true, true), "INVALID", 1);
	assert_false(desk_has(v, "ledger.fork"));
	prov_verdict_free(v);
	assert_int_equal(unlink(desk_path(&d, "a.wav.prov")), 0);
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	desk_close(&d);
}

static void
trouble(void **state)
{
	prov_verify_options o = { 0 };
	AUTO_BUF b = { 0 };
	struct desk d;
	prov_verdict *v;

	(void)state;
	signed_desk(&d);
	v = expect(desk_verify(&d, "none", true, true), "ERROR", 2);
	prov_verdict_free(v);
	v = expect(desk_verify(&d, ".", true, true), "ERROR", 2);
	prov_verdict_free(v);
	assert_int_equal(mkfifo(desk_path(&d, "fifo"), 0600), 0);
	v = expect(desk_verify(&d, "fifo", true, true), "ERROR", 2);
	prov_verdict_free(v);
	o.sidecar_file = "/nonexistent.prov";
	v = expect(desk_verify_with(&d, &o, "a.wav"), "ERROR", 2);
	prov_verdict_free(v);
	/* A worker that dies has not said no. */
	assert_true(desk_read(&b, &d, "a.wav"));
	b.p[b.len - 1] ^= 1;
	assert_true(desk_write(&d, "a.wav", buf_span(&b)));
	d.demux = "/bin/false";
	v = expect(desk_verify(&d, "a.wav", true, true), "RETRY", 75);
	prov_verdict_free(v);
	desk_close(&d);
}

/* Trust and ledger directories that are not there are the caller's fault. */
static void
bad_options(void **state)
{
	prov_verify_options o = { 0 };
	prov_verifier *v = NULL;
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	assert_int_equal(prov_verifier_new(&v, &o, NULL), PROV_EARG);
	o.trust = d.trust;
	o.sidecar = PROV_SIDECAR_DIR;
	assert_int_equal(prov_verifier_new(&v, &o, NULL), PROV_EARG);
	o.sidecar = PROV_SIDECAR_BESIDE;
	o.ledger_dir = "/nonexistent";
	assert_int_equal(prov_verifier_new(&v, &o, NULL), PROV_ENOTFOUND);
	assert_null(v);
	desk_close(&d);
}

/* Has witness 1 cosign what the ledger stands at, at a time. */
static void
cosign_ledger(struct desk *d, int64_t time)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF lines = { 0 };
	prov_span text;

	ok(prov_ledger_open_writer(&l, d->g.path, d->g.log, err));
	ok(prov_ledger_checkpoint(l, NULL, NULL, NULL, err));
	ok(note_parse(&text, ledger_note(l), err));
	assert_true(witness_cosign(&lines, 1, text, time));
	ok(ledger_cosign(l, buf_span(&lines), 10000, err));
}

/* A pending sidecar: the ledger's head decides, until it is completed. */
static void
pending(void **state)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE char *json = NULL;
	struct desk d;
	prov_verdict *v;
	int changed = -1;

	(void)state;
	signed_desk(&d);
	tlogpolicy_clear(&d.trust->logs);
	ok(witness_policy(&d.trust->logs, prov_key_public(d.g.log), 2,
	    "quorum w1\n"));
	ok(prov_ledger_open(&l, d.g.path, prov_key_public(d.g.log), err));
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	assert_true(desk_has(v, "ledger.witnesses"));
	prov_verdict_free(v);
	assert_int_equal(prov_sidecar_update(l, d.trust,
			     desk_path(&d, "a.wav.prov"), DESK_NOW, &changed,
			     NULL),
	    PROV_EBUSY);
	/* Of a time to come it counts for nothing. */
	cosign_ledger(&d, DESK_NOW + COSIGNED_AHEAD_S + 1);
	v = expect(desk_verify(&d, "a.wav", true, true), "UNTRUSTED", 1);
	prov_verdict_free(v);
	cosign_ledger(&d, DESK_NOW - 5);
	v = expect(desk_verify(&d, "a.wav", true, true), "VERIFIED exact", 0);
	ok(prov_verdict_json(&json, v, err));
	assert_non_null(strstr(json, "\"witnessed_at\":\"20"));
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", true, false), "VERIFIED exact", 0);
	prov_verdict_free(v);
	v = expect(desk_verify(&d, "a.wav", false, true), "UNTRUSTED", 1);
	prov_verdict_free(v);
	ok(ledger_refresh(l, err));
	ok(prov_sidecar_update(l, d.trust, desk_path(&d, "a.wav.prov"),
	    DESK_NOW, &changed, err));
	assert_int_equal(changed, 1);
	v = expect(desk_verify(&d, "a.wav", false, true), "VERIFIED exact", 0);
	prov_verdict_free(v);
	ok(prov_sidecar_update(l, d.trust, desk_path(&d, "a.wav.prov"),
	    DESK_NOW, &changed, err));
	assert_int_equal(changed, 0);
	desk_close(&d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact),
		cmocka_unit_test(streams),
		cmocka_unit_test(altered),
		cmocka_unit_test(sidecar_of_another),
		cmocka_unit_test(exact_only),
		cmocka_unit_test(not_demuxed),
		cmocka_unit_test(untrusted),
		cmocka_unit_test(scope),
		cmocka_unit_test(logs),
		cmocka_unit_test(pending),
		cmocka_unit_test(sidecar_malformed),
		cmocka_unit_test(every_bit_of_a_sidecar),
		cmocka_unit_test(every_bit_resealed),
		cmocka_unit_test(every_bit_of_the_ledger),
		cmocka_unit_test(superseded),
		cmocka_unit_test(stale),
		cmocka_unit_test(forked),
		cmocka_unit_test(consistency),
		cmocka_unit_test(went_back),
		cmocka_unit_test(remembered_fork),
		cmocka_unit_test(sidecar_fork),
		cmocka_unit_test(bad_proof),
		cmocka_unit_test(trouble),
		cmocka_unit_test(bad_options),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
