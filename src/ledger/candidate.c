/* SPDX-License-Identifier: ISC */
#include "ledger/candidate.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "hash/tree.h"

/* Fewer than these for a thread, and starting it takes longer: 50 us each. */
#define EACH_MIN 16

prov_status
candidate_read(struct candidate *out, prov_span bytes, const uint8_t *verified,
    prov_err *err)
{
	struct candidate c = { .verified = false };
	prov_status st;

	if ((st = statement_parse(&c.s, bytes, err)) != PROV_OK ||
	    (st = tree_leaf(c.leaf, bytes, err)) != PROV_OK)
		return (st);
	if (verified != NULL && memcmp(verified, c.leaf, sizeof(c.leaf)) != 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "not the statement that was verified"));
	c.verified = verified != NULL;
	*out = c;
	return (PROV_OK);
}

/* What threads take from, one after the other. */
struct work {
	struct candidate *at;
	size_t n;
	const struct registry *registry;
	atomic_size_t next;
};

static void *
verify_some(void *arg)
{
	struct work *w = arg;
	size_t i;

	while ((i = atomic_fetch_add(&w->next, 1)) < w->n) {
		struct candidate *c = &w->at[i];
		const prov_pubkey *key;

		if (c->verified)
			continue;
		if ((key = registry_key(w->registry, c->s.kid)) != NULL)
			c->verified =
			    statement_verify(&c->s, key, NULL) == PROV_OK;
	}
	return (NULL);
}

static size_t
processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return (1);
	return ((size_t)CPU_COUNT(&set));
}

void
candidates_verify(struct candidate *c, size_t n, const struct registry *r)
{
	struct work w = { .at = c, .n = n, .registry = r };
	pthread_t thread[CANDIDATE_THREADS_MAX];
	size_t unverified = 0, most, started = 0;

	for (size_t i = 0; i < n; i++)
		unverified += !c[i].verified;
	if (unverified == 0)
		return;
	most = processors() - 1;
	if (most > unverified / EACH_MIN)
		most = unverified / EACH_MIN;
	if (most > CANDIDATE_THREADS_MAX)
		most = CANDIDATE_THREADS_MAX;
	/* Where no thread can be had, this one does it all. */
	while (started < most &&
	       pthread_create(&thread[started], NULL, verify_some, &w) == 0)
		started++;
	(void)verify_some(&w);
	while (started > 0)
		(void)pthread_join(thread[--started], NULL);
}
