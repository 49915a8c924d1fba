/* SPDX-License-Identifier: ISC */
#include "ledger/index.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/keys.h"
#include "ledger/merge.h"
#include "ledger/search.h"

static const char INDEX_HEADER[] = "prov-index/2";

/* 16,384 lines of three numbers. */
#define INDEX_TEXT_MAX ((size_t)INDEX_RUNS_MAX * 64)

void
index_clear(struct index *x)
{
	search_close(x);
	search_drop_filters(x);
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

void
index_drop_tail(struct index *x)
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
			index_drop_tail(x);
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
	index_drop_tail(x);
	buf_free(&x->text);
	buf_put_span(&x->text, buf_span(&text));
	return (buf_done(&x->text, err));
}

static void
put_run(struct buf *text, const struct index_run *r)
{
	buf_printf(text, "%llu %llu %llu\n", (unsigned long long)r->begin,
	    (unsigned long long)r->end, (unsigned long long)r->records);
}

prov_status
index_write_list(struct index *x, const char *dir, size_t at, size_t count,
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
		index_drop_tail(x);
		return (st);
	}
	records_sort(&x->tail);
	x->tail_end = size;
	return (PROV_OK);
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
		index_drop_tail(x);
		return (index_write_list(x, dir, 0, 0, NULL, 0, err));
	}
	while (keep < x->n && x->runs[keep].end <= size &&
	       run_is_sound(&x->runs[keep], dir, synced))
		keep++;
	if (keep == x->n)
		return (PROV_OK);
	st = index_write_list(x, dir, keep, x->n - keep, NULL, 0, err);
	/* Only now: the tail begins where the runs that are left end. */
	index_drop_tail(x);
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
