/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "ledger/filter.h"
#include "ledger/index.h"
#include "ledger/merge.h"
#include "ledger/segment.h"

static const char INDEX_HEADER[] = "prov-index/2";

/* 16,384 lines of three numbers. */
#define INDEX_TEXT_MAX ((size_t)INDEX_RUNS_MAX * 64)

static void
drop_filters(struct index *x)
{
	for (size_t i = 0; i < x->n_filters; i++)
		buf_free(&x->filters[i].bits);
	free(x->filters);
	x->filters = NULL;
	x->n_filters = 0;
}

static void
close_runs(struct index *x)
{
	for (size_t i = 0; i < x->n_open; i++) {
		(void)close(x->open[i].fd);
		buf_free(&x->open[i].filter);
	}
	x->n_open = 0;
	x->follow = false;
}

void
index_clear(struct index *x)
{
	close_runs(x);
	drop_filters(x);
	merge_free(x->merge);
	buf_free(&x->text);
	records_clear(&x->tail);
	free(x->runs);
	memset(x, 0, sizeof(*x));
}

/* Cuts a number and the character behind it off the text. */
static bool
take_number(prov_span *text, char behind, uint64_t *out)
{
	const uint8_t *end = memchr(text->p, behind, text->len);
	size_t len;

	if (end == NULL)
		return (false);
	len = (size_t)(end - text->p);
	if (!u64_decode(out, (const char *)text->p, len))
		return (false);
	*text = span(end + 1, text->len - len - 1);
	return (true);
}

static prov_status
parse_runs(struct buf *runs, prov_span text, prov_err *err)
{
	uint64_t position = 0;

	while (text.len != 0) {
		struct index_run r;

		if (runs->len / sizeof(r) == INDEX_RUNS_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "index: more than %d runs", INDEX_RUNS_MAX));
		if (!take_number(&text, ' ', &r.begin) ||
		    !take_number(&text, ' ', &r.end) ||
		    !take_number(&text, '\n', &r.records) ||
		    r.begin != position || r.end <= r.begin)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: index/runs: run %zu",
			    runs->len / sizeof(r)));
		position = r.end;
		buf_put(runs, &r, sizeof(r));
	}
	return (buf_done(runs, err));
}

prov_status
index_parse(struct index *x, prov_span text, prov_err *err)
{
	size_t head = sizeof(INDEX_HEADER) - 1, len;
	AUTO_BUF runs = { 0 };
	uint8_t *p;
	prov_status st;

	if (text.len < head + 1 || memcmp(text.p, INDEX_HEADER, head) != 0 ||
	    text.p[head] != '\n')
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: index/runs is not %s", INDEX_HEADER));
	st = parse_runs(&runs, span(text.p + head + 1, text.len - head - 1),
	    err);
	if (st != PROV_OK || (st = buf_take(&runs, &p, &len, err)) != PROV_OK)
		return (st);
	x->follow = false;
	free(x->runs);
	x->runs = (struct index_run *)(void *)p;
	x->n = len / sizeof(*x->runs);
	x->position = x->n == 0 ? 0 : x->runs[x->n - 1].end;
	return (PROV_OK);
}

/* An index of nothing: every entry is in the tail. */
static void
index_empty(struct index *x)
{
	x->follow = false;
	free(x->runs);
	x->runs = NULL;
	x->n = 0;
	x->position = 0;
}

static void
drop_tail(struct index *x)
{
	records_clear(&x->tail);
	x->tail_end = x->position;
}

prov_status
index_load(struct index *x, const char *dir, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF text = { 0 };
	prov_err none = { 0 };
	prov_status st;

	if ((st = layout_path(path, err, dir, LEDGER_RUNS)) != PROV_OK)
		return (st);
	st = part_read(&text, path, INDEX_TEXT_MAX, &none);
	if (st == PROV_ENOTFOUND) {
		if (x->n != 0) {
			index_empty(x);
			drop_tail(x);
		}
		buf_free(&x->text);
		return (PROV_OK);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", none.msg));
	if (x->text.len != 0 && span_eq(buf_span(&text), buf_span(&x->text)))
		return (PROV_OK);
	if ((st = index_parse(x, buf_span(&text), err)) != PROV_OK)
		return (st);
	drop_tail(x);
	buf_free(&x->text);
	buf_put_span(&x->text, buf_span(&text));
	return (buf_done(&x->text, err));
}

prov_status
index_type_key(uint8_t out[32], enum payload_kind kind, prov_err *err)
{
	const char *type = payload_type(kind);

	return (sha256_of(out, span(type, strlen(type)), err));
}

static prov_status
type_key(struct records *r, enum payload_kind kind, uint64_t index,
    prov_err *err)
{
	uint8_t key[32];
	prov_status st;

	if (kind != PAYLOAD_REVOCATION && kind != PAYLOAD_TAKEDOWN)
		return (PROV_OK);
	if ((st = index_type_key(key, kind, err)) == PROV_OK)
		records_add(r, INDEX_ASSET, key, index);
	return (st);
}

prov_status
index_statement(struct records *r, const struct statement *s,
    const struct outline *o, const char *dir, uint64_t index, bool *lacking,
    prov_err *err)
{
	prov_status st;

	records_add(r, INDEX_ASSET, s->sub_digest, index);
	records_add(r, INDEX_SIGNER, s->kid, index);
	if ((st = type_key(r, s->kind, index, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; o != NULL && i < o->n; i++)
		records_add(r, INDEX_STREAM, o->at[i].root, index);
	if (o != NULL &&
	    (st = segment_keys(r, o, dir, index, lacking, err)) != PROV_OK)
		return (st);
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		if ((st = buf_done(&r->of[k], err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
index_keys(struct records *r, prov_span entry, const char *dir, uint64_t index,
    bool *lacking, prov_err *err)
{
	struct statement s;
	struct outline o;
	bool outlined;

	*lacking = false;
	if (statement_parse(&s, entry, NULL) != PROV_OK)
		return (PROV_OK);
	outlined = s.kind == PAYLOAD_MANIFEST &&
	           manifest_outline(&o, s.payload, NULL) == PROV_OK;
	return (index_statement(r, &s, outlined ? &o : NULL, dir, index,
	    lacking, err));
}

prov_status
index_tail(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct index *x = arg;
	bool lacking;

	return (index_keys(&x->tail, entry, x->dir, i, &lacking, err));
}

prov_status
index_cover(struct index *x, const char *dir, uint64_t size, index_scan_fn scan,
    void *arg, prov_err *err)
{
	uint64_t from;
	prov_status st;

	x->dir = dir;
	if ((st = index_load(x, dir, err)) != PROV_OK)
		return (st);
	from = x->tail_end > x->position ? x->tail_end : x->position;
	if (from >= size)
		return (PROV_OK);
	if ((st = scan(arg, from, size, x, err)) != PROV_OK) {
		/* What was added may be a part only. */
		drop_tail(x);
		return (st);
	}
	records_sort(&x->tail);
	x->tail_end = size;
	return (PROV_OK);
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
	close_runs(x);
	if ((st = index_cover(x, dir, size, scan, arg, err)) != PROV_OK ||
	    (st = open_runs(x, dir, err)) != PROV_OK) {
		close_runs(x);
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
	drop_filters(x);
	x->filters = now;
	x->n_filters = x->n;
	if (st != PROV_OK)
		drop_filters(x);
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

static unsigned
tier(uint64_t records)
{
	unsigned t = 0;

	while ((records /= INDEX_FANOUT) != 0)
		t++;
	return (t);
}

/*
 * How many of the last runs go into one with a new one of n records: so many
 * that INDEX_FANOUT runs of one size become one of the next.
 */
static size_t
merge_count(const struct index *x, uint64_t n, uint64_t max)
{
	uint64_t total = n;
	size_t count = 0, best = 0;

	while (count < x->n) {
		const struct index_run *r = &x->runs[x->n - 1 - count];

		if (total + r->records > max || tier(r->records) > tier(total))
			break;
		total += r->records;
		if (++count + 1 - best >= INDEX_FANOUT)
			best = count;
	}
	return (best);
}

/* Merges two sorted sections; more's entries all come behind in's. */
static prov_status
merge_section(struct buf *in, const struct buf *more, prov_err *err)
{
	const struct record *a = (const void *)in->p,
			    *b = (const void *)more->p;
	size_t na = in->len / sizeof(*a), nb = more->len / sizeof(*b);
	struct buf out = { 0 };
	prov_status st;

	while (na != 0 || nb != 0) {
		if (nb == 0 || (na != 0 && a->key <= b->key)) {
			buf_put(&out, a++, sizeof(*a));
			na--;
		} else {
			buf_put(&out, b++, sizeof(*b));
			nb--;
		}
	}
	if ((st = buf_done(&out, err)) != PROV_OK) {
		buf_free(&out);
		return (st);
	}
	buf_free(in);
	*in = out;
	return (PROV_OK);
}

/* Puts the last count runs in front of r. */
static prov_status
merge_runs(const struct index *x, const char *dir, size_t count,
    struct records *r, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 1; i <= count && st == PROV_OK; i++) {
		const struct index_run *from = &x->runs[x->n - i];
		struct records older = { 0 };
		struct run_info run;

		st = run_read(&run, &older, dir, from->begin, from->end, err);
		for (unsigned k = 0; st == PROV_OK && k < INDEX_KINDS; k++) {
			st = merge_section(&older.of[k], &r->of[k], err);
			if (st == PROV_OK) {
				buf_free(&r->of[k]);
				r->of[k] = older.of[k];
				memset(&older.of[k], 0, sizeof(older.of[k]));
			}
		}
		records_clear(&older);
	}
	return (st);
}

static prov_status
write_run(const char *dir, const struct run_info *run, const struct records *r,
    unsigned flags, prov_err *err)
{
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	AUTO_BUF b = { 0 };
	prov_status st;

	run_name(name, run);
	if ((st = layout_path(path, err, dir, "%s", name)) != PROV_OK ||
	    (st = run_encode(&b, run->begin, run->end, r, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&b), 0644, flags, err));
}

static void
put_run(struct buf *text, const struct index_run *r)
{
	buf_printf(text, "%llu %llu %llu\n", (unsigned long long)r->begin,
	    (unsigned long long)r->end, (unsigned long long)r->records);
}

/* Replaces index/runs: in place of count runs from at on comes, if any, one. */
static prov_status
write_list(struct index *x, const char *dir, size_t at, size_t count,
    const struct index_run *more, unsigned flags, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	AUTO_BUF text = { 0 };
	prov_status st;
	int old;

	buf_printf(&text, "%s\n", INDEX_HEADER);
	for (size_t i = 0; i < at; i++)
		put_run(&text, &x->runs[i]);
	if (more != NULL)
		put_run(&text, more);
	for (size_t i = at + count; i < x->n; i++)
		put_run(&text, &x->runs[i]);
	if ((st = buf_done(&text, err)) != PROV_OK ||
	    (st = layout_path(path, err, dir, LEDGER_RUNS)) != PROV_OK)
		return (st);
	old = sweeper_hold(x->sweeper, AT_FDCWD, path);
	st = file_write(path, buf_span(&text), 0644, flags, err);
	sweeper_drop(x->sweeper, old);
	if (st != PROV_OK ||
	    (st = index_parse(x, buf_span(&text), err)) != PROV_OK)
		return (st);
	buf_free(&x->text);
	buf_put_span(&x->text, buf_span(&text));
	return (buf_done(&x->text, err));
}

/* Readers that still hold the old list find runs gone and load the new one. */
static void
remove_runs(const struct index *x, const struct index_run *runs, size_t n,
    const char *dir)
{
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		struct run_info r = { .begin = runs[i].begin,
			.end = runs[i].end };

		int held;

		run_name(name, &r);
		if (layout_path(path, NULL, dir, "%s", name) != PROV_OK)
			continue;
		held = sweeper_hold(x->sweeper, AT_FDCWD, path);
		(void)unlink(path);
		sweeper_drop(x->sweeper, held);
	}
}

static prov_status
flush_merged(struct index *x, const char *dir, size_t count, uint64_t max,
    prov_err *err)
{
	size_t keep = x->n - count;
	struct run_info run = { .begin = x->position, .end = x->tail_end };
	struct index_run more;
	AUTO_FREE struct index_run *old = NULL;
	unsigned flags;
	prov_status st;

	if ((st = merge_runs(x, dir, count, &x->tail, err)) != PROV_OK)
		return (st);
	if (count != 0) {
		run.begin = x->runs[keep].begin;
		if ((old = malloc(count * sizeof(*old))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "out of memory"));
		memcpy(old, x->runs + keep, count * sizeof(*old));
	}
	more =
	    (struct index_run){ run.begin, run.end, records_total(&x->tail) };
	/* Who appends on does not wait; soon all is synced by a thread. */
	flags = max > INDEX_ALONG_MIN && more.records >= INDEX_SYNC_MIN
	            ? FILE_SYNC
	            : 0;
	if ((st = write_run(dir, &run, &x->tail, flags, err)) != PROV_OK ||
	    (st = write_list(x, dir, keep, count, &more, flags, err)) !=
		PROV_OK)
		return (st);
	if (count != 0)
		remove_runs(x, old, count, dir);
	return (PROV_OK);
}

static prov_status
flush_up_to(struct index *x, const char *dir, uint64_t max, prov_err *err)
{
	size_t count;
	prov_status st;

	if (x->tail_end <= x->position)
		return (PROV_OK);
	count = merge_count(x, records_total(&x->tail), max);
	st = flush_merged(x, dir, count, max, err);
	/* After a failure the tail may hold merged runs: begin anew. */
	drop_tail(x);
	return (st);
}

static void
drop_merge(struct index *x)
{
	merge_free(x->merge);
	x->merge = NULL;
}

prov_status
index_flush(struct index *x, const char *dir, prov_err *err)
{
	bool done;

	/* What it replaced is to go while the lock is held. */
	if (x->merge != NULL && merge_published(x->merge) &&
	    merge_retire(x->merge, true, &done, NULL) == PROV_OK)
		drop_merge(x);
	return (flush_up_to(x, dir, INDEX_CLOSE_MAX, err));
}

/*
 * Runs that may become one, the newest ones first: from the end of some on,
 * those before it that are not larger, and four of them at least.
 */
static bool
find_runs(const struct index *x, size_t *at, size_t *count)
{
	for (size_t end = x->n; end >= INDEX_FANOUT; end--) {
		uint64_t total = x->runs[end - 1].records;
		size_t n = 1;

		for (; n < end && n < MERGE_INPUTS_MAX; n++) {
			uint64_t more = x->runs[end - 1 - n].records;

			if (total + more > INDEX_MERGE_MAX ||
			    tier(more) > tier(total))
				break;
			total += more;
		}
		*at = end - n;
		*count = n;
		if (n >= INDEX_FANOUT)
			return (true);
	}
	return (false);
}

static prov_status
begin_merge(struct index *x, const char *dir, prov_err *err)
{
	struct run_info runs[MERGE_INPUTS_MAX];
	size_t at, count;

	if (!find_runs(x, &at, &count))
		return (PROV_OK);
	for (size_t i = 0; i < count; i++)
		runs[i] = (struct run_info){ .begin = x->runs[at + i].begin,
			.end = x->runs[at + i].end };
	return (merge_begin(&x->merge, dir, runs, count, err));
}

/* Where the runs are that are being merged, if nobody replaced them. */
static bool
find_merged(const struct index *x, size_t *at)
{
	const struct run_info *run = merge_run(x->merge);
	size_t n = merge_inputs(x->merge);

	for (*at = 0; *at + n <= x->n; ++*at)
		if (x->runs[*at].begin == run->begin)
			return (x->runs[*at + n - 1].end == run->end);
	return (false);
}

/* Its thread syncs the list before what it replaces is removed. */
static prov_status
publish_merge(struct index *x, const char *dir, size_t at, prov_err *err)
{
	const struct run_info *run = merge_run(x->merge);
	const struct index_run more = { run->begin, run->end,
		merge_records(x->merge) };
	size_t n = merge_inputs(x->merge);
	prov_status st;

	if ((st = merge_publish(x->merge, err)) != PROV_OK)
		return (st);
	return (write_list(x, dir, at, n, &more, 0, err));
}

/* Until it is published, somebody else may have replaced its runs. */
static prov_status
work_merge(struct index *x, const char *dir, bool *over, prov_err *err)
{
	bool whole;
	size_t at;
	prov_status st;

	*over = false;
	if (merge_published(x->merge))
		return (merge_retire(x->merge, false, over, err));
	*over = !find_merged(x, &at);
	if (*over ||
	    (st = merge_step(x->merge, INDEX_PIECE, &whole, err)) != PROV_OK ||
	    !whole)
		return (*over ? PROV_OK : st);
	return (publish_merge(x, dir, at, err));
}

static prov_status
step_merge(struct index *x, const char *dir, prov_err *err)
{
	prov_status st = PROV_OK;
	bool over = false;

	if (x->merge == NULL && (st = begin_merge(x, dir, err)) != PROV_OK)
		return (st);
	if (x->merge == NULL)
		return (PROV_OK);
	st = work_merge(x, dir, &over, err);
	if (over || st != PROV_OK)
		drop_merge(x);
	return (st);
}

prov_status
index_flush_along(struct index *x, const char *dir, prov_err *err)
{
	prov_status st;

	st = flush_up_to(x, dir, INDEX_ALONG_MIN, err);
	if (st != PROV_OK || x->no_merge)
		return (st);
	st = step_merge(x, dir, err);
	x->no_merge = st != PROV_OK;
	return (st);
}

/* What the list names is there, and what may not have been synced is whole. */
static bool
run_is_sound(const struct index_run *r, const char *dir, uint64_t synced)
{
	struct run_info run;
	AUTO_FD int fd = -1;

	if (r->end > synced)
		return (run_read(&run, NULL, dir, r->begin, r->end, NULL) ==
			PROV_OK);
	return (run_open(&fd, &run, dir, r->begin, r->end, NULL) == PROV_OK);
}

static bool
is_listed(const struct index *x, uint64_t begin, uint64_t end)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->runs[i].begin == begin && x->runs[i].end == end)
			return (true);
	return (false);
}

/* What a process that was killed had replaced, or not yet listed. */
static void
remove_unlisted(const struct index *x, const char *dir)
{
	char path[LEDGER_PATH_MAX];
	struct dirent *de;
	DIR *d;

	if (layout_path(path, NULL, dir, "index") != PROV_OK ||
	    (d = opendir(path)) == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		prov_span name = span(de->d_name, strlen(de->d_name));
		uint64_t begin, end;

		if (take_number(&name, '-', &begin) &&
		    u64_decode(&end, (const char *)name.p, name.len) &&
		    !is_listed(x, begin, end))
			(void)unlinkat(dirfd(d), de->d_name, 0);
	}
	(void)closedir(d);
}

static prov_status
drop_damaged(struct index *x, const char *dir, uint64_t synced, uint64_t size,
    prov_err *err)
{
	prov_err none = { 0 };
	size_t keep = 0;
	prov_status st;

	if (index_load(x, dir, &none) != PROV_OK) {
		index_empty(x);
		drop_tail(x);
		return (write_list(x, dir, 0, 0, NULL, 0, err));
	}
	while (keep < x->n && x->runs[keep].end <= size &&
	       run_is_sound(&x->runs[keep], dir, synced))
		keep++;
	if (keep == x->n)
		return (PROV_OK);
	st = write_list(x, dir, keep, x->n - keep, NULL, 0, err);
	/* Only now: the tail begins where the runs that are left end. */
	drop_tail(x);
	return (st);
}

prov_status
index_repair(struct index *x, const char *dir, uint64_t synced, uint64_t size,
    prov_err *err)
{
	prov_status st = drop_damaged(x, dir, synced, size, err);

	merge_tidy(dir);
	if (st == PROV_OK)
		remove_unlisted(x, dir);
	return (st);
}
