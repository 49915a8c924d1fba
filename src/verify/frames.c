/* SPDX-License-Identifier: ISC */
#include "verify/frames.h"

#include <string.h>

bool
frames_known(const struct timeline *was, const struct timeline *is)
{
	return (was != NULL && is != NULL && was->frames != NULL &&
		is->frames != NULL && was->unit_at != NULL &&
		is->unit_at != NULL);
}

struct frames
frames_of(const struct timeline *tl, uint64_t k, uint64_t end)
{
	struct frames f = { tl, 0, 0 };

	f.at = k < tl->n ? tl->unit_at[k] : tl->total;
	f.n = (end < tl->n ? tl->unit_at[end] : tl->total) - f.at;
	return (f);
}

static bool
same(const struct frames *a, uint64_t i, const struct frames *b, uint64_t j)
{
	return (memcmp(a->tl->frames + (size_t)(a->at + i) * TIMELINE_FRAME_LEN,
		    b->tl->frames + (size_t)(b->at + j) * TIMELINE_FRAME_LEN,
		    TIMELINE_FRAME_LEN) == 0);
}

uint64_t
frames_head(const struct frames *a, const struct frames *b)
{
	uint64_t n = 0;

	while (n < a->n && n < b->n && same(a, n, b, n))
		n++;
	return (n);
}

uint64_t
frames_tail(const struct frames *a, const struct frames *b)
{
	uint64_t n = 0;

	while (n < a->n && n < b->n && same(a, a->n - n - 1, b, b->n - n - 1))
		n++;
	return (n);
}

/* How long a picture lasts there: the mean of its run. */
static int64_t
lasts(const struct timeline *tl, int64_t ns)
{
	size_t lo = 0, hi = tl->n_runs;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (tl->runs[mid].start <= ns)
			lo = mid;
		else
			hi = mid;
	}
	return ((int64_t)(tl->runs[lo].num / tl->runs[lo].den));
}

void
frames_span(const struct frames *f, int64_t *from, int64_t *to)
{
	*from = INT64_MAX;
	*to = INT64_MIN;
	for (uint64_t u = f->at; u < f->at + f->n; u++) {
		int64_t ns = timeline_at(f->tl, u);

		*from = ns < *from ? ns : *from;
		*to = ns > *to ? ns : *to;
	}
	*to += lasts(f->tl, *to);
}
