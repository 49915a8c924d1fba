/* SPDX-License-Identifier: ISC */
#include "verify/compare.h"

#include <string.h>

#include "verify/align.h"
#include "verify/frames.h"
#include "verify/times.h"

#define RAW_FORM "raw/1"

/* A codec without a canonical form proves nothing outside its container. */
static bool
form_travels(const struct shown *was, const struct shown *is)
{
	return (strcmp(was->s->canon, RAW_FORM) != 0 ||
		strcmp(was->format, is->format) == 0);
}

static bool
same_form(const struct stream *a, const struct stream *b)
{
	return (a->kind == b->kind && strcmp(a->codec, b->codec) == 0 &&
		strcmp(a->canon, b->canon) == 0 &&
		strcmp(a->rule, b->rule) == 0);
}

bool
compare_form(const struct shown *was, const struct shown *is)
{
	return (same_form(was->s, is->s) && form_travels(was, is));
}

bool
compare_essence(const struct shown *was, const struct shown *is)
{
	const struct stream *a = was->s, *b = is->s;

	return (compare_form(was, is) &&
		memcmp(a->config, b->config, sizeof(a->config)) == 0 &&
		memcmp(a->root, b->root, sizeof(a->root)) == 0 &&
		a->segments == b->segments && a->frames == b->frames &&
		a->samples == b->samples && a->rate == b->rate);
}

/* A still has no time; an animated image has. */
static bool
is_timed(const struct stream *s)
{
	return (s->kind != PROV_IMAGE || s->frames > 1);
}

static struct times
times_of(const struct shown *was, const struct shown *is)
{
	const prov_present *p = &was->s->present;
	struct times t = { was->tl, is->tl, was->s->kind, TIMES_ALL_HEARD };

	if ((p->known >> PROV_SHOWN_FROM & 1) != 0)
		t.heard_from = p->v[PROV_SHOWN_FROM];
	return (t);
}

bool
compare_quick(const struct shown *was, const struct shown *is)
{
	struct times t = times_of(was, is);

	return (compare_essence(was, is) && was->s->refused[0] == '\0' &&
		is->s->refused[0] == '\0' &&
		(!is_timed(was->s) || times_match(&t)));
}

void
shown_span(const struct shown *x, int64_t *from, int64_t *to)
{
	*from = 0;
	if (x->tl != NULL && !x->tl->untimed && x->tl->n_runs > 0)
		*from = x->tl->runs[0].start;
	if (__builtin_add_overflow(*from, x->s->duration_ns, to))
		*to = *from;
}

static const struct part *
part_find(const struct stream *s, const char *name)
{
	for (size_t i = 0; i < s->n_parts; i++) {
		if (strcmp(s->parts[i].name, name) == 0)
			return (&s->parts[i]);
	}
	return (NULL);
}

static enum reason
part_reason(const char *name)
{
	static const struct {
		const char *name;
		enum reason reason;
	} table[] = {
		{ "sps", REASON_CONFIG_SPS },
		{ "pps", REASON_CONFIG_PPS },
		{ "vps", REASON_CONFIG_VPS },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, name) == 0)
			return (table[i].reason);
	}
	return (REASON_CONFIG_CHANGED);
}

/* Names each part of a that b lacks or has otherwise. */
static bool
explain_parts(struct findings *f, const struct stream *a,
    const struct stream *b, bool differing)
{
	bool any = false;

	for (size_t i = 0; i < a->n_parts; i++) {
		const struct part *x = &a->parts[i], *y;

		y = part_find(b, x->name);
		if (y != NULL &&
		    (!differing || memcmp(x->digest, y->digest, 32) == 0))
			continue;
		any = true;
		findings_add(f, part_reason(x->name), "%s of the %s", x->name,
		    a->codec);
	}
	return (any);
}

static bool
config_differs(struct findings *f, const struct stream *was,
    const struct stream *is)
{
	bool any;

	if (memcmp(was->config, is->config, sizeof(was->config)) == 0)
		return (false);
	any = explain_parts(f, was, is, true);
	any |= explain_parts(f, is, was, false);
	if (!any)
		findings_add(f, REASON_CONFIG_CHANGED, "%s", was->codec);
	return (true);
}

static void
put_range(struct range *ranges, size_t *n, struct range r)
{
	struct range *last = &ranges[*n == 0 ? 0 : *n - 1];

	if (*n > 0 && (*n == RANGES_MAX ||
			  (last->what == r.what && r.from <= last->to))) {
		if (r.from < last->from)
			last->from = r.from;
		if (r.to > last->to)
			last->to = r.to;
		return;
	}
	ranges[(*n)++] = r;
}

static void
add_range(struct comparison *c, enum reason what, int64_t from, int64_t to)
{
	put_range(c->ranges, &c->n_ranges, (struct range){ what, from, to });
}

static void
add_here(struct comparison *c, enum reason what, int64_t from, int64_t to)
{
	put_range(c->here, &c->n_here, (struct range){ what, from, to });
}

/* Where segment k stands; untimed, by its share of the whole. */
static void
segment_at(const struct shown *x, uint64_t k, int64_t *from, int64_t *to)
{
	double whole = (double)x->s->duration_ns, n = (double)x->tl->n;

	if (!x->tl->untimed && x->tl->n_runs > 0) {
		timeline_segment(x->tl, k, from, to);
		return;
	}
	*from = (int64_t)(whole * (double)k / n);
	*to = (int64_t)(whole * ((double)k + 1) / n);
}

/* The two streams being compared, and how their leaves stand. */
struct sides {
	struct comparison *c;
	const struct shown *was, *is;
	const struct align *a;
};

/* Signed segments i to end, in whose place j to j_end stand. */
struct hole {
	uint32_t i, end, j, j_end;
	uint32_t gone;    /* of the signed: not elsewhere in the candidate */
	uint32_t strange; /* of the others: not elsewhere in the signed */
};

/*
 * Whether number k of the segments that are gone has something in its place.
 * Where the file's start or end was cut off there is less than there was, and
 * what is left stands next to the rest; in the middle nobody can tell.
 */
static bool
is_replaced(const struct sides *s, const struct hole *h, uint32_t k)
{
	bool first = h->i == 0, last = h->end == s->a->n;

	if (h->strange == 0)
		return (false);
	if (h->strange >= h->gone || first == last)
		return (true);
	return (last ? k < h->strange : k >= h->gone - h->strange);
}

static bool
is_placed(const struct timeline *tl)
{
	return (!tl->untimed && tl->n_runs > 0);
}

/*
 * With a digest for each picture: what the hole's two sides have in common at
 * both ends is as signed, and only what lies in between is not. false: nothing
 * is known of single pictures.
 */
static bool
explain_frames(const struct sides *s, const struct hole *h)
{
	struct frames was, is;
	enum reason what;
	uint64_t head, tail;
	int64_t from, to;

	if (!frames_known(s->was->tl, s->is->tl) || !is_placed(s->was->tl) ||
	    !is_placed(s->is->tl))
		return (false);
	was = frames_of(s->was->tl, h->i, h->end);
	is = frames_of(s->is->tl, h->j, h->j_end);
	head = frames_head(&was, &is);
	was.at += head, was.n -= head;
	is.at += head, is.n -= head;
	tail = frames_tail(&was, &is);
	was.n -= tail;
	is.n -= tail;
	what = is.n == 0    ? REASON_ESSENCE_MISSING
	       : was.n == 0 ? REASON_ESSENCE_ADDED
	                    : REASON_ESSENCE_ALTERED;
	if (was.n > 0) {
		frames_span(&was, &from, &to);
		add_range(s->c, what, from, to);
	}
	if (is.n > 0) {
		frames_span(&is, &from, &to);
		add_here(s->c, what, from, to);
		if (was.n == 0)
			add_range(s->c, what, from, to);
	}
	return (was.n + is.n > 0);
}

static void
explain_hole(const struct sides *s, struct hole *h)
{
	uint32_t nth = 0;
	enum reason what;
	int64_t from, to;

	for (uint32_t k = h->i; k < h->end; k++)
		h->gone += !s->a->was_moved[k];
	for (uint32_t k = h->j; k < h->j_end; k++)
		h->strange += !s->a->is_moved[k];
	if (h->gone == h->end - h->i && h->strange == h->j_end - h->j &&
	    explain_frames(s, h))
		return;
	for (uint32_t k = h->i; k < h->end; k++) {
		if (s->a->was_moved[k])
			what = REASON_ESSENCE_REORDERED;
		else
			what = is_replaced(s, h, nth++)
			           ? REASON_ESSENCE_ALTERED
			           : REASON_ESSENCE_MISSING;
		segment_at(s->was, k, &from, &to);
		add_range(s->c, what, from, to);
	}
	for (uint32_t k = h->j; k < h->j_end; k++) {
		segment_at(s->is, k, &from, &to);
		what = s->a->is_moved[k] ? REASON_ESSENCE_REORDERED
		       : h->gone == 0    ? REASON_ESSENCE_ADDED
		                         : REASON_ESSENCE_ALTERED;
		add_here(s->c, what, from, to);
		if (what == REASON_ESSENCE_ADDED)
			add_range(s->c, what, from, to);
	}
}

/* The run of partners that begins at i; past the table's end it is left out. */
static uint32_t
add_kept(const struct sides *s, uint32_t i)
{
	const uint32_t *to = s->a->to;
	struct kept k;
	int64_t none;
	uint32_t end = i + 1;

	while (end < s->a->n && to[end] == to[end - 1] + 1)
		end++;
	segment_at(s->was, i, &k.was_from, &none);
	segment_at(s->was, end - 1, &none, &k.was_to);
	segment_at(s->is, to[i], &k.is_from, &none);
	segment_at(s->is, to[end - 1], &none, &k.is_to);
	if (s->c->n_kept < KEPT_MAX)
		s->c->kept[s->c->n_kept++] = k;
	return (end);
}

static void
explain_kept(const struct sides *s)
{
	for (uint32_t i = 0; i < s->a->n;)
		i = s->a->to[i] == ALIGN_NONE ? i + 1 : add_kept(s, i);
}

/* All of it is there, whatever the times say. */
static void
keep_whole(struct comparison *c, const struct shown *was,
    const struct shown *is)
{
	struct kept *k = &c->kept[0];

	shown_span(was, &k->was_from, &k->was_to);
	shown_span(is, &k->is_from, &k->is_to);
	c->n_kept = 1;
}

static void
explain_holes(const struct sides *s)
{
	const struct align *a = s->a;
	uint32_t i = 0, j = 0, i0, j0;

	while (i < a->n || j < a->m) {
		for (i0 = i; i < a->n && a->to[i] == ALIGN_NONE;)
			i++;
		for (j0 = j; j < a->m && a->from[j] == ALIGN_NONE;)
			j++;
		if (i > i0 || j > j0)
			explain_hole(s, &(struct hole){ i0, i, j0, j, 0, 0 });
		/* Partners keep their order: the next two are partners. */
		i += i < a->n;
		j += j < a->m;
	}
}

static void
name_ranges(struct comparison *c)
{
	for (size_t i = 0; i < c->n_ranges; i++)
		findings_add(&c->why, c->ranges[i].what, "%.1f-%.1f s",
		    (double)c->ranges[i].from / 1e9,
		    (double)c->ranges[i].to / 1e9);
}

static prov_status
explain_essence(struct comparison *c, const struct shown *was,
    const struct shown *is, prov_err *err)
{
	bool config = config_differs(&c->why, was->s, is->s);
	struct sides s = { c, was, is, NULL };
	AUTO_ALIGN a = { 0 };
	prov_status st;

	if (was->tl != NULL && was->tl->n > 0 && is->tl != NULL &&
	    is->tl->n > 0) {
		st = align_leaves(&a, was->tl->leaves, was->tl->n,
		    is->tl->leaves, is->tl->n, err);
		if (st != PROV_OK)
			return (st);
		s.a = &a;
		explain_holes(&s);
		explain_kept(&s);
		for (uint32_t j = 0; j < a.m; j++) {
			c->n_aligned += a.from[j] != ALIGN_NONE;
			c->n_telling +=
			    (a.from[j] != ALIGN_NONE || a.is_moved[j]) &&
			    !timeline_is_dull(is->tl, j);
		}
	}
	/* The same leaves in the same order, but counts that disagree. */
	if (c->n_ranges == 0) {
		int64_t from, to;

		add_range(c, REASON_ESSENCE_ALTERED, 0, was->s->duration_ns);
		shown_span(is, &from, &to);
		add_here(c, REASON_ESSENCE_ALTERED, from, to);
		c->n_kept = 0;
	}
	/* A new configuration changes every leaf: nothing more is known. */
	if (config && c->n_ranges == 1 &&
	    c->ranges[0].what == REASON_ESSENCE_ALTERED)
		return (PROV_OK);
	name_ranges(c);
	return (PROV_OK);
}

static void
explain_refused(struct findings *f, const struct shown *x)
{
	if (x->s->refused[0] != '\0')
		findings_foreign(f, x->s->refused, NULL,
		    REASON_DEMUX_MALFORMED);
}

prov_status
compare_stream(struct comparison *out, const struct shown *was,
    const struct shown *is, prov_err *err)
{
	bool in_time = true;
	prov_status st;

	memset(out, 0, sizeof(*out));
	out->same_essence = compare_essence(was, is);
	out->n_aligned = out->same_essence ? was->s->segments : 0;
	explain_refused(&out->why, was);
	explain_refused(&out->why, is);
	if (!form_travels(was, is))
		findings_add(&out->why, REASON_ESSENCE_FORM, "%s from %s in %s",
		    was->s->codec, was->format, is->format);
	else if (!out->same_essence &&
		 (st = explain_essence(out, was, is, err)) != PROV_OK)
		return (st);
	if (out->same_essence)
		keep_whole(out, was, is);
	if (out->same_essence && is_timed(was->s)) {
		struct times t = times_of(was, is);

		in_time = times_match(&t);
		if (!in_time)
			times_explain(&out->why, &t);
	}
	present_compare(&out->why, was, is);
	/* Other times move the interval's ends with them: one cause, one name.
	 */
	if (!in_time)
		findings_remove(&out->why, REASON_SHOWN);
	out->ancillary_changed =
	    was->s->has_ancillary != is->s->has_ancillary ||
	    (was->s->has_ancillary &&
		memcmp(was->s->ancillary, is->s->ancillary, 32) != 0);
	out->same = out->same_essence && in_time && out->why.n == 0;
	return (PROV_OK);
}
