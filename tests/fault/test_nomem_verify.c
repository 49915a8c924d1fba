/* SPDX-License-Identifier: ISC */
/*
 * A file verified by its sidecar and by the ledger, with each allocation
 * failing in turn. A good file may then hold or not; an altered one, or one
 * nobody trusted signed, never does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/shelf.h"
#include "../unit/signed.h"
#include "shortage.h"
#include "verify/subject.h"

/* Verifies and puts the verdict into words, as the command does. */
static prov_status
verify(const prov_verify_options *o, const char *path, prov_err *err)
{
	prov_verdict *verdict = NULL;
	prov_verifier *v = NULL;
	char *text = NULL;
	prov_status st, said;

	if ((st = prov_verifier_new(&v, o, err)) != PROV_OK)
		return (st);
	st = prov_verify_file(v, path, &verdict, err);
	if (verdict == NULL && st == PROV_OK)
		fail_msg("it holds without a verdict");
	if (verdict != NULL) {
		if ((prov_verdict_status(verdict) == 0) != (st == PROV_OK))
			fail_msg("two answers");
		said = prov_verdict_text(&text, verdict, NULL);
		if (said != PROV_OK && said != PROV_ENOMEM)
			fail_msg("text: %d", (int)said);
		prov_free(text);
		text = NULL;
		said = prov_verdict_json(&text, verdict, NULL);
		if (said != PROV_OK && said != PROV_ENOMEM)
			fail_msg("json: %d", (int)said);
		prov_free(text);
	}
	prov_verdict_free(verdict);
	prov_verifier_free(v);
	return (st);
}

/* Whether all holds that a gate may rely on. */
static prov_status
ask(prov_verifier *v, int fd, prov_err *err)
{
	struct subject s = { .fd = fd };
	struct facts f;
	prov_status st;

	if ((st = verify_subject(v, &s, &f, err)) != PROV_OK)
		return (st);
	if (f.trouble != PROV_OK)
		return (prov_fail(err, f.trouble, "%s", f.error));
	if (f.binding == PROV_BIND_EXACT && f.signature == PROV_SIG_VALID &&
	    f.ledger == PROV_LEDGER_INCLUDED && f.revoked == REVOKED_NO)
		return (PROV_OK);
	return (prov_fail(err, PROV_EUNTRUSTED, "no"));
}

/* As a gate does, which remembers what held, and asks again. */
static prov_status
subject(const prov_verify_options *o, const char *path, prov_err *err)
{
	struct shelf shelf = { .n_put = 0 };
	const struct recollection r = shelf_recollection(&shelf);
	prov_verifier *v = NULL;
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = file_open(&fd, NULL, path, err)) != PROV_OK ||
	    (st = prov_verifier_new(&v, o, err)) != PROV_OK)
		return (st);
	verifier_recollect(v, &r);
	if ((st = ask(v, fd, err)) == PROV_OK)
		st = ask(v, fd, err);
	prov_verifier_free(v);
	buf_free(&shelf.bytes);
	return (st);
}

/* One way to ask about a file, and whether the file may hold at all. */
struct question {
	prov_status (*how)(const prov_verify_options *o, const char *path,
	    prov_err *err);
	const prov_verify_options *o;
	const char *path;
	bool good;
};

static prov_status
put(void *arg, prov_err *err)
{
	const struct question *q = arg;

	return (q->how(q->o, q->path, err));
}

static bool
may_be(void *arg, bool failed, prov_status st, const prov_err *err)
{
	const struct question *q = arg;

	(void)err;
	return (st == PROV_OK ? q->good : failed || !q->good);
}

static void
run_out_as(prov_status (*how)(const prov_verify_options *o, const char *path,
	       prov_err *err),
    const prov_verify_options *o, const char *path, bool good)
{
	struct question q = { how, o, path, good };
	const struct shortage s = { strrchr(path, '/') + 1, put, may_be, &q,
		10 };

	shortage_each(&s);
}

static void
run_out(const prov_verify_options *o, const char *path, bool good)
{
	run_out_as(verify, o, path, good);
}

/* A text, x, that was signed; and how to ask about it. */
static void
sign_text(struct desk *d, prov_verify_options *o)
{
	assert_true(desk_open(d));
	assert_true(desk_write(d, "x", span("just text", 9)));
	assert_true(desk_sign(d, "x"));
	o->trust = d->trust;
	o->demux = d->demux;
}

static void
by_the_sidecar(void **state)
{
	struct desk d;
	prov_verify_options o = { .now = DESK_NOW };

	(void)state;
	sign_text(&d, &o);
	run_out(&o, desk_path(&d, "x"), true);
	assert_int_equal(prov_trust_remove(d.trust, OWNER_NAME, NULL), PROV_OK);
	run_out(&o, desk_path(&d, "x"), false);
	desk_close(&d);
}

static void
by_the_ledger(void **state)
{
	struct desk d;
	prov_verify_options o = { .now = DESK_NOW };

	(void)state;
	sign_text(&d, &o);
	o.ledger_dir = d.g.path;
	run_out(&o, desk_path(&d, "x"), true);
	o.sidecar = PROV_SIDECAR_NONE;
	run_out(&o, desk_path(&d, "x"), true);
	desk_close(&d);
}

/* Whatever cannot be remembered, what was revoked never holds. */
static void
revoked(void **state)
{
	struct desk d;
	prov_verify_options o = { .now = DESK_NOW, .require_revocation = 1 };
	prov_revocation r = { .from_index = 0 };
	AUTO(prov_ledger) *l = NULL;
	prov_entry e;

	(void)state;
	sign_text(&d, &o);
	memcpy(r.kid, prov_key_public(d.g.owner)->kid, 32);
	ok(prov_ledger_open_writer(&l, d.g.path, d.g.log, err));
	ok(prov_ledger_revoke(l, d.g.owner, &r, &e, err));
	prov_ledger_close(TAKE(l));
	o.ledger_dir = d.g.path;
	o.notices_dir = d.g.dir;
	run_out(&o, desk_path(&d, "x"), false);
	o.ledger_own = 1;
	run_out(&o, desk_path(&d, "x"), false);
	run_out_as(subject, &o, desk_path(&d, "x"), false);
	desk_close(&d);
}

static void
subjects(void **state)
{
	struct desk d;
	prov_verify_options o = { .now = DESK_NOW, .ledger_own = 1 };

	(void)state;
	sign_text(&d, &o);
	o.ledger_dir = d.g.path;
	run_out_as(subject, &o, desk_path(&d, "x"), true);
	assert_int_equal(prov_trust_remove(d.trust, OWNER_NAME, NULL), PROV_OK);
	run_out_as(subject, &o, desk_path(&d, "x"), false);
	desk_close(&d);
}

/* Streams are compared: the worker is a process of its own and never fails. */
static void
by_streams(void **state)
{
	struct desk d;
	prov_verify_options o = { .now = DESK_NOW };
	AUTO_BUF b = { 0 };

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_sign(&d, "a.wav"));
	o.trust = d.trust;
	o.demux = d.demux;
	assert_true(desk_put_wav(&d, "a.wav", 1, "my song!"));
	run_out(&o, desk_path(&d, "a.wav"), true);
	assert_true(desk_read(&b, &d, "a.wav"));
	b.p[b.len / 2] ^= 1;
	assert_true(desk_write(&d, "a.wav", buf_span(&b)));
	run_out(&o, desk_path(&d, "a.wav"), false);
	desk_close(&d);
}

static prov_status
load_trust(void *arg, prov_err *err)
{
	prov_trust *t = NULL;
	prov_status st;
	bool whole;

	if ((st = prov_trust_load(&t, arg, err)) != PROV_OK)
		return (t == NULL ? st : PROV_EINTERNAL);
	whole = prov_trust_signers(t) == 1;
	prov_trust_free(t);
	return (whole ? PROV_OK : PROV_EINTERNAL);
}

static void
trust(void **state)
{
	char path[96];
	const struct shortage s = { "trust", load_trust, NULL, path, 10 };
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	snprintf(path, sizeof(path), "%s/trust.yaml", d.g.dir);
	ok(prov_trust_save(d.trust, path, err));
	shortage_each(&s);
	desk_close(&d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_sidecar),
		cmocka_unit_test(by_the_ledger),
		cmocka_unit_test(revoked),
		cmocka_unit_test(subjects),
		cmocka_unit_test(by_streams),
		cmocka_unit_test(trust),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
