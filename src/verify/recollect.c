/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "verify/known.h"
#include "verify/subject.h"
#include "verify/task.h"

/* The head that is at hand, and the key to what is known under it. */
static prov_status
stand(struct checkpoint *head, uint8_t key[32], struct task *t, prov_err *err)
{
	const char *origin = prov_ledger_origin(t->v->ledger);
	size_t len = strlen(origin);
	prov_status st;

	memset(head, 0, sizeof(*head));
	memcpy(head->origin, origin, len + 1);
	if ((st = prov_ledger_checkpoint(t->v->ledger, &head->size, head->root,
		 NULL, err)) != PROV_OK)
		return (st);
	return (known_key(key, t->out->digest.sha256, head, err));
}

/*
 * That it verified under a key, and is in the log, was proven; what the key is
 * trusted for, and whether the head is witnessed, is judged as ever.
 */
static prov_status
add(struct task *t, const struct known_statement *s,
    const struct checkpoint *at, prov_err *err)
{
	const struct judge *j = &t->judge;
	struct head head = { *at, ledger_note(t->v->ledger), s->index,
		j->scale };
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	if ((st = known_evidence(&e, s, t->out->digest.sha256, err)) != PROV_OK)
		return (st);
	evidence_verified(e, j->trust, j->path, j->now);
	if ((st = evidence_entry(e, j->trust, &head, j->now, err)) == PROV_OK &&
	    (st = dossier_add(&t->d, e, err)) == PROV_OK)
		e = NULL;
	return (st);
}

/* What a key signed that was nobody's then has never been verified. */
static bool
is_usable(const struct known *k, const struct checkpoint *at,
    const prov_trust *trust)
{
	for (size_t i = 0; i < k->n; i++) {
		const struct known_statement *s = &k->at[i];

		if (s->index >= at->size ||
		    (!s->verified && trust_find(trust, s->kid) != NULL))
			return (false);
	}
	return (k->n > 0);
}

static prov_status
fill(struct task *t, const struct known *k, const struct checkpoint *at,
    prov_err *err)
{
	prov_status st;

	for (size_t i = 0; i < k->n; i++)
		if ((st = add(t, &k->at[i], at, err)) != PROV_OK)
			return (st);
	t->d.whole = true;
	memcpy(t->d.asset, t->out->digest.sha256, 32);
	return (PROV_OK);
}

/* Asks who keeps it. Nothing, or nothing whole, is no answer. */
static prov_status
get(struct known *k, struct task *t, const uint8_t key[32], prov_err *err)
{
	const struct recollection *r = t->v->known;
	struct buf *bytes = &t->v->scratch;
	prov_err why = { 0 };
	prov_status st;

	k->n = 0;
	bytes->len = 0;
	st = r->get(r->arg, bytes, key, &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	if (st == PROV_OK && bytes->len == 0)
		return (PROV_OK);
	if (st == PROV_OK)
		st = known_open(k, key, buf_span(bytes), &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK) {
		k->n = 0;
		t->v->recalls.damaged++;
	}
	return (PROV_OK);
}

prov_status
task_recall(struct task *t, bool *hit, prov_err *err)
{
	struct recalls *count = &t->v->recalls;
	struct checkpoint at;
	struct known k;
	uint8_t key[32];
	prov_status st;

	*hit = false;
	if ((st = stand(&at, key, t, err)) != PROV_OK ||
	    (st = get(&k, t, key, err)) != PROV_OK)
		return (st);
	if (is_usable(&k, &at, t->judge.trust)) {
		if ((st = fill(t, &k, &at, err)) != PROV_OK)
			return (st);
		/* Where nothing holds, streams might: that needs statements. */
		if (!(*hit = task_bind_exact(t)))
			dossier_clear(&t->d);
	}
	*(*hit ? &count->hits : &count->misses) += 1;
	return (PROV_OK);
}

static prov_status
remember(struct task *t, prov_err *err)
{
	const struct recollection *r = t->v->known;
	struct buf *bytes = &t->v->scratch;
	struct checkpoint at;
	struct known k;
	uint8_t key[32];
	prov_err why = { 0 };
	prov_status st;
	bool whole;

	bytes->len = 0;
	if ((st = stand(&at, key, t, err)) != PROV_OK ||
	    (st = known_note(&k, &whole, &t->d, &at, err)) != PROV_OK ||
	    !whole || (st = known_seal(bytes, key, &k, err)) != PROV_OK)
		return (st);
	if (bytes->len > KNOWN_MAX)
		return (PROV_OK);
	/* What cannot be kept is proven again next time. */
	st = r->put(r->arg, key, buf_span(bytes), &why);
	if (st != PROV_OK)
		t->v->recalls.lost++;
	return (
	    st == PROV_ENOMEM ? prov_fail(err, st, "%s", why.msg) : PROV_OK);
}

prov_status
task_remember(struct task *t, prov_err *err)
{
	if (!t->recollects || t->recalled || t->v->ledger == NULL ||
	    t->out->ledger_bad)
		return (PROV_OK);
	return (remember(t, err));
}
