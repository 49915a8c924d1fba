/* SPDX-License-Identifier: ISC */
/*
 * Repairing, recovering and catching up, with each allocation failing, and each
 * call for files: what is told as done is wholly done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chore.h"

#include "../unit/logged.h"
#include "../unit/timelines.h"
#include "ledger/blob.h"
#include "ledger/index.h"
#include "ledger/layout.h"
#include "ledger/repair.h"
#include "prov/check.h"
#include "verify/verifier.h"

#define ENTRIES 9U /* in the ledger; in its old copy some less */
#define OLD     4U

static struct yard {
	struct logged g;
	char old[128], hurt[128]; /* copies of the ledger */
	char other[128];

	uint8_t timeline[32];
	prov_ledger *l;
	uint8_t *hashes;
	prov_trust *trust;
	prov_verifier *verifier;
} * p;

static const prov_pubkey *
log_key(void)
{
	return (prov_key_public(p->g.log));
}

/* The test's own directories: nothing in them is quoted. */
static void
copy(const char *to, const char *from)
{
	char command[512];

	snprintf(command, sizeof(command),
	    "rm -rf %.150s && cp -a %.150s %.150s", to, from, to);
	assert_int_equal(0, system(command));
}

static const char *
below(const char *dir, const char *name)
{
	static char path[LEDGER_PATH_MAX + 256];

	snprintf(path, sizeof(path), "%.200s/%s", dir, name);
	return (path);
}

static bool
same(const char *a, const char *b, const char *name)
{
	AUTO_BUF x = { 0 }, y = { 0 };

	return (file_read(&x, below(a, name), 1 << 20, NULL) == PROV_OK &&
		file_read(&y, below(b, name), 1 << 20, NULL) == PROV_OK &&
		span_eq(buf_span(&x), buf_span(&y)));
}

static void
prepare_consistency(void)
{
	free(p->hashes);
	p->hashes = NULL;
}

static prov_status
do_consistency(prov_err *err)
{
	size_t n;

	return (
	    prov_ledger_consistency(p->l, OLD, ENTRIES, &p->hashes, &n, err));
}

static bool
has_hashes(void)
{
	return (p->hashes != NULL);
}

/* Its index cut short; a file and a directory where none may be. */
static void
prepare_repair(void)
{
	copy(p->hurt, p->g.path);
	assert_int_equal(0, truncate(below(p->hurt, LEDGER_RUNS), 15));
	ok(file_write(below(p->hurt, "index/odd"), span("odd", 3), 0644, 0,
	    err));
	ok(file_write(below(p->hurt, "tlog/tile/odd"), span("odd", 3), 0644, 0,
	    err));
	assert_int_equal(0, mkdir(below(p->hurt, "tlog/tile/0/005"), 0755));
}

static prov_status
do_repair(prov_err *err)
{
	/* Without the inspection that would find what it left. */
	return (repair_derived(p->hurt, log_key(), NULL, err));
}

static bool
is_repaired(void)
{
	struct index x = { 0 };
	bool indexed;

	/* Another one than it had, in which the same is found. */
	indexed =
	    index_load(&x, p->hurt, NULL) == PROV_OK && x.position == ENTRIES;
	index_clear(&x);
	return (indexed && file_missing(below(p->hurt, "index/odd")) &&
		file_missing(below(p->hurt, "tlog/tile/odd")) &&
		file_missing(below(p->hurt, "tlog/tile/0/005")) &&
		rmdir(below(p->hurt, "odd-1")) == 0);
}

/* The index of another ledger of the same size, which is well-formed. */
static void
prepare_index(void)
{
	char from[256];

	copy(p->hurt, p->g.path);
	snprintf(from, sizeof(from), "%s/index", p->other);
	copy(below(p->hurt, "index"), from);
}

/* Each run is one, and what they say is found. */
static bool
is_indexed(void)
{
	AUTO(prov_ledger) *l = NULL;
	AUTO_FREE uint64_t *at = NULL;
	struct index x = { 0 };
	uint8_t asset[32];
	bool fine;
	size_t n = 0;

	fine = index_load(&x, p->hurt, NULL) == PROV_OK && x.n != 0;
	for (size_t i = 0; fine && i < x.n; i++) {
		struct run_info run;

		fine = run_read(&run, NULL, p->hurt, x.runs[i].begin,
			   x.runs[i].end, NULL) == PROV_OK;
	}
	index_clear(&x);
	logged_asset(asset, 2);
	return (fine &&
		prov_ledger_open(&l, p->hurt, log_key(), NULL) == PROV_OK &&
		prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, NULL) ==
		    PROV_OK &&
		n == 1);
}

/* A run's filter lacks keys, under a digest that is right. */
static void
prepare_filter(void)
{
	struct index x = { 0 };
	struct run_info run = { 0 };
	char name[LEDGER_PATH_MAX];
	AUTO_BUF b = { 0 };

	copy(p->hurt, p->g.path);
	ok(index_load(&x, p->hurt, err));
	run.begin = x.runs[0].begin;
	run.end = x.runs[0].end;
	index_clear(&x);
	run_name(name, &run);
	ok(file_read(&b, below(p->hurt, name), 1 << 20, err));
	memset(b.p + b.len - 64, 0, 32);
	ok(sha256_of(b.p + b.len - 32, span(b.p, b.len - 32), err));
	ok(file_write(below(p->hurt, name), buf_span(&b), 0644, 0, err));
}

static prov_status
do_decode(prov_err *err)
{
	struct index x = { 0 };
	struct run_info run;
	prov_status st;

	if ((st = index_load(&x, p->hurt, err)) == PROV_OK)
		st = run_read(&run, NULL, p->hurt, x.runs[0].begin,
		    x.runs[0].end, err);
	index_clear(&x);
	if (st == PROV_OK)
		return (PROV_EINTERNAL);
	return (st == PROV_EUNTRUSTED ? PROV_OK : st);
}

/* The ledger grows after it was opened. */
static void
prepare_refresh(void)
{
	const prov_verify_options o = { .trust = p->trust,
		.ledger_dir = p->hurt,
		.now = 1795466460 };
	char from[256];

	prov_verifier_free(p->verifier);
	p->verifier = NULL;
	copy(p->hurt, p->old);
	ok(prov_verifier_new(&p->verifier, &o, err));
	snprintf(from, sizeof(from), "%s/tlog", p->g.path);
	copy(below(p->hurt, "tlog"), from);
}

static prov_status
do_refresh(prov_err *err)
{
	return (verifier_refresh(p->verifier, err));
}

static bool
is_refreshed(void)
{
	uint64_t size = 0;

	return (prov_ledger_checkpoint(p->verifier->ledger, &size, NULL, NULL,
		    NULL) == PROV_OK &&
		size == ENTRIES);
}

static void
prepare_recover(void)
{
	copy(p->hurt, p->old);
}

static prov_status
do_recover(prov_err *err)
{
	prov_copied out;

	return (prov_ledger_recover(p->hurt, p->g.log, p->g.path, NULL, NULL,
	    &out, err));
}

static bool
is_recovered(void)
{
	return (same(p->hurt, p->g.path, LEDGER_CHECKPOINT) &&
		blob_there(p->hurt, p->timeline));
}

static const struct chore chores[] = {
	{ "consistency", FAULTY_MEMORY, prepare_consistency, do_consistency,
	    has_hashes },
	{ "repair", FAULTY_MEMORY, prepare_repair, do_repair, is_repaired },
	{ "repair", FAULTY_FILES, prepare_repair, do_repair, is_repaired },
	{ "index", FAULTY_MEMORY, prepare_index, do_repair, is_indexed },
	{ "index", FAULTY_FILES, prepare_index, do_repair, is_indexed },
	{ "filter", FAULTY_MEMORY, prepare_filter, do_repair, is_indexed },
	{ "decode", FAULTY_MEMORY, prepare_filter, do_decode, NULL },
	{ "refresh", FAULTY_MEMORY, prepare_refresh, do_refresh, is_refreshed },
	{ "refresh", FAULTY_FILES, prepare_refresh, do_refresh, is_refreshed },
	{ "recover", FAULTY_MEMORY, prepare_recover, do_recover, is_recovered },
	{ "recover", FAULTY_FILES, prepare_recover, do_recover, is_recovered },
};

/* The last entry has a timeline. */
static void
make_ledger(void)
{
	AUTO_BUF blob = { 0 }, bytes = { 0 };
	struct ledger_item last = { .blobs = NULL };
	prov_ledger *w = NULL;
	prov_span spans[1];
	prov_entry e;

	timeline_of_two(&blob);
	ok(sha256_of(p->timeline, buf_span(&blob), err));
	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(logged_append(w, p->g.owner, 0, OLD - 1, 50, err));
	prov_ledger_close(w);
	copy(p->old, p->g.path);
	ok(prov_ledger_open_writer(&w, p->g.path, p->g.log, err));
	ok(logged_append(w, p->g.owner, OLD, ENTRIES - 1, 50, err));
	assert_true(
	    logged_statement_of(&bytes, p->g.owner, ENTRIES, p->timeline));
	spans[0] = buf_span(&blob);
	last.statement = buf_span(&bytes);
	last.blobs = spans;
	last.n_blobs = 1;
	ok(ledger_append_items(w, &last, 1, 1000, &e, NULL, err));
	prov_ledger_close(w);
	assert_int_equal(ENTRIES - 1, e.index);
}

/* As large, with the same runs. */
static void
make_other(void)
{
	prov_ledger *w = NULL;

	ok(prov_ledger_create(p->other, p->g.log, p->g.owner, NULL, err));
	ok(prov_ledger_open_writer(&w, p->other, p->g.log, err));
	ok(logged_append(w, p->g.owner, 100, 99 + OLD, 50, err));
	prov_ledger_close(w);
	ok(prov_ledger_open_writer(&w, p->other, p->g.log, err));
	ok(logged_append(w, p->g.owner, 100 + OLD, 100 + ENTRIES, 50, err));
	prov_ledger_close(w);
	/* Made anew it has one run, so that what fails once fails for all. */
	assert_int_equal(0, truncate(below(p->other, LEDGER_RUNS), 15));
	ok(repair_derived(p->other, log_key(), NULL, err));
}

static void
make_trust(void)
{
	const prov_trust_signer owner = { .key = *prov_key_public(p->g.owner) };

	ok(prov_trust_new(&p->trust, err));
	ok(prov_trust_add_signer(p->trust, &owner, err));
	ok(prov_trust_add_log(p->trust, log_key(), err));
}

static int
begin(void **state)
{
	uint64_t size;

	(void)state;
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	snprintf(p->old, sizeof(p->old), "%.64s/old", p->g.dir);
	snprintf(p->hurt, sizeof(p->hurt), "%.64s/hurt", p->g.dir);
	snprintf(p->other, sizeof(p->other), "%.64s/other", p->g.dir);
	make_ledger();
	make_other();
	make_trust();
	ok(prov_ledger_open(&p->l, p->g.path, log_key(), err));
	ok(prov_ledger_checkpoint(p->l, &size, NULL, NULL, err));
	assert_int_equal(ENTRIES, size);
	return (0);
}

static int
end(void **state)
{
	(void)state;
	free(p->hashes);
	prov_verifier_free(p->verifier);
	prov_trust_free(p->trust);
	prov_ledger_close(p->l);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(chores),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
