/* SPDX-License-Identifier: ISC */
#include "ledger/flush.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/merge.h"

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
	    (st = index_write_list(x, dir, keep, count, &more, flags, err)) !=
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
	index_drop_tail(x);
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
	return (index_write_list(x, dir, at, n, &more, 0, err));
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
