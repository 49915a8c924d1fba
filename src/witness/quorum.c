/* SPDX-License-Identifier: ISC */
#include "witness/quorum.h"

#include <stdlib.h>
#include <string.h>

/* One checkpoint being weighed. time[i] is member i's, 0 for none. */
struct weighing {
	const struct tlogpolicy *p;
	prov_span text;
	int64_t latest; /* what is later counts for nothing */
	int64_t *time;
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
		if (time <= w->latest && time > w->time[i])
			w->time[i] = time;
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

/* The k-th newest of the members' times; 0 where fewer have one. */
static prov_status
group_time(struct weighing *w, const struct policy_member *g, int64_t *out,
    prov_err *err)
{
	AUTO_FREE int64_t *of = calloc(g->n, sizeof(*of));

	if (of == NULL)
		return (prov_fail(err, PROV_ENOMEM, "quorum"));
	for (size_t i = 0; i < g->n; i++)
		of[i] = w->time[g->at[i]];
	qsort(of, g->n, sizeof(*of), newest_first);
	*out = of[g->k - 1];
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
		else if ((st = group_time(w, m, &w->time[i], err)) != PROV_OK)
			return (st);
	}
	if (!w->p->quorum) {
		q->met = true;
		return (PROV_OK);
	}
	q->time = w->time[w->p->quorum_member];
	q->met = q->timed = q->time != 0;
	return (PROV_OK);
}

prov_status
quorum_weigh(struct quorum *out, const struct tlogpolicy *p, prov_span note,
    int64_t now, prov_err *err)
{
	AUTO_FREE int64_t *time = calloc(p->n_members + 1, sizeof(*time));
	struct weighing w = { .p = p, .time = time };
	struct quorum q = { .of = p->n_witnesses };
	prov_status st;
	prov_span sigs;

	if (time == NULL)
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
