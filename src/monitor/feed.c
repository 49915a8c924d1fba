/* SPDX-License-Identifier: ISC */
#include "monitor/feed.h"

#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "ledger/layout.h"
#include "ledger/source.h"

/* A bundle of 256 entries, each of the largest size. */
#define BUNDLE_MAX (TILE_WIDTH * (STATEMENT_MAX + 2))
#define NAME_MAX_  128 /* tlog/ and a tile's path; a witness's SHA-256 */

struct feed {
	char *from;
	char *dir; /* where tlog/ is */
	struct source *source;
	bool far; /* not a directory */
};

static bool
is_url(const char *from)
{
	return (strncmp(from, "http://", 7) == 0 ||
		strncmp(from, "https://", 8) == 0);
}

void
feed_forget(struct feed *f)
{
	char *const paths[] = { f->dir, NULL };
	FTSENT *e;
	FTS *t;

	if (!f->far ||
	    (t = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL)) == NULL)
		return;
	while ((e = fts_read(t)) != NULL)
		if (e->fts_info != FTS_D)
			(void)remove(e->fts_accpath);
	(void)fts_close(t);
}

prov_status
feed_open(struct feed **out, const char *from, const char *scratch,
    const char *net, unsigned timeout_ms, prov_err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	bool far = is_url(from);
	prov_status st = PROV_OK;
	size_t len = strlen(from);

	while (len > 1 && from[len - 1] == '/')
		len--;
	if (f == NULL || (f->from = strndup(from, len)) == NULL ||
	    (f->dir = strdup(far ? scratch : f->from)) == NULL)
		st = prov_fail(err, PROV_ENOMEM, "out of memory");
	else
		st = source_open(&f->source, from, net, timeout_ms, err);
	if (st != PROV_OK) {
		feed_close(f);
		return (st);
	}
	f->far = far;
	feed_forget(f);
	*out = f;
	return (PROV_OK);
}

void
feed_close(struct feed *f)
{
	if (f == NULL)
		return;
	feed_forget(f);
	source_close(f->source);
	free(f->from);
	free(f->dir);
	free(f);
}

const char *
feed_from(const struct feed *f)
{
	return (f->from);
}

const char *
feed_dir(const struct feed *f)
{
	return (f->dir);
}

prov_status
feed_get(struct feed *f, const char *name, size_t max, struct buf *body,
    prov_err *err)
{
	return (source_get(f->source, name, max, body, err));
}

/* Fetches one file, unless it is there. */
static prov_status
fetch(struct feed *f, const char *name, size_t max, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF body = { 0 };
	prov_status st;

	if ((st = layout_path(path, err, f->dir, "%s", name)) != PROV_OK)
		return (st);
	if (access(path, F_OK) == 0)
		return (PROV_OK);
	if ((st = feed_get(f, name, max, &body, err)) != PROV_OK ||
	    (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&body), 0600, 0, err));
}

/* Tile or bundle n of the tree; the full one where the partial one is gone. */
static prov_status
want(struct feed *f, uint64_t size, int level, uint64_t n, prov_err *err)
{
	uint64_t hashes = level < 0 ? size : tile_hashes(size, (unsigned)level);
	size_t max = level < 0 ? BUNDLE_MAX : TILE_WIDTH * 32;
	char tile[TILE_PATH_MAX], name[NAME_MAX_];
	uint64_t left;
	prov_err why = { 0 };
	prov_status st;

	if (!f->far || n > hashes / TILE_WIDTH ||
	    (left = hashes - n * TILE_WIDTH) == 0)
		return (PROV_OK);
	tile_path(tile, level, n,
	    left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH);
	(void)snprintf(name, sizeof(name), "tlog/%s", tile);
	st = fetch(f, name, max, &why);
	if (st == PROV_ENOTFOUND && left < TILE_WIDTH) {
		prov_err_clear(&why);
		tile_path(tile, level, n, TILE_WIDTH);
		(void)snprintf(name, sizeof(name), "tlog/%s", tile);
		st = fetch(f, name, max, &why);
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

/* The tile of a level that has or would have the last hash of a size. */
static uint64_t
edge_tile(uint64_t size, unsigned level)
{
	unsigned shift = TILE_HEIGHT * (level + 1);

	return (shift < 64 ? size >> shift : 0);
}

prov_status
feed_older(struct feed *f, uint64_t size, uint64_t old, prov_err *err)
{
	prov_status st = PROV_OK;

	for (unsigned l = 0; l < TILE_LEVELS && st == PROV_OK; l++)
		st = want(f, size, (int)l, edge_tile(old, l), err);
	return (st);
}

prov_status
feed_edge(struct feed *f, uint64_t size, prov_err *err)
{
	return (feed_older(f, size, size, err));
}

prov_status
feed_entries(struct feed *f, uint64_t size, uint64_t from, uint64_t to,
    prov_err *err)
{
	prov_status st;

	if (from >= to)
		return (PROV_OK);
	if ((st = feed_edge(f, size, err)) != PROV_OK)
		return (st);
	for (unsigned l = 0; l < TILE_LEVELS; l++) {
		uint64_t last = edge_tile(to - 1, l);

		for (uint64_t n = edge_tile(from, l); n <= last; n++)
			if ((st = want(f, size, (int)l, n, err)) != PROV_OK)
				return (st);
	}
	for (uint64_t n = from / TILE_WIDTH; n <= (to - 1) / TILE_WIDTH; n++)
		if ((st = want(f, size, TILE_ENTRIES, n, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}
