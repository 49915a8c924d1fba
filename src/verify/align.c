/* SPDX-License-Identifier: ISC */
#include "verify/align.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void
align_clear(struct align *a)
{
	free(a->to);
	free(a->from);
	free(a->was_moved);
	free(a->is_moved);
	memset(a, 0, sizeof(*a));
}

static prov_status
align_init(struct align *a, uint64_t n, uint64_t m, prov_err *err)
{
	if (n > SEGMENTS_MAX || m > SEGMENTS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.segments: more than %lu segments", SEGMENTS_MAX));
	a->n = (uint32_t)n;
	a->m = (uint32_t)m;
	a->to = malloc((n + 1) * sizeof(*a->to));
	a->from = malloc((m + 1) * sizeof(*a->from));
	a->was_moved = calloc(n + 1, sizeof(*a->was_moved));
	a->is_moved = calloc(m + 1, sizeof(*a->is_moved));
	if (a->to == NULL || a->from == NULL || a->was_moved == NULL ||
	    a->is_moved == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%u segments", a->n));
	memset(a->to, 0xff, n * sizeof(*a->to));
	memset(a->from, 0xff, m * sizeof(*a->from));
	return (PROV_OK);
}

/* The two lists being aligned. */
struct lists {
	struct align *a;
	const uint8_t *was;
	const uint8_t *is;
};

static bool
equal(const struct lists *l, uint32_t i, uint32_t j)
{
	return (
	    memcmp(l->was + (size_t)i * 32, l->is + (size_t)j * 32, 32) == 0);
}

static void
pair(const struct lists *l, uint32_t i, uint32_t j)
{
	l->a->to[i] = j;
	l->a->from[j] = i;
}

static void
pair_ends(const struct lists *l)
{
	uint32_t i = 0, n = l->a->n, m = l->a->m;

	while (i < n && i < m && equal(l, i, i)) {
		pair(l, i, i);
		i++;
	}
	while (n > i && m > i && equal(l, n - 1, m - 1))
		pair(l, --n, --m);
}

/* A leaf of either list, to be sorted by its bytes, then by its place. */
struct item {
	const uint8_t *leaf;
	uint32_t at;
	bool is;
};

static int
item_order(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = memcmp(x->leaf, y->leaf, 32);

	if (c != 0)
		return (c);
	if (x->is != y->is)
		return (x->is ? 1 : -1);
	return (x->at < y->at ? -1 : x->at > y->at);
}

static struct item *
sorted_items(const struct lists *l)
{
	uint32_t n = l->a->n, m = l->a->m;
	struct item *items = calloc((size_t)n + m + 1, sizeof(*items));

	if (items == NULL)
		return (NULL);
	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct item){ l->was + (size_t)i * 32, i, false };
	for (uint32_t j = 0; j < m; j++)
		items[n + j] = (struct item){ l->is + (size_t)j * 32, j, true };
	qsort(items, (size_t)n + m, sizeof(*items), item_order);
	return (items);
}

/* Among the open places of one leaf's group: the only one of its list. */
static uint32_t
single(const struct lists *l, const struct item *group, size_t n, bool is)
{
	uint32_t found = ALIGN_NONE;

	for (size_t k = 0; k < n; k++) {
		if (group[k].is != is ||
		    (is ? l->a->from : l->a->to)[group[k].at] != ALIGN_NONE)
			continue;
		if (found != ALIGN_NONE)
			return (ALIGN_NONE);
		found = group[k].at;
	}
	return (found);
}

/* What to do with the places of one leaf. */
typedef void (*group_fn)(const struct lists *l, const struct item *group,
    size_t n, uint32_t *unique);

/* unique[j] = i where a leaf is open once in each list. */
static void
note_unique(const struct lists *l, const struct item *group, size_t n,
    uint32_t *unique)
{
	uint32_t i = single(l, group, n, false);
	uint32_t j = single(l, group, n, true);

	if (i != ALIGN_NONE && j != ALIGN_NONE)
		unique[j] = i;
}

static bool
any_open(const struct lists *l, const struct item *group, size_t n, bool is)
{
	for (size_t k = 0; k < n; k++) {
		if (group[k].is == is &&
		    (is ? l->a->from : l->a->to)[group[k].at] == ALIGN_NONE)
			return (true);
	}
	return (false);
}

static void
note_moved(const struct lists *l, const struct item *group, size_t n,
    uint32_t *unique)
{
	(void)unique;
	if (!any_open(l, group, n, false) || !any_open(l, group, n, true))
		return;
	for (size_t k = 0; k < n; k++) {
		uint32_t at = group[k].at;

		if (group[k].is && l->a->from[at] == ALIGN_NONE)
			l->a->is_moved[at] = true;
		else if (!group[k].is && l->a->to[at] == ALIGN_NONE)
			l->a->was_moved[at] = true;
	}
}

/* Calls fn for each leaf that stands in both lists. */
static void
each_group(const struct lists *l, const struct item *items, group_fn fn,
    uint32_t *unique)
{
	size_t n = (size_t)l->a->n + l->a->m, end;

	for (size_t at = 0; at < n; at = end) {
		end = at + 1;
		while (
		    end < n && memcmp(items[at].leaf, items[end].leaf, 32) == 0)
			end++;
		/* Items of was come first: one look at each end tells. */
		if (!items[at].is && items[end - 1].is)
			fn(l, items + at, end - at, unique);
	}
}

/*
 * Pairs the longest sequence that rises in both lists, by patience sorting:
 * tail[k] is the place in is that ends the best sequence of k + 1 pairs.
 */
static prov_status
pair_rising(const struct lists *l, const uint32_t *unique, prov_err *err)
{
	uint32_t m = l->a->m, len = 0, lo, hi, mid;
	AUTO_FREE uint32_t *tail = calloc((size_t)m + 1, sizeof(*tail));
	AUTO_FREE uint32_t *before = calloc((size_t)m + 1, sizeof(*before));

	if (tail == NULL || before == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%u segments", m));
	for (uint32_t j = 0; j < m; j++) {
		if (unique[j] == ALIGN_NONE)
			continue;
		for (lo = 0, hi = len; lo < hi;) {
			mid = lo + (hi - lo) / 2;
			if (unique[tail[mid]] < unique[j])
				lo = mid + 1;
			else
				hi = mid;
		}
		before[j] = lo == 0 ? ALIGN_NONE : tail[lo - 1];
		tail[lo] = j;
		if (lo == len)
			len++;
	}
	for (uint32_t j = len == 0 ? ALIGN_NONE : tail[len - 1];
	     j != ALIGN_NONE; j = before[j])
		pair(l, unique[j], j);
	return (PROV_OK);
}

/* Repeated leaves follow their paired neighbours, forwards then backwards. */
static void
grow_pairs(const struct lists *l)
{
	struct align *a = l->a;

	for (uint32_t i = 0; i + 1 < a->n; i++) {
		uint32_t j = a->to[i];

		if (j != ALIGN_NONE && j + 1 < a->m &&
		    a->to[i + 1] == ALIGN_NONE &&
		    a->from[j + 1] == ALIGN_NONE && equal(l, i + 1, j + 1))
			pair(l, i + 1, j + 1);
	}
	for (uint32_t i = a->n; i-- > 1;) {
		uint32_t j = a->to[i];

		if (j != ALIGN_NONE && j > 0 && a->to[i - 1] == ALIGN_NONE &&
		    a->from[j - 1] == ALIGN_NONE && equal(l, i - 1, j - 1))
			pair(l, i - 1, j - 1);
	}
}

prov_status
align_leaves(struct align *out, const uint8_t *was, uint64_t n,
    const uint8_t *is, uint64_t m, prov_err *err)
{
	AUTO_ALIGN a = { 0 };
	struct lists l = { &a, was, is };
	AUTO_FREE uint32_t *unique = NULL;
	AUTO_FREE struct item *items = NULL;
	prov_status st;

	if ((st = align_init(&a, n, m, err)) != PROV_OK)
		return (st);
	unique = malloc((m + 1) * sizeof(*unique));
	items = sorted_items(&l);
	if (unique == NULL || items == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%u segments", a.m));
	memset(unique, 0xff, (m + 1) * sizeof(*unique));
	pair_ends(&l);
	each_group(&l, items, note_unique, unique);
	if ((st = pair_rising(&l, unique, err)) != PROV_OK)
		return (st);
	grow_pairs(&l);
	each_group(&l, items, note_moved, NULL);
	*out = a;
	memset(&a, 0, sizeof(a));
	return (PROV_OK);
}
