/* SPDX-License-Identifier: ISC */
#include "verify/pairing.h"

#include <stdlib.h>
#include <string.h>

/* A signed stream and a candidate's, as they are being paired. */
struct table {
	const struct manifest *m;
	struct timeline *const *tl;
	const prov_identity *is;
	size_t partner[STREAMS_MAX]; /* of signed stream i */
	bool taken[STREAMS_MAX];     /* candidate's stream j */
};
#define NOBODY SIZE_MAX

const char *
pair_state_name(enum pair_state s)
{
	static const char *const names[] = {
		[PAIR_MATCH] = "match",
		[PAIR_CLIP] = "clip",
		[PAIR_ALTERED] = "altered",
		[PAIR_MISSING] = "missing",
		[PAIR_ADDED] = "added",
		[PAIR_UNSUPPORTED] = "unsupported",
	};

	return (names[s]);
}

bool
pairing_binds(prov_kind kind)
{
	switch (kind) {
	case PROV_VIDEO:
	case PROV_AUDIO:
	case PROV_SUBTITLE:
	case PROV_IMAGE:
		return (true);
	case PROV_DATA:
		return (false);
	}
	return (true);
}

void
pairing_free(struct pairing *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		free(p->at[i].c);
	free(p);
}

void
auto_pairing(struct pairing **p)
{
	pairing_free(*p);
}

static struct shown
was_shown(const struct table *t, size_t i)
{
	return ((struct shown){ t->m->format, &t->m->streams[i], t->tl[i] });
}

static struct shown
is_shown(const struct table *t, size_t j)
{
	return ((struct shown){ t->is->format, &t->is->streams[j],
	    t->is->streams[j].tl });
}

/* Everything holds. */
static bool
like_whole(const struct shown *was, const struct shown *is)
{
	struct findings why = { 0 };

	if (!compare_quick(was, is))
		return (false);
	present_compare(&why, was, is);
	return (why.n == 0);
}

static bool
like_root(const struct shown *was, const struct shown *is)
{
	return (was->s->kind == is->s->kind &&
		memcmp(was->s->root, is->s->root, 32) == 0);
}

/* Whether the first or the last segment of a, or its middle, is in b. */
static bool
has_leaf(const struct timeline *a, const struct timeline *b)
{
	const uint8_t *first = a->leaves, *last = first + (a->n - 1) * 32;
	const uint8_t *middle = first + a->n / 2 * 32;

	for (uint64_t j = 0; j < b->n; j++) {
		const uint8_t *leaf = b->leaves + j * 32;

		if (memcmp(leaf, middle, 32) == 0 ||
		    memcmp(leaf, first, 32) == 0 || memcmp(leaf, last, 32) == 0)
			return (true);
	}
	return (false);
}

/* One has a piece of the other. */
static bool
like_leaf(const struct shown *was, const struct shown *is)
{
	if (was->s->kind != is->s->kind ||
	    strcmp(was->s->codec, is->s->codec) != 0 || was->tl == NULL ||
	    is->tl == NULL || was->tl->n == 0 || is->tl->n == 0)
		return (false);
	return (has_leaf(was->tl, is->tl) || has_leaf(is->tl, was->tl));
}

static bool
like_codec(const struct shown *was, const struct shown *is)
{
	return (was->s->kind == is->s->kind &&
		strcmp(was->s->codec, is->s->codec) == 0);
}

typedef bool (*like_fn)(const struct shown *was, const struct shown *is);

static void
pair_by(struct table *t, like_fn like)
{
	for (size_t i = 0; i < t->m->n_streams; i++) {
		struct shown was = was_shown(t, i), is;

		if (t->partner[i] != NOBODY || !pairing_binds(was.s->kind))
			continue;
		for (size_t j = 0; j < t->is->n; j++) {
			is = is_shown(t, j);
			if (t->taken[j] || !like(&was, &is))
				continue;
			t->partner[i] = j;
			t->taken[j] = true;
			break;
		}
	}
}

static enum pair_state
pair_judge(const struct pair *p)
{
	if (p->c->same)
		return (PAIR_MATCH);
	if (p->was->refused[0] != '\0' || p->is->refused[0] != '\0' ||
	    findings_has(&p->c->why, REASON_ESSENCE_FORM))
		return (PAIR_UNSUPPORTED);
	return (PAIR_ALTERED);
}

static prov_status
add_pair(struct pairing *p, const struct table *t, size_t i, prov_err *err)
{
	struct pair *pair = &p->at[p->n];
	struct shown was = was_shown(t, i), is;
	prov_status st;

	*pair =
	    (struct pair){ .state = PAIR_MISSING, .was = was.s, .tl = was.tl };
	p->n++;
	if (t->partner[i] == NOBODY)
		return (PROV_OK);
	is = is_shown(t, t->partner[i]);
	pair->is = is.s;
	pair->state = PAIR_ALTERED;
	if ((pair->c = calloc(1, sizeof(*pair->c))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream %zu", i));
	if ((st = compare_stream(pair->c, &was, &is, err)) != PROV_OK)
		return (st);
	pair->state = pair_judge(pair);
	p->n_shared += pair->c->same_essence;
	p->n_aligned += pair->c->n_aligned;
	p->ancillary_changed |= pair->c->ancillary_changed;
	p->timing_unknown |= findings_has(&pair->c->why, REASON_TIMING_UNKNOWN);
	return (PROV_OK);
}

static prov_status
fill(struct pairing *p, const struct table *t, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < t->m->n_streams; i++) {
		if (!pairing_binds(t->m->streams[i].kind))
			continue;
		if ((st = add_pair(p, t, i, err)) != PROV_OK)
			return (st);
	}
	for (size_t j = 0; j < t->is->n; j++) {
		if (t->taken[j] || !pairing_binds(t->is->streams[j].kind))
			continue;
		p->at[p->n++] = (struct pair){ .state = PAIR_ADDED,
			.is = &t->is->streams[j] };
	}
	return (PROV_OK);
}

static bool
essence_differs(const struct pair *p)
{
	return (p->c != NULL && !p->c->same_essence &&
		p->state != PAIR_UNSUPPORTED);
}

/* The reasons of all pairs: what differs, then what is gone or new. */
static void
conclude(struct pairing *p)
{
	bool all = p->n > 0;

	for (size_t i = 0; i < p->n; i++) {
		all &= p->at[i].state == PAIR_MATCH;
		if (essence_differs(&p->at[i]))
			findings_add(&p->why, REASON_STREAMS_MISMATCH, "%s",
			    reason_text(REASON_STREAMS_MISMATCH));
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct pair *x = &p->at[i];

		if (x->c != NULL)
			findings_join(&p->why, &x->c->why);
		else if (x->was != NULL)
			findings_add(&p->why, REASON_STREAMS_MISSING, "%s %s",
			    prov_kind_name(x->was->kind), x->was->codec);
		else
			findings_add(&p->why, REASON_STREAMS_ADDED, "%s %s",
			    prov_kind_name(x->is->kind), x->is->codec);
	}
	p->same = all && p->why.n == 0;
}

prov_status
pairing_new(struct pairing **out, const struct manifest *m,
    struct timeline *const *tl, const prov_identity *is, prov_err *err)
{
	static const like_fn likes[] = { like_whole, like_root, like_leaf,
		like_codec };
	AUTO_PAIRING *p = calloc(1, sizeof(*p));
	struct table t = { m, tl, is, { 0 }, { 0 } };
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "streams"));
	if (m->n_streams > STREAMS_MAX || is->n > STREAMS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.streams: more than %d streams", STREAMS_MAX));
	for (size_t i = 0; i < STREAMS_MAX; i++)
		t.partner[i] = NOBODY;
	for (size_t k = 0; k < sizeof(likes) / sizeof(likes[0]); k++)
		pair_by(&t, likes[k]);
	if ((st = fill(p, &t, err)) != PROV_OK)
		return (st);
	if (m->refused[0] != '\0')
		findings_foreign(&p->why, m->refused, NULL,
		    REASON_DEMUX_MALFORMED);
	if (is->refused[0] != '\0')
		findings_foreign(&p->why, is->refused, NULL,
		    REASON_DEMUX_MALFORMED);
	conclude(p);
	*out = TAKE(p);
	return (PROV_OK);
}
