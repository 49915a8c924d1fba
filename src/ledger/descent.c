/* SPDX-License-Identifier: ISC */
#include "ledger/descent.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ledger/layout.h"

static prov_status
put(const struct descent *d, const struct wanted *w, prov_span bytes,
    prov_err *err)
{
	char name[TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	prov_status st;

	tile_path(name, w->level, w->n, w->width);
	st = layout_path(path, err, d->view->dir, "tlog/%s", name);
	if (st != PROV_OK || (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	return (file_write(path, bytes, 0644, 0, err));
}

/* A full tile's hash, as the level above has it. */
static prov_status
tile_hash(const struct descent *d, const struct wanted *w, uint8_t out[32],
    prov_err *err)
{
	return (view_node(d->view, (unsigned)(w->level + 1) * TILE_HEIGHT, w->n,
	    out, err));
}

/*
 * Whether the right tile is there: what is damaged is fetched again. So is
 * what cannot be looked at, and whoever takes it says why not.
 */
static bool
tile_there(const struct descent *d, const struct wanted *w)
{
	AUTO_FREE struct tile *t = malloc(sizeof(*t));
	uint8_t want[32];

	return (t != NULL && tile_hash(d, w, want, NULL) == PROV_OK &&
		tile_read(t, d->view->dir, (unsigned)w->level, w->n, TILE_WIDTH,
		    NULL) == PROV_OK &&
		memcmp(tile_node(t, TILE_HEIGHT, 0), want, 32) == 0);
}

static prov_status
next_tile(void *arg, struct wanted *w, bool *more, prov_err *err)
{
	struct descent *d = arg;

	(void)err;
	*more = false;
	while (!*more && d->next < d->end) {
		*w = (struct wanted){ d->level, d->next++, TILE_WIDTH };
		*more = !tile_there(d, w);
	}
	return (PROV_OK);
}

static prov_status
take_tile(void *arg, const struct wanted *w, prov_span bytes, prov_err *err)
{
	AUTO_FREE struct tile *t = malloc(sizeof(*t));
	const struct descent *d = arg;
	char name[SOURCE_NAME_MAX];
	uint8_t want[32];
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	fetch_name(name, w);
	if (bytes.len != TILE_WIDTH * 32)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s has %zu bytes", name, bytes.len));
	if ((st = tile_hash(d, w, want, err)) != PROV_OK ||
	    (st = tile_build(t, (unsigned)w->level, w->n, bytes.p, TILE_WIDTH,
		 err)) != PROV_OK)
		return (st);
	if (memcmp(tile_node(t, TILE_HEIGHT, 0), want, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s is not in the tree", name));
	return (put(d, w, bytes, err));
}

static unsigned
bundle_width(const struct descent *d, uint64_t n)
{
	uint64_t left = d->view->at.size - n * TILE_WIDTH;

	return (left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH);
}

/* Reads width entries, each the leaf that it is to be, again into out. */
static prov_status
check_bundle(const struct descent *d, struct bundle *b, const struct wanted *w,
    struct buf *out, prov_err *err)
{
	uint8_t want[32], got[32];
	char name[SOURCE_NAME_MAX];
	prov_span entry;
	prov_status st;

	fetch_name(name, w);
	for (unsigned i = 0; i < w->width; i++) {
		uint64_t index = w->n * TILE_WIDTH + i;

		st = bundle_next(b, &entry, err);
		if (st == PROV_ENOTFOUND)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: %s ends before entry %llu", name,
			    (unsigned long long)index));
		if (st != PROV_OK ||
		    (st = view_leaf(d->view, index, want, err)) != PROV_OK ||
		    (st = tree_leaf(got, entry, err)) != PROV_OK)
			return (st);
		if (memcmp(want, got, sizeof(want)) != 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: entry %llu in %s is not in the "
			    "tree",
			    (unsigned long long)index, name));
		bundle_put(out, entry);
	}
	if (w->width == TILE_WIDTH &&
	    bundle_next(b, &entry, NULL) != PROV_ENOTFOUND)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s does not end where it should", name));
	return (buf_done(out, err));
}

/*
 * Whether the right one is there. Under the name of a partial one only this
 * counts, since that is what readers look for first.
 */
static bool
bundle_there(const struct descent *d, const struct wanted *w)
{
	char name[TILE_PATH_MAX], path[LEDGER_PATH_MAX];
	AUTO_BUF bytes = { 0 }, out = { 0 };
	AUTO_BUNDLE b;

	bundle_init(&b);
	tile_path(name, w->level, w->n, w->width);
	return (
	    layout_path(path, NULL, d->view->dir, "tlog/%s", name) == PROV_OK &&
	    file_read(&bytes, path, BUNDLE_MAX, NULL) == PROV_OK &&
	    bundle_from(&b, buf_span(&bytes), NULL) == PROV_OK &&
	    check_bundle(d, &b, w, &out, NULL) == PROV_OK &&
	    out.len == bytes.len);
}

static void
count(struct descent *d, unsigned entries)
{
	d->done += entries;
	if (d->progress != NULL)
		d->progress(d->arg, d->done,
		    d->view->at.size - d->from / TILE_WIDTH * TILE_WIDTH);
}

static prov_status
next_bundle(void *arg, struct wanted *w, bool *more, prov_err *err)
{
	struct descent *d = arg;

	(void)err;
	while (d->next < d->end) {
		*w = (struct wanted){ TILE_ENTRIES, d->next,
			bundle_width(d, d->next) };
		d->next++;
		if (!bundle_there(d, w)) {
			*more = true;
			return (PROV_OK);
		}
		count(d, w->width);
	}
	*more = false;
	return (PROV_OK);
}

static prov_status
take_bundle(void *arg, const struct wanted *w, prov_span bytes, prov_err *err)
{
	struct descent *d = arg;
	AUTO_BUF out = { 0 };
	AUTO_BUNDLE b;
	prov_status st;

	bundle_init(&b);
	if ((st = bundle_from(&b, bytes, err)) != PROV_OK ||
	    (st = check_bundle(d, &b, w, &out, err)) != PROV_OK ||
	    (st = put(d, w, buf_span(&out), err)) != PROV_OK)
		return (st);
	d->bytes += out.len;
	count(d, w->width);
	return (PROV_OK);
}

prov_status
descent_run(struct descent *d, prov_err *err)
{
	static const struct fetch_ops tiles = { next_tile, take_tile },
				      bundles = { next_bundle, take_bundle };
	uint64_t size = d->view->at.size;
	prov_status st;

	for (unsigned level = TILE_LEVELS; level-- > 0;) {
		d->level = (int)level;
		d->next = tile_hashes(d->from, level) / TILE_WIDTH;
		d->end = tile_hashes(size, level) / TILE_WIDTH;
		if ((st = fetch_tiles(d->source, &tiles, d, err)) != PROV_OK)
			return (st);
	}
	d->done = 0;
	d->next = d->from / TILE_WIDTH;
	d->end = (size + TILE_WIDTH - 1) / TILE_WIDTH;
	return (fetch_tiles(d->source, &bundles, d, err));
}
