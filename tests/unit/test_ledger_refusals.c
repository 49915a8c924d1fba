/* SPDX-License-Identifier: ISC */
/*
 * What a ledger refuses that no writer of ours makes: entries that are none,
 * an index that names them, places that are none, and more than there may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/edge.h"
#include "ledger/index.h"
#include "ledger/judge.h"
#include "ledger/layout.h"
#include "ledger/lock.h"
#include "ledger/merge.h"
#include "ledger/notices.h"
#include "ledger/publish.h"
#include "logged.h"
#include "prov/check.h"
#include "refused.h"
#include "sign/note.h"

/* The checkpoint of a tree of two leaves. */
static void
sign_head(const struct logged *g, const uint8_t leaf[2][32])
{
	struct checkpoint c = { .origin = LOG_NAME, .size = 2 };
	AUTO_BUF text = { 0 };
	AUTO_BUF note = { 0 };

	ok(tree_root(c.root, leaf[0], 2, err));
	checkpoint_text(&text, &c);
	ok(note_sign(&note, g->log, buf_span(&text), err));
	assert_true(logged_write(g, LEDGER_CHECKPOINT, buf_span(&note)));
}

/* What is derived of a ledger has, behind its policy, an entry of these bytes.
 */
static void
put_entry(const struct logged *g, prov_span entry)
{
	AUTO_BUF bundle = { 0 };
	AUTO_FREE uint8_t *policy = NULL;
	prov_ledger *l = NULL;
	uint8_t leaf[2][32];
	size_t len;

	ok(prov_ledger_open(&l, g->path, prov_key_public(g->log), err));
	ok(prov_ledger_entry(l, 0, &policy, &len, err));
	prov_ledger_close(l);
	bundle_put(&bundle, span(policy, len));
	bundle_put(&bundle, entry);
	ok(tree_leaf(leaf[0], span(policy, len), err));
	ok(tree_leaf(leaf[1], entry, err));
	assert_true(
	    logged_write(g, "tlog/tile/entries/000.p/2", buf_span(&bundle)));
	assert_true(
	    logged_write(g, "tlog/tile/0/000.p/2", span(leaf, sizeof(leaf))));
	sign_head(g, leaf);
}

/* An index that says that entry 1 is on the asset. */
static void
put_index(const struct logged *g, const uint8_t asset[32])
{
	static const char list[] = "prov-index/2\n0 2 1\n";
	struct records r = { 0 };
	AUTO_BUF b = { 0 };

	records_add(&r, INDEX_ASSET, asset, 1);
	ok(run_encode(&b, 0, 2, &r, err));
	assert_true(logged_write(g, "index/0-2", buf_span(&b)));
	assert_true(logged_write(g, LEDGER_RUNS, span(list, sizeof(list) - 1)));
	records_clear(&r);
}

static prov_status
count_entry(void *arg, uint64_t index, prov_span entry,
    const struct checkpoint *at, prov_err *err)
{
	size_t *n = arg;

	(void)index;
	(void)entry;
	(void)at;
	(void)err;
	(*n)++;
	return (PROV_OK);
}

/* Its log's key can sign anything; that is no look-up's "not found". */
static void
entries_that_are_none(void **state)
{
	struct logged g;
	prov_ledger *l = NULL;
	AUTO_FREE uint64_t *at = NULL;
	uint8_t asset[32];
	size_t n = 0;

	(void)state;
	assert_true(logged_open(&g));
	logged_asset(asset, 1);
	put_entry(&g, span("no statement", 12));
	put_index(&g, asset);
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	refused(PROV_EUNTRUSTED, "ledger.invalid: entry 1:",
	    prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, err));
	refused(PROV_EUNTRUSTED, "ledger.invalid: entry 1:",
	    ledger_each(l, asset, 10, count_entry, &n, err));
	assert_int_equal(0, n);
	prov_ledger_close(l);
	logged_close(&g);
}

static void
more_of_an_asset_than_asked_for(void **state)
{
	struct logged g;
	prov_ledger *l = NULL;
	uint8_t asset[32];
	size_t n = 0;

	(void)state;
	assert_true(logged_open(&g));
	logged_asset(asset, 1);
	ok(prov_ledger_open_writer(&l, g.path, g.log, err));
	ok(logged_append(l, g.owner, 1, 2, 1, err));
	ok(logged_append(l, g.owner, 1, 2, 1, err));
	refused(PROV_ELIMIT, "limit.entries: the ledger has",
	    ledger_each(l, asset, 0, count_entry, &n, err));
	assert_int_equal(0, n);
	ok(ledger_each(l, asset, 10, count_entry, &n, err));
	assert_true(n > 0);
	prov_ledger_close(l);
	logged_close(&g);
}

/* The log's own key among those who may write is no signer, either. */
static void
statements_of_the_log(void **state)
{
	struct logged g;
	prov_ledger *l = NULL;
	AUTO_BUF turns = { 0 };
	struct damage found;
	struct judge j = { .size = 2, .threads = 1, .turns = &turns };
	const uint64_t policy = 0;
	uint64_t verified;
	prov_pubkey log;

	(void)state;
	assert_true(logged_open(&g));
	ok(prov_ledger_open_writer(&l, g.path, g.log, err));
	ok(logged_append(l, g.owner, 1, 2, 1, err));
	prov_ledger_close(l);
	buf_put(&turns, &policy, sizeof(policy));
	j.dir = g.path;
	j.log = &log;
	j.found = &found;
	log = *prov_key_public(g.log);
	ok(damage_init(&found, err));
	ok(judge_all(&j, &verified, err));
	assert_int_equal(2, verified);
	assert_int_equal(0, found.total);
	memcpy(log.kid, prov_key_public(g.owner)->kid, sizeof(log.kid));
	ok(judge_all(&j, &verified, err));
	assert_int_equal(0, verified);
	assert_int_equal(2, found.total);
	assert_non_null(strstr(found.at[1].what, "is signed by the log's key"));
	damage_clear(&found);
	logged_close(&g);
}

static void
no_ledger_there(void **state)
{
	struct logged g;
	const prov_pubkey *log;
	prov_inspected out;
	int fd = -1;

	(void)state;
	assert_true(logged_dir(&g));
	log = prov_key_public(g.log);
	refused(PROV_ENOTFOUND, "no ledger at",
	    prov_ledger_repair(g.path, log, NULL, &out, err));
	refused(PROV_EOPEN, "ledger", lock_dir(&fd, g.path, 0, err));
	assert_int_equal(0, mkdir(g.path, 0755));
	refused(PROV_ENOTFOUND, "no ledger in",
	    prov_ledger_inspect(g.path, log, NULL, &out, err));
	assert_int_equal(0, mkdir(logged_path(&g, LEDGER_LOCK), 0755));
	refused(PROV_EWRITE, "nothing was logged",
	    lock_take(&fd, g.path, 0, err));
	assert_int_equal(-1, fd);
	logged_close(&g);
}

/* A copy of which nothing says what it should be. */
static void
nothing_sound_to_repair_from(void **state)
{
	struct logged g;
	prov_inspected out;

	(void)state;
	assert_true(logged_open(&g));
	assert_int_equal(0, remove(logged_path(&g, LEDGER_DB)));
	assert_true(logged_write(&g, LEDGER_CHECKPOINT, span("x\n", 2)));
	refused(PROV_EUNTRUSTED, "nothing was written",
	    prov_ledger_repair(g.path, prov_key_public(g.log), NULL, &out,
		err));
	logged_close(&g);
}

static void
paths(void **state)
{
	static char dir[LEDGER_PATH_MAX + 8], out[LEDGER_PATH_MAX];

	(void)state;
	memset(dir, 'd', sizeof(dir) - 1);
	refused(PROV_ELIMIT, "path is too long",
	    layout_path(out, err, dir, "%s", ""));
	refused(PROV_ELIMIT, "path is too long",
	    layout_path(out, err, "d", "%s", dir));
	dir[LEDGER_PATH_MAX] = '/';
	refused(PROV_ELIMIT, "path is too long", layout_make_parent(dir, err));
	dir[LEDGER_PATH_MAX - 3] = '\0';
	ok(layout_path(out, err, dir, "%s", "x"));
}

static void
lists_of_runs(void **state)
{
	struct index x = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	buf_put_str(&b, "prov-index/2\n");
	for (unsigned i = 0; i < INDEX_RUNS_MAX; i++)
		buf_printf(&b, "%u %u 1\n", i, i + 1);
	ok(index_parse(&x, buf_span(&b), err));
	assert_int_equal(INDEX_RUNS_MAX, x.n);
	buf_printf(&b, "%u %u 1\n", INDEX_RUNS_MAX, INDEX_RUNS_MAX + 1);
	refused(PROV_ELIMIT, "more than 16384 runs",
	    index_parse(&x, buf_span(&b), err));
	assert_int_equal(INDEX_RUNS_MAX, x.n);
	index_clear(&x);
}

/* That is not the same as no index. */
static void
unreadable_list(void **state)
{
	struct index x = { 0 };
	struct logged g;

	(void)state;
	assert_true(logged_open(&g));
	(void)remove(logged_path(&g, LEDGER_RUNS));
	ok(index_load(&x, g.path, err));
	assert_int_equal(0, mkdir(logged_path(&g, LEDGER_RUNS), 0755));
	refused(PROV_EUNTRUSTED, LEDGER_RUNS, index_load(&x, g.path, err));
	index_clear(&x);
	logged_close(&g);
}

/* A run of so many records on streams, of which the disk holds the head. */
static void
put_hollow(const struct logged *g, unsigned begin, uint64_t records)
{
	struct run_info run = { .begin = begin, .end = begin + 1 };
	uint8_t head[RUN_HEAD];
	char name[64];
	off_t len;

	run.n[INDEX_STREAM] = records;
	run_put_head(head, &run);
	snprintf(name, sizeof(name), "index/%u-%u", begin, begin + 1);
	len =
	    (off_t)(run_offset(&run, INDEX_KINDS) + run_filter_len(&run) + 32);
	assert_true(logged_write(g, name, span(head, sizeof(head))));
	assert_int_equal(0, truncate(logged_path(g, name), len));
}

static void
runs_too_large_for_one(void **state)
{
	const uint64_t half = RUN_FILE_MAX / RUN_RECORD / 2;
	struct run_info runs[2] = { { .begin = 0, .end = 1 },
		{ .begin = 1, .end = 2 } };
	struct merge *m = NULL;
	struct logged g;

	(void)state;
	assert_true(logged_open(&g));
	put_hollow(&g, 0, half);
	put_hollow(&g, 1, half + 1);
	refused(PROV_ELIMIT, "records", merge_begin(&m, g.path, runs, 2, err));
	assert_null(m);
	put_hollow(&g, 1, half);
	ok(merge_begin(&m, g.path, runs, 2, err));
	merge_free(m);
	logged_close(&g);
}

/* What names the new run is not on the disk: its inputs stay. */
static void
lists_that_are_gone(void **state)
{
	struct run_info runs[2] = { { .begin = 0, .end = 1 },
		{ .begin = 1, .end = 2 } };
	struct merge *m = NULL;
	struct logged g;
	bool done = false;

	(void)state;
	assert_true(logged_open(&g));
	put_hollow(&g, 0, 0);
	put_hollow(&g, 1, 0);
	ok(merge_begin(&m, g.path, runs, 2, err));
	(void)remove(logged_path(&g, LEDGER_RUNS));
	refused(PROV_EWRITE, "index/runs: fsync",
	    merge_retire(m, true, &done, err));
	assert_false(done);
	assert_int_equal(0, access(logged_path(&g, "index/0-1"), F_OK));
	merge_free(m);
	logged_close(&g);
}

static void
notices(void **state)
{
	struct notices n = { 0 };
	struct checkpoint at = { 0 };
	struct logged g;
	prov_ledger *l = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	buf_printf(&b, "prov-notices/1\n%s\n%u ", LOG_NAME, NOTICES_MAX + 1);
	for (unsigned i = 0; i < 64; i++)
		buf_put_byte(&b, 'a');
	buf_printf(&b, " %u\n", NOTICES_MAX + 1);
	for (unsigned i = 0; i <= NOTICES_MAX; i++)
		buf_printf(&b, "%u\n", i);
	refused(PROV_ELIMIT, "limit.entries: the ledger has more than",
	    notices_parse(&n, &at, buf_span(&b), err));
	assert_int_equal(0, notices_n(&n));
	/* Looked up and not scanned is not written as scanned. */
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	n.by = NOTICES_OWN;
	ok(notices_follow(&n, l, err));
	refused(PROV_EINTERNAL, "not scanned", notices_save(&n, g.dir, l, err));
	notices_clear(&n);
	prov_ledger_close(l);
	logged_close(&g);
}

static prov_status
no_entries(struct store *s, uint64_t begin, uint64_t end, store_entry_fn fn,
    void *arg, prov_err *err)
{
	(void)s;
	(void)begin;
	(void)end;
	(void)fn;
	(void)arg;
	(void)err;
	return (PROV_OK);
}

static prov_status
no_sizes(struct store *s, uint64_t from, struct buf *out, prov_err *err)
{
	(void)s;
	(void)from;
	(void)out;
	(void)err;
	return (PROV_OK);
}

/* Entries that give another root are not published under the signed one. */
static void
another_root(void **state)
{
	const struct ledger_ops ops = { .entries = no_entries,
		.sizes = no_sizes };
	struct store_state *s = calloc(1, sizeof(*s));
	const uint8_t root[32] = { 1 };
	struct logged g;

	(void)state;
	assert_non_null(s);
	assert_true(logged_dir(&g));
	refused(PROV_EUNTRUSTED, "the entries do not give",
	    publish_rebuild(g.path, &ops, NULL, s, root, 0, NULL, NULL, err));
	assert_int_equal(-1, access(g.path, F_OK));
	free(s);
	logged_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_that_are_none),
		cmocka_unit_test(more_of_an_asset_than_asked_for),
		cmocka_unit_test(statements_of_the_log),
		cmocka_unit_test(no_ledger_there),
		cmocka_unit_test(nothing_sound_to_repair_from),
		cmocka_unit_test(paths),
		cmocka_unit_test(lists_of_runs),
		cmocka_unit_test(unreadable_list),
		cmocka_unit_test(runs_too_large_for_one),
		cmocka_unit_test(lists_that_are_gone),
		cmocka_unit_test(notices),
		cmocka_unit_test(another_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
