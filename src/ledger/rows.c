/* SPDX-License-Identifier: ISC */
#include "ledger/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"

/* Records that are read at once. */
#define BLOCK 4096U

/* How often a list is read again whose runs were merged meanwhile. */
#define OPEN_TRIES 16

static const char *const names[INDEX_KINDS] = {
	[INDEX_ASSET] = "asset",
	[INDEX_STREAM] = "stream",
	[INDEX_SIGNER] = "signer",
	[INDEX_SEGMENT] = "segment",
};

static void complain(struct rows *r, const char *name, uint64_t entry,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
complain(struct rows *r, const char *name, uint64_t entry, const char *fmt, ...)
{
	char what[FINDING_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	damage_add(r->found, FOUND_INDEX, name, entry, "%s", what);
	r->bad++;
}

/* Why a file of the index cannot be compared. */
static void
unread(struct rows *r, const char *name, prov_status st, const prov_err *why)
{
	damage_read(r->found, FOUND_INDEX, name, st, why->msg);
	r->bad++;
}

static void
close_runs(struct rows *r)
{
	for (size_t i = 0; r->fd != NULL && i < r->index.n; i++)
		auto_fd(&r->fd[i]);
	free(r->fd);
	r->fd = NULL;
}

void
rows_clear(struct rows *r)
{
	close_runs(r);
	index_clear(&r->index);
	records_clear(&r->want);
	buf_free(&r->lacking);
	buf_free(&r->holes);
	buf_free(&r->temp);
}

/* index/BEGIN-END of a run of the list. */
static void
run_path(char out[LEDGER_PATH_MAX], const struct rows *r, size_t i)
{
	struct run_info info = { .begin = r->index.runs[i].begin,
		.end = r->index.runs[i].end };

	run_name(out, &info);
}

/* What was opened stays readable when runs are merged. */
static prov_status
open_runs(struct rows *r, bool last, bool *again, prov_err *err)
{
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	struct stat sb;
	prov_status st;

	*again = false;
	if ((r->fd = malloc((r->index.n + 1) * sizeof(*r->fd))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < r->index.n; i++)
		r->fd[i] = -1;
	for (size_t i = 0; i < r->index.n; i++) {
		prov_err why = { 0 };

		run_path(name, r, i);
		st = layout_path(path, err, r->dir, "%s", name);
		if (st != PROV_OK)
			return (st);
		st = part_open(&r->fd[i], &sb, path, &why);
		if (st == PROV_ENOTFOUND && !last) {
			*again = true;
			return (PROV_OK);
		}
		if (st != PROV_OK)
			unread(r, name, st, &why);
	}
	return (PROV_OK);
}

/* Once more, for as long as the list changes under our hands. */
static prov_status
load_list(struct rows *r, prov_err *err)
{
	AUTO_BUF before = { 0 };
	prov_err why = { 0 };
	prov_status st;
	bool again = true, last = false;

	for (unsigned i = 0; again && i < OPEN_TRIES; i++) {
		close_runs(r);
		before.len = 0;
		buf_put_span(&before, buf_span(&r->index.text));
		st = index_load(&r->index, r->dir, &why);
		if (st == PROV_ENOMEM)
			return (prov_fail(err, st, "%s", why.msg));
		if (st != PROV_OK) {
			unread(r, LEDGER_RUNS, st, &why);
			r->index.n = 0;
			return (PROV_OK);
		}
		last = i + 1 == OPEN_TRIES ||
		       (i > 0 && span_eq(buf_span(&before),
				     buf_span(&r->index.text)));
		if ((st = open_runs(r, last, &again, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
rows_open(struct rows *r, const char *dir, uint64_t size, struct damage *found,
    prov_err *err)
{
	memset(r, 0, sizeof(*r));
	r->dir = dir;
	r->size = size;
	r->found = found;
	return (load_list(r, err));
}

/*
 * By key and, since they come in the order of their entries and this keeps
 * it, by entry: eight passes over a byte each, of which those are left out
 * that tell nothing apart.
 */
static void
sort_by_key(struct record *at, struct record *temp, size_t n)
{
	struct record *from = at, *to = temp, *swap;

	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t count[256] = { 0 }, sum = 0, c;

		for (size_t i = 0; i < n; i++)
			count[from[i].key >> shift & 255]++;
		if (count[from[0].key >> shift & 255] == n)
			continue;
		for (unsigned b = 0; b < 256; b++) {
			c = count[b];
			count[b] = sum;
			sum += c;
		}
		for (size_t i = 0; i < n; i++)
			to[count[from[i].key >> shift & 255]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != at)
		memcpy(at, from, n * sizeof(*at));
}

/* Sorts and leaves each record once; how many are left. */
static prov_status
sort_once(struct rows *r, struct record *at, size_t *n, prov_err *err)
{
	size_t kept = 0;

	if (*n == 0)
		return (PROV_OK);
	r->temp.len = 0;
	if (buf_grow(&r->temp, *n * sizeof(*at)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	sort_by_key(at, (struct record *)(void *)r->temp.p, *n);
	for (size_t i = 0; i < *n; i++)
		if (kept == 0 || record_order(&at[kept - 1], &at[i]) != 0)
			at[kept++] = at[i];
	*n = kept;
	return (PROV_OK);
}

/* One section of a run's file, read from its start to its end. */
struct stream_of {
	int fd;
	uint64_t off, left;
	size_t at, n;
	uint8_t block[BLOCK * RUN_RECORD];
};

/* PROV_ENOTFOUND at the end. */
static prov_status
next_record(struct stream_of *s, struct record *out, prov_err *err)
{
	prov_status st;

	if (s->at == s->n) {
		s->n = s->left < BLOCK ? (size_t)s->left : BLOCK;
		s->at = 0;
		if (s->n == 0)
			return (PROV_ENOTFOUND);
		if ((st = fd_pread(s->fd, s->block, s->n * RUN_RECORD, s->off,
			 err)) != PROV_OK)
			return (st);
		s->off += s->n * RUN_RECORD;
		s->left -= s->n;
	}
	out->key = be64(s->block + s->at * RUN_RECORD);
	out->index = be64(s->block + s->at * RUN_RECORD + 8);
	s->at++;
	return (PROV_OK);
}

/* What differs in one section, for a slice of the run's entries. */
struct differ {
	uint64_t lack, extra;
	struct record first; /* of those */
};

static void
note(struct differ *d, bool lacks, const struct record *r)
{
	if (d->lack + d->extra == 0)
		d->first = *r;
	d->lack += lacks;
	d->extra += !lacks;
}

/* A slice of a run that is being compared. */
struct slice {
	struct rows *r;
	struct run_info info;
	uint64_t lo, hi;
	bool *lacks;   /* by entry: not all of its timelines are at hand */
	bool *indexed; /* by entry: the run has segments of it */
};

static int
u64_cmp(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return ((*x > *y) - (*x < *y));
}

static bool
is_hole(const struct rows *r, uint64_t entry)
{
	uint64_t tile = entry / TILE_WIDTH;

	return (r->holes.len != 0 &&
		bsearch(&tile, r->holes.p, r->holes.len / sizeof(tile),
		    sizeof(tile), u64_cmp) != NULL);
}

static bool
in_slice(const struct slice *s, const struct record *rec)
{
	return (rec->index >= s->lo && rec->index < s->hi &&
		!is_hole(s->r, rec->index));
}

/*
 * Segments come from blobs, which may be gone by now or have come later: what
 * is there has to follow from the timelines at hand, and of an entry that was
 * indexed with all of them nothing may lack.
 */
static bool
may_lack(const struct slice *s, unsigned kind, const struct record *rec)
{
	return (kind == INDEX_SEGMENT && !s->indexed[rec->index - s->lo]);
}

static bool
may_have(const struct slice *s, unsigned kind, const struct record *rec)
{
	return (kind == INDEX_SEGMENT && s->lacks[rec->index - s->lo]);
}

static struct stream_of *
section(const struct slice *s, unsigned kind, prov_err *err)
{
	struct stream_of *f = malloc(sizeof(*f));

	if (f == NULL) {
		(void)prov_fail(err, PROV_ENOMEM, "out of memory");
		return (NULL);
	}
	f->fd = s->r->fd[s->r->run];
	f->off = RUN_HEAD;
	for (unsigned k = 0; k < kind; k++)
		f->off += s->info.n[k] * RUN_RECORD;
	f->left = s->info.n[kind];
	f->at = f->n = 0;
	return (f);
}

/* Which entries have segments in the run. */
static prov_status
find_indexed(struct slice *s, prov_err *err)
{
	AUTO_FREE struct stream_of *f = section(s, INDEX_SEGMENT, err);
	struct record rec;
	prov_status st;

	if (f == NULL)
		return (PROV_ENOMEM);
	while ((st = next_record(f, &rec, err)) == PROV_OK)
		if (in_slice(s, &rec))
			s->indexed[rec.index - s->lo] = true;
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

/* Both sides in step: the run's section, and the sorted records wanted. */
static prov_status
merge(struct slice *s, unsigned kind, const struct record *want, size_t n,
    struct differ *d, prov_err *err)
{
	AUTO_FREE struct stream_of *f = section(s, kind, err);
	struct record rec;
	size_t i = 0;
	prov_status st;

	if (f == NULL)
		return (PROV_ENOMEM);
	while ((st = next_record(f, &rec, err)) == PROV_OK) {
		if (!in_slice(s, &rec))
			continue;
		for (; i < n && record_order(&want[i], &rec) < 0; i++)
			if (in_slice(s, &want[i]) &&
			    !may_lack(s, kind, &want[i]))
				note(d, true, &want[i]);
		if (i < n && record_order(&want[i], &rec) == 0)
			i++;
		else if (!may_have(s, kind, &rec))
			note(d, false, &rec);
	}
	for (; st == PROV_ENOTFOUND && i < n; i++)
		if (in_slice(s, &want[i]) && !may_lack(s, kind, &want[i]))
			note(d, true, &want[i]);
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

static void
tell(const struct slice *s, unsigned kind, const struct differ *d)
{
	char name[LEDGER_PATH_MAX];

	if (d->lack + d->extra == 0)
		return;
	run_path(name, s->r, s->r->run);
	complain(s->r, name, d->first.index,
	    "does not follow from the entries: of %ss it lacks %llu rows and "
	    "has %llu too many; the first is %016llx of entry %llu",
	    names[kind], (unsigned long long)d->lack,
	    (unsigned long long)d->extra, (unsigned long long)d->first.key,
	    (unsigned long long)d->first.index);
}

/* How many of the records held are of entries before hi. */
static size_t
before(const struct buf *b, size_t each, size_t at, uint64_t hi)
{
	size_t lo = 0, n = b->len / each;
	uint64_t index;

	while (lo < n) {
		size_t mid = lo + (n - lo) / 2;

		memcpy(&index, b->p + mid * each + at, sizeof(index));
		if (index < hi)
			lo = mid + 1;
		else
			n = mid;
	}
	return (lo);
}

static prov_status
compare_kinds(struct slice *s, prov_err *err)
{
	prov_status st = find_indexed(s, err);

	for (unsigned k = 0; k < INDEX_KINDS && st == PROV_OK; k++) {
		struct buf *b = &s->r->want.of[k];
		struct record *at = (struct record *)(void *)b->p;
		size_t n = before(b, sizeof(*at),
		    offsetof(struct record, index), s->hi);
		struct differ d = { 0 };

		if ((st = sort_once(s->r, at, &n, err)) == PROV_OK &&
		    (st = merge(s, k, at, n, &d, err)) == PROV_OK)
			tell(s, k, &d);
	}
	return (st);
}

static prov_status
compare(struct rows *r, uint64_t hi, prov_err *err)
{
	size_t n = (size_t)(hi - r->lo);
	AUTO_FREE bool *flags = calloc(2 * n + 1, sizeof(*flags));
	struct slice s = { .r = r, .lo = r->lo, .hi = hi, .lacks = flags };
	const uint64_t *lacking = (const uint64_t *)(const void *)r->lacking.p;
	uint8_t head[RUN_HEAD];
	struct stat sb;
	prov_status st;

	if (flags == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	s.indexed = flags + n;
	for (size_t i = 0; i < r->lacking.len / sizeof(*lacking); i++)
		if (lacking[i] >= r->lo && lacking[i] < hi)
			flags[lacking[i] - r->lo] = true;
	if (fstat(r->fd[r->run], &sb) == -1)
		return (prov_fail_errno(err, PROV_EIO, "index"));
	if ((st = fd_pread(r->fd[r->run], head, sizeof(head), 0, err)) !=
		PROV_OK ||
	    (st = run_head(&s.info, head, (uint64_t)sb.st_size, err)) !=
		PROV_OK)
		return (st);
	return (compare_kinds(&s, err));
}

static void
drop(struct buf *b, size_t len)
{
	if (len != 0)
		memmove(b->p, b->p + len, b->len - len);
	b->len -= len;
}

/* Compares what is held of entries before hi, and holds it no more. */
static prov_status
let_go(struct rows *r, uint64_t hi, prov_err *err)
{
	prov_err why = { 0 };
	char name[LEDGER_PATH_MAX];
	size_t n[INDEX_KINDS];
	prov_status st = PROV_OK;

	for (unsigned k = 0; k < INDEX_KINDS; k++)
		n[k] = before(&r->want.of[k], sizeof(struct record),
		    offsetof(struct record, index), hi);
	if (r->run < r->index.n && r->good)
		st = compare(r, hi, &why);
	if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK) {
		run_path(name, r, r->run);
		unread(r, name, st, &why);
		r->good = false;
	}
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		drop(&r->want.of[k], n[k] * sizeof(struct record));
	drop(&r->lacking,
	    before(&r->lacking, sizeof(uint64_t), 0, hi) * sizeof(uint64_t));
	r->lo = hi;
	return (PROV_OK);
}

/* The form of the run that is next: its head, digest and order. */
static prov_status
check_form(struct rows *r, prov_err *err)
{
	const struct index_run *run;
	char name[LEDGER_PATH_MAX];
	prov_err why = { 0 };
	struct run_info info;
	prov_status st;

	r->formed = true;
	r->good = r->fd[r->run] != -1;
	if (!r->good)
		return (PROV_OK);
	run = &r->index.runs[r->run];
	st = run_check(&info, r->fd[r->run], &why);
	if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (prov_fail(err, st, "%s", why.msg));
	if (st == PROV_OK && (info.begin != run->begin || info.end != run->end))
		st = prov_fail(&why, PROV_EUNTRUSTED, "holds another run");
	r->good = st == PROV_OK;
	r->compared++;
	run_path(name, r, r->run);
	if (st != PROV_OK)
		unread(r, name, st, &why);
	return (PROV_OK);
}

static bool
many(const struct rows *r)
{
	return (r->end - r->lo >= ROWS_SLICE ||
		records_total(&r->want) >= ROWS_SLICE);
}

/* Compares what is complete of what is held. */
static prov_status
advance(struct rows *r, bool all, prov_err *err)
{
	prov_status st = PROV_OK;

	while (st == PROV_OK && r->lo < r->end && r->run < r->index.n) {
		uint64_t end = r->index.runs[r->run].end;

		if (!r->formed && (st = check_form(r, err)) != PROV_OK)
			return (st);
		if (end > r->end && !all && !many(r))
			break;
		st = let_go(r, end < r->end ? end : r->end, err);
		if (r->lo == end) {
			r->run++;
			r->formed = false;
		}
	}
	return (st);
}

prov_status
rows_add(struct rows *r, const struct scanned *t, bool hole, prov_err *err)
{
	prov_status st;

	if (r->run >= r->index.n)
		return (PROV_OK); /* readers scan these entries */
	for (unsigned k = 0; k < INDEX_KINDS; k++) {
		buf_put_span(&r->want.of[k], buf_span(&t->records.of[k]));
		if ((st = buf_done(&r->want.of[k], err)) != PROV_OK)
			return (st);
	}
	buf_put_span(&r->lacking, buf_span(&t->lacking));
	if (hole)
		buf_put(&r->holes, &t->n, sizeof(t->n));
	if ((st = buf_done(&r->lacking, err)) != PROV_OK ||
	    (st = buf_done(&r->holes, err)) != PROV_OK)
		return (st);
	r->end = t->n * TILE_WIDTH + t->width;
	return (advance(r, false, err));
}

prov_status
rows_finish(struct rows *r, prov_err *err)
{
	return (advance(r, true, err));
}
