/* SPDX-License-Identifier: ISC */
#include "verify/dossier.h"

#include <string.h>

void
dossier_clear(struct dossier *d)
{
	for (size_t i = 0; i < d->n; i++)
		evidence_free(d->at[i]);
	memset(d, 0, sizeof(*d));
}

prov_status
dossier_add(struct dossier *d, struct evidence *e, prov_err *err)
{
	if (d->n == EVIDENCE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d statements",
		    EVIDENCE_MAX));
	d->at[d->n++] = e;
	d->n_untrusted += e->signature == PROV_SIG_UNKNOWN;
	return (PROV_OK);
}

struct evidence *
dossier_find(const struct dossier *d, const uint8_t digest[32])
{
	for (size_t i = 0; i < d->n; i++) {
		if (memcmp(d->at[i]->digest, digest, 32) == 0)
			return (d->at[i]);
	}
	return (NULL);
}

/*
 * A sidecar that is a lie, or that shows the log to be one, is never replaced
 * by what a look-up would find.
 */
static bool
is_lie(const struct evidence *e)
{
	return (e->from_sidecar && (e->signature == PROV_SIG_INVALID ||
				       e->ledger == PROV_LEDGER_INVALID ||
				       e->ledger == PROV_LEDGER_STALE ||
				       e->ledger == PROV_LEDGER_FORK));
}

bool
dossier_lies(const struct dossier *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (is_lie(d->at[i]))
			return (true);
	}
	return (false);
}

/* Whether nearly all of a stream is one segment over and over: silence. */
static bool
is_dull(const struct stream *s)
{
	const struct timeline *tl = s->tl;
	uint64_t same = 0;

	if (tl == NULL || tl->n < 3)
		return (s->kind == PROV_AUDIO);
	for (uint64_t k = 0; k < tl->n; k++)
		same += memcmp(tl->leaves + k * 32, tl->leaves + tl->n / 2 * 32,
			    32) == 0;
	return (same > tl->n / 2);
}

/* What shares one segment in so many with an asset may be made of it. */
#define KNOWN_PART 10

/* Found by look-up, an original is known only by a stream worth the name. */
static bool
is_known(const struct evidence *e)
{
	if (e->from_sidecar || e->binding != PROV_BIND_NONE)
		return (true);
	if (e->pairing == NULL)
		return (false);
	for (size_t i = 0; i < e->pairing->n; i++) {
		const struct pair *p = &e->pairing->at[i];

		if (p->c != NULL && p->c->same_essence && !is_dull(p->is))
			return (true);
		/* A title that all parts of a series have is no original. */
		if (p->c != NULL && p->c->n_telling > 0 &&
		    p->c->n_telling >= p->is->segments / KNOWN_PART)
			return (true);
	}
	return (false);
}

/* Whether x says more, or more to the point, than y. */
static bool
is_better(const struct evidence *x, const struct evidence *y)
{
	size_t a = x->pairing != NULL ? x->pairing->n_shared : 0;
	size_t b = y->pairing != NULL ? y->pairing->n_shared : 0;

	if (evidence_holds(x) != evidence_holds(y))
		return (evidence_holds(x));
	if (x->binding != y->binding)
		return (x->binding > y->binding);
	if (x->from_sidecar != y->from_sidecar)
		return (x->from_sidecar);
	if (x->signature != y->signature)
		return (x->signature > y->signature);
	if (a != b)
		return (a > b);
	if (x->pairing != NULL && y->pairing != NULL &&
	    x->pairing->n_aligned != y->pairing->n_aligned)
		return (x->pairing->n_aligned > y->pairing->n_aligned);
	if (x->binding == PROV_BIND_CLIP &&
	    x->clip->proven_ns != y->clip->proven_ns)
		return (x->clip->proven_ns > y->clip->proven_ns);
	return (x->ledger == PROV_LEDGER_INCLUDED && x->index > y->index);
}

struct evidence *
dossier_choose(const struct dossier *d)
{
	struct evidence *best = NULL;

	for (size_t i = 0; i < d->n; i++) {
		struct evidence *e = d->at[i];

		if (is_lie(e))
			return (e);
		if (is_known(e) && (best == NULL || is_better(e, best)))
			best = e;
	}
	return (best);
}
