/* SPDX-License-Identifier: ISC */
#include "ledger/search.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "ledger/filter.h"

void
search_drop_filters(struct index *x)
{
	for (size_t i = 0; i < x->n_filters; i++)
		buf_free(&x->filters[i].bits);
	free(x->filters);
	x->filters = NULL;
	x->n_filters = 0;
}

void
search_close(struct index *x)
{
	for (size_t i = 0; i < x->n_open; i++) {
		(void)close(x->open[i].fd);
		buf_free(&x->open[i].filter);
	}
	x->n_open = 0;
	x->follow = false;
}

/* Opens the largest runs: with their filters as long as there is room. */
static prov_status
open_runs(struct index *x, const char *dir, prov_err *err)
{
	size_t room = INDEX_FILTERS_MAX;
	prov_status st = PROV_OK;

	for (size_t i = 0; i < x->n && x->n_open < INDEX_OPEN_MAX; i++) {
		struct index_open *o = &x->open[x->n_open];

		memset(o, 0, sizeof(*o));
		st = run_open(&o->fd, &o->run, dir, x->runs[i].begin,
		    x->runs[i].end, err);
		if (st != PROV_OK)
			return (st);
		x->n_open++;
		if (run_filter_len(&o->run) > room)
			continue;
		room -= (size_t)run_filter_len(&o->run);
		if ((st = run_filter_in(&o->filter, o->fd, &o->run, err)) !=
		    PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
index_follow(struct index *x, const char *dir, uint64_t size,
    index_scan_fn scan, void *arg, prov_err *err)
{
	uint64_t reach = x->tail_end > x->position ? x->tail_end : x->position;
	prov_status st;

	if (x->follow && reach >= size)
		return (PROV_OK);
	search_close(x);
	if ((st = index_cover(x, dir, size, scan, arg, err)) != PROV_OK ||
	    (st = open_runs(x, dir, err)) != PROV_OK) {
		search_close(x);
		return (st);
	}
	x->follow = true;
	return (PROV_OK);
}

static const struct index_open *
find_open(const struct index *x, const struct index_run *r)
{
	for (size_t i = 0; x->follow && i < x->n_open; i++)
		if (x->open[i].run.begin == r->begin &&
		    x->open[i].run.end == r->end)
			return (&x->open[i]);
	return (NULL);
}

/* Looks one run through, unless its filter says that the key is not there. */
static prov_status
find_in(const struct index *x, const char *dir, const struct index_run *r,
    enum index_kind kind, uint64_t key, struct buf *hits, prov_err *err)
{
	const struct index_open *o = find_open(x, r);

	if (o == NULL)
		return (run_find(dir, r->begin, r->end, kind, key, hits, err));
	if (kind == INDEX_ASSET && o->filter.len != 0 &&
	    !filter_has(o->filter.p, o->filter.len, key))
		return (PROV_OK);
	return (run_find_in(o->fd, &o->run, kind, key, hits, err));
}

/* Drops hits at or past limit, and repeats, from hit number from on. */
static void
prune(struct buf *hits, size_t from, uint64_t limit)
{
	uint64_t *at = (uint64_t *)(void *)hits->p;
	size_t n = hits->len / sizeof(*at), kept = from;

	for (size_t i = from; i < n; i++) {
		if (at[i] >= limit || (kept > from && at[kept - 1] >= at[i]))
			continue;
		at[kept++] = at[i];
	}
	hits->len = kept * sizeof(*at);
}

prov_status
index_find(const struct index *x, const char *dir, enum index_kind kind,
    const uint8_t key[32], uint64_t limit, struct buf *hits, prov_err *err)
{
	size_t from = hits->len / sizeof(uint64_t);
	uint64_t prefix = be64(key);
	prov_status st;

	for (size_t i = 0; i < x->n && x->runs[i].begin < limit; i++) {
		st = find_in(x, dir, &x->runs[i], kind, prefix, hits, err);
		if (st != PROV_OK)
			return (st);
	}
	records_find(&x->tail, kind, prefix, hits);
	if ((st = buf_done(hits, err)) == PROV_OK)
		prune(hits, from, limit);
	return (st);
}

/* Takes a filter that is there already, or reads it. */
static prov_status
take_filter(struct index *x, struct index_filter *to, const char *dir,
    prov_err *err)
{
	for (size_t i = 0; i < x->n_filters; i++) {
		struct index_filter *f = &x->filters[i];

		if (f->begin != to->begin || f->end != to->end)
			continue;
		to->bits = f->bits;
		memset(&f->bits, 0, sizeof(f->bits));
		return (PROV_OK);
	}
	return (run_filter(&to->bits, dir, to->begin, to->end, err));
}

/* Runs are never changed: what was read of one stays true. */
static bool
filters_current(const struct index *x)
{
	for (size_t i = 0; i < x->n_filters && i < x->n; i++)
		if (x->filters[i].begin != x->runs[i].begin ||
		    x->filters[i].end != x->runs[i].end)
			return (false);
	return (x->n_filters == x->n);
}

prov_status
index_filters(struct index *x, const char *dir, prov_err *err)
{
	struct index_filter *now;
	prov_status st = PROV_OK;

	if (filters_current(x))
		return (PROV_OK);
	if ((now = calloc(x->n + 1, sizeof(*now))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < x->n && st == PROV_OK; i++) {
		now[i].begin = x->runs[i].begin;
		now[i].end = x->runs[i].end;
		st = take_filter(x, &now[i], dir, err);
	}
	search_drop_filters(x);
	x->filters = now;
	x->n_filters = x->n;
	if (st != PROV_OK)
		search_drop_filters(x);
	return (st);
}

bool
index_lacks(const struct index *x, const uint8_t asset[32])
{
	uint64_t key = be64(asset);

	if (!filters_current(x) || records_have(&x->tail, INDEX_ASSET, key))
		return (false);
	/* Large ones are in no cache: wait for all of them at once. */
	for (size_t i = 0; i < x->n_filters; i++)
		filter_fetch(x->filters[i].bits.p, x->filters[i].bits.len, key);
	for (size_t i = 0; i < x->n_filters; i++)
		if (filter_has(x->filters[i].bits.p, x->filters[i].bits.len,
			key))
			return (false);
	return (true);
}
