/* SPDX-License-Identifier: ISC */
#include "ledger/repair.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/damage.h"
#include "ledger/flush.h"
#include "ledger/lock.h"
#include "ledger/rows.h"
#include "ledger/scan.h"
#include "ledger/stray.h"
#include "ledger/writer.h"

#define LOCK_WAIT_MS 30000

/* Directories that were moved out of the way and not looked at since. */
#define ODD_MAX 1000

/* Entries that are indexed between two writes: some MiB of records. */
#define INDEX_STEP UINT64_C(16384)

struct repair {
	prov_ledger *l; /* reads tlog/ */
	const struct ledger_ops *ops;
	struct store *store; /* NULL: a copy without one */
	struct store_state state;
	struct checkpoint at;
	const prov_inspection *how;
};

static void
told(void *arg, const char *path)
{
	const struct repair *r = arg;

	if (r->how != NULL && r->how->wrote != NULL)
		r->how->wrote(r->how->arg, path);
}

/* A directory that stands in a file's place, and what it holds, is kept. */
static prov_status
move_away(const struct repair *r, const char *name, prov_err *err)
{
	char from[LEDGER_PATH_MAX], to[LEDGER_PATH_MAX];
	prov_status st = layout_path(from, err, r->l->dir, "%s", name);

	for (unsigned i = 1; i <= ODD_MAX && st == PROV_OK; i++) {
		st = layout_path(to, err, r->l->dir, "odd-%u", i);
		if (st != PROV_OK)
			return (st);
		if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) ==
		    0) {
			told((void *)(uintptr_t)r, name);
			return (PROV_OK);
		}
		if (errno != EEXIST)
			return (prov_fail_errno(err, PROV_EWRITE, "%s", from));
	}
	return (st != PROV_OK ? st
			      : prov_fail(err, PROV_EWRITE,
				    "%s is a directory: move it away", from));
}

static prov_status
remove_file(const struct repair *r, const char *name, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;

	if ((st = layout_path(path, err, r->l->dir, "%s", name)) != PROV_OK)
		return (st);
	if (unlink(path) == -1) {
		if (errno == EISDIR)
			return (move_away(r, name, err));
		if (errno != ENOENT)
			return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
	}
	told((void *)(uintptr_t)r, name);
	return (PROV_OK);
}

/* What no tile is goes; what a tile has to be is then made again. */
static prov_status
remove_odd(void *arg, const char *path, mode_t mode, prov_err *err)
{
	const struct repair *r = arg;
	char name[LEDGER_PATH_MAX];
	struct tile_name t;

	if (stray_is_temporary(path) ||
	    (S_ISREG(mode) && tile_name_parse(&t, path)))
		return (PROV_OK);
	snprintf(name, sizeof(name), "tlog/%.4000s", path);
	if (!S_ISDIR(mode))
		return (remove_file(r, name, err));
	return (tile_name_parse(&t, path) ? move_away(r, name, err) : PROV_OK);
}

static prov_status
put_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	(void)i;
	bundle_put(arg, entry);
	return (buf_done(arg, err));
}

/* What a partial tile or bundle of the tree holds. */
static prov_status
partial_bytes(struct repair *r, const struct tile_name *t, struct buf *out,
    prov_err *err)
{
	uint64_t first = t->n * TILE_WIDTH;
	uint8_t hash[32];
	prov_status st = PROV_OK;

	if (t->level == TILE_ENTRIES)
		return (r->ops->entries(r->store, first, first + t->width,
		    put_entry, out, err));
	for (unsigned i = 0; st == PROV_OK && i < t->width; i++) {
		st = view_node(&r->l->view, (unsigned)t->level * TILE_HEIGHT,
		    first + i, hash, err);
		buf_put(out, hash, sizeof(hash));
	}
	return (st == PROV_OK ? buf_done(out, err) : st);
}

/* Partial tiles of older checkpoints hold what they always held. */
static prov_status
rewrite_old(void *arg, const char *path, mode_t mode, prov_err *err)
{
	struct repair *r = arg;
	char name[LEDGER_PATH_MAX], full[LEDGER_PATH_MAX];
	AUTO_BUF bytes = { 0 };
	struct tile_name t;
	unsigned level;
	prov_status st;

	if (!S_ISREG(mode) || !tile_name_parse(&t, path))
		return (PROV_OK);
	snprintf(name, sizeof(name), "tlog/%.4000s", path);
	level = t.level < 0 ? 0 : (unsigned)t.level;
	/* What reaches past the tree was never a checkpoint's. */
	if (t.n > UINT64_MAX / TILE_WIDTH - 1 ||
	    t.n * TILE_WIDTH + t.width > tile_hashes(r->at.size, level))
		return (remove_file(r, name, err));
	if ((st = layout_path(full, err, r->l->dir, "%s", name)) != PROV_OK ||
	    (st = partial_bytes(r, &t, &bytes, err)) != PROV_OK)
		return (st);
	if (file_holds(full, buf_span(&bytes)))
		return (PROV_OK);
	st = file_write(full, buf_span(&bytes), 0644, 0, err);
	if (st == PROV_OK)
		told(r, name);
	return (st);
}

/* A rename replaces anything but a directory. */
static prov_status
free_checkpoint(const struct repair *r, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	struct stat sb;
	prov_status st;

	st = layout_path(path, err, r->l->dir, LEDGER_CHECKPOINT);
	if (st != PROV_OK || lstat(path, &sb) == -1 || !S_ISDIR(sb.st_mode))
		return (st);
	return (move_away(r, LEDGER_CHECKPOINT, err));
}

static prov_status
repair_tlog(struct repair *r, prov_err *err)
{
	prov_status st;

	if ((st = free_checkpoint(r, err)) != PROV_OK ||
	    (st = stray_walk(r->l->dir, remove_odd, r, err)) != PROV_OK ||
	    (st = publish_rebuild(r->l->dir, r->ops, r->store, &r->state,
		 r->at.root, 0, told, r, err)) != PROV_OK ||
	    (st = reader_stand(r->l, &r->at, buf_span(&r->state.note), err)) !=
		PROV_OK)
		return (st);
	return (stray_walk(r->l->dir, rewrite_old, r, err));
}

static prov_status
scan(void *arg, uint64_t from, uint64_t to, struct index *x, prov_err *err)
{
	struct repair *r = arg;

	if (r->store != NULL)
		return (
		    r->ops->entries(r->store, from, to, index_tail, x, err));
	return (view_scan(&r->l->view, from, to, index_tail, x, err));
}

/* The list first: what it does not name is nothing to readers. */
static prov_status
empty_index(struct repair *r, prov_err *err)
{
	char path[LEDGER_PATH_MAX], name[LEDGER_PATH_MAX];
	struct dirent *de;
	prov_status st;
	DIR *d;

	if ((st = remove_file(r, LEDGER_RUNS, err)) != PROV_OK ||
	    (st = layout_path(path, err, r->l->dir, "index")) != PROV_OK ||
	    (st = dir_make(path, err)) != PROV_OK)
		return (st);
	if ((d = opendir(path)) == NULL)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", path));
	while ((st = dir_next(&de, d, path, err)) == PROV_OK && de != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof(name), "index/%s", de->d_name);
		if ((st = remove_file(r, name, err)) != PROV_OK)
			break;
	}
	(void)closedir(d);
	return (st);
}

static prov_status
fill_index(struct repair *r, prov_err *err)
{
	struct index x = { .dir = r->l->dir };
	prov_status st = PROV_OK;
	char name[LEDGER_PATH_MAX];

	for (uint64_t to = 0; st == PROV_OK && to < r->at.size;) {
		uint64_t left = r->at.size - to;

		to += left < INDEX_STEP ? left : INDEX_STEP;
		st = index_cover(&x, r->l->dir, to, scan, r, err);
		if (st == PROV_OK)
			st = index_flush(&x, r->l->dir, err);
	}
	for (size_t i = 0; st == PROV_OK && i < x.n; i++) {
		struct run_info run = { .begin = x.runs[i].begin,
			.end = x.runs[i].end };

		run_name(name, &run);
		told(r, name);
	}
	index_clear(&x);
	return (st);
}

/* Whether any run is not what it should be. */
static prov_status
index_is_good(const struct repair *r, bool *good, prov_err *err)
{
	AUTO_FREE struct scanned *t = calloc(1, sizeof(*t));
	struct damage found;
	const struct scan first = { .dir = r->l->dir,
		.size = r->at.size,
		.found = &found };
	struct rows rows = { 0 };
	struct scan s;
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((st = damage_init(&found, err)) != PROV_OK)
		return (st);
	st = scan_init(&s, &first, err);
	scan_blobs(&s);
	if (st == PROV_OK)
		st = rows_open(&rows, s.dir, s.size, &found, err);
	for (uint64_t n = 0; st == PROV_OK && n * TILE_WIDTH < s.size; n++) {
		scan_tile(&s, t, n);
		st = t->st != PROV_OK ? prov_fail(err, t->st, "%s", t->err.msg)
		                      : rows_add(&rows, t, false, err);
		/* Made anew without its keys, the index would hide an entry. */
		if (st == PROV_OK && t->blob != PROV_OK)
			st = prov_fail(err, t->blob, "%s", t->blob_why.msg);
	}
	if (st == PROV_OK)
		st = rows_finish(&rows, err);
	*good = rows.bad == 0;
	scanned_clear(t);
	rows_clear(&rows);
	scan_clear(&s);
	damage_clear(&found);
	return (st);
}

static prov_status
repair_index(struct repair *r, prov_err *err)
{
	bool good;
	prov_status st;

	if ((st = index_is_good(r, &good, err)) != PROV_OK || good)
		return (st);
	if ((st = empty_index(r, err)) != PROV_OK)
		return (st);
	return (fill_index(r, err));
}

/* The store's state, whose checkpoint becomes the public one. */
static prov_status
load(struct repair *r, prov_err *err)
{
	prov_status st;

	st = r->ops->open(&r->store, r->l->dir, false, err);
	if (st == PROV_ENOTFOUND) {
		if ((st = ledger_refresh(r->l, err)) == PROV_OK)
			r->at = r->l->view.at;
		return (st);
	}
	if (st != PROV_OK ||
	    (st = r->ops->load(r->store, &r->state, err)) != PROV_OK)
		return (st);
	return (checkpoint_verify(&r->at, buf_span(&r->state.note), &r->l->key,
	    err));
}

static prov_status
repair_locked(struct repair *r, prov_err *err)
{
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = load(r, err)) != PROV_OK)
		return (st);
	if (r->store != NULL && (st = repair_tlog(r, err)) != PROV_OK)
		return (st);
	if ((st = repair_index(r, err)) != PROV_OK)
		return (st);
	/* It may lie below what start-up compares after a power loss. */
	fd = open(r->l->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || syncfs(fd) == -1)
		return (
		    prov_fail_errno(err, PROV_EWRITE, "%s: sync", r->l->dir));
	return (PROV_OK);
}

prov_status
repair_derived(const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_err *err)
{
	struct repair r = { .ops = ledger_backends[0], .how = how };
	AUTO(prov_ledger) *l = NULL;
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = reader_new(&l, dir, log, err)) != PROV_OK ||
	    (st = lock_take(&fd, l->dir, LOCK_WAIT_MS, err)) != PROV_OK)
		return (st);
	r.l = l;
	st = repair_locked(&r, err);
	if (r.store != NULL)
		r.ops->close(r.store);
	buf_free(&r.state.note);
	return (st);
}
