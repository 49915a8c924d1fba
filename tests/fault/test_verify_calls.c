/* SPDX-License-Identifier: ISC */
/*
 * What one does to verify, with each allocation failing in turn, and each call
 * for files. What failed is told as what it is, or nothing comes of it but the
 * very answer that there is without: no verdict says less, or more, because
 * something could not be had. PROV_SCENE names what alone to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "scene.h"

#include "../unit/asked.h"
#include "../unit/runs.h"
#include "../unit/shelf.h"
#include "base/text.h"
#include "manifest/manifest.h"
#include "sign/key.h"
#include "sign/mac.h"
#include "verify/evidence.h"
#include "verify/facts_json.h"
#include "verify/trust.h"
#include "verify/verdict.h"
#include "verify/verifier.h"
#include "witness/client.h"

/* Everything is under b.d.g.dir. */
static struct place {
	struct bench b;
	struct desk lost; /* where the owner's key was revoked by another */
	char notices[96], state[96], trust[96], report[96], key[96], mac[96],
	    unproven[96];
	struct buf no_proof; /* a sidecar without */
	struct buf run;      /* a statement on a run */
	struct shelf shelf;
	struct buf want; /* what comes of a scene where nothing fails */
	prov_trust *read;
	prov_report *page;
	prov_verifier *v;
	prov_ledger *l;
	prov_witnesses *w;
	struct mac *made, *again;
} * p;

static void
drop_tree(const char *dir)
{
	(void)nftw(dir, logged_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* As before any scene: nothing is remembered, nothing was written. */
static void
restore(void)
{
	drop_tree(p->notices);
	drop_tree(p->state);
	assert_int_equal(0, mkdir(p->notices, 0755));
	(void)unlink(p->report);
	(void)unlink(p->trust);
	(void)unlink(p->key);
	(void)unlink(p->mac);
	p->shelf.bytes.len = 0;
	ok(file_write(p->unproven, buf_span(&p->no_proof), 0644, 0, err));
}

static void
close_all(void)
{
	prov_trust_free(TAKE(p->read));
	prov_report_free(TAKE(p->page));
	prov_verifier_free(TAKE(p->v));
	prov_ledger_close(TAKE(p->l));
	prov_witnesses_free(TAKE(p->w));
	mac_close(TAKE(p->made));
	mac_close(TAKE(p->again));
}

static void
make_run(void)
{
	struct run_record r;
	AUTO_BUF payload = { 0 };

	runs_sample(&r);
	ok(run_record_encode(&payload, &r, err));
	ok(statement_sign(&p->run, p->b.d.g.owner, PAYLOAD_RUN, r.root,
	    buf_span(&payload), err));
}

static void
make_sidecars(void)
{
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO_BUF bare = { 0 };

	assert_non_null(s);
	ok(sidecar_decode(s, buf_span(&p->b.sidecar), err));
	s->proof = s->receipt = span(NULL, 0);
	ok(sidecar_encode(&p->no_proof, s, err));
	assert_true(desk_write(&p->b.d, "b.wav.prov", buf_span(&p->b.sidecar)));
	assert_true(desk_write(&p->b.d, "c.wav.prov", buf_span(&p->b.sidecar)));
	assert_true(desk_write(&p->b.d, "m.wav.prov", buf_span(&p->b.sidecar)));
	/* Without leaves, of which the manifest has the times alone. */
	ok(sidecar_decode(s, buf_span(&p->b.sidecar), err));
	s->n_timelines = 0;
	ok(sidecar_encode(&bare, s, err));
	assert_true(desk_write(&p->b.d, "bare.prov", buf_span(&bare)));
}

/*
 * With a title the bytes are others; without its end it is a clip; with its
 * halves in the wrong order it is altered.
 */
static void
make_media(void)
{
	prov_span whole = buf_span(&p->b.media);
	size_t half = (whole.len - 44) / 4 * 2;
	AUTO_BUF moved = { 0 };

	buf_put(&moved, whole.p, 44);
	buf_put(&moved, whole.p + 44 + half, whole.len - 44 - half);
	buf_put(&moved, whole.p + 44, half);
	assert_true(desk_write(&p->b.d, "m.wav", buf_span(&moved)));

	assert_true(desk_put_wav(&p->b.d, "b.wav", 1, "my song!"));
	assert_true(
	    desk_write(&p->b.d, "c.wav", span(whole.p, whole.len * 3 / 4)));
}

/* Another key signs it, too, and then signs no more. */
static void
make_history(void)
{
	prov_sign_options o = { .key = p->b.d.g.other,
		.sidecar = PROV_SIDECAR_NONE };
	prov_revocation r = { .from_index = PROV_FROM_NOW, .revoker = 1 };
	prov_takedown t = { .asset = { 1 } };
	const prov_key *owner = p->b.d.g.owner;
	const char *list[] = { desk_path(&p->b.d, "a.wav") };
	struct desk_report said;
	AUTO(prov_ledger) *l = NULL;
	prov_entry e;

	memcpy(r.kid, prov_key_public(o.key)->kid, 32);
	ok(prov_ledger_open_writer(&l, p->b.d.g.path, p->b.d.g.log, err));
	ok(prov_ledger_register(l, owner, prov_key_public(o.key), 0, &e, err));
	prov_ledger_close(TAKE(l));
	ok(desk_sign_with(&p->b.d, &o, list, 1, &said));
	ok(prov_ledger_open_writer(&l, p->b.d.g.path, p->b.d.g.log, err));
	ok(prov_ledger_takedown(l, owner, &t, &e, err));
	ok(prov_ledger_revoke(l, p->b.d.g.other, &r, &e, err));
}

static void
sign_with_claim(const char *name, const char *yaml, struct desk_report *said)
{
	prov_sign_options o = { 0 };
	AUTO(prov_claim) *claim = NULL;
	char path[128], media[128];
	const char *list[] = { media };

	snprintf(path, sizeof(path), "%s", desk_path(&p->b.d, "claim.yaml"));
	snprintf(media, sizeof(media), "%s", desk_path(&p->b.d, name));
	ok(file_write(path, span(yaml, strlen(yaml)), 0644, 0, err));
	ok(prov_claim_load(&claim, path, err));
	o.claim = claim;
	ok(desk_sign_with(&p->b.d, &o, list, 1, said));
	ok(said->status[0]);
}

/* Signed with one claim, of which old.prov is left, and then with another. */
static void
make_claims(void)
{
	static const char claims[] = "title: A walk\nrights:\n  to: all\n"
				     "  cawg.ai_training: notAllowed\n";
	char yaml[256], hex[65];
	struct desk_report said;
	AUTO_BUF old = { 0 };

	assert_true(desk_put_wav(&p->b.d, "d.wav", 4, NULL));
	sign_with_claim("d.wav", claims, &said);
	assert_true(desk_read(&old, &p->b.d, "d.wav.prov"));
	assert_true(desk_write(&p->b.d, "old.prov", buf_span(&old)));
	hex_encode(hex, said.statement[0], 32);
	snprintf(yaml, sizeof(yaml), "supersedes: %s\n%s", hex, claims);
	sign_with_claim("d.wav", yaml, &said);
	assert_false(said.existed[0]);
	assert_true(desk_put_wav(&p->b.d, "t.wav", 4, "my song!"));
}

/* Signed with a digest for each picture, and then a byte is changed. */
static void
make_framed(void)
{
	prov_sign_options o = { .frames = 1 };
	const char *top = getenv("srcdir");
	char path[256], media[128];
	const char *list[] = { media };
	struct desk_report said;
	AUTO_BUF b = { 0 };

	snprintf(path, sizeof(path), "%.200s/testdata/clip.mp4",
	    top != NULL ? top : ".");
	snprintf(media, sizeof(media), "%s", desk_path(&p->b.d, "x.mp4"));
	ok(file_read(&b, path, 1 << 24, err));
	assert_true(desk_write(&p->b.d, "x.mp4", buf_span(&b)));
	ok(desk_sign_with(&p->b.d, &o, list, 1, &said));
	ok(said.status[0]);
	b.p[100000] ^= 1;
	assert_true(desk_write(&p->b.d, "x.mp4", buf_span(&b)));
}

/* A key that was named for that revokes the owner's. */
static void
make_loss(void)
{
	AUTO(prov_key) *named = logged_key(OWNER_NAME, 40);
	prov_revocation r = { .from_index = 0 };
	AUTO(prov_ledger) *l = NULL;
	const prov_key *owner;
	prov_entry e;

	assert_true(desk_open(&p->lost));
	owner = p->lost.g.owner;
	memcpy(r.kid, prov_key_public(owner)->kid, 32);
	ok(prov_ledger_open_writer(&l, p->lost.g.path, p->lost.g.log, err));
	ok(prov_ledger_recovery(l, owner, prov_key_public(named), &e, err));
	prov_ledger_close(TAKE(l));
	assert_true(desk_put_wav(&p->lost, "a.wav", 1, NULL));
	assert_true(desk_sign(&p->lost, "a.wav"));
	ok(prov_ledger_open_writer(&l, p->lost.g.path, p->lost.g.log, err));
	ok(prov_ledger_revoke(l, named, &r, &e, err));
}

/* What can be done. Each says in out what came of it. */

/* All of a verdict, but how long it took. */
static prov_status
put_verdict(struct buf *out, const prov_verdict *v, prov_err *err)
{
	AUTO_FREE char *json = NULL;
	const char *ms;
	prov_status st;

	if ((st = prov_verdict_json(&json, v, err)) != PROV_OK)
		return (st);
	ms = strstr(json, "\"ms\":");
	assert_non_null(ms);
	buf_put(out, json, (size_t)(ms - json));
	ms += strcspn(ms, ",}");
	buf_put_str(out, ms);
	return (buf_done(out, err));
}

/* A no is an answer. */
static prov_status
verify(struct buf *out, const prov_verify_options *with, const char *name,
    prov_err *err)
{
	prov_verify_options o = *with;
	AUTO(prov_verdict) *verdict = NULL;
	prov_err why = { 0 };
	prov_status st, said;

	o.trust = p->b.d.trust;
	o.demux = p->b.d.demux;
	o.now = DESK_NOW;
	if ((st = prov_verifier_new(&p->v, &o, err)) != PROV_OK)
		return (st);
	st = prov_verify_file(p->v, desk_path(&p->b.d, name), &verdict, &why);
	if (verdict == NULL)
		return (prov_fail(err, st, "%s", why.msg));
	said = prov_verdict_status(verdict);
	if ((said == 0) != (st == PROV_OK))
		fail_msg("two answers: %d, %d", (int)said, (int)st);
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	buf_printf(out, "%d ", (int)st);
	return (put_verdict(out, verdict, err));
}

static prov_status
do_sidecar(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };

	return (verify(out, &o, "a.wav", err));
}

static prov_status
do_ledger(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.notices_dir = p->notices,
		.state_dir = p->state,
		.require_revocation = 1,
		.sidecar = PROV_SIDECAR_NONE };

	return (verify(out, &o, "a.wav", err));
}

/* The same file, and the same owner. */
static prov_status
do_lost(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->lost.g.path,
		.require_revocation = 1,
		.sidecar = PROV_SIDECAR_NONE };

	return (verify(out, &o, "a.wav", err));
}

static prov_status
do_both(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.state_dir = p->state };

	return (verify(out, &o, "a.wav", err));
}

static prov_status
do_streams(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };

	return (verify(out, &o, "b.wav", err));
}

static prov_status
do_streams_found(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.sidecar = PROV_SIDECAR_NONE };

	return (verify(out, &o, "b.wav", err));
}

static prov_status
do_clip(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };

	return (verify(out, &o, "c.wav", err));
}

static prov_status
do_bare(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar_file =
					    desk_path(&p->b.d, "bare.prov") };

	return (verify(out, &o, "b.wav", err));
}

/* The leaves are in the ledger. */
static prov_status
do_fetched(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.sidecar_file = desk_path(&p->b.d, "bare.prov") };

	return (verify(out, &o, "c.wav", err));
}

static prov_status
do_moved(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };

	return (verify(out, &o, "m.wav", err));
}

/* What was signed with a claim, and by now with another. */
static prov_status
do_superseded(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.sidecar_file = desk_path(&p->b.d, "old.prov") };

	return (verify(out, &o, "d.wav", err));
}

/* The same by its streams: the bytes are of an asset that nobody signed. */
static prov_status
do_superseded_streams(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.sidecar_file = desk_path(&p->b.d, "old.prov") };

	return (verify(out, &o, "t.wav", err));
}

/* One of its pictures is another; which one, is known by its digest. */
static prov_status
do_framed(struct buf *out, prov_err *err)
{
	const prov_verify_options o = { .sidecar = PROV_SIDECAR_BESIDE };

	return (verify(out, &o, "x.mp4", err));
}

static prov_status
ask_all(struct buf *out, const struct subject *s, prov_err *err)
{
	struct facts f;
	prov_status st;

	if ((st = verify_subject(p->v, s, &f, err)) != PROV_OK)
		return (st);
	if (f.trouble != PROV_OK)
		return (prov_fail(err, f.trouble, "%s", f.error));
	return (facts_put(out, &f, err));
}

static prov_status
subject(struct buf *out, const struct subject *s, prov_err *err)
{
	const prov_verify_options o = { .trust = p->b.d.trust,
		.demux = p->b.d.demux,
		.now = DESK_NOW,
		.ledger_dir = p->b.d.g.path,
		.ledger_own = 1,
		.state_dir = p->state };
	const struct recollection r = shelf_recollection(&p->shelf);
	prov_status st;

	if ((st = prov_verifier_new(&p->v, &o, err)) != PROV_OK)
		return (st);
	verifier_recollect(p->v, &r);
	if ((st = ask_all(out, s, err)) == PROV_OK)
		st = ask_all(out, s, err);
	return (st);
}

static prov_status
do_descriptor(struct buf *out, prov_err *err)
{
	AUTO_FD int fd = -1;
	struct subject s = { .fd = -1 };
	prov_status st;

	if ((st = file_open(&fd, NULL, desk_path(&p->b.d, "a.wav"), err)) !=
	    PROV_OK)
		return (st);
	s.fd = fd;
	return (subject(out, &s, err));
}

static prov_status
do_bytes(struct buf *out, prov_err *err)
{
	struct subject s = by_bytes(&p->b);

	s.bytes.len -= s.bytes.len / 4;
	s.sidecar = buf_span(&p->b.sidecar);
	return (subject(out, &s, err));
}

static prov_status
do_claimed(struct buf *out, prov_err *err)
{
	AUTO_BUF media = { 0 }, sidecar = { 0 };
	struct subject s = { .fd = -1 };
	prov_status st;

	if ((st = file_read(&media, desk_path(&p->b.d, "d.wav"), 1 << 24,
		 err)) != PROV_OK ||
	    (st = file_read(&sidecar, desk_path(&p->b.d, "d.wav.prov"), 1 << 24,
		 err)) != PROV_OK)
		return (st);
	s.bytes = buf_span(&media);
	s.sidecar = buf_span(&sidecar);
	return (subject(out, &s, err));
}

static prov_status
do_digest(struct buf *out, prov_err *err)
{
	struct subject s = by_digest(&p->b);

	return (subject(out, &s, err));
}

/* Nobody signed it. */
static prov_status
do_unknown(struct buf *out, prov_err *err)
{
	const uint8_t digest[32] = { 9 };
	const struct subject s = { .fd = -1, .sha256 = digest };

	return (subject(out, &s, err));
}

static prov_status
do_trust(struct buf *out, prov_err *err)
{
	static const char *const iss[] = { "demo", "others" };
	static const char *const paths[] = { "/in/**", "/out/*" };
	prov_trust_signer s = { .iss = iss,
		.n_iss = 2,
		.paths = paths,
		.n_paths = 2 };
	const prov_trust_signer *got;
	AUTO(prov_trust) *made = NULL;
	AUTO_BUF yaml = { 0 };
	prov_status st;

	s.key = *prov_key_public(p->b.d.g.other);
	if ((st = prov_trust_new(&made, err)) != PROV_OK ||
	    (st = prov_trust_add_signer(made, &s, err)) != PROV_OK ||
	    (st = prov_trust_save(made, p->trust, err)) != PROV_OK ||
	    (st = prov_trust_load(&p->read, p->trust, err)) != PROV_OK ||
	    (st = file_read(&yaml, p->trust, 1 << 16, err)) != PROV_OK)
		return (st);
	buf_put_span(out, buf_span(&yaml));
	if (prov_trust_signers(p->read) != 1 ||
	    (got = prov_trust_signer_at(p->read, 0)) == NULL)
		return (prov_fail(err, PROV_EINTERNAL, "no signer"));
	for (size_t i = 0; i < got->n_iss; i++)
		buf_printf(out, " %s", got->iss[i] ? got->iss[i] : "(none)");
	for (size_t i = 0; i < got->n_paths; i++)
		buf_printf(out, " %s",
		    got->paths[i] ? got->paths[i] : "(none)");
	return (buf_done(out, err));
}

/* Twice: a report of its own it replaces. */
static prov_status
do_report(struct buf *out, prov_err *err)
{
	const prov_report_options o = { .now = DESK_NOW, .trust = "t.yaml" };
	AUTO(prov_verdict) *verdict = NULL;
	prov_status st;

	if ((st = verdict_new(&verdict, "a.wav", err)) != PROV_OK)
		return (st);
	verdict_settle(verdict);
	if ((st = prov_report_new(&p->page, &o, err)) != PROV_OK ||
	    (st = prov_report_add(p->page, verdict, err)) != PROV_OK ||
	    (st = prov_report_save(p->page, p->report, err)) != PROV_OK ||
	    (st = prov_report_save(p->page, p->report, err)) != PROV_OK)
		return (st);
	return (file_read(out, p->report, 1 << 20, err));
}

static prov_status
do_update(struct buf *out, prov_err *err)
{
	int changed = 0;
	prov_status st;

	if ((st = prov_ledger_open(&p->l, p->b.d.g.path,
		 prov_key_public(p->b.d.g.log), err)) != PROV_OK ||
	    (st = prov_sidecar_update(p->l, p->b.d.trust, p->unproven, DESK_NOW,
		 &changed, err)) != PROV_OK)
		return (st);
	return (file_read(out, p->unproven, 1 << 20, err));
}

static prov_status
do_run(struct buf *out, prov_err *err)
{
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	if ((st = evidence_run_new(&e, buf_span(&p->run), err)) != PROV_OK ||
	    (st = evidence_signature(e, p->b.d.trust, NULL, DESK_NOW, err)) !=
		PROV_OK)
		return (st);
	buf_printf(out, "%d", (int)e->signature);
	return (buf_done(out, err));
}

static prov_status
do_cosign(struct buf *out, prov_err *err)
{
	prov_cosigned done = { 0 };
	prov_status st;

	if ((st = prov_ledger_open_writer(&p->l, p->b.d.g.path, p->b.d.g.log,
		 err)) != PROV_OK ||
	    (st = prov_witnesses_new(&p->w, p->b.d.trust, NULL, err)) !=
		PROV_OK ||
	    (st = prov_ledger_cosign(p->l, p->w, 0, 0, DESK_NOW, &done, err)) !=
		PROV_OK)
		return (st);
	buf_printf(out, "%d %zu %zu %llu", done.met, (size_t)done.n,
	    (size_t)done.of, (unsigned long long)done.size);
	return (buf_done(out, err));
}

/* A key without a passphrase, and that of a cache: made, and read again. */
static prov_status
do_keys(struct buf *out, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	uint8_t tag[MAC_LEN];
	prov_status st;

	if ((st = prov_key_save(p->b.d.g.owner, p->key, span(NULL, 0), err)) !=
		PROV_OK ||
	    (st = prov_key_load(&k, p->key, NULL, NULL, err)) != PROV_OK ||
	    (st = mac_open(&p->made, p->mac, err)) != PROV_OK ||
	    (st = mac_open(&p->again, p->mac, err)) != PROV_OK)
		return (st);
	mac_make(p->made, tag, span("a", 1), span("b", 1));
	buf_printf(out, "%s %d", prov_key_public(k)->name,
	    (int)mac_check(p->again, tag, span("a", 1), span("b", 1)));
	return (buf_done(out, err));
}

static const struct scene {
	const char *name;
	prov_status (*work)(struct buf *out, prov_err *err);
	bool strict;
} scenes[] = {
	{ "sidecar", do_sidecar, false },
	{ "ledger", do_ledger, false },
	{ "lost", do_lost, false },
	{ "both", do_both, false },
	{ "streams", do_streams, false },
	{ "streams-found", do_streams_found, false },
	{ "clip", do_clip, false },
	{ "bare", do_bare, false },
	{ "fetched", do_fetched, false },
	{ "moved", do_moved, false },
	{ "superseded", do_superseded, true },
	{ "superseded-streams", do_superseded_streams, true },
	{ "claimed", do_claimed, true },
	{ "framed", do_framed, false },
	{ "descriptor", do_descriptor, false },
	{ "bytes", do_bytes, false },
	{ "digest", do_digest, false },
	{ "unknown", do_unknown, true },
	{ "trust", do_trust, false },
	{ "report", do_report, false },
	{ "update", do_update, false },
	{ "run", do_run, false },
	{ "cosign", do_cosign, false },
	{ "keys", do_keys, false },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

/*
 * A key is never used where something of it could not be looked at; and in the
 * scenes that are strict nothing that grows can be done without. What is only
 * for speed is allocated at once.
 */
static bool
is_strict(const struct scene *s, enum faulty what, const char *call)
{
	if (what == FAULTY_MEMORY)
		return (s->strict && strcmp(call, "realloc") == 0);
	return (s->work == do_keys && strcmp(call, "fstat") == 0);
}

/* Told as what it is, or nothing has come of it. */
static void
check_trouble(const struct scene *s, enum faulty what, const char *call,
    prov_status st, const prov_err *why, prov_span got, prov_span want)
{
	if (st == PROV_OK && is_strict(s, what, call))
		fail_msg("%s: %s failed, and nothing is said", s->name, call);
	if (st == PROV_OK && !span_eq(got, want)) {
		/* Longer than what cmocka prints. */
		printf("# got  %.*s\n# want %.*s\n", (int)got.len,
		    (const char *)got.p, (int)want.len, (const char *)want.p);
		fail_msg("%s: %s failed, and something else came of it",
		    s->name, call);
	}
	if (st == PROV_OK)
		return;
	if (!faulty_is_told(what, st, why))
		fail_msg("%s: %s failed: %d, %s", s->name, call, st, why->msg);
}

/* Whether there was a place where a call had not failed yet. */
static bool
attempt(size_t i, enum faulty what)
{
	const struct scene *s = &scenes[i];
	const prov_span want = buf_span(&p->want);
	AUTO_BUF out = { 0 };
	prov_err why = { 0 };
	const char *call;
	prov_status st;

	restore();
	faulty_arm(what);
	st = s->work(&out, &why);
	call = faulty_disarm();
	close_all();
	if (call == NULL) {
		if (st != PROV_OK || !span_eq(buf_span(&out), want))
			fail_msg("%s: %d, %s", s->name, st, why.msg);
		return (false);
	}
	check_trouble(s, what, call, st, &why, buf_span(&out), want);
	return (true);
}

static const char *
name(size_t i)
{
	return (scenes[i].name);
}

static void
rehearse(size_t i)
{
	restore();
	p->want.len = 0;
	ok(scenes[i].work(&p->want, err));
	close_all();
}

static struct stage stage = {
	.n = SCENES,
	.one_in = 1,
	.name = name,
	.rehearse = rehearse,
	.attempt = attempt,
	/* The run's bytes are at hand: it opens nothing. */
	.least = { [FAULTY_MEMORY] = 2 },
};

static int
begin(void **state)
{
	*state = &stage;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (-1);
	bench_open(&p->b);
	prov_verifier_free(TAKE(p->b.v));
	snprintf(p->notices, 96, "%s/notices", p->b.d.g.dir);
	snprintf(p->state, 96, "%s/remembered", p->b.d.g.dir);
	snprintf(p->trust, 96, "%s/trust.yaml", p->b.d.g.dir);
	snprintf(p->report, 96, "%s/report.html", p->b.d.g.dir);
	snprintf(p->key, 96, "%s/saved.key", p->b.d.g.dir);
	snprintf(p->mac, 96, "%s/mac.key", p->b.d.g.dir);
	snprintf(p->unproven, 96, "%s/unproven.prov", p->b.d.g.dir);
	make_run();
	make_sidecars();
	make_media();
	make_claims();
	make_framed();
	make_history();
	make_loss();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	close_all();
	buf_free(&p->want);
	buf_free(&p->no_proof);
	buf_free(&p->run);
	buf_free(&p->shelf.bytes);
	bench_close(&p->b);
	desk_close(&p->lost);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation),
		cmocka_unit_test(each_file_call),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
