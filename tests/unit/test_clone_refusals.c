/* SPDX-License-Identifier: ISC */
/*
 * What a clone refuses, and as what: files that are not those of the tree,
 * another history, an older one, and what is no clone of the log. Of a
 * directory, with one file of it damaged at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "ledger/tile.h"
#include "logged.h"
#include "refused.h"

#define ENTRIES 300U

/* A ledger that is cloned from, an older clone, and a place for a new one. */
static struct site {
	struct logged g;
	char old[96], fresh[96];
} * w;

static prov_status
append(const struct logged *g, uint64_t from, uint64_t to)
{
	AUTO(prov_ledger) *l = NULL;

	ok(prov_ledger_open_writer(&l, g->path, g->log, err));
	return (logged_append(l, g->owner, from, to, 100, NULL));
}

static prov_status
clone_of(const char *from, const char *to, prov_clone_blobs blobs,
    prov_err *err)
{
	const prov_clone_options o = { .blobs = blobs };
	prov_copied copied;

	return (prov_ledger_clone(from, to, prov_key_public(w->g.log), &o,
	    &copied, err));
}

static prov_status
clone_new(prov_err *err)
{
	(void)nftw(w->fresh, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
	return (clone_of(w->g.path, w->fresh, PROV_BLOBS_NEW, err));
}

static int
make_site(void **state)
{
	(void)state;
	if ((w = calloc(1, sizeof(*w))) == NULL || !logged_open(&w->g))
		return (-1);
	snprintf(w->old, sizeof(w->old), "%s/old", w->g.dir);
	snprintf(w->fresh, sizeof(w->fresh), "%s/fresh", w->g.dir);
	ok(append(&w->g, 1, 200));
	ok(clone_of(w->g.path, w->old, PROV_BLOBS_NONE, err));
	ok(append(&w->g, 200, ENTRIES));
	return (0);
}

static int
drop_site(void **state)
{
	(void)state;
	logged_close(&w->g);
	free(w);
	return (0);
}

/* What may be done to a file. */
static void
flip(struct buf *b)
{
	b->p[b->len - 1] ^= 1;
}

static void
cut(struct buf *b)
{
	b->len--;
}

static void
more(struct buf *b)
{
	buf_put_byte(b, 0);
}

static void
add_entry(struct buf *b)
{
	buf_put(b, "\0\1x", 3);
}

static void
drop_entry(struct buf *b)
{
	size_t at = 0, last = 0;

	while (at < b->len) {
		last = at;
		at += 2 + ((size_t)b->p[at] << 8 | b->p[at + 1]);
	}
	b->len = last;
}

static void
fill(struct buf *b)
{
	while (b->len <= NOTE_MAX)
		buf_put_byte(b, 'x');
}

/* What was refused is not kept. */
static void
lacks(const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", w->fresh, file);
	assert_int_equal(-1, access(path, F_OK));
}

static void
damaged_files(void **state)
{
	static const struct {
		const char *file;
		void (*damage)(struct buf *b);
		prov_status want;
		const char *words;
	} rows[] = {
		{ "tlog/checkpoint", fill, PROV_EUNTRUSTED,
		    "bytes, more than" },
		{ "tlog/tile/0/000", flip, PROV_EUNTRUSTED,
		    "tile/0/000 is not in the tree" },
		{ "tlog/tile/0/000", cut, PROV_EUNTRUSTED,
		    "tile/0/000 has 8191 bytes" },
		{ "tlog/tile/0/000", more, PROV_EUNTRUSTED,
		    "bytes, more than" },
		{ "tlog/tile/0/001.p/44", cut, PROV_EUNTRUSTED,
		    "tile/0/001.p/44 has 1407 bytes" },
		{ "tlog/tile/0/001.p/44", flip, PROV_EUNTRUSTED,
		    "do not give the checkpoint's root" },
		{ "tlog/tile/entries/000", flip, PROV_EUNTRUSTED,
		    "entry 255 in tlog/tile/entries/000 is not in the tree" },
		{ "tlog/tile/entries/000", add_entry, PROV_EUNTRUSTED,
		    "does not end where it should" },
		{ "tlog/tile/entries/000", drop_entry, PROV_EUNTRUSTED,
		    "tile/entries/000 ends before entry 255" },
		{ "tlog/tile/entries/001.p/44", drop_entry, PROV_EUNTRUSTED,
		    "entries/001.p/44 ends before entry 299" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF was = { 0 }, b = { 0 };

		assert_true(logged_read(&was, &w->g, rows[i].file));
		buf_put_span(&b, buf_span(&was));
		rows[i].damage(&b);
		assert_true(logged_write(&w->g, rows[i].file, buf_span(&b)));
		refused(rows[i].want, rows[i].words, clone_new(err));
		lacks(rows[i].file);
		assert_true(logged_write(&w->g, rows[i].file, buf_span(&was)));
	}
	ok(clone_new(err));
}

/* Trouble, and no verdict on the log. */
static void
is_trouble(const char *file)
{
	prov_err why = { 0 };
	prov_status st = clone_new(&why);

	if (st == PROV_OK || prov_is_no(st) || strstr(why.msg, file) == NULL)
		fail_msg("%s: %d, %s", file, st, why.msg);
}

/* A file is away, or a directory stands in its place. */
static void
files_that_cannot_be_read(void **state)
{
	static const struct {
		const char *file, *gone;
		prov_status want;
	} rows[] = {
		{ "tlog/checkpoint", "no log there", PROV_EOPEN },
		{ "tlog/tile/0/000", "what the checkpoint needs is not there",
		    PROV_EUNTRUSTED },
		{ "tlog/tile/0/001.p/44",
		    "what the checkpoint needs is not there", PROV_EUNTRUSTED },
		{ "tlog/tile/entries/000",
		    "what the checkpoint needs is not there", PROV_EUNTRUSTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF was = { 0 };
		const char *path = logged_path(&w->g, rows[i].file);

		assert_true(logged_read(&was, &w->g, rows[i].file));
		assert_int_equal(0, remove(path));
		refused(rows[i].want, rows[i].gone, clone_new(err));
		assert_int_equal(0, mkdir(path, 0755));
		is_trouble(rows[i].file);
		assert_int_equal(0, rmdir(path));
		assert_true(logged_write(&w->g, rows[i].file, buf_span(&was)));
	}
	ok(clone_new(err));
}

/* The name of the first timeline of statement n, under the ledger. */
static const char *
timeline_path(uint64_t n)
{
	static char name[80];
	uint8_t sha[32];
	char hex[65];

	logged_digest(sha, n, 't');
	hex_encode(hex, sha, sizeof(sha));
	snprintf(name, sizeof(name), "blobs/%.2s", hex);
	(void)mkdir(logged_path(&w->g, "blobs"), 0755);
	(void)mkdir(logged_path(&w->g, name), 0755);
	snprintf(name, sizeof(name), "blobs/%.2s/%s", hex, hex);
	return (name);
}

/* Timelines: one that is another, too large a one, one that is a directory. */
static void
timelines(void **state)
{
	const char *name = timeline_path(7);
	char path[512];
	uint8_t right[9];

	(void)state;
	snprintf(path, sizeof(path), "%s", logged_path(&w->g, name));
	put_be64(right, 7);
	right[8] = 't';
	assert_true(logged_write(&w->g, name, span("other", 5)));
	refused(PROV_EUNTRUSTED, "1 timelines are not what their names say",
	    clone_new(err));
	assert_int_equal(0, truncate(path, (off_t)TIMELINE_MAX + 1));
	refused(PROV_EUNTRUSTED, "1 timelines are not what their names say",
	    clone_new(err));
	assert_int_equal(0, remove(path));
	assert_int_equal(0, mkdir(path, 0755));
	refused(PROV_EOPEN, name, clone_new(err));
	assert_int_equal(0, rmdir(path));
	assert_true(logged_write(&w->g, name, span(right, sizeof(right))));
	ok(clone_new(err));
	snprintf(path, sizeof(path), "%s/%s", w->fresh, name);
	assert_int_equal(0, access(path, F_OK));
	assert_int_equal(0, remove(logged_path(&w->g, name)));
}

/* A log of the same key with other entries. */
static void
make_other(struct logged *g, uint64_t n)
{
	assert_true(logged_open(g));
	ok(append(g, 100000, 100000 + n));
}

static void
other_histories(void **state)
{
	/* Smaller than the clone, as large, larger. */
	static const uint64_t sizes[] = { ENTRIES - 50, ENTRIES - 1,
		ENTRIES + 50 };
	char evidence[160];

	(void)state;
	ok(clone_new(err));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct logged g;

		make_other(&g, sizes[i]);
		refused(PROV_EUNTRUSTED, "signed two histories",
		    clone_of(g.path, w->fresh, PROV_BLOBS_NONE, err));
		logged_close(&g);
		snprintf(evidence, sizeof(evidence), "%s/forks", w->fresh);
		assert_true(nftw(evidence, logged_remove, 16,
				FTW_DEPTH | FTW_PHYS) == 0);
	}
	/* It only is behind. */
	refused(PROV_EBUSY,
	    "ledger.stale: ", clone_of(w->old, w->fresh, PROV_BLOBS_NONE, err));
}

/* What a clone is brought up to date in is one of this log's. */
static void
what_is_there(void **state)
{
	char head[128];
	AUTO_BUF was = { 0 };

	(void)state;
	snprintf(head, sizeof(head), "%s/tlog/checkpoint", w->old);
	ok(file_read(&was, head, NOTE_MAX, err));
	ok(file_write(head, span("o\n", 2), 0644, 0, err));
	refused(PROV_EUNTRUSTED, "ledger.untrusted: ",
	    clone_of(w->g.path, w->old, PROV_BLOBS_NONE, err));
	assert_int_equal(0, remove(head));
	assert_int_equal(0, mkdir(head, 0755));
	refused(PROV_EOPEN, head,
	    clone_of(w->g.path, w->old, PROV_BLOBS_NONE, err));
	assert_int_equal(0, rmdir(head));
	ok(file_write(head, buf_span(&was), 0644, 0, err));
	ok(clone_of(w->g.path, w->old, PROV_BLOBS_NONE, err));
	refused(PROV_EEXIST, "a store of its own",
	    clone_of(w->old, w->g.path, PROV_BLOBS_NONE, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_files),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(timelines),
		cmocka_unit_test(other_histories),
		cmocka_unit_test(what_is_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, make_site, drop_site));
}
