/* SPDX-License-Identifier: ISC */
/*
 * What a ledger keeps beside its log: blobs and openings, the anchor and the
 * index; what is refused of them, and told as what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "ledger/anchor.h"
#include "ledger/blob.h"
#include "ledger/memory.h"
#include "ledger/store.h"
#include "ledger/stray.h"
#include "ledger/writer.h"
#include "logged.h"
#include "refused.h"

static struct logged g;

static int
open_it(void **state)
{
	(void)state;
	return (logged_open(&g) ? 0 : -1);
}

static int
close_it(void **state)
{
	(void)state;
	logged_close(&g);
	return (0);
}

/* Of more bytes than it may have none is read. */
static void
too_large(void **state)
{
	static const uint8_t name[32] = { 0 };

	(void)state;
	refused(PROV_ELIMIT, "a blob of",
	    blob_write(g.path, span("", TIMELINE_MAX + 1), 0, err));
	refused(PROV_ELIMIT, "openings of",
	    openings_write(g.path, name, span("", OPENINGS_MAX + 1), 0, err));
}

/* A blob's name under the ledger, in a directory that is there. */
static const char *
blob_name(uint8_t first)
{
	static char name[80];
	uint8_t sha[32] = { first };
	char hex[65];

	hex_encode(hex, sha, sizeof(sha));
	snprintf(name, sizeof(name), "blobs/%.2s", hex);
	(void)mkdir(logged_path(&g, "blobs"), 0755);
	(void)mkdir(logged_path(&g, name), 0755);
	snprintf(name, sizeof(name), "blobs/%.2s/%s", hex, hex);
	return (name);
}

/* One difference is found, and said to be this. */
static void
finds(const char *path, const char *what)
{
	struct damage found;
	uint64_t n = 0;

	ok(damage_init(&found, err));
	ok(stray_blobs(g.path, 1, &found, &n, err));
	assert_int_equal(1, found.total);
	assert_string_equal(path, found.at[0].path);
	if (strstr(found.at[0].what, what) == NULL)
		fail_msg("%s", found.at[0].what);
	damage_clear(&found);
}

static void
strange_blobs(void **state)
{
	const char *name = blob_name(7);
	const uint8_t sha[32] = { 7 };
	struct damage found;
	AUTO_BUF b = { 0 };
	uint64_t n;

	(void)state;
	assert_true(logged_write(&g, name, span("x", 1)));
	finds(name, "is not what its name says");
	refused(PROV_EUNTRUSTED, "is not what its name says",
	    blob_read(&b, g.path, sha, err));
	assert_int_equal(0,
	    truncate(logged_path(&g, name), (off_t)TIMELINE_MAX + 1));
	finds(name, "is larger than any blob");
	assert_int_equal(0, remove(logged_path(&g, name)));
	/* A file where a directory of them should be. */
	assert_true(logged_write(&g, "blobs/08", span("x", 1)));
	ok(damage_init(&found, err));
	refused(PROV_EIO, "blobs/08", stray_blobs(g.path, 1, &found, &n, err));
	damage_clear(&found);
	assert_int_equal(0, remove(logged_path(&g, "blobs/08")));
}

/* The path of the log's anchor below state. */
static void
anchor_path(char out[256], const char *state)
{
	char id[MEMORY_ID_LEN + 1];

	ok(memory_name(id, prov_key_public(g.log), err));
	snprintf(out, 256, "%s/anchors/%s", state, id);
}

static struct anchor *
anchor_with(const char *state, prov_span note)
{
	struct anchor *a = NULL;

	ok(anchor_open(&a, state, prov_key_public(g.log), err));
	ok(anchor_write(a, note, err));
	return (a);
}

/* What keeps an anchor from its place is told, each time. */
static void
anchors(void **state)
{
	char top[96], path[256];
	struct checkpoint at = { 0 };
	AUTO_BUF note = { 0 };
	struct anchor *a;
	bool open;

	(void)state;
	snprintf(top, sizeof(top), "%s/state", g.dir);
	anchor_path(path, top);
	assert_true(logged_read(&note, &g, "tlog/checkpoint"));
	a = anchor_with(top, buf_span(&note));
	refused(PROV_EWRITE, path, anchor_settle(a, "/nonexistent", err));
	assert_int_equal(0, mkdir(path, 0755));
	refused(PROV_EWRITE, path, anchor_settle(a, g.path, err));
	refused(PROV_EWRITE, path, anchor_settle(a, g.path, err));
	refused(PROV_EOPEN, path, anchor_compare(a, &at, &open, err));
	assert_int_equal(0, rmdir(path));
	ok(anchor_settle(a, g.path, err));
	assert_int_equal(0, access(path, F_OK));
	refused(PROV_EUNTRUSTED, "the ledger has 0 entries",
	    anchor_compare(a, &at, &open, err));
	ok(file_write(path, span("x", 1), 0644, 0, err));
	refused(PROV_EOPEN, "is damaged", anchor_compare(a, &at, &open, err));
	anchor_free(a);
}

static prov_ledger *
writer_of(uint64_t from, uint64_t to)
{
	prov_ledger *l = NULL;

	ok(prov_ledger_open_writer(&l, g.path, g.log, err));
	ok(logged_append(l, g.owner, from, to, 100, err));
	return (l);
}

static int
drop_run(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	(void)sb;
	(void)at;
	return (
	    flag == FTW_F && strstr(path, "/runs") == NULL ? remove(path) : 0);
}

static int
spoil_run(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	(void)sb;
	(void)at;
	return (flag == FTW_F && strstr(path, "/runs") == NULL
		    ? truncate(path, 40)
		    : 0);
}

static void
each_run(int (*fn)(const char *, const struct stat *, int, struct FTW *))
{
	assert_int_equal(0, nftw(logged_path(&g, "index"), fn, 8, FTW_PHYS));
}

/* Runs that the list names, and that are gone or damaged under a writer. */
static void
runs(void **state)
{
	AUTO(prov_ledger) *l = NULL;

	(void)state;
	prov_ledger_close(writer_of(1000, 1400));
	l = writer_of(1400, 1401);
	each_run(spoil_run);
	refused(PROV_EUNTRUSTED, "index/",
	    logged_append(l, g.owner, 1402, 1403, 1, err));
	each_run(drop_run);
	refused(PROV_EUNTRUSTED, "index is damaged; remove it",
	    logged_append(l, g.owner, 1402, 1403, 1, err));
	refused(PROV_EUNTRUSTED, "index is damaged; remove it",
	    logged_append(l, g.owner, 1402, 1502, 100, err));
	prov_ledger_close(TAKE(l));
	assert_int_equal(0, remove(logged_path(&g, "index/runs")));
	prov_ledger_close(writer_of(1402, 1502));
}

static prov_status
commit_nothing(struct store *s, const struct store_batch *b, bool *fatal,
    prov_err *err)
{
	(void)s;
	(void)b;
	(void)fatal;
	return (prov_fail(err, PROV_EBUSY, "the store does not say why"));
}

/* A store's trouble is told as what it is, whatever it is. */
static void
troubled_store(void **state)
{
	AUTO(prov_ledger) *l = writer_of(2000, 2001);
	struct ledger_ops ops = *l->writer->ops;
	const struct ledger_ops *real = l->writer->ops;

	(void)state;
	ops.commit = commit_nothing;
	l->writer->ops = &ops;
	refused(PROV_EBUSY, "the store does not say why",
	    logged_append(l, g.owner, 2001, 2002, 1, err));
	l->writer->ops = real;
	ok(logged_append(l, g.owner, 2001, 2002, 1, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_large),
		cmocka_unit_test(strange_blobs),
		cmocka_unit_test(anchors),
		cmocka_unit_test(runs),
		cmocka_unit_test(troubled_store),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, open_it, close_it));
}
