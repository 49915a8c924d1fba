/* SPDX-License-Identifier: ISC */
/*
 * What one does with a ledger, with each allocation failing in turn, and each
 * call for files. Nothing that failed is passed over: what should have been
 * done is not told as done, nor trouble on this machine as a no; and then it is
 * done, with what the failed attempt left. PROV_CALLS=all tries each place in
 * the code, not one in ONE_IN; PROV_SCENE names what alone to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "scene.h"

#include "../unit/branch.h"
#include "ledger/blob.h"
#include "ledger/descent.h"
#include "ledger/growth.h"
#include "ledger/memory.h"
#include "ledger/merge.h"
#include "ledger/notices.h"
#include "ledger/reader.h"
#include "ledger/search.h"
#include "ledger/source.h"
#include "prov/check.h"

#define ENTRIES   300U
#define FILES_MAX 256U
#define ONE_IN    3U

/* A file, or a directory, as it was. */
struct kept {
	char name[192];
	bool dir;
	struct buf bytes;
};

/* Everything is under g.dir. */
static struct place {
	struct logged g;
	char target[96]; /* published to, ten entries ago */
	char copy[96];   /* cloned, twenty entries ago */
	char old[96];    /* a copy of the ledger, before that */
	char state[96];  /* anchors, and what is remembered */
	char notices[96];
	prov_ledger *l; /* open, or NULL */
	bool cloned;
	size_t n;
	struct kept kept[FILES_MAX];
	/* Made before anything fails. */
	struct buf known, fresh; /* statements on 1000, which is in, and 2000 */
	prov_key *third;
	uint8_t asset[32], root[32]; /* of some entry, and of one in no run */
	struct branches fork;
} * p;

static const prov_pubkey *
log_key(void)
{
	return (prov_key_public(p->g.log));
}

static int
keep(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	struct kept *k = &p->kept[p->n];

	(void)sb;
	if (at->level == 0)
		return (0);
	if (p->n == FILES_MAX)
		return (1);
	snprintf(k->name, sizeof(k->name), "%s", path);
	k->dir = flag == FTW_D;
	if (!k->dir && file_read(&k->bytes, path, 1 << 26, NULL) != PROV_OK)
		return (1);
	p->n++;
	return (0);
}

/* All as it was; private/ has its mode. */
static void
restore(void)
{
	assert_true(logged_empty(p->g.dir));
	for (size_t i = 0; i < p->n; i++) {
		const struct kept *k = &p->kept[i];
		bool secret = strstr(k->name, "/private") != NULL;

		if (k->dir)
			assert_int_equal(0,
			    mkdir(k->name, secret ? 0700 : 0755));
		else
			ok(file_write(k->name, buf_span(&k->bytes),
			    secret ? 0600 : 0644, 0, err));
	}
}

/* Closed by who calls: what fails there shows in the next append. */
static prov_status
open_writer(prov_ledger **l, prov_err *err)
{
	prov_status st;

	st = prov_ledger_open_writer(&p->l, p->g.path, p->g.log, err);
	*l = p->l;
	return (st);
}

static prov_status
open_reader(prov_ledger **l, prov_err *err)
{
	prov_status st;

	st = prov_ledger_open(&p->l, p->g.path, log_key(), err);
	*l = p->l;
	return (st);
}

static void
close_it(void)
{
	prov_ledger_close(p->l);
	p->l = NULL;
}

static void
append(uint64_t from, uint64_t to)
{
	prov_ledger *l;

	ok(open_writer(&l, err));
	ok(logged_append(l, p->g.owner, from, to, 50, err));
	close_it();
}

static prov_status
publish(prov_err *err)
{
	prov_ledger *l;
	prov_copied copied;
	prov_status st;

	if ((st = open_writer(&l, err)) != PROV_OK)
		return (st);
	return (prov_ledger_publish(l, p->target, 1, NULL, NULL, &copied, err));
}

static prov_status
clone(prov_err *err)
{
	const prov_clone_options o = { .blobs = PROV_BLOBS_ALL };
	prov_copied copied;
	prov_status st;

	st = prov_ledger_clone(p->g.path, p->copy, log_key(), &o, &copied, err);
	/* What was there is gone on from. */
	return (st == PROV_OK && p->cloned && copied.from < ENTRIES
		    ? PROV_EINTERNAL
		    : st);
}

static prov_span
timeline_of(const struct buf *statement)
{
	return (statement == &p->known ? span("a timeline", 10)
				       : span("another timeline", 16));
}

/* A statement with a timeline, openings and a proof of it. */
static prov_status
append_item(prov_ledger *l, const struct buf *statement, prov_err *err)
{
	AUTO_BUF proof = { 0 };
	const prov_span blob = timeline_of(statement);
	const struct ledger_item item = { .statement = buf_span(statement),
		.blobs = &blob,
		.n_blobs = 1,
		.openings = span("\x80", 1) };
	prov_entry e;

	return (ledger_append_items(l, &item, 1, 1000, &e, &proof, err));
}

static void
make_statements(void)
{
	uint8_t sha[32];

	ok(sha256_of(sha, timeline_of(&p->known), err));
	assert_true(logged_statement_of(&p->known, p->g.owner, 1000, sha));
	ok(sha256_of(sha, timeline_of(&p->fresh), err));
	assert_true(logged_statement_of(&p->fresh, p->g.owner, 2000, sha));
	logged_asset(p->asset, 5);
	logged_root(p->root, ENTRIES + 15);
	assert_non_null(p->third = logged_key("demo/camera-3", 4));
}

static void
copy_old(void)
{
	char command[256];

	/* The test's own directories: nothing in them is quoted. */
	snprintf(command, sizeof(command), "cp -a %s %s", p->g.path, p->old);
	assert_int_equal(0, system(command));
}

/* What can be done; each opens and closes what it uses. */

static prov_status
do_create(prov_err *err)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/fresh", p->g.dir);
	return (prov_ledger_create(path, p->g.log, p->g.owner,
	    prov_key_public(p->g.other), err));
}

static prov_status
do_append(prov_err *err)
{
	prov_ledger *l;
	prov_status st;

	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = append_item(l, &p->fresh, err)) != PROV_OK)
		return (st);
	return (append_item(l, &p->known, err));
}

/* Two in one batch are two, each in its place. */
static prov_status
do_batch(prov_err *err)
{
	const prov_span both[] = { buf_span(&p->fresh), buf_span(&p->known) };
	prov_ledger *l;
	prov_entry e[2];
	prov_status st;

	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = prov_ledger_append(l, both, 2, 1000, e, err)) != PROV_OK)
		return (st);
	return (e[1].existed && e[0].index != e[1].index ? PROV_OK
							 : PROV_EINTERNAL);
}

static prov_status
do_append_anchored(prov_err *err)
{
	prov_ledger *l;
	prov_status st;

	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = prov_ledger_anchor(l, p->state, err)) != PROV_OK)
		return (st);
	return (append_item(l, &p->fresh, err));
}

static prov_status
do_rule(prov_err *err)
{
	prov_ledger *l;
	const prov_revocation r = { .from_index = PROV_FROM_NOW, .revoker = 1 };
	const prov_takedown t = { .asset = { 1 } };
	prov_revocation other = r;
	prov_entry e;
	prov_status st;

	memcpy(other.kid, prov_key_public(p->g.other)->kid, 32);
	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = prov_ledger_takedown(l, p->g.owner, &t, &e, err)) != PROV_OK)
		return (st);
	return (prov_ledger_revoke(l, p->g.other, &other, &e, err));
}

static prov_status
do_register(prov_err *err)
{
	prov_ledger *l;
	prov_entry e;
	prov_status st;

	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = prov_ledger_register(l, p->g.owner, prov_key_public(p->third),
		 0, &e, err)) != PROV_OK)
		return (st);
	return (prov_ledger_recovery(l, p->g.owner, prov_key_public(p->third),
	    &e, err));
}

static prov_status
read_entry(prov_ledger *l, uint64_t i, prov_err *err)
{
	AUTO_FREE uint8_t *bytes = NULL, *receipt = NULL, *whole = NULL;
	AUTO_FREE char *proof = NULL;
	size_t n;
	prov_status st;

	if ((st = prov_ledger_entry(l, i, &bytes, &n, err)) != PROV_OK ||
	    (st = prov_ledger_prove(l, i, &proof, err)) != PROV_OK ||
	    (st = prov_ledger_receipt(l, i, &receipt, &n, err)) != PROV_OK)
		return (st);
	return (prov_ledger_transparent(l, i, &whole, &n, err));
}

static prov_status
do_read(prov_err *err)
{
	prov_ledger *l;
	AUTO_FREE uint8_t *hashes = NULL;
	AUTO_FREE char *note = NULL;
	uint64_t size;
	size_t n;
	prov_status st;

	if ((st = open_reader(&l, err)) != PROV_OK ||
	    (st = prov_ledger_checkpoint(l, &size, NULL, &note, err)) !=
		PROV_OK ||
	    (st = read_entry(l, 7, err)) != PROV_OK ||
	    (st = read_entry(l, size - 1, err)) != PROV_OK)
		return (st);
	return (prov_ledger_consistency(l, 200, size, &hashes, &n, err));
}

static prov_status
find(prov_ledger *l, prov_lookup_by by, const uint8_t key[32], size_t want,
    prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	size_t n = 0;
	prov_status st;

	if ((st = prov_ledger_lookup(l, by, key, &at, &n, err)) != PROV_OK)
		return (st);
	return (n == want ? PROV_OK : PROV_EINTERNAL);
}

static prov_status
do_find(prov_err *err)
{
	prov_ledger *l;
	AUTO_BUF hits = { 0 };
	const uint8_t *asset = p->asset, *root = p->root;
	uint64_t at;
	prov_status st;

	if ((st = open_reader(&l, err)) != PROV_OK ||
	    (st = find(l, PROV_BY_ASSET, asset, 1, err)) != PROV_OK ||
	    (st = find(l, PROV_BY_STREAM, root, 1, err)) != PROV_OK ||
	    (st = ledger_find(l, asset, prov_key_public(p->g.owner)->kid, &at,
		 err)) != PROV_OK)
		return (st);
	return (ledger_segments(l, root, 1, &hits, err));
}

static prov_status
do_blobs(prov_err *err)
{
	prov_ledger *l;
	AUTO_BUF blob = { 0 }, openings = { 0 };
	uint8_t name[32];
	prov_status st;

	if ((st = sha256_of(name, span("a timeline", 10), err)) != PROV_OK ||
	    (st = open_reader(&l, err)) != PROV_OK ||
	    (st = ledger_blob(l, name, &blob, err)) != PROV_OK ||
	    (st = statement_digest(name, buf_span(&p->known), err)) != PROV_OK)
		return (st);
	return (ledger_openings(l, name, &openings, err));
}

static prov_status
do_heed(prov_err *err)
{
	prov_ledger *l;
	prov_status st;

	if ((st = open_reader(&l, err)) != PROV_OK)
		return (st);
	return (prov_ledger_heed(l, p->notices, err));
}

static prov_status
do_remember(prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	prov_ledger *l;
	struct signed_head head;
	enum meeting how;
	prov_status st;

	if ((st = open_reader(&l, err)) != PROV_OK ||
	    (st = memory_open(&m, p->state, err)) != PROV_OK ||
	    (st = memory_meet_ledger(m, &how, l, err)) != PROV_OK ||
	    (st = memory_recall(m, &head, log_key(), err)) != PROV_OK ||
	    (st = memory_compare(m, &how, log_key(), &head, err)) != PROV_OK)
		return (st);
	return (memory_sync(m, err));
}

/* Nodes that do not give the head's root prove nothing, whatever fails. */
static prov_status
mislead(prov_err *err)
{
	AUTO_BUF evidence = { 0 };
	bool forked;
	prov_status st;

	st = fork_look(&evidence, &forked, &p->fork.head[0], &p->fork.head[1],
	    branch_get, &p->fork.at[0], err);
	if (st != PROV_EUNTRUSTED)
		return (st == PROV_OK ? PROV_EINTERNAL : st);
	prov_err_clear(err);
	return (PROV_OK);
}

/* Who comes later knows that the log has forked. */
static prov_status
meet_again(prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	enum meeting how = MEETING_FIRST;
	prov_status st;

	if ((st = memory_open(&m, p->state, err)) != PROV_OK ||
	    (st = memory_meet(m, &how, log_key(), &p->fork.head[0], branch_get,
		 &p->fork.at[0], err)) != PROV_OK)
		return (st);
	return (how == MEETING_FORK ? PROV_OK : PROV_EINTERNAL);
}

/* Two histories: evidence is made, kept and found. */
static prov_status
do_accuse(prov_err *err)
{
	AUTO_MEMORY *m = NULL;
	enum meeting how = MEETING_FIRST;
	prov_status st;

	if ((st = mislead(err)) != PROV_OK ||
	    (st = memory_open(&m, p->state, err)) != PROV_OK ||
	    (st = memory_meet(m, &how, log_key(), &p->fork.head[0], branch_get,
		 &p->fork.at[0], err)) != PROV_OK ||
	    (st = memory_meet(m, &how, log_key(), &p->fork.head[1], branch_get,
		 &p->fork.at[1], err)) != PROV_OK)
		return (st);
	return (how == MEETING_FORK ? meet_again(err) : PROV_EINTERNAL);
}

static prov_status
do_publish(prov_err *err)
{
	return (publish(err));
}

static prov_status
show(const prov_copied *copied, prov_err *err)
{
	const prov_err fine = { 0 };
	AUTO_FREE char *json = NULL;
	prov_status st;

	st = prov_copied_json(copied, "new", &fine, 0, &json, err);
	return (st == PROV_OK && json == NULL ? PROV_EINTERNAL : st);
}

static prov_status
do_publish_new(prov_err *err)
{
	prov_ledger *l;
	prov_copied copied;
	char path[128];
	prov_status st;

	snprintf(path, sizeof(path), "%s/new", p->g.dir);
	if ((st = open_writer(&l, err)) != PROV_OK ||
	    (st = prov_ledger_publish(l, path, 0, NULL, NULL, &copied, err)) !=
		PROV_OK ||
	    (st = show(&copied, err)) != PROV_OK)
		return (st);
	return (prov_ledger_forget(l, path, err));
}

static prov_status
do_clone(prov_err *err)
{
	return (clone(err));
}

static prov_status
do_clone_new(prov_err *err)
{
	const prov_clone_options o = { .blobs = PROV_BLOBS_NEW };
	prov_copied copied;
	char path[128];

	snprintf(path, sizeof(path), "%s/new", p->g.dir);
	return (
	    prov_ledger_clone(p->g.path, path, log_key(), &o, &copied, err));
}

/* A full tile is written, or it is told why not. */
static prov_status
descend(struct source *from, struct view *view, prov_err *err)
{
	struct descent d = { .source = from, .view = view };
	AUTO_GROWTH g = { 0 };
	prov_status st;

	if ((st = growth_fetch(&g, from, &view->at, 0, err)) != PROV_OK ||
	    (st = growth_write(&g, view->dir, err)) != PROV_OK)
		return (st);
	return (descent_run(&d, err));
}

static prov_status
do_descend(prov_err *err)
{
	AUTO_SOURCE *from = NULL;
	prov_ledger *l;
	struct view view = { 0 };
	char dir[128];
	prov_status st;

	snprintf(dir, sizeof(dir), "%s/new", p->g.dir);
	if ((st = open_reader(&l, err)) != PROV_OK ||
	    (st = dir_make(dir, err)) != PROV_OK ||
	    (st = source_open(&from, p->g.path, NULL, 0, err)) != PROV_OK ||
	    (st = view_init(&view, dir, err)) != PROV_OK)
		return (st);
	view_move(&view, &l->view.at);
	st = descend(from, &view, err);
	view_clear(&view);
	return (st);
}

static prov_status
do_inspect(prov_err *err)
{
	const prov_inspection how = { .threads = 1, .signatures = 1 };
	prov_inspected out;

	return (prov_ledger_inspect(p->g.path, log_key(), &how, &out, err));
}

/* What is damaged, by the codes of the differences that say so. */
static const struct {
	const char *code, *file;
} spoilt[] = {
	{ "tile", "tlog/tile/0/000" },
	{ "bundle", "tlog/tile/entries/000" },
	{ "blob", NULL }, /* the one that is there */
	{ "stray", "tlog/tile/0/x" },
};
#define SPOILT (sizeof(spoilt) / sizeof(spoilt[0]))

static prov_status
spoil(void)
{
	char hex[65], blob[80];
	uint8_t sha[32];

	if (sha256_of(sha, timeline_of(&p->known), NULL) != PROV_OK)
		return (PROV_ENOMEM);
	hex_encode(hex, sha, sizeof(sha));
	snprintf(blob, sizeof(blob), "blobs/%.2s/%s", hex, hex);
	for (size_t i = 0; i < SPOILT; i++) {
		const char *name = spoilt[i].file;

		name = logged_path(&p->g, name != NULL ? name : blob);
		if (truncate(name, 5) != 0 && symlink("0", name) != 0 &&
		    errno != EEXIST)
			return (PROV_EINTERNAL);
	}
	return (PROV_OK);
}

static void
note_difference(void *arg, const prov_difference *d)
{
	unsigned *seen = arg;

	for (unsigned i = 0; i < SPOILT; i++)
		if (strcmp(d->code, spoilt[i].code) == 0)
			*seen |= 1U << i;
}

/* What is damaged is found, whatever else goes wrong, or trouble is told. */
static prov_status
do_inspect_spoilt(prov_err *err)
{
	unsigned seen = 0;
	const prov_inspection how = { .threads = 1,
		.difference = note_difference,
		.arg = &seen };
	prov_inspected out;
	prov_status st;

	if ((st = spoil()) != PROV_OK)
		return (prov_fail(err, st, "nothing was damaged"));
	st = prov_ledger_inspect(p->g.path, log_key(), &how, &out, err);
	if (st != PROV_OK && st != PROV_EUNTRUSTED)
		return (st);
	prov_err_clear(err);
	return (seen == (1U << SPOILT) - 1 ? PROV_OK : PROV_EINTERNAL);
}

/* Of the list the first line and a part of the second, whatever that says. */
#define LIST_CUT 15

/* What is derived is damaged, and made anew. */
static prov_status
do_repair(prov_err *err)
{
	const prov_inspection how = { .threads = 1 };
	prov_inspected out;

	/* A second time they may be gone. */
	if ((truncate(logged_path(&p->g, "tlog/tile/0/000"), 64) != 0 ||
		truncate(logged_path(&p->g, "index/runs"), LIST_CUT) != 0) &&
	    errno != ENOENT)
		return (PROV_EINTERNAL);
	return (prov_ledger_repair(p->g.path, log_key(), &how, &out, err));
}

/* Without index and checkpoint a writer makes them. */
static prov_status
do_rebuild(prov_err *err)
{
	prov_ledger *l;
	prov_status st;

	(void)remove(logged_path(&p->g, "index/runs"));
	(void)remove(logged_path(&p->g, "tlog/checkpoint"));
	if ((st = open_writer(&l, err)) != PROV_OK)
		return (st);
	return (append_item(l, &p->fresh, err));
}

/* An old copy is brought up to what was published. */
static prov_status
do_recover(prov_err *err)
{
	prov_copied copied;

	return (prov_ledger_recover(p->old, p->g.log, p->target, NULL, NULL,
	    &copied, err));
}

static prov_status
do_merge(prov_err *err)
{
	struct index x = { 0 };
	struct run_info runs[MERGE_INPUTS_MAX] = { 0 };
	struct merge *m = NULL;
	bool done = false;
	size_t n = 0;
	prov_status st;

	st = index_load(&x, p->g.path, err);
	for (; n < x.n && n < 4; n++) {
		runs[n].begin = x.runs[n].begin;
		runs[n].end = x.runs[n].end;
	}
	if (st == PROV_OK)
		st = index_filters(&x, p->g.path, err);
	if (st == PROV_OK)
		st = merge_begin(&m, p->g.path, runs, n, err);
	while (st == PROV_OK && !done)
		st = merge_step(m, 100, &done, err);
	if (st == PROV_OK)
		st = merge_publish(m, err);
	merge_free(m);
	index_clear(&x);
	return (st);
}

/* After success: nothing is missing that should have been written. */

static void
is_sound(const char *dir)
{
	const prov_inspection how = { .threads = 1 };
	prov_inspected out;

	ok(prov_ledger_inspect(dir, log_key(), &how, &out, err));
}

static void
ledger_is_sound(void)
{
	is_sound(p->g.path);
}

static bool
has_timeline(const char *dir, const struct buf *statement)
{
	uint8_t sha[32];

	return (sha256_of(sha, timeline_of(statement), NULL) == PROV_OK &&
		blob_there(dir, sha));
}

/* What the statement was appended with is there as well. */
static void
fresh_is_whole(void)
{
	AUTO_BUF openings = { 0 };
	uint8_t name[32];

	ledger_is_sound();
	assert_true(has_timeline(p->g.path, &p->fresh));
	ok(statement_digest(name, buf_span(&p->fresh), err));
	ok(openings_read(&openings, p->g.path, name, err));
}

static void
new_is_whole(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", p->g.dir);
	is_sound(path);
	assert_true(has_timeline(path, &p->known));
}

static void
target_is_sound(void)
{
	AUTO_BUF a = { 0 }, b = { 0 };
	char path[128];

	is_sound(p->target);
	snprintf(path, sizeof(path), "%s/tlog/checkpoint", p->target);
	assert_true(logged_read(&a, &p->g, "tlog/checkpoint"));
	ok(file_read(&b, path, NOTE_MAX, err));
	assert_true(span_eq(buf_span(&a), buf_span(&b)));
}

static void
old_is_sound(void)
{
	is_sound(p->old);
}

static void
copy_is_sound(void)
{
	is_sound(p->copy);
}

static void
is_fine(void)
{
}

static const struct scene {
	const char *name;
	enum {
		WRITES,
		MAKES, /* the index, which may be made later */
		READS  /* and changes nothing */
	} how;
	prov_status (*work)(prov_err *err);
	void (*holds)(void);
} scenes[] = {
	{ "create", WRITES, do_create, is_fine },
	{ "append", WRITES, do_append, fresh_is_whole },
	{ "batch", WRITES, do_batch, ledger_is_sound },
	{ "append-anchored", WRITES, do_append_anchored, fresh_is_whole },
	{ "rule", WRITES, do_rule, ledger_is_sound },
	{ "register", WRITES, do_register, ledger_is_sound },
	{ "read", READS, do_read, is_fine },
	{ "find", READS, do_find, is_fine },
	{ "blobs", READS, do_blobs, is_fine },
	{ "heed", WRITES, do_heed, is_fine },
	{ "remember", WRITES, do_remember, is_fine },
	{ "accuse", WRITES, do_accuse, is_fine },
	{ "publish", WRITES, do_publish, target_is_sound },
	{ "publish-new", WRITES, do_publish_new, new_is_whole },
	{ "clone", WRITES, do_clone, copy_is_sound },
	{ "clone-new", WRITES, do_clone_new, new_is_whole },
	{ "descend", WRITES, do_descend, is_fine },
	{ "inspect", READS, do_inspect, is_fine },
	{ "inspect-spoilt", WRITES, do_inspect_spoilt, is_fine },
	{ "repair", WRITES, do_repair, ledger_is_sound },
	{ "rebuild", MAKES, do_rebuild, ledger_is_sound },
	{ "recover", WRITES, do_recover, old_is_sound },
	{ "merge", WRITES, do_merge, is_fine },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

/* Whether something that was written may be lost if this is passed over. */
static bool
is_strict(const struct scene *s, enum faulty what, const char *call)
{
	static const char *const calls[] = { "write", "pwrite", "fsync",
		"syncfs", "rename", "renameat2", "link", "chmod" };

	if (what == FAULTY_MEMORY || s->how == MAKES)
		return (false);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(call, calls[i]) == 0)
			return (true);
	return (false);
}

/* That it did not work is told, and as what it is. */
static void
check_trouble(const struct scene *s, enum faulty what, const char *call,
    prov_status st, const prov_err *why)
{
	if (st == PROV_OK && is_strict(s, what, call))
		fail_msg("%s: %s failed, and nothing is said", s->name, call);
	if (st == PROV_OK) {
		s->holds();
		return;
	}
	if (!faulty_is_told(what, st, why))
		fail_msg("%s: %s failed: %d, %s", s->name, call, st, why->msg);
}

/* Whether there was a place where a call had not failed yet. */
static bool
attempt(size_t i, enum faulty what)
{
	const struct scene *s = &scenes[i];
	prov_err why = { 0 };
	const char *call;
	prov_status st;

	if (s->how != READS)
		restore();
	faulty_arm(what);
	st = s->work(&why);
	call = faulty_disarm();
	close_it();
	if (call == NULL) {
		if (st != PROV_OK)
			fail_msg("%s: %d, %s", s->name, st, why.msg);
		return (false);
	}
	check_trouble(s, what, call, st, &why);
	/* What is left of it is in nobody's way. */
	prov_err_clear(&why);
	st = s->work(&why);
	close_it();
	if (st != PROV_OK && st != PROV_EEXIST)
		fail_msg("%s: %s failed, and then: %d, %s", s->name, call, st,
		    why.msg);
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
	(void)i;
	restore();
}

static struct stage stage = {
	.n = SCENES,
	.one_in = ONE_IN,
	.name = name,
	.rehearse = rehearse,
	.attempt = attempt,
};

/* Of a few places a sample may have none. */
static void
set_stage(void)
{
	const char *calls = getenv("PROV_CALLS");

	if (calls == NULL || strcmp(calls, "all") != 0)
		return;
	stage.one_in = 1;
	stage.least[FAULTY_MEMORY] = stage.least[FAULTY_FILES] = 2;
}

/* What is repaired was damaged before. */
static void
cut_list(void **state)
{
	struct index x = { 0 };

	(void)state;
	restore();
	assert_int_equal(0,
	    truncate(logged_path(&p->g, "index/runs"), LIST_CUT));
	assert_int_equal(PROV_EUNTRUSTED, index_load(&x, p->g.path, NULL));
	index_clear(&x);
}

static int
begin(void **state)
{
	prov_ledger *l;
	prov_entry e;

	*state = &stage;
	set_stage();
	/* Thousands of files are written. */
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_open(&p->g))
		return (-1);
	snprintf(p->target, sizeof(p->target), "%s/target", p->g.dir);
	snprintf(p->copy, sizeof(p->copy), "%s/copy", p->g.dir);
	snprintf(p->old, sizeof(p->old), "%s/old", p->g.dir);
	snprintf(p->state, sizeof(p->state), "%s/state", p->g.dir);
	snprintf(p->notices, sizeof(p->notices), "%s/notices", p->g.dir);
	assert_int_equal(0, mkdir(p->notices, 0755));
	make_statements();
	branches_open(&p->fork, p->g.log);
	/* Several runs, a full tile, and another key that signs. */
	for (uint64_t n = 0; n < ENTRIES; n += 50)
		append(n, n + 50);
	ok(open_writer(&l, err));
	ok(prov_ledger_register(l, p->g.owner, prov_key_public(p->g.other), 0,
	    &e, err));
	ok(append_item(l, &p->known, err));
	close_it();
	ok(clone(err));
	p->cloned = true;
	copy_old();
	append(ENTRIES, ENTRIES + 10);
	ok(publish(err));
	close_it();
	append(ENTRIES + 10, ENTRIES + 20);
	return (nftw(p->g.dir, keep, 16, FTW_PHYS) == 0 ? 0 : -1);
}

static int
end(void **state)
{
	(void)state;
	for (size_t i = 0; i < p->n; i++)
		buf_free(&p->kept[i].bytes);
	branches_close(&p->fork);
	buf_free(&p->known);
	buf_free(&p->fresh);
	prov_key_free(p->third);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_list),
		cmocka_unit_test(each_allocation),
		cmocka_unit_test(each_file_call),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
