/* SPDX-License-Identifier: ISC */
#include "essence/fit.h"

#include <stdlib.h>

#include "base/limits.h"

/* A frame's time and its place in coded order. */
struct shown {
	int64_t ns;
	uint64_t coded;
};

/* At most 63 over 27 bits, so that products of three fit 128. */
struct frac {
	int64_t num, den;
};

/* The slopes that take every frame so far to within the tolerance. */
struct cone {
	struct frac lo, hi;
};

static bool
less(struct frac a, struct frac b)
{
	return ((__int128)a.num * b.den < (__int128)b.num * a.den);
}

static int
by_time(const void *pa, const void *pb)
{
	const struct shown *a = pa, *b = pb;

	if (a->ns != b->ns)
		return (a->ns < b->ns ? -1 : 1);
	return (a->coded < b->coded ? -1 : a->coded > b->coded);
}

/*
 * Reordered video is nearly sorted: a few steps each. What takes more than 16
 * on average is left to qsort.
 */
static void
sort_times(struct shown *s, size_t n)
{
	uint64_t budget = 16 * (uint64_t)n;

	for (size_t i = 1; i < n; i++) {
		struct shown x = s[i];
		size_t j = i;

		while (j > 0 && s[j - 1].ns > x.ns && budget > 0) {
			s[j] = s[j - 1];
			j--;
			budget--;
		}
		s[j] = x;
		if (budget == 0) {
			qsort(s, n, sizeof(*s), by_time);
			return;
		}
	}
}

/*
 * The smallest denominator of a fraction from lo to hi, 0 <= lo <= hi: a walk
 * down the Stern-Brocot tree, a whole continued fraction term at a time.
 */
static int64_t
simplest_den(struct frac lo, struct frac hi)
{
	int64_t q0 = 1, q1 = 0;

	for (;;) {
		int64_t whole = lo.num / lo.den;
		int64_t rest = lo.num - whole * lo.den;
		bool last = rest == 0 || hi.num / hi.den > whole;
		int64_t q = (rest != 0 && last ? whole + 1 : whole) * q1 + q0;
		struct frac up = { hi.den, hi.num - whole * hi.den };

		if (last)
			return (q);
		q0 = q1;
		q1 = q;
		/* The reciprocals of what is left change places. */
		hi = (struct frac){ lo.den, rest };
		lo = up;
	}
}

/*
 * The simplest slope of the cone; of several, the nearest to its middle. Times
 * that do not move within the tolerance have none.
 */
static void
slope(const struct cone *c, struct run *r)
{
	__int128 den, mid, one;

	if (c->lo.num == 0)
		return;
	den = simplest_den(c->lo, c->hi);
	mid = (__int128)c->lo.num * c->hi.den + (__int128)c->hi.num * c->lo.den;
	one = (__int128)c->lo.den * c->hi.den;
	r->den = (uint64_t)den;
	r->num = (uint64_t)((mid * den + one) / (2 * one));
}

/* Narrows the cone by a frame that is d ns and j frames from the start. */
static bool
narrow(struct cone *c, int64_t d, int64_t j)
{
	struct frac lo = { d - TIMELINE_FIT_NS, j };
	struct frac hi = { d + TIMELINE_FIT_NS, j };
	struct cone old = *c;

	if (less(c->lo, lo))
		c->lo = lo;
	if (less(hi, c->hi))
		c->hi = hi;
	if (!less(c->hi, c->lo))
		return (true);
	*c = old;
	return (false);
}

static struct run
fit_run(const struct shown *s, size_t n)
{
	struct run r = { .start = s[0].ns, .den = 1, .count = 1 };
	struct cone c = { { 0, 1 }, { INT64_MAX, 1 } };
	size_t j = 1;

	while (j < n && narrow(&c, s[j].ns - s[0].ns, (int64_t)j))
		j++;
	r.count = j;
	if (j > 1)
		slope(&c, &r);
	return (r);
}

static prov_status
fit_order(struct timeline *tl, const struct shown *s, size_t n, prov_err *err)
{
	bool moved = false;

	for (size_t i = 0; i < n && !moved; i++)
		moved = s[i].coded != i;
	if (!moved)
		return (PROV_OK);
	if ((tl->order = calloc(n, sizeof(*tl->order))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "order of %zu frames", n));
	for (size_t i = 0; i < n; i++)
		tl->order[s[i].coded] =
		    (int32_t)((int64_t)i - (int64_t)s[i].coded);
	return (PROV_OK);
}

/* Takes the times over; says in *all whether every frame has one. */
static prov_status
load(struct shown *s, const int64_t *ns, size_t n, bool *all, prov_err *err)
{
	*all = true;
	for (size_t i = 0; i < n; i++) {
		s[i] = (struct shown){ ns[i], i };
		if (ns[i] == PROV_NO_TIME)
			*all = false;
		else if (ns[i] < -TIMELINE_NS_MAX || ns[i] > TIMELINE_NS_MAX)
			return (prov_fail(err, PROV_EFORMAT,
			    "frame %zu: its time is out of range", i));
	}
	return (PROV_OK);
}

prov_status
fit_times(struct timeline *tl, const int64_t *ns, uint64_t n, prov_err *err)
{
	AUTO_FREE struct shown *s = NULL;
	prov_status st;
	bool timed;

	if (n > FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: more than %lu frames", FRAMES_MAX));
	if ((s = calloc((size_t)n + 1, sizeof(*s))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "frame times"));
	if ((st = load(s, ns, (size_t)n, &timed, err)) != PROV_OK)
		return (st);
	tl->untimed = !timed;
	if (!timed)
		return (PROV_OK);
	sort_times(s, (size_t)n);
	if ((st = fit_order(tl, s, (size_t)n, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n;) {
		struct run r = fit_run(s + i, (size_t)n - i);

		if ((st = timeline_add_run(tl, &r, err)) != PROV_OK)
			return (st);
		i += (size_t)r.count;
	}
	return (PROV_OK);
}
