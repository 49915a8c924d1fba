/* SPDX-License-Identifier: ISC */
#include "verify/clip.h"

#include <string.h>

#include "verify/frames.h"
#include "verify/times.h"

/* Segments that are tried as the one to begin from, outward from the middle. */
#define PIVOTS_MAX 64

/* How far frames of an edge may lie among proven ones: frames are reordered. */
#define EDGE_OVERLAP_NS INT64_C(1000000000)

/* An edge adjoins what is proven, but for how long a last picture stands. */
#define EDGE_GAP_NS INT64_C(1000000000)

/* Segments of sound that an edge has: each has a quarter of a second or more.
 */
#define EDGE_SEGMENTS 64

#define NOWHERE UINT64_MAX

/* A signed stream and the candidate's that is paired with it. */
struct side {
	const struct timeline *was, *is;
	prov_kind kind;
	struct held *held;
};

static bool
equal(const struct side *s, uint64_t is, uint64_t was)
{
	return (memcmp(s->is->leaves + is * 32, s->was->leaves + was * 32,
		    32) == 0 &&
		s->is->units[is] == s->was->units[was]);
}

/* Where a segment of the candidate stands, if in one place only. */
static uint64_t
place_of(const struct side *s, uint64_t k)
{
	uint64_t at = NOWHERE;

	for (uint64_t i = 0; i < s->was->n; i++) {
		if (!equal(s, k, i))
			continue;
		if (at != NOWHERE)
			return (NOWHERE);
		at = i;
	}
	return (at);
}

/* Takes in the neighbours that are as signed, in the same order. */
static void
grow(const struct side *s, uint64_t is, uint64_t was)
{
	uint64_t lo = 0, hi = 1;

	while (lo < is && lo < was && equal(s, is - lo - 1, was - lo - 1))
		lo++;
	while (is + hi < s->is->n && was + hi < s->was->n &&
	       equal(s, is + hi, was + hi))
		hi++;
	s->held->first = is - lo;
	s->held->at = was - lo;
	s->held->n = lo + hi;
}

/* Number i of the segments outward from the middle, or NOWHERE. */
static uint64_t
outward(uint64_t n, uint64_t i)
{
	uint64_t half = (i + 1) / 2, middle = n / 2;

	if (i % 2 == 0)
		return (middle + half < n ? middle + half : NOWHERE);
	return (half <= middle ? middle - half : NOWHERE);
}

/*
 * Finds the run by a segment that nobody else has and that stands in one place
 * only. false: there is none among those tried.
 */
static bool
find_distinctive(const struct side *s)
{
	uint64_t tried = 0, n = s->is->n;

	for (uint64_t i = 0; i < 2 * n && tried < PIVOTS_MAX; i++) {
		uint64_t k = outward(n, i), at;

		if (k == NOWHERE || timeline_is_dull(s->is, k))
			continue;
		tried++;
		if ((at = place_of(s, k)) == NOWHERE)
			continue;
		grow(s, k, at);
		return (true);
	}
	return (false);
}

static int64_t
segment_from(const struct timeline *tl, uint64_t k)
{
	int64_t from, to;

	timeline_segment(tl, k, &from, &to);
	return (from);
}

/* The signed segment that begins last before a time, or the first. */
static uint64_t
segment_at(const struct timeline *tl, int64_t ns)
{
	uint64_t lo = 0, hi = tl->n;

	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (segment_from(tl, mid) <= ns)
			lo = mid;
		else
			hi = mid;
	}
	return (lo);
}

/* Silence and the like is found by when it is heard. */
static bool
find_by_time(const struct side *s, int64_t late)
{
	for (uint64_t i = 0; i < 2 * s->is->n && i < PIVOTS_MAX; i++) {
		uint64_t k = outward(s->is->n, i), at;

		if (k == NOWHERE)
			continue;
		at = segment_at(s->was,
		    segment_from(s->is, k) - late + TIMES_AUDIO_NS);
		if (equal(s, k, at)) {
			grow(s, k, at);
			return (true);
		}
	}
	return (false);
}

static uint64_t
run_of(const struct timeline *tl, uint64_t unit)
{
	uint64_t lo = 0, hi = tl->n_runs;

	while (hi - lo > 1) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (tl->run_at[mid] <= unit)
			lo = mid;
		else
			hi = mid;
	}
	return (lo);
}

/* Where the run that holds a unit ends. */
static uint64_t
run_end(const struct timeline *tl, uint64_t unit)
{
	uint64_t r = run_of(tl, unit);

	return (tl->run_at[r] + tl->runs[r].count);
}

static bool
in_time(const struct side *s, uint64_t was, uint64_t is, int64_t late)
{
	int64_t max = s->kind == PROV_AUDIO ? TIMES_AUDIO_NS : TIMES_VIDEO_NS;
	int64_t d = timeline_at(s->is, is) - timeline_at(s->was, was) - late;

	return (d >= -max && d <= max);
}

/*
 * Whether all that is proven comes when it should: each picture; of sound both
 * ends of each piece in which it goes on evenly.
 */
static bool
times_hold(const struct side *s, int64_t late)
{
	const struct held *h = s->held;
	uint64_t is = s->is->unit_at[h->first], was = s->was->unit_at[h->at];
	uint64_t n = 0;

	for (uint64_t k = 0; k < h->n; k++)
		n += s->is->units[h->first + k];
	for (uint64_t u = 0, step; u < n; u += step) {
		step = 1;
		if (s->kind == PROV_AUDIO) {
			uint64_t a = run_end(s->is, is + u) - is - u;
			uint64_t b = run_end(s->was, was + u) - was - u;

			step = a < b ? a : b;
			step = step < n - u ? step : n - u;
		}
		if (step == 0 || !in_time(s, was + u, is + u, late) ||
		    !in_time(s, was + u + step - 1, is + u + step - 1, late))
			return (false);
	}
	return (true);
}

/* From the first to the last of some segments. */
static struct stretch
span_of(const struct timeline *tl, uint64_t k, uint64_t n)
{
	struct stretch all = { INT64_MAX, INT64_MIN };

	for (uint64_t i = k; i < k + n; i++) {
		int64_t from, to;

		timeline_segment(tl, i, &from, &to);
		all.from = from < all.from ? from : all.from;
		all.to = to > all.to ? to : all.to;
	}
	return (all);
}

/*
 * A whole segment from elsewhere in what was signed is no rest of one: pieces
 * were put together.
 */
static bool
is_elsewhere(const struct side *s, uint64_t k, uint64_t n)
{
	for (; n-- > 0; k++) {
		if (timeline_is_dull(s->is, k))
			continue;
		for (uint64_t i = 0; i < s->was->n; i++) {
			if (equal(s, k, i))
				return (true);
		}
	}
	return (false);
}

static void
take_in(struct stretch *all, const struct frames *f)
{
	int64_t from, to;

	frames_span(f, &from, &to);
	all->from = from < all->from ? from : all->from;
	all->to = to > all->to ? to : all->to;
}

/*
 * Pictures of an edge that were signed one by one: what goes on without a break
 * from what is proven, in time, is proven too. Leaves the others in *rest.
 */
static void
prove_frames(const struct side *s, uint64_t k, bool before, int64_t late,
    struct frames *rest)
{
	struct held *h = s->held;
	uint64_t w = before ? h->at - 1 : h->at + h->n, n, i;
	struct frames was, is = frames_of(s->is, k, k + 1);

	*rest = is;
	if (w >= s->was->n || !frames_known(s->was, s->is))
		return;
	was = frames_of(s->was, w, w + 1);
	n = before ? frames_tail(&was, &is) : frames_head(&was, &is);
	for (i = 0; i < n; i++) {
		uint64_t at = before ? was.n - 1 - i : i;
		uint64_t to = before ? is.n - 1 - i : i;

		if (!in_time(s, was.at + at, is.at + to, late))
			break;
	}
	rest->n -= i;
	if (i == 0)
		return;
	was.at += before ? was.n - i : 0;
	is.at += before ? is.n - i : 0;
	rest->at += before ? 0 : i;
	was.n = is.n = i;
	take_in(&h->source, &was);
	take_in(&h->proven, &is);
}

/*
 * Whether an edge has less than the signed segments that lie there: of as much
 * or more nothing was cut off, it was replaced or added.
 */
static bool
is_rest(const struct side *s, bool before)
{
	const struct held *h = s->held;
	const struct timeline *was = s->was, *is = s->is;
	uint64_t end = h->first + h->n, next = h->at + h->n, room, has;

	if (before ? h->at == 0 : next == was->n)
		return (false);
	has = before ? is->unit_at[h->first] : is->total - is->unit_at[end - 1];
	if (!before)
		has -= is->units[end - 1];
	if (s->kind != PROV_AUDIO)
		room = was->units[before ? h->at - 1 : next];
	else
		room = before ? was->unit_at[h->at]
		              : was->total - was->unit_at[next];
	return (has < room);
}

/* Few pictures may be shown for long: not longer than those signed there. */
static bool
fits(const struct side *s, bool before, int64_t late, const struct stretch *e)
{
	const struct held *h = s->held;
	struct stretch was;

	was = span_of(s->was, before ? h->at - 1 : h->at + h->n, 1);
	return (e->from - late >= was.from - EDGE_GAP_NS &&
		e->to - late <= was.to + EDGE_GAP_NS);
}

/* Names an edge; false where it is more than a cut leaves. */
static bool
add_edge(const struct side *s, uint64_t k, uint64_t n, bool before,
    int64_t late)
{
	struct held *h = s->held;
	struct frames rest;
	struct stretch e;
	int64_t overlap;

	if (n == 0)
		return (true);
	/* A cue is there or it is not. */
	if (s->kind == PROV_SUBTITLE || !is_rest(s, before))
		return (false);
	e = span_of(s->is, k, n);
	if (n == 1 && s->kind == PROV_VIDEO) {
		prove_frames(s, k, before, late, &rest);
		if (rest.n == 0)
			return (true);
		/* Signed one by one, all of them would be. */
		if (s->was->frames != NULL)
			return (false);
		frames_span(&rest, &e.from, &e.to);
	}
	h->edges[h->n_edges++] = e;
	overlap = before ? e.to - h->proven.from : h->proven.to - e.from;
	if (overlap > EDGE_OVERLAP_NS || -overlap > EDGE_GAP_NS)
		return (false);
	if (s->kind == PROV_AUDIO)
		return (e.to - e.from <= CLIP_SOUND_EDGE_NS &&
			n <= EDGE_SEGMENTS && !is_elsewhere(s, k, n));
	return (n == 1 && fits(s, before, late, &e) && !is_elsewhere(s, k, n));
}

static bool
edges_hold(const struct side *s, int64_t late)
{
	struct held *h = s->held;
	uint64_t end = h->first + h->n;
	bool before, behind;

	h->source = span_of(s->was, h->at, h->n);
	h->proven = span_of(s->is, h->first, h->n);
	before = add_edge(s, 0, h->first, true, late);
	behind = add_edge(s, end, s->is->n - end, false, late);
	return (before && behind);
}

/* What compares leaf by leaf and frame by frame. */
static bool
is_timed(const struct timeline *tl)
{
	return (tl != NULL && tl->n > 0 && tl->leaves != NULL && !tl->untimed &&
		tl->n_runs > 0 && tl->run_at != NULL && tl->unit_at != NULL);
}

/* A side of each pair that can be looked at; says what keeps others from it. */
static bool
open_sides(struct clip *c, const struct pairing *p, struct side *sides)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct pair *x = &p->at[i];

		if (i == STREAMS_MAX || x->was == NULL || x->is == NULL) {
			findings_add(&c->why,
			    x->was == NULL ? REASON_STREAMS_ADDED
					   : REASON_STREAMS_MISSING,
			    "%s",
			    reason_text(x->was == NULL
					    ? REASON_STREAMS_ADDED
					    : REASON_STREAMS_MISSING));
			return (false);
		}
		if (x->was->kind == PROV_IMAGE)
			return (false);
		if (!is_timed(x->tl) || !is_timed(x->is->tl)) {
			findings_skip(&c->why, "clip");
			return (false);
		}
		sides[i] =
		    (struct side){ x->tl, x->is->tl, x->was->kind, &c->at[i] };
	}
	return (p->n > 0);
}

/* All but where it begins and ends, which is what a clip changes. */
static void
judge_rest(struct clip *c, const struct pair *x, const struct shown *was,
    const struct shown *is)
{
	static const char *const ends[] = { "presentation.shown_from",
		"presentation.shown_to", "presentation.delay",
		"presentation.padding" };
	struct findings why = { 0 };

	present_compare(&why, was, is);
	findings_remove(&why, REASON_SHOWN);
	findings_remove(&why, REASON_EDITED);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		findings_unskip(&why, ends[i]);
	findings_join(&c->why, &why);
	/* 2 is ends that are hidden, which a clip may have; nothing else is. */
	if ((x->is->present.v[PROV_EDITED] & ~INT64_C(2)) != 0 ||
	    x->was->present.v[PROV_EDITED] != 0)
		findings_add(&c->why, REASON_EDITED, "%s",
		    reason_text(REASON_EDITED));
	if (!compare_form(was, is))
		findings_add(&c->why, REASON_ESSENCE_FORM, "%s",
		    reason_text(REASON_ESSENCE_FORM));
	if (memcmp(x->was->config, x->is->config, 32) != 0)
		findings_add(&c->why, REASON_CONFIG_CHANGED, "%s",
		    x->was->codec);
	if (x->was->refused[0] != '\0')
		findings_foreign(&c->why, x->was->refused, NULL,
		    REASON_DEMUX_MALFORMED);
	if (x->is->refused[0] != '\0')
		findings_foreign(&c->why, x->is->refused, NULL,
		    REASON_DEMUX_MALFORMED);
}

static void
unproven(struct clip *c, const struct pair *x, const char *what)
{
	findings_add(&c->why, REASON_CLIP_UNPROVEN, "%s %s: %s",
	    prov_kind_name(x->was->kind), x->was->codec, what);
}

/* The clock is that of the pictures, else of the first stream. */
static bool
find_clock(struct clip *c, const struct pairing *p, struct side *sides)
{
	const struct side *s;
	size_t at = 0;

	while (at < p->n && sides[at].kind != PROV_VIDEO)
		at++;
	s = &sides[at < p->n ? at : 0];
	if (!find_distinctive(s)) {
		unproven(c, &p->at[s - sides],
		    "no segment that is nobody else's stands in what was "
		    "signed");
		return (false);
	}
	c->late = timeline_at(s->is, s->is->unit_at[s->held->first]) -
	          timeline_at(s->was, s->was->unit_at[s->held->at]);
	return (true);
}

static void
judge_stream(struct clip *c, const struct pair *x, const struct side *s)
{
	struct held *h = s->held;
	int64_t ns;

	if (h->n == 0 && !find_distinctive(s) && !find_by_time(s, c->late)) {
		unproven(c, x, "nothing of it is as signed");
		return;
	}
	if (!times_hold(s, c->late)) {
		findings_add(&c->why,
		    s->kind == PROV_AUDIO ? REASON_TIMING_OFFSET
					  : REASON_TIMING_FRAMES,
		    "the clip does not keep the signed times");
		return;
	}
	if (!edges_hold(s, c->late))
		unproven(c, x, "more than its edges is not as signed");
	ns = h->source.to - h->source.from;
	c->proven_ns = ns > c->proven_ns ? ns : c->proven_ns;
}

/* One interval: streams begin together and end together. */
static void
judge_interval(struct clip *c, const struct pairing *p)
{
	struct stretch all = { INT64_MIN, INT64_MAX };
	bool video = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct stretch *s = &c->at[i].source;

		video |= p->at[i].was->kind == PROV_VIDEO;
		if (p->at[i].was->kind == PROV_SUBTITLE)
			continue;
		all.from = s->from > all.from ? s->from : all.from;
		all.to = s->to < all.to ? s->to : all.to;
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct stretch *s = &c->at[i].source;

		if (p->at[i].was->kind == PROV_SUBTITLE)
			continue;
		if (all.from >= all.to || all.from - s->from > CLIP_APART_NS ||
		    s->to - all.to > CLIP_APART_NS)
			unproven(c, &p->at[i],
			    "its streams hold different intervals");
	}
	if (!video && c->proven_ns < CLIP_SOUND_MIN_NS)
		findings_add(&c->why, REASON_CLIP_UNPROVEN,
		    "less than 10 s of sound and no pictures");
}

prov_status
clip_judge(struct clip *out, const struct pairing *p, const struct manifest *m,
    const prov_identity *is, prov_err *err)
{
	struct side sides[STREAMS_MAX];

	(void)err;
	memset(out, 0, sizeof(*out));
	if (!open_sides(out, p, sides))
		return (PROV_OK);
	for (size_t i = 0; i < p->n; i++) {
		const struct pair *x = &p->at[i];
		struct shown was_s = { m->format, x->was, x->tl };
		struct shown is_s = { is->format, x->is, x->is->tl };

		judge_rest(out, x, &was_s, &is_s);
	}
	if (m->refused[0] != '\0')
		findings_foreign(&out->why, m->refused, NULL,
		    REASON_DEMUX_MALFORMED);
	if (is->refused[0] != '\0')
		findings_foreign(&out->why, is->refused, NULL,
		    REASON_DEMUX_MALFORMED);
	if (!find_clock(out, p, sides))
		return (PROV_OK);
	for (size_t i = 0; i < p->n; i++)
		judge_stream(out, &p->at[i], &sides[i]);
	if (out->why.n == 0)
		judge_interval(out, p);
	out->holds = out->why.n == 0;
	return (PROV_OK);
}
