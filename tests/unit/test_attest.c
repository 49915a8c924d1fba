/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "manifest/manifest.h"
#include "sign/claimed.h"
#include "signed.h"

/* Entry index of the ledger, decoded. */
static void
entry_manifest(struct manifest *m, const struct desk *d, uint64_t index)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE uint8_t *bytes = NULL;
	struct statement s;
	size_t len;

	ok(prov_ledger_open(&l, d->g.path, prov_key_public(d->g.log), err));
	ok(prov_ledger_entry(l, index, &bytes, &len, err));
	ok(statement_parse(&s, span(bytes, len), err));
	ok(statement_verify(&s, prov_key_public(d->g.owner), err));
	ok(manifest_of_statement(m, &s, err));
}

static void
one_file(void **state)
{
	AUTO_MANIFEST m = { 0 };
	AUTO_BUF bytes = { 0 };
	struct sidecar s;
	struct desk d;
	uint8_t digest[32];

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_sign(&d, "a.wav"));
	entry_manifest(&m, &d, 1);
	assert_int_equal(m.n_streams, 1);
	assert_int_equal(m.time, DESK_NOW);
	assert_int_equal(m.asset.size, 44 + DESK_RATE * DESK_SECONDS * 2);
	assert_true(desk_read(&bytes, &d, "a.wav.prov"));
	ok(sidecar_decode(&s, buf_span(&bytes), err));
	assert_int_equal(s.n_timelines, 1);
	ok(sha256_of(digest, s.timelines[0], err));
	assert_memory_equal(digest, m.streams[0].timeline, 32);
	assert_true(s.proof.len > 0);
	desk_close(&d);
}

/* Many at once: all reported once, in order, each with an entry of its own. */
static void
many_files(void **state)
{
	enum { N = 40 };
	char paths[N][128];
	const char *list[N];
	bool seen[N + 1] = { false };
	prov_sign_options o = { .jobs = 4 };
	struct desk_report r;
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	for (uint32_t i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u.wav", i);
		assert_true(desk_put_wav(&d, name, i, NULL));
		snprintf(paths[i], sizeof(paths[i]), "%s", desk_path(&d, name));
		list[i] = paths[i];
	}
	assert_int_equal(desk_sign_with(&d, &o, list, N, &r), PROV_OK);
	assert_int_equal(r.n, N);
	for (size_t i = 0; i < N; i++) {
		prov_verdict *v;
		char name[16];

		assert_int_equal(r.status[i], PROV_OK);
		assert_string_equal(r.path[i], paths[i]);
		assert_true(r.index[i] >= 1 && r.index[i] <= N);
		assert_false(seen[r.index[i]]);
		seen[r.index[i]] = true;
		snprintf(name, sizeof(name), "%zu.wav", i);
		v = desk_verify(&d, name, false, true);
		assert_non_null(v);
		assert_string_equal(prov_verdict_word(v), "VERIFIED exact");
		prov_verdict_free(v);
	}
	desk_close(&d);
}

/* Failures of one file are its own; the others are signed. */
static void
trouble(void **state)
{
	prov_sign_options o = { .jobs = 2 };
	struct desk_report r;
	struct desk d;
	char good[128], empty[128], none[128];
	const char *list[] = { none, good, empty, NULL };

	(void)state;
	assert_true(desk_open(&d));
	list[3] = d.g.dir;
	assert_true(desk_put_wav(&d, "good.wav", 1, NULL));
	assert_true(desk_write(&d, "empty", span("", 0)));
	snprintf(good, sizeof(good), "%s", desk_path(&d, "good.wav"));
	snprintf(empty, sizeof(empty), "%s", desk_path(&d, "empty"));
	snprintf(none, sizeof(none), "%s", desk_path(&d, "none"));
	assert_int_equal(desk_sign_with(&d, &o, list, 4, &r), PROV_OK);
	assert_int_equal(r.n, 4);
	assert_int_equal(r.status[0], PROV_ENOTFOUND);
	assert_int_equal(r.status[1], PROV_OK);
	assert_int_equal(r.status[2], PROV_EARG);
	assert_non_null(strstr(r.message[2], "is empty; nothing to sign"));
	assert_int_equal(r.status[3], PROV_EOPEN);
	desk_close(&d);
}

/* Without streams a file is signed by its bytes, and the report says so. */
static void
exact_only(void **state)
{
	AUTO_MANIFEST m = { 0 };
	prov_sign_options o = { 0 };
	struct desk_report r;
	struct desk d;
	char path[128];
	const char *list[] = { path };

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_write(&d, "x", span("just text", 9)));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "x"));
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_OK);
	assert_true(strlen(r.note[0]) > 0);
	entry_manifest(&m, &d, r.index[0]);
	assert_int_equal(m.n_streams, 0);
	desk_close(&d);
}

/* A worker that fails is no reason to promise less for good. */
static void
worker_gone(void **state)
{
	prov_sign_options o = { .demux = "/bin/false" };
	struct desk_report r;
	struct desk d;
	char path[128];
	const char *list[] = { path };

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "a.wav"));
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_EIO);
	desk_close(&d);
}

/* Without one nothing is tried after the first file, nor told of each. */
static void
no_worker(void **state)
{
	prov_sign_options o = { .demux = "/nonexistent/prov-demux", .jobs = 4 };
	char paths[20][128];
	const char *list[20];
	struct desk_report r;
	prov_ledger *l = NULL;
	uint64_t size;
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	for (size_t i = 0; i < 20; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s",
		    desk_path(&d, i == 0 ? "none" : "a.wav"));
		list[i] = paths[i];
	}
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_int_equal(desk_sign_with(&d, &o, list, 20, &r), PROV_EOPEN);
	assert_int_equal(1, r.n);
	assert_int_equal(PROV_ENOTFOUND, r.status[0]);
	/* Nor is anything signed by its bytes alone. */
	ok(prov_ledger_open(&l, d.g.path, prov_key_public(d.g.log), err));
	ok(prov_ledger_checkpoint(l, &size, NULL, NULL, err));
	prov_ledger_close(l);
	assert_int_equal(1, size);
	/* A file's own trouble stops nothing. */
	o.demux = NULL;
	assert_int_equal(desk_sign_with(&d, &o, list, 3, &r), PROV_OK);
	assert_int_equal(3, r.n);
	assert_int_equal(PROV_OK, r.status[2]);
	desk_close(&d);
}

/* Signed again: the entry that stands is reported, its sidecar rebuilt. */
static void
again(void **state)
{
	prov_sign_options o = { .jobs = 1 };
	struct desk_report first, second;
	struct desk d;
	prov_verdict *v;
	char path[128];
	/* The same file twice in one run, too. */
	const char *list[] = { path, path };

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "a.wav"));
	assert_int_equal(desk_sign_with(&d, &o, list, 2, &first), PROV_OK);
	assert_int_equal(first.n, 2);
	assert_int_equal(first.existed[0], 0);
	assert_int_equal(first.existed[1], 1);
	assert_int_equal(first.index[1], first.index[0]);
	assert_int_equal(unlink(desk_path(&d, "a.wav.prov")), 0);
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &second), PROV_OK);
	assert_int_equal(second.existed[0], 1);
	assert_int_equal(second.index[0], first.index[0]);
	assert_memory_equal(second.statement[0], first.statement[0], 32);
	v = desk_verify(&d, "a.wav", false, true);
	assert_non_null(v);
	assert_string_equal(prov_verdict_word(v), "VERIFIED exact");
	prov_verdict_free(v);
	desk_close(&d);
}

static void
claims(void **state)
{
	static const char text[] = "origin: captured\nauthor: Ada\n";
	AUTO_MANIFEST m = { 0 };
	AUTO(prov_claim) *c = NULL;
	AUTO_BUF bytes = { 0 };
	prov_sign_options o = { 0 };
	struct desk_report r, later;
	struct sidecar s;
	struct desk d;
	char path[128];
	const char *list[] = { path };

	(void)state;
	assert_true(desk_open(&d));
	ok(claim_parse(&c, span(text, sizeof(text) - 1), "claim", err));
	o.claim = c;
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "a.wav"));
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_OK);
	entry_manifest(&m, &d, r.index[0]);
	assert_int_equal(m.origin, PROV_ORIGIN_CAPTURED);
	assert_int_equal(m.n_assertions, 1);
	assert_true(m.assertions[0].is_private);
	assert_true(desk_read(&bytes, &d, "a.wav.prov"));
	ok(sidecar_decode(&s, buf_span(&bytes), err));
	assert_int_equal(s.n_openings, 1);
	ok(manifest_open(&m, s.openings[0].salt, s.openings[0].item, err));
	assert_string_equal(m.assertions[0].label, "author");
	/* The rebuilt sidecar opens it as well. */
	assert_int_equal(unlink(desk_path(&d, "a.wav.prov")), 0);
	assert_true(desk_sign(&d, "a.wav"));
	assert_true(desk_read(&bytes, &d, "a.wav.prov"));
	ok(sidecar_decode(&s, buf_span(&bytes), err));
	assert_int_equal(s.n_openings, 1);
	/* What supersedes is a new entry. */
	c->has_supersedes = true;
	memcpy(c->supersedes, r.statement[0], 32);
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &later), PROV_OK);
	assert_int_equal(later.existed[0], 0);
	assert_true(later.index[0] > r.index[0]);
	desk_close(&d);
}

static void
sidecar_places(void **state)
{
	prov_sign_options o = { .sidecar = PROV_SIDECAR_DIR };
	struct desk_report r;
	struct desk d;
	char dir[128], a[128], b[128];
	const char *list[] = { a, b };
	struct stat sb;

	(void)state;
	assert_true(desk_open(&d));
	assert_int_equal(mkdir(desk_path(&d, "sub"), 0755), 0);
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	assert_true(desk_put_wav(&d, "sub/a.wav", 2, NULL));
	snprintf(a, sizeof(a), "%s", desk_path(&d, "a.wav"));
	snprintf(b, sizeof(b), "%s", desk_path(&d, "sub/a.wav"));
	snprintf(dir, sizeof(dir), "%s", desk_path(&d, "side/cars"));
	o.sidecar_dir = dir;
	assert_int_equal(desk_sign_with(&d, &o, list, 2, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_OK);
	assert_int_equal(r.status[1], PROV_EARG); /* never over the other's */
	assert_int_equal(stat(desk_path(&d, "side/cars/a.wav.prov"), &sb), 0);
	assert_int_equal(stat(desk_path(&d, "a.wav.prov"), &sb), -1);
	o.sidecar = PROV_SIDECAR_NONE;
	assert_int_equal(desk_sign_with(&d, &o, &list[1], 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_OK);
	assert_int_equal(stat(desk_path(&d, "sub/a.wav.prov"), &sb), -1);
	/* A sidecar that cannot be written fails its file, not its entry. */
	o.sidecar = PROV_SIDECAR_BESIDE;
	assert_int_equal(mkdir(desk_path(&d, "sub/a.wav.prov"), 0755), 0);
	assert_int_equal(desk_sign_with(&d, &o, &list[1], 1, &r), PROV_OK);
	assert_true(r.status[0] != PROV_OK);
	assert_non_null(strstr(r.message[0], "entry 2 is logged"));
	desk_close(&d);
}

static void
not_registered(void **state)
{
	prov_sign_options o = { 0 };
	struct desk_report r;
	struct desk d;
	char path[128];
	const char *list[] = { path };
	struct stat sb;

	(void)state;
	assert_true(desk_open(&d));
	o.key = d.g.other;
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(path, sizeof(path), "%s", desk_path(&d, "a.wav"));
	assert_int_equal(desk_sign_with(&d, &o, list, 1, &r), PROV_OK);
	assert_int_equal(r.status[0], PROV_EUNTRUSTED);
	assert_int_equal(stat(desk_path(&d, "a.wav.prov"), &sb), -1);
	desk_close(&d);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_file),
		cmocka_unit_test(many_files),
		cmocka_unit_test(trouble),
		cmocka_unit_test(exact_only),
		cmocka_unit_test(worker_gone),
		cmocka_unit_test(no_worker),
		cmocka_unit_test(again),
		cmocka_unit_test(claims),
		cmocka_unit_test(sidecar_places),
		cmocka_unit_test(not_registered),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
