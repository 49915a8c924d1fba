/* SPDX-License-Identifier: ISC */
#include "witness/quorum.h"

#include <stdlib.h>
#include <string.h>

/* One checkpoint being weighed. time[i] and since[i] are member i's, or 0. */
struct weighing {
	const struct tlogpolicy *p;
	prov_span text;
	int64_t latest; /* what is later counts for nothing */
	int64_t *time, *since;
};

static prov_status
weigh_line(void *arg, const struct note_sig *s, prov_err *err)
{
	struct weighing *w = arg;
	prov_status st;
	int64_t time;

	for (size_t i = 0; i < w->p->n_members; i++) {
		const struct cosigner *key = w->p->members[i].key;

		if (key == NULL || !cosigner_usable(key) ||
		    !cosigner_signed(key, s))
			continue;
		st = cosignature_verify(&time, key, w->text, s->sig, err);
		if (st != PROV_OK)
			return (st);
		if (time > w->latest || time <= 0)
			continue;
		if (time > w->time[i])
			w->time[i] = time;
		if (w->since[i] == 0 || time < w->since[i])
			w->since[i] = time;
	}
	return (PROV_OK);
}

static int
newest_first(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y ? -1 : x < y);
}

/*
 * The k-th newest of the members' times, and the k-th oldest since; 0 where
 * fewer have one.
 */
static prov_status
group_times(struct weighing *w, const struct policy_member *g, size_t i,
    prov_err *err)
{
	AUTO_FREE int64_t *of = calloc(g->n, sizeof(*of));
	size_t n = 0;

	if (of == NULL)
		return (prov_fail(err, PROV_ENOMEM, "quorum"));
	for (size_t j = 0; j < g->n; j++)
		of[j] = w->time[g->at[j]];
	qsort(of, g->n, sizeof(*of), newest_first);
	w->time[i] = of[g->k - 1];
	for (size_t j = 0; j < g->n; j++) {
		of[j] = w->since[g->at[j]];
		n += of[j] != 0;
	}
	qsort(of, g->n, sizeof(*of), newest_first);
	w->since[i] = n >= g->k ? of[n - g->k] : 0;
	return (PROV_OK);
}

/* Members stand before their groups, so once through the list is enough. */
static prov_status
weigh_members(struct weighing *w, struct quorum *q, prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < w->p->n_members; i++) {
		const struct policy_member *m = &w->p->members[i];

		if (m->key != NULL)
			q->n += w->time[i] != 0;
		else if ((st = group_times(w, m, i, err)) != PROV_OK)
			return (st);
	}
	if (!w->p->quorum) {
		q->met = true;
		return (PROV_OK);
	}
	q->time = w->time[w->p->quorum_member];
	q->since = w->since[w->p->quorum_member];
	q->met = q->timed = q->time != 0;
	return (PROV_OK);
}

prov_status
quorum_weigh(struct quorum *out, const struct tlogpolicy *p, prov_span note,
    int64_t now, prov_err *err)
{
	AUTO_FREE int64_t *time = calloc(p->n_members + 1, sizeof(*time));
	AUTO_FREE int64_t *since = calloc(p->n_members + 1, sizeof(*since));
	struct weighing w = { .p = p, .time = time, .since = since };
	struct quorum q = { .of = p->n_witnesses };
	prov_status st;
	prov_span sigs;

	if (time == NULL || since == NULL)
		return (prov_fail(err, PROV_ENOMEM, "quorum"));
	w.latest = now > INT64_MAX - COSIGNED_AHEAD_S ? INT64_MAX
	                                              : now + COSIGNED_AHEAD_S;
	if ((st = note_split(&w.text, &sigs, note, err)) != PROV_OK ||
	    (st = note_sigs(sigs, weigh_line, &w, err)) != PROV_OK ||
	    (st = weigh_members(&w, &q, err)) != PROV_OK)
		return (st);
	*out = q;
	return (PROV_OK);
}

prov_status
scale_weigh(struct scale *s, struct quorum *out, const struct tlogpolicy *p,
    prov_span note, int64_t now, prov_err *err)
{
	prov_status st;

	if (s != NULL && s->note.len != 0 && s->now == now &&
	    span_eq(buf_span(&s->note), note)) {
		*out = s->q;
		return (PROV_OK);
	}
	if ((st = quorum_weigh(out, p, note, now, err)) != PROV_OK || s == NULL)
		return (st);
	buf_free(&s->note);
	buf_put_span(&s->note, note);
	s->now = now;
	s->q = *out;
	return (buf_done(&s->note, err));
}
