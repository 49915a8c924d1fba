/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/html.h"
#include "base/text.h"
#include "verify/page.h"

/* Where things stand in a drawing, in its own pixels. */
#define LEFT   70.0
#define RIGHT  942.0
#define LANE_H 16
#define WAS_Y  18
#define IS_Y   52
#define THIN   3.0  /* what is shorter is drawn so wide */
#define ROOMY  14.0 /* holds a letter */
#define GLYPH  5.4  /* the width of one, about */

#define TICKS_MAX 10

/* The clock that all drawings of a file share; ns. */
struct axis {
	double from, to;
};

/* One stream's drawing as it is being put together. */
struct drawing {
	struct buf *b;
	const struct axis *x;
	const struct verdict_stream *s;
	bool below;      /* there is text under the lower lane */
	double taken[2]; /* where the last label of each lane ends */
};

static double
place(const struct axis *x, int64_t ns)
{
	double at = ((double)ns - x->from) / (x->to - x->from);

	at = at < 0 ? 0 : at > 1 ? 1 : at;
	return (LEFT + at * (RIGHT - LEFT));
}

static void
widen(struct axis *x, const struct verdict_side *side)
{
	if (!side->there || side->to <= side->from)
		return;
	if ((double)side->from < x->from)
		x->from = (double)side->from;
	if ((double)side->to > x->to)
		x->to = (double)side->to;
}

static struct axis
axis_of(const prov_verdict *v)
{
	struct axis x = { 0, 0 };

	for (size_t i = 0; i < v->n_streams; i++) {
		widen(&x, &v->streams[i].was);
		widen(&x, &v->streams[i].is);
	}
	return (x);
}

static const char *
range_class(enum reason what)
{
	switch ((int)what) {
	case REASON_ESSENCE_MISSING:
		return ("mis");
	case REASON_ESSENCE_REORDERED:
		return ("mov");
	case REASON_ESSENCE_ADDED:
		return ("add");
	default:
		return ("alt");
	}
}

/* A coloured stretch of a lane, with its pattern. */
static void
put_bar(struct drawing *d, int y, double from, double to, const char *class)
{
	double w = to - from < THIN ? THIN : to - from;

	if (from + w > RIGHT)
		from = RIGHT - w;
	buf_printf(d->b,
	    "<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" "
	    "height=\"%d\"/>\n",
	    class, from, y, w, LANE_H);
	if (strcmp(class, "ok") != 0)
		buf_printf(d->b,
		    "<rect fill=\"url(#p-%s)\" x=\"%.2f\" y=\"%d\" "
		    "width=\"%.2f\" height=\"%d\"/>\n",
		    class, from, y, w, LANE_H);
}

static void
put_span(struct buf *b, const struct range *r)
{
	double from = (double)r->from / 1e9, to = (double)r->to / 1e9;

	/* Priming sound begins a little before 0: that is no "-0.0". */
	buf_printf(b, "%.1f\xe2\x80\x93%.1f s",
	    from < 0 && from > -0.05 ? 0.0 : from, to);
}

/* Text over or under a lane, where it does not run into the last one. */
static void
put_label(struct drawing *d, bool lower, double mid, const char *word,
    const struct range *r)
{
	AUTO_BUF text = { 0 };
	double half;

	buf_printf(&text, "%s ", word);
	put_span(&text, r);
	half = ((double)text.len - 2) * GLYPH / 2; /* a dash is 3 bytes */
	if (mid < LEFT + half)
		mid = LEFT + half;
	if (mid > RIGHT - half)
		mid = RIGHT - half;
	if (mid - half < d->taken[lower])
		return;
	d->taken[lower] = mid + half + GLYPH;
	buf_printf(d->b, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">", mid,
	    lower ? IS_Y + LANE_H + 13 : WAS_Y - 6);
	buf_put_span(d->b, buf_span(&text));
	buf_put_str(d->b, "</text>\n");
	d->b->failed |= text.failed;
}

static void
put_range(struct drawing *d, bool lower, const struct range *r, bool label)
{
	double from = place(d->x, r->from), to = place(d->x, r->to);
	int y = lower ? IS_Y : WAS_Y;

	put_bar(d, y, from, to, range_class(r->what));
	if (to - from >= ROOMY)
		buf_printf(d->b,
		    "<text class=\"mark\" x=\"%.1f\" y=\"%d\">%c</text>\n",
		    (from + to) / 2, y + 12, range_mark(r->what));
	if (to - from < ROOMY && !lower)
		buf_printf(d->b,
		    "<path class=\"%s\" d=\"M%.1f %dl-4 -5h8z\"/>\n",
		    range_class(r->what), (from + to) / 2, y);
	if (label)
		put_label(d, lower, (from + to) / 2, range_word(r->what), r);
}

/* The ribbon between where it was and where it is. */
static void
put_tie(struct drawing *d, const struct kept *k, const char *class)
{
	double a = place(d->x, k->was_from), b = place(d->x, k->was_to);
	double c = place(d->x, k->is_from), e = place(d->x, k->is_to);

	buf_printf(d->b,
	    "<path class=\"tie %s\" d=\"M%.2f %dL%.2f %dL%.2f %dL%.2f %dz\"/>"
	    "\n",
	    class, a, WAS_Y + LANE_H, b, WAS_Y + LANE_H, e, IS_Y, c, IS_Y);
}

/* Content that is all there, but runs at another speed or elsewhere. */
static bool
is_retimed(const struct verdict_stream *s)
{
	const int64_t slack = 25000000; /* as sound's times have */
	const struct kept *k = &s->kept[0];

	return (
	    s->state == PAIR_ALTERED && s->n_kept == 1 && s->n_ranges == 0 &&
	    (k->is_from - k->was_from > slack ||
		k->was_from - k->is_from > slack ||
		k->is_to - k->was_to > slack || k->was_to - k->is_to > slack));
}

/* What a lane holds where nothing else is said about it. */
static const char *
base_class(const struct verdict_stream *s)
{
	switch (s->state) {
	case PAIR_MISSING:
		return ("mis");
	case PAIR_ADDED:
		return ("add");
	case PAIR_UNSUPPORTED:
		return ("unk");
	case PAIR_CLIP:
		return ("src");
	case PAIR_MATCH:
	case PAIR_ALTERED:
		break;
	}
	return (is_retimed(s) ? "mov" : "ok");
}

/* Of a clip: the interval that it is, and what at its edges is not proven. */
static void
put_piece(struct drawing *d, bool lower)
{
	const struct held *h = &d->s->held;
	const struct stretch *x = lower ? &h->proven : &h->source;
	struct range r = { 0, x->from, x->to };
	double from = place(d->x, x->from), to = place(d->x, x->to);

	put_bar(d, lower ? IS_Y : WAS_Y, from, to, "src");
	if (!lower)
		put_label(d, false, (from + to) / 2, "source", &r);
	for (size_t i = 0; lower && i < h->n_edges; i++) {
		r.from = h->edges[i].from;
		r.to = h->edges[i].to;
		from = place(d->x, r.from);
		to = place(d->x, r.to);
		put_bar(d, IS_Y, from, to, "unk");
		put_label(d, true, (from + to) / 2, "not proven", &r);
	}
}

static void
put_lane(struct drawing *d, bool lower, const struct verdict_side *side,
    const char *absent)
{
	int y = lower ? IS_Y : WAS_Y;

	buf_printf(d->b,
	    "<text class=\"dim end\" x=\"%.0f\" y=\"%d\">%s</text>\n", LEFT - 8,
	    y + 12, lower ? "this file" : "signed");
	if (!side->there || side->to <= side->from) {
		buf_printf(d->b,
		    "<rect class=\"gone\" x=\"%.1f\" y=\"%d.5\" "
		    "width=\"%.1f\" height=\"%d\"/>\n"
		    "<text class=\"dim mid\" x=\"%.1f\" y=\"%d\">%s</text>\n",
		    LEFT, y, RIGHT - LEFT, LANE_H - 1, (LEFT + RIGHT) / 2,
		    y + 12, side->there ? "no times known" : absent);
		return;
	}
	buf_printf(d->b,
	    "<rect class=\"lane\" x=\"%.1f\" y=\"%d.5\" width=\"%.1f\" "
	    "height=\"%d\"/>\n",
	    LEFT, y, RIGHT - LEFT, LANE_H - 1);
	if (d->s->state == PAIR_CLIP) {
		put_piece(d, lower);
		return;
	}
	put_bar(d, y, place(d->x, side->from), place(d->x, side->to),
	    base_class(d->s));
	for (size_t i = 0; i < side->n_ranges; i++)
		put_range(d, lower, &side->ranges[i],
		    !lower || side->ranges[i].what == REASON_ESSENCE_ADDED);
}

/* The distance of ticks, seconds: the least that gives ten or fewer. */
static double
tick_step(double span)
{
	static const double steps[] = { 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
		0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
		1800, 3600, 7200, 10800, 21600, 43200, 86400 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (span / steps[i] <= TICKS_MAX)
			return (steps[i]);
	}
	return (span / TICKS_MAX);
}

void
clock_put(struct buf *b, int64_t ns)
{
	double all = (double)ns / 1e9;
	bool neg = all < 0;
	uint64_t s;
	int tenth;

	all = neg ? -all : all;
	s = (uint64_t)all;
	tenth = (int)((all - (double)s) * 10 + 0.05);
	buf_put_str(b, neg && (s > 0 || tenth > 0) ? "-" : "");
	if (s >= 3600)
		buf_printf(b, "%llu:%02u:%02u", (unsigned long long)s / 3600,
		    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		buf_printf(b, "%u:%02u", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	if (tenth > 0 && tenth < 10)
		buf_printf(b, ".%d", tenth);
}

/* A hostile timeline may reach as far as numbers do. */
static int64_t
ns_of(double seconds)
{
	double ns = seconds * 1e9;

	if (ns >= 9e18)
		return (INT64_C(9000000000000000000));
	return (ns <= -9e18 ? INT64_C(-9000000000000000000) : (int64_t)ns);
}

static void
put_tick(struct drawing *d, double seconds, double step, int y)
{
	double at = place(d->x, ns_of(seconds));

	buf_printf(d->b,
	    "<path class=\"axis\" d=\"M%.2f %dv4\"/>"
	    "<text class=\"dim mid\" x=\"%.1f\" y=\"%d\">",
	    at, y, at, y + 15);
	if (step < 0.1)
		buf_printf(d->b, "%.3f s", seconds);
	else
		clock_put(d->b, ns_of(seconds));
	buf_put_str(d->b, "</text>\n");
}

static void
put_axis(struct drawing *d, int y)
{
	double from = d->x->from / 1e9, to = d->x->to / 1e9;
	double step = tick_step(to - from);
	double first = from < 0 ? -(double)(int64_t)(-from / step) * step : 0;

	if (from > 0)
		first = ((double)(int64_t)(from / step) + 1) * step;
	buf_printf(d->b, "<path class=\"axis\" d=\"M%.1f %dH%.1f\"/>\n", LEFT,
	    y, RIGHT);
	for (int i = 0; i <= TICKS_MAX + 1; i++) {
		double at = first + step * i;

		if (at <= to + step / 1000)
			put_tick(d, at, step, y);
	}
}

static void
put_title(struct drawing *d, size_t nth, size_t i)
{
	const struct verdict_stream *s = d->s;

	buf_printf(d->b,
	    "<title id=\"f%zus%zut\">%s %s: %s</title>\n"
	    "<desc id=\"f%zus%zud\">",
	    nth, i, prov_kind_name(s->kind), "stream",
	    pair_state_name(s->state), nth, i);
	buf_put_str(d->b, s->was.there ? "Signed from " : "Not signed");
	if (s->was.there) {
		clock_put(d->b, s->was.from);
		buf_put_str(d->b, " to ");
		clock_put(d->b, s->was.to);
	}
	buf_put_str(d->b,
	    s->is.there ? "; in this file from " : "; not in this file");
	if (s->is.there) {
		clock_put(d->b, s->is.from);
		buf_put_str(d->b, " to ");
		clock_put(d->b, s->is.to);
	}
	buf_put_str(d->b, ".");
	for (size_t k = 0; k < s->n_ranges; k++) {
		buf_printf(d->b, " %s ", range_word(s->ranges[k].what));
		put_span(d->b, &s->ranges[k]);
		buf_put_byte(d->b, ';');
	}
	buf_put_str(d->b, " The table below says the same.</desc>\n");
}

static bool
has_added(const struct verdict_side *side)
{
	for (size_t i = 0; i < side->n_ranges; i++) {
		if (side->ranges[i].what == REASON_ESSENCE_ADDED)
			return (true);
	}
	return (false);
}

static enum mood
state_mood(enum pair_state s)
{
	switch (s) {
	case PAIR_MATCH:
	case PAIR_CLIP:
		return (MOOD_GOOD);
	case PAIR_UNSUPPORTED:
		return (MOOD_OPEN);
	case PAIR_ALTERED:
	case PAIR_MISSING:
	case PAIR_ADDED:
		break;
	}
	return (MOOD_BAD);
}

static void
put_state(struct buf *b, const struct verdict_stream *s)
{
	enum mood m = state_mood(s->state);
	const char *word = pair_state_name(s->state);

	if (s->state == PAIR_MATCH)
		word = "as signed";
	else if (s->state == PAIR_ALTERED && is_retimed(s))
		word = "altered in time";
	else if (s->state == PAIR_ALTERED && s->n_ranges == 0)
		word = "presented otherwise";
	else if (s->state == PAIR_UNSUPPORTED)
		word = "not compared";
	else if (s->state == PAIR_CLIP)
		word = "a piece of it";
	buf_printf(b, "<span class=\"tag %s\">%s %s</span>", mood_class(m),
	    mood_sign(m), word);
}

static void
put_name(struct buf *b, const struct verdict_stream *s)
{
	buf_printf(b, "%s ", prov_kind_name(s->kind));
	html_put(b, s->codec, CODEC_NAME_MAX);
}

static void
put_drawing(struct buf *b, const struct axis *x, const struct verdict_stream *s,
    size_t nth, size_t i)
{
	bool below =
	    has_added(&s->is) || (s->state == PAIR_CLIP && s->held.n_edges > 0);
	struct drawing d = { b, x, s, below, { 0, 0 } };
	int y = IS_Y + LANE_H + (d.below ? 22 : 8);

	buf_put_str(b, "<figure class=\"chart\"><figcaption><strong>");
	put_name(b, s);
	buf_put_str(b, "</strong> ");
	put_state(b, s);
	buf_printf(b,
	    "</figcaption>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "viewBox=\"0 0 970 %d\" role=\"img\" "
	    "aria-labelledby=\"f%zus%zut f%zus%zud\">\n",
	    y + 20, nth, i, nth, i);
	put_title(&d, nth, i);
	for (size_t k = 0; k < s->n_kept; k++)
		put_tie(&d, &s->kept[k], base_class(s));
	put_lane(&d, false, &s->was, "not signed");
	put_lane(&d, true, &s->is, "not in this file");
	put_axis(&d, y);
	buf_put_str(b, "</svg></figure>\n");
}

static void
put_key(struct buf *b, const char *class, const char *word)
{
	buf_printf(b,
	    "<li><svg viewBox=\"0 0 22 12\" aria-hidden=\"true\">"
	    "<rect class=\"%s\" width=\"22\" height=\"12\"/>",
	    class);
	if (strcmp(class, "ok") != 0)
		buf_printf(b,
		    "<rect fill=\"url(#p-%s)\" width=\"22\" height=\"12\"/>",
		    class);
	buf_printf(b, "</svg>%s</li>\n", word);
}

/* Only what the drawings show. */
static void
put_legend(struct buf *b, const prov_verdict *v)
{
	static const struct {
		const char *class, *word;
	} keys[] = { { "ok", "as signed" }, { "alt", "N altered" },
		{ "mis", "M missing" }, { "add", "+ added" },
		{ "mov", "R reordered, or at another time" },
		{ "src", "the piece that this file is" },
		{ "unk", "not compared, or not proven" } };
	bool used[sizeof(keys) / sizeof(keys[0])] = { false };

	for (size_t i = 0; i < v->n_streams; i++) {
		const struct verdict_stream *s = &v->streams[i];

		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			used[k] |=
			    strcmp(keys[k].class, base_class(s)) == 0 ||
			    (strcmp(keys[k].class, "unk") == 0 &&
				s->state == PAIR_CLIP && s->held.n_edges > 0);
			for (size_t r = 0; r < s->n_ranges; r++)
				used[k] |=
				    strcmp(keys[k].class,
					range_class(s->ranges[r].what)) == 0;
		}
	}
	buf_put_str(b, "<ul class=\"legend\">\n");
	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		if (used[k])
			put_key(b, keys[k].class, keys[k].word);
	}
	buf_put_str(b, "</ul>\n");
}

static void
put_side(struct buf *b, const struct verdict_side *side)
{
	buf_put_str(b, "<td>");
	if (!side->there) {
		buf_put_str(b, "\xe2\x80\x94");
	} else if (side->to > side->from) {
		clock_put(b, side->from);
		buf_put_str(b, "\xe2\x80\x93");
		clock_put(b, side->to);
	} else {
		buf_put_str(b, "yes");
	}
	buf_put_str(b, "</td>");
}

static void
put_where(struct buf *b, const struct verdict_stream *s)
{
	for (size_t k = 0; k < s->n_ranges; k++) {
		const struct range *r = &s->ranges[k];

		buf_printf(b, "%s%c %s ", k > 0 ? "<br/>" : "",
		    range_mark(r->what), range_word(r->what));
		put_span(b, r);
		if (r->to >= INT64_C(60000000000)) {
			buf_put_str(b, " (");
			clock_put(b, r->from);
			buf_put_str(b, "\xe2\x80\x93");
			clock_put(b, r->to);
			buf_put_byte(b, ')');
		}
	}
}

static void
put_piece_where(struct buf *b, const struct verdict_stream *s)
{
	struct range r = { 0, s->held.source.from, s->held.source.to };

	if (s->state != PAIR_CLIP)
		return;
	buf_put_str(b, "source ");
	put_span(b, &r);
	for (size_t i = 0; i < s->held.n_edges; i++) {
		r.from = s->held.edges[i].from;
		r.to = s->held.edges[i].to;
		buf_put_str(b, "<br/>not proven ");
		put_span(b, &r);
	}
}

static void
put_table(struct buf *b, const prov_verdict *v)
{
	buf_put_str(b, "<div class=\"wide\"><table><thead><tr><th>Stream</th>"
		       "<th>Outcome</th><th>Signed</th><th>This file</th>"
		       "<th>Where it differs</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < v->n_streams; i++) {
		const struct verdict_stream *s = &v->streams[i];

		buf_printf(b, "<tr><td>%u ", s->index);
		put_name(b, s);
		buf_put_str(b, "</td><td>");
		put_state(b, s);
		buf_put_str(b, "</td>");
		put_side(b, &s->was);
		put_side(b, &s->is);
		buf_put_str(b, "<td>");
		put_where(b, s);
		put_piece_where(b, s);
		buf_put_str(b, "</td></tr>\n");
	}
	buf_put_str(b, "</tbody></table></div>\n");
}

void
chart_put(struct buf *b, const prov_verdict *v, size_t nth)
{
	struct axis x = axis_of(v);
	bool drawn = false;

	if (v->n_streams == 0)
		return;
	buf_put_str(b, "<h3>Streams over time</h3>\n");
	for (size_t i = 0; i < v->n_streams && x.to > x.from; i++) {
		if (v->streams[i].kind == PROV_IMAGE)
			continue;
		put_drawing(b, &x, &v->streams[i], nth, i);
		drawn = true;
	}
	if (drawn)
		put_legend(b, v);
	put_table(b, v);
}
