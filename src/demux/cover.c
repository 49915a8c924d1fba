/* SPDX-License-Identifier: ISC */
#include "demux/cover.h"

#include <stdlib.h>

#define CAP_MIN 256
#define LATELY  16 /* stretches that a new one may join at once */

void
cover_clear(struct cover *c)
{
	free(c->at);
	*c = (struct cover){ 0 };
}

/* The libc's sort may ask how much memory there is, which a child may not. */
static void
sift(struct stretch *at, size_t i, size_t n)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		struct stretch x = at[i];

		if (child + 1 < n && at[child + 1].from > at[child].from)
			child++;
		if (x.from >= at[child].from)
			return;
		at[i] = at[child];
		at[child] = x;
	}
}

static void
sort(struct stretch *at, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(at, i, n);
	for (size_t i = n; i-- > 1;) {
		struct stretch x = at[0];

		at[0] = at[i];
		at[i] = x;
		sift(at, 0, i);
	}
}

static bool
is_sorted(const struct cover *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (c->at[i].from < c->at[i - 1].from)
			return (false);
	return (true);
}

/* Puts them in order and joins what touches. */
static void
compact(struct cover *c)
{
	size_t n = 0;

	if (!is_sorted(c))
		sort(c->at, c->n);
	for (size_t i = 0; i < c->n; i++) {
		if (n > 0 && c->at[i].from <= c->at[n - 1].to) {
			if (c->at[i].to > c->at[n - 1].to)
				c->at[n - 1].to = c->at[i].to;
			continue;
		}
		c->at[n++] = c->at[i];
	}
	c->n = n;
}

static void
grow(struct cover *c)
{
	size_t cap = c->cap == 0 ? CAP_MIN : 2 * c->cap;
	struct stretch *at;

	compact(c);
	/* Room for as many again, or sorting would never end. */
	if (c->n <= c->cap / 2 && c->cap > 0)
		return;
	if (cap > COVER_MAX ||
	    (at = realloc(c->at, cap * sizeof(*at))) == NULL) {
		c->lost = true;
		return;
	}
	c->at = at;
	c->cap = cap;
}

static bool
touches(const struct stretch *a, const struct stretch *b)
{
	return (a->from <= b->to && b->from <= a->to);
}

void
cover_add(struct cover *c, uint64_t from, uint64_t len)
{
	struct stretch x = { from, from + len };
	size_t first;

	if (c->lost || len == 0)
		return;
	if (x.to < from) {
		c->lost = true;
		return;
	}
	first = c->n > LATELY ? c->n - LATELY : 0;
	for (size_t i = c->n; i-- > first;) {
		if (!touches(&c->at[i], &x))
			continue;
		if (c->at[i].from < x.from)
			x.from = c->at[i].from;
		if (c->at[i].to > x.to)
			x.to = c->at[i].to;
		c->at[i] = c->at[--c->n];
	}
	if (c->n == c->cap)
		grow(c);
	if (!c->lost)
		c->at[c->n++] = x;
}

uint64_t
cover_total(struct cover *c, uint64_t size)
{
	uint64_t total = 0;

	if (c->n > 0)
		compact(c);
	for (size_t i = 0; i < c->n && c->at[i].from < size; i++) {
		uint64_t to = c->at[i].to < size ? c->at[i].to : size;

		total += to - c->at[i].from;
	}
	return (total);
}
