/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/layout.h"
#include "ledger/publish.h"

static prov_status
write_file(const struct publisher *p, const char *path, prov_span bytes,
    prov_err *err)
{
	prov_status st;

	if ((st = layout_make_parent(path, err)) != PROV_OK ||
	    (st = file_write(path, bytes, 0644, 0, err)) != PROV_OK)
		return (st);
	if (p->told != NULL)
		p->told(p->arg, path + strlen(p->dir) + 1);
	return (PROV_OK);
}

static prov_status
put(const struct publisher *p, int level, uint64_t n, unsigned width,
    prov_span bytes, prov_err *err)
{
	char name[TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	prov_status st;

	tile_path(name, level, n, width);
	st = layout_path(path, err, p->dir, "tlog/%s", name);
	/* A failed fsync or write may have left less than was asked for. */
	if (st != PROV_OK || (p->compare && file_holds(path, bytes)))
		return (st);
	return (write_file(p, path, bytes, err));
}

static prov_status
put_full(void *arg, unsigned level, uint64_t n, const uint8_t *hashes,
    prov_err *err)
{
	struct publisher *p = arg;
	prov_status st;

	st = put(p, (int)level, n, TILE_WIDTH, span(hashes, TILE_WIDTH * 32),
	    err);
	if (st != PROV_OK || level != 0)
		return (st);
	st = put(p, TILE_ENTRIES, n, TILE_WIDTH, buf_span(p->bundle), err);
	p->bundle->len = 0;
	return (st);
}

prov_status
publish_entry(struct publisher *p, prov_span entry, const uint8_t leaf[32],
    prov_err *err)
{
	prov_status st;

	bundle_put(p->bundle, entry);
	if ((st = buf_done(p->bundle, err)) != PROV_OK)
		return (st);
	return (edge_push(p->edge, leaf, put_full, p, err));
}

prov_status
publish_partials(struct publisher *p, prov_err *err)
{
	uint64_t size = p->edge->size;
	prov_status st;

	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(size, level);
		uint64_t n = tile_hashes(size, level) / TILE_WIDTH;

		/* Above this nothing grew. */
		if (level != 0 && !p->compare &&
		    tile_hashes(size, level) == tile_hashes(p->first, level))
			break;
		if (width == 0 ||
		    n != tile_hashes(p->final, level) / TILE_WIDTH)
			continue;
		st = put(p, (int)level, n, width,
		    span(p->edge->hash[level], (size_t)width * 32), err);
		if (st == PROV_OK && level == 0)
			st = put(p, TILE_ENTRIES, n, width, buf_span(p->bundle),
			    err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
publish_checkpoint(const struct publisher *p, prov_span note, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	prov_status st;
	int old;

	st = layout_path(path, err, p->dir, LEDGER_CHECKPOINT);
	if (st != PROV_OK || (p->compare && file_holds(path, note)))
		return (st);
	old = sweeper_hold(p->sweeper, AT_FDCWD, path);
	st = write_file(p, path, note, err);
	sweeper_drop(p->sweeper, old);
	return (st);
}

/* Best effort: what stays is no harm, for readers try the partial one first. */
static void
remove_partials(const struct publisher *p, int level, uint64_t n)
{
	char name[TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	struct dirent *de;
	DIR *d;
	int held;

	tile_path(name, level, n, TILE_WIDTH);
	if (layout_path(path, NULL, p->dir, "tlog/%s.p", name) != PROV_OK ||
	    (d = opendir(path)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		held = sweeper_hold(p->sweeper, dirfd(d), de->d_name);
		(void)unlinkat(dirfd(d), de->d_name, 0);
		sweeper_drop(p->sweeper, held);
	}
	held = sweeper_hold(p->sweeper, AT_FDCWD, path);
	(void)closedir(d);
	(void)rmdir(path);
	sweeper_drop(p->sweeper, held);
}

void
publish_tidy(const struct publisher *p)
{
	for (unsigned level = 0; level < TILE_LEVELS; level++) {
		uint64_t n = tile_hashes(p->first, level) / TILE_WIDTH;
		uint64_t end = tile_hashes(p->final, level) / TILE_WIDTH;

		if (n == end)
			break;
		for (; n < end; n++) {
			remove_partials(p, (int)level, n);
			if (level == 0)
				remove_partials(p, TILE_ENTRIES, n);
		}
	}
}

/*
 * The upper levels' edge at a size that is a multiple of 256, as tlog/ has
 * it. Whether that is right shows in the root that comes out in the end.
 */
static prov_status
read_edge(struct edge *e, const char *dir, uint64_t size, prov_err *err)
{
	prov_status st;

	memset(e, 0, sizeof(*e));
	e->size = size;
	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		unsigned width = tile_partial(size, level);

		if (width == 0)
			continue;
		st = tile_load(e->hash[level][0], dir, level,
		    tile_hashes(size, level) / TILE_WIDTH, width, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

struct rebuild {
	struct publisher p;
	const uint64_t *sizes; /* of the checkpoints that are still to pass */
	size_t n_sizes;
};

static prov_status
rebuild_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct rebuild *r = arg;
	uint8_t leaf[32];
	prov_status st;

	if ((st = tree_leaf(leaf, entry, err)) != PROV_OK ||
	    (st = publish_entry(&r->p, entry, leaf, err)) != PROV_OK)
		return (st);
	while (r->n_sizes > 0 && r->sizes[0] < i + 1) {
		r->sizes++;
		r->n_sizes--;
	}
	if (r->n_sizes > 0 && r->sizes[0] == i + 1)
		return (publish_partials(&r->p, err));
	return (PROV_OK);
}

/* PROV_EUNTRUSTED if another root comes out than the state has. */
static prov_status
rebuild_from(struct rebuild *r, const struct ledger_ops *ops,
    struct store *store, const uint8_t root[32], prov_err *err)
{
	uint8_t got[32];
	prov_status st;

	r->p.bundle->len = 0;
	st = ops->entries(store, r->p.first, r->p.final, rebuild_entry, r, err);
	if (st != PROV_OK || (st = publish_partials(&r->p, err)) != PROV_OK ||
	    (st = edge_root(r->p.edge, got, err)) != PROV_OK)
		return (st);
	if (memcmp(got, root, 32) != 0)
		return (PROV_EUNTRUSTED);
	return (PROV_OK);
}

prov_status
publish_rebuild(const char *dir, const struct ledger_ops *ops,
    struct store *store, const struct store_state *state,
    const uint8_t root[32], uint64_t from, publish_told told, void *arg,
    prov_err *err)
{
	AUTO_FREE struct edge *e = calloc(1, sizeof(*e));
	AUTO_BUF bundle = { 0 }, sizes = { 0 };
	struct rebuild r = { .p = { .dir = dir,
				 .edge = e,
				 .bundle = &bundle,
				 .final = state->edge.size,
				 .compare = true,
				 .told = told,
				 .arg = arg } };
	prov_status st;

	if (e == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	from -= from % TILE_WIDTH;
	if ((st = ops->sizes(store, 0, &sizes, err)) != PROV_OK)
		return (st);
	st = PROV_EUNTRUSTED;
	for (; st == PROV_EUNTRUSTED; from = 0) {
		r.p.first = from;
		r.sizes = (const uint64_t *)(const void *)sizes.p;
		r.n_sizes = sizes.len / sizeof(uint64_t);
		st = read_edge(e, dir, from, from == 0 ? err : NULL);
		if (st == PROV_OK)
			st = rebuild_from(&r, ops, store, root, err);
		else if (from != 0)
			st = PROV_EUNTRUSTED;
		if (from == 0)
			break;
	}
	if (st == PROV_EUNTRUSTED)
		return (prov_fail(err, st,
		    LEDGER_DB ": the entries do not give the checkpoint's "
			      "root; restore a copy, then prov ledger check"));
	if (st != PROV_OK || (st = publish_checkpoint(&r.p,
				  buf_span(&state->note), err)) != PROV_OK)
		return (st);
	publish_tidy(&r.p);
	return (PROV_OK);
}
