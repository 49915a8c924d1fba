/* SPDX-License-Identifier: ISC */
#include "verify/times.h"

#include <math.h>

#include "base/limits.h"

#define NS 1e9

/* Runs shorter than this are single frames: their ends say nothing of rate. */
#define LONG_RUN_NS 250000000

/*
 * Places at which two timelines are compared, in coded order: each unit of
 * video; of sound the first and last of each piece in which neither has a
 * border, because in between both go on evenly.
 */
struct walk {
	const struct timeline *was, *is;
	int64_t heard_from;
	bool each;     /* each unit; else pieces of sound */
	uint64_t at;   /* unit */
	uint64_t end;  /* behind the piece; video: the next unit */
	size_t i, j;   /* runs, for sound */
	bool at_start; /* the last unit of the piece is still to come */
};

/* One place: the signed time and how much later the other is, ns. */
struct point {
	int64_t was;
	int64_t late;
	bool fits_rate; /* to be looked at for a change of speed */
};

static void
walk_piece(struct walk *w)
{
	uint64_t a, b;

	if (w->each) {
		w->end = w->at + 1;
		return;
	}
	while (w->was->run_at[w->i] + w->was->runs[w->i].count <= w->at)
		w->i++;
	while (w->is->run_at[w->j] + w->is->runs[w->j].count <= w->at)
		w->j++;
	a = w->was->run_at[w->i] + w->was->runs[w->i].count;
	b = w->is->run_at[w->j] + w->is->runs[w->j].count;
	w->end = a < b ? a : b;
}

static void
walk_init(struct walk *w, const struct times *t)
{
	*w = (struct walk){ .was = t->was,
		.is = t->is,
		.heard_from = t->heard_from,
		.each = t->kind != PROV_AUDIO,
		.at_start = true };
	if (t->was->total > 0)
		walk_piece(w);
}

static bool
walk_step(struct walk *w, struct point *p)
{
	uint64_t u;
	int64_t from, last;

	if (w->at >= w->was->total)
		return (false);
	u = w->at_start ? w->at : w->end - 1;
	p->was = timeline_at(w->was, u);
	p->late = timeline_at(w->is, u) - p->was;
	p->fits_rate = true;
	if (w->at_start && w->end - w->at > 1) {
		w->at_start = false;
		return (true);
	}
	if (!w->at_start) {
		from = timeline_at(w->was, w->at);
		last = p->was;
		p->fits_rate = last - from > LONG_RUN_NS;
	}
	w->at = w->end;
	w->at_start = true;
	if (w->at < w->was->total)
		walk_piece(w);
	return (true);
}

/* Passes over what nobody hears, unless it is far from where it was. */
static bool
walk_next(struct walk *w, struct point *p)
{
	while (walk_step(w, p))
		if (w->each || p->was >= w->heard_from ||
		    p->late > TIMES_UNHEARD_NS || p->late < -TIMES_UNHEARD_NS)
			return (true);
	return (false);
}

bool
times_known(const struct timeline *was, const struct timeline *is,
    prov_kind kind)
{
	if (was == NULL || is == NULL || was->untimed || is->untimed)
		return (false);
	if (was->n_runs == 0 || is->n_runs == 0 || was->run_at == NULL ||
	    is->run_at == NULL || was->total != is->total)
		return (false);
	/* All but sound is compared frame by frame. */
	return (kind == PROV_AUDIO || was->total <= FRAMES_MAX);
}

static int64_t
tolerance(prov_kind kind)
{
	return (kind == PROV_AUDIO ? TIMES_AUDIO_NS : TIMES_VIDEO_NS);
}

bool
times_match(const struct times *t)
{
	int64_t max = tolerance(t->kind);
	struct walk w;
	struct point p;

	if (!times_known(t->was, t->is, t->kind))
		return (false);
	walk_init(&w, t);
	while (walk_next(&w, &p)) {
		if (p.late > max || p.late < -max)
			return (false);
	}
	return (true);
}

/* What a first look over all places found. */
struct spread {
	int64_t least, most;      /* lateness */
	struct point first, last; /* earliest and latest signed time */
	struct point bad;         /* the first place that does not match */
	int64_t before_bad;       /* lateness at the place before it */
	bool any_bad;
};

static void
spread_measure(struct spread *s, struct walk *w, int64_t max)
{
	struct point p;
	int64_t before = 0;

	*s = (struct spread){ .least = INT64_MAX, .most = INT64_MIN };
	for (bool any = false; walk_next(w, &p); any = true) {
		s->least = p.late < s->least ? p.late : s->least;
		s->most = p.late > s->most ? p.late : s->most;
		if (!any || p.was < s->first.was)
			s->first = p;
		if (!any || p.was > s->last.was)
			s->last = p;
		if (!s->any_bad && (p.late > max || p.late < -max)) {
			s->any_bad = true;
			s->bad = p;
			s->before_bad = before;
		}
		before = p.late;
	}
}

/* The speed that takes first and last to where they are, or 0. */
static double
rate_of(const struct spread *s)
{
	double was = (double)(s->last.was - s->first.was);
	double is = was + (double)(s->last.late - s->first.late);

	return (was > 0 && is > 0 ? is / was : 0);
}

/* Whether one speed explains every place. */
static bool
rate_fits(const struct spread *s, double rate, struct walk *w, int64_t max)
{
	double room = (double)max * (rate > 1 ? rate : 1);
	struct point p;

	while (walk_next(w, &p)) {
		double from_first = (double)(p.was - s->first.was);
		double want = (double)s->first.late + from_first * (rate - 1);

		if (p.fits_rate && fabs((double)p.late - want) > room)
			return (false);
	}
	return (true);
}

/* Euclid's; gcd(0, x) is x. */
static int64_t
gcd(int64_t x, int64_t y)
{
	int64_t t;

	for (x = x < 0 ? -x : x; x != 0; t = y % x, y = x, x = t)
		;
	return (y);
}

/* The greatest tick of which all times of frames are multiples, to 1 us. */
static int64_t
tick_of(const struct timeline *tl)
{
	int64_t g = 0;

	for (size_t i = 0; i < tl->n_runs; i++) {
		const struct run *r = &tl->runs[i];

		g = gcd(r->start / 1000 - tl->runs[0].start / 1000, g);
		if (r->count > 1 && r->den > 0)
			g = gcd((int64_t)(r->num / r->den / 1000), g);
	}
	return (tl->n_runs < 3 ? 0 : g * 1000);
}

/* Only a signed time that the tick cannot express excuses a bad place. */
static bool
is_coarse(const struct spread *s, const struct timeline *is, int64_t max)
{
	int64_t tick = tick_of(is), off;

	if (tick <= 2 * max || s->most > tick || s->least < -tick)
		return (false);
	off = (s->bad.was - is->runs[0].start) % tick;
	off = off < 0 ? off + tick : off;
	return (off > max && off < tick - max);
}

static void
explain_rate(struct findings *f, double rate)
{
	if (rate > 1)
		findings_add(f, REASON_TIMING_RATE,
		    rate < 1.1 ? "%.4f times slower than signed"
			       : "%.2f times slower than signed",
		    rate);
	else
		findings_add(f, REASON_TIMING_RATE,
		    rate > 0.9 ? "%.4f times faster than signed"
			       : "%.2f times faster than signed",
		    1 / rate);
}

static void
explain_bad(struct findings *f, const struct spread *s, prov_kind kind)
{
	double at = (double)s->bad.was / NS;
	double step = (double)(s->bad.late - s->before_bad) / NS;
	bool late = s->most > -s->least;

	if (kind != PROV_AUDIO)
		findings_add(f, REASON_TIMING_FRAMES,
		    "from %.3f s on, frames are shown up to %.3f s %s", at,
		    (double)(late ? s->most : -s->least) / NS,
		    late ? "late" : "early");
	else if (step > 0)
		findings_add(f, REASON_TIMING_GAP,
		    "%.3f s of silence opened at %.3f s", step, at);
	else
		findings_add(f, REASON_TIMING_GAP,
		    "sound from %.3f s on is %.3f s early", at, -step);
}

void
times_explain(struct findings *f, const struct times *t)
{
	int64_t max = tolerance(t->kind);
	struct spread s;
	struct walk w;
	double rate;

	if (!times_known(t->was, t->is, t->kind)) {
		findings_add(f, REASON_TIMING_UNKNOWN, "%s",
		    t->was == NULL
			? "no timeline of the signed stream is at hand"
			: reason_text(REASON_TIMING_UNKNOWN));
		return;
	}
	walk_init(&w, t);
	spread_measure(&s, &w, max);
	if (!s.any_bad)
		return;
	if (s.most - s.least <= 2 * max) {
		findings_add(f, REASON_TIMING_OFFSET, "%.3f s %s than signed",
		    fabs((double)(s.most + s.least)) / 2 / NS,
		    s.most + s.least > 0 ? "later" : "earlier");
		return;
	}
	rate = rate_of(&s);
	walk_init(&w, t);
	if (rate > 0 && rate_fits(&s, rate, &w, max))
		explain_rate(f, rate);
	else if (is_coarse(&s, t->is, max))
		findings_add(f, REASON_TIMING_COARSE, "a tick is %.0f ms",
		    (double)tick_of(t->is) / 1e6);
	else
		explain_bad(f, &s, t->kind);
}
