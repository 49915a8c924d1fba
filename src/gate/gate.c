/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>

#include "gate/worker.h"

int64_t
gate_clock_us(clockid_t clock)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(clock, &ts);
	return ((int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
}

static void
worker_free(struct gate_worker *w)
{
	prov_verifier_free(w->verifier);
	query_clear(&w->query);
	free(w);
}

static prov_status
worker_new(struct gate_worker **out, prov_gate *g, prov_err *err)
{
	struct gate_worker *w = calloc(1, sizeof(*w));
	prov_verify_options o = g->verify;
	prov_status st;

	if (w == NULL)
		return (prov_fail(err, PROV_ENOMEM, "gate"));
	w->gate = g;
	w->query.r.fd = -1;
	o.beside = g->model;
	if ((st = prov_verifier_new(&w->verifier, &o, err)) != PROV_OK) {
		worker_free(w);
		return (st);
	}
	if (g->recollection != NULL)
		verifier_recollect(w->verifier, g->recollection);
	w->next = g->all;
	g->all = w;
	*out = w;
	return (PROV_OK);
}

prov_status
gate_take(struct gate_worker **out, prov_gate *g, prov_err *err)
{
	prov_status st = PROV_OK;

	(void)pthread_mutex_lock(&g->lock);
	if (g->idle != NULL) {
		*out = g->idle;
		g->idle = g->idle->next_idle;
	} else {
		st = worker_new(out, g, err);
	}
	(void)pthread_mutex_unlock(&g->lock);
	return (st);
}

void
gate_give(prov_gate *g, struct gate_worker *w)
{
	(void)pthread_mutex_lock(&g->lock);
	w->next_idle = g->idle;
	g->idle = w;
	(void)pthread_mutex_unlock(&g->lock);
}

void
gate_recollect(prov_gate *g, const struct recollection *r)
{
	g->recollection = r;
}

void
prov_gate_free(prov_gate *g)
{
	if (g == NULL)
		return;
	while (g->all != NULL) {
		struct gate_worker *w = g->all;

		g->all = w->next;
		worker_free(w);
	}
	prov_verifier_free(g->model);
	cache_close(g->cache);
	journal_close(g->journal);
	place_close(&g->place);
	tally_clear(&g->tally);
	(void)pthread_mutex_destroy(&g->lock);
	free(g);
}

/*
 * What the policy wants of a verifier. Revocations are looked for as if it
 * required them: whether it does is the policy's to say, of the facts.
 */
static void
set_up(prov_gate *g, const prov_gate_options *o)
{
	g->policy = o->policy;
	g->now = o->now;
	g->fds = o->fds;
	g->n_fds = o->n_fds;
	g->verify = (prov_verify_options){
		.trust = policy_trust(o->policy),
		.ledger_dir = o->ledger_dir,
		.ledger_own = o->ledger_own,
		.notices_dir = o->notices_dir,
		.state_dir = o->state_dir,
		.demux = o->demux,
		.sidecar = PROV_SIDECAR_NONE, /* the gate opens them itself */
		.now = o->now,
		.accept_clip = policy_accepts_clips(o->policy),
		.require_revocation = 1,
	};
}

static prov_status
open_cache(prov_gate *g, const prov_gate_options *o, prov_err *err)
{
	prov_status st;

	if (o->cache == NULL)
		return (PROV_OK);
	if (o->state_dir == NULL)
		return (prov_fail(err, PROV_EARG,
		    "a cache needs a directory for its key"));
	if ((st = cache_open(&g->cache, o->cache, o->state_dir, 0, err)) ==
	    PROV_OK)
		g->recollection = cache_recollection(g->cache);
	return (st);
}

static prov_status
open_all(prov_gate *g, const prov_gate_options *o, prov_err *err)
{
	prov_status st;

	if ((st = place_open(&g->place, o, err)) != PROV_OK ||
	    (st = open_cache(g, o, err)) != PROV_OK ||
	    (o->output != NULL &&
		(st = journal_open(&g->journal, o->output, o->resume != 0,
		     prov_policy_digest(o->policy), err)) != PROV_OK))
		return (st);
	/* What is wrong with the ledger shows before the first request. */
	return (prov_verifier_new(&g->model, &g->verify, err));
}

prov_status
prov_gate_new(prov_gate **out, const prov_gate_options *options, prov_err *err)
{
	prov_gate *g;
	prov_status st;

	if (options->policy == NULL)
		return (prov_fail(err, PROV_EARG, "a gate needs a policy"));
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "gate"));
	(void)pthread_mutex_init(&g->lock, NULL);
	tally_init(&g->tally);
	place_init(&g->place);
	set_up(g, options);
	if ((st = open_all(g, options, err)) != PROV_OK) {
		prov_gate_free(g);
		return (st);
	}
	*out = g;
	return (PROV_OK);
}

prov_status
prov_gate_record(prov_gate *g, const char *lines, size_t len, prov_err *err)
{
	if (g->journal == NULL || len == 0)
		return (PROV_OK);
	if (lines[len - 1] != '\n')
		return (prov_fail(err, PROV_EARG, "a line without its end"));
	return (journal_append(g->journal, span(lines, len), err));
}

prov_status
prov_gate_sync(prov_gate *g, prov_err *err)
{
	return (g->journal == NULL ? PROV_OK : journal_sync(g->journal, err));
}

uint64_t
prov_gate_count(prov_gate *g, prov_decision decision)
{
	return (tally_count(&g->tally, decision));
}

static void
put_metrics(prov_gate *g, struct buf *b)
{
	struct cache_stats stats = { 0 };

	if (g->cache != NULL)
		cache_stats(g->cache, &stats);
	tally_put(&g->tally, b, g->policy, g->cache != NULL ? &stats : NULL,
	    g->now != 0 ? g->now : gate_clock_us(CLOCK_REALTIME) / 1000000);
}

prov_status
prov_gate_metrics(prov_gate *g, char **out, prov_err *err)
{
	AUTO_BUF b = { 0 };

	put_metrics(g, &b);
	return (buf_take_str(&b, out, err));
}

prov_status
prov_gate_metrics_save(prov_gate *g, const char *path, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	put_metrics(g, &b);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (file_write(path, buf_span(&b), 0644, 0, err));
}
