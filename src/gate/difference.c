/* SPDX-License-Identifier: ISC */
#include "gate/difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "manifest/runrecord.h"

/* A line's number fits: RUN_LINES_MAX is far below. */
#define NONE UINT32_MAX
_Static_assert(RUN_LINES_MAX < NONE, "numbers of lines");

struct sorted {
	uint64_t hash;
	uint32_t i;
};

/* The lines between those that both lists begin and end with. */
struct middle {
	const uint8_t *was, *now;
	uint64_t skipped; /* lines before them */
	uint32_t n_was, n_now;
	uint32_t *to;   /* of each line now: which it was, or NONE */
	uint32_t *from; /* of each line that was: which it is now, or NONE */
	bool *stays;    /* of each line now: in order with the others that do */
};

static void
middle_clear(struct middle *m)
{
	free(m->to);
	free(m->from);
	free(m->stays);
}
#define AUTO_MIDDLE __attribute__((cleanup(middle_clear))) struct middle

const char *
difference_name(enum difference_kind kind)
{
	static const char *const names[] = { "altered", "missing", "added",
		"moved" };

	return (names[kind]);
}

static int
sorted_cmp(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->hash != y->hash)
		return (x->hash < y->hash ? -1 : 1);
	return ((x->i > y->i) - (x->i < y->i));
}

static void *
array(size_t n, size_t size)
{
	return (calloc(n + 1, size));
}

static prov_status
sort(struct sorted **out, const uint8_t *lines, uint32_t n, prov_err *err)
{
	struct sorted *s = array(n, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "lines"));
	for (uint32_t i = 0; i < n; i++) {
		s[i].hash = be64(lines + (size_t)i * RUN_PREFIX_LEN);
		s[i].i = i;
	}
	qsort(s, n, sizeof(*s), sorted_cmp);
	*out = s;
	return (PROV_OK);
}

/* Which line is which: the first of those with one hash is the first. */
static prov_status
match(struct middle *m, prov_err *err)
{
	AUTO_FREE struct sorted *was = NULL, *now = NULL;
	uint32_t i = 0, j = 0;
	prov_status st;

	if ((st = sort(&was, m->was, m->n_was, err)) != PROV_OK ||
	    (st = sort(&now, m->now, m->n_now, err)) != PROV_OK)
		return (st);
	while (i < m->n_was && j < m->n_now) {
		if (was[i].hash < now[j].hash) {
			i++;
		} else if (was[i].hash > now[j].hash) {
			j++;
		} else {
			m->from[was[i].i] = now[j].i;
			m->to[now[j++].i] = was[i++].i;
		}
	}
	return (PROV_OK);
}

/* Where x goes among the last lines of the longest rising rows so far. */
static uint32_t
row_of(const struct middle *m, const uint32_t *last, uint32_t n, uint32_t x)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (m->to[last[mid]] < x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo);
}

/* Those stay that are a longest rising row; all others moved. */
static prov_status
find_staying(struct middle *m, prov_err *err)
{
	AUTO_FREE uint32_t *last = array(m->n_now, sizeof(*last));
	AUTO_FREE uint32_t *before = array(m->n_now, sizeof(*before));
	uint32_t n = 0;

	if (last == NULL || before == NULL)
		return (prov_fail(err, PROV_ENOMEM, "lines"));
	for (uint32_t j = 0; j < m->n_now; j++) {
		uint32_t row;

		if (m->to[j] == NONE)
			continue;
		row = row_of(m, last, n, m->to[j]);
		before[j] = row > 0 ? last[row - 1] : NONE;
		last[row] = j;
		if (row == n)
			n++;
	}
	for (uint32_t j = n > 0 ? last[n - 1] : NONE; j != NONE; j = before[j])
		m->stays[j] = true;
	return (PROV_OK);
}

/* Where telling has come to in both lists. */
struct telling {
	const struct middle *m;
	difference_fn fn;
	void *arg;
	uint32_t i, j;
};

static prov_status
tell(const struct telling *t, enum difference_kind kind, uint32_t i, uint32_t j,
    prov_err *err)
{
	struct difference d = { kind, t->m->skipped + i + 1,
		t->m->skipped + j + 1 };

	return (t->fn(t->arg, &d, err));
}

static bool
gone(const struct telling *t)
{
	return (t->i < t->m->n_was && t->m->from[t->i] == NONE);
}

static bool
fresh(const struct telling *t)
{
	return (t->j < t->m->n_now && t->m->to[t->j] == NONE);
}

/* What was at i moved, and is told where it is now. */
static bool
moved_away(const struct telling *t)
{
	return (t->i < t->m->n_was && t->m->from[t->i] != NONE &&
		!t->m->stays[t->m->from[t->i]]);
}

static prov_status
tell_next(struct telling *t, prov_err *err)
{
	if (moved_away(t)) {
		t->i++;
		return (PROV_OK);
	}
	if (gone(t) && fresh(t))
		return (tell(t, DIFFERENCE_ALTERED, t->i++, t->j++, err));
	if (gone(t))
		return (tell(t, DIFFERENCE_MISSING, t->i++, t->j, err));
	if (fresh(t))
		return (tell(t, DIFFERENCE_ADDED, t->i, t->j++, err));
	if (t->j < t->m->n_now && !t->m->stays[t->j]) {
		t->j++;
		return (tell(t, DIFFERENCE_MOVED, t->m->to[t->j - 1], t->j - 1,
		    err));
	}
	t->i++;
	t->j++;
	return (PROV_OK);
}

static prov_status
middle_new(struct middle *m, prov_err *err)
{
	m->to = array(m->n_now, sizeof(*m->to));
	m->from = array(m->n_was, sizeof(*m->from));
	m->stays = array(m->n_now, sizeof(*m->stays));
	if (m->to == NULL || m->from == NULL || m->stays == NULL)
		return (prov_fail(err, PROV_ENOMEM, "lines"));
	for (uint32_t j = 0; j < m->n_now; j++)
		m->to[j] = NONE;
	for (uint32_t i = 0; i < m->n_was; i++)
		m->from[i] = NONE;
	return (PROV_OK);
}

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return (memcmp(a, b, RUN_PREFIX_LEN) == 0);
}

/* Leaves out what both begin and end with. */
static void
trim(struct middle *m, prov_span was, prov_span now)
{
	const size_t len = RUN_PREFIX_LEN;
	size_t a = was.len / len, b = now.len / len, head = 0;

	while (head < a && head < b &&
	       same(was.p + head * len, now.p + head * len))
		head++;
	while (a > head && b > head &&
	       same(was.p + (a - 1) * len, now.p + (b - 1) * len)) {
		a--;
		b--;
	}
	m->was = a > head ? was.p + head * len : NULL;
	m->now = b > head ? now.p + head * len : NULL;
	m->skipped = head;
	m->n_was = (uint32_t)(a - head);
	m->n_now = (uint32_t)(b - head);
}

prov_status
difference_find(prov_span was, prov_span now, difference_fn fn, void *arg,
    prov_err *err)
{
	AUTO_MIDDLE m = { .to = NULL };
	struct telling t = { &m, fn, arg, 0, 0 };
	prov_status st;

	if (was.len / RUN_PREFIX_LEN > RUN_LINES_MAX ||
	    now.len / RUN_PREFIX_LEN > RUN_LINES_MAX)
		return (prov_fail(err, PROV_ELIMIT, "too many lines"));
	trim(&m, was, now);
	if ((st = middle_new(&m, err)) != PROV_OK ||
	    (st = match(&m, err)) != PROV_OK ||
	    (st = find_staying(&m, err)) != PROV_OK)
		return (st);
	while (st == PROV_OK && (t.i < m.n_was || t.j < m.n_now))
		st = tell_next(&t, err);
	return (st);
}
