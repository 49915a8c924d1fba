/* SPDX-License-Identifier: ISC */
#include "ordered.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct pool {
	const struct ordered *o;
	pthread_mutex_t lock;
	pthread_cond_t change;
	size_t next;    /* the item to start next */
	size_t emitted; /* items handed on */
	size_t window;
	struct slot {
		bool done;
		void *result;
	} * slots; /* window of them, by item modulo window */
};

struct worker {
	struct pool *pool;
	unsigned job;
	pthread_t thread;
};

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	size_t i;
	void *result;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->next < p->o->n && p->next >= p->emitted + p->window)
			pthread_cond_wait(&p->change, &p->lock);
		if (p->next >= p->o->n)
			break;
		i = p->next++;
		pthread_mutex_unlock(&p->lock);
		result = p->o->work(p->o->arg, w->job, i);
		pthread_mutex_lock(&p->lock);
		p->slots[i % p->window] = (struct slot){ true, result };
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
	return (NULL);
}

static void
emit_all(struct pool *p)
{
	struct slot *slot;
	void *result;

	pthread_mutex_lock(&p->lock);
	while (p->emitted < p->o->n) {
		slot = &p->slots[p->emitted % p->window];
		while (!slot->done)
			pthread_cond_wait(&p->change, &p->lock);
		result = slot->result;
		slot->done = false;
		pthread_mutex_unlock(&p->lock);
		p->o->emit(p->o->arg, p->emitted, result);
		pthread_mutex_lock(&p->lock);
		p->emitted++;
		pthread_cond_broadcast(&p->change);
	}
	pthread_mutex_unlock(&p->lock);
}

static void
run_here(const struct ordered *o)
{
	for (size_t i = 0; i < o->n; i++)
		o->emit(o->arg, i, o->work(o->arg, 0, i));
}

bool
ordered_run(const struct ordered *o)
{
	struct pool p = { .o = o, .window = (size_t)o->jobs * 4 };
	struct worker *workers;
	unsigned started = 0;

	if (o->jobs <= 1 || o->n <= 1) {
		run_here(o);
		return (true);
	}
	workers = calloc(o->jobs, sizeof(*workers));
	p.slots = calloc(p.window, sizeof(*p.slots));
	if (workers == NULL || p.slots == NULL) {
		free(workers);
		free(p.slots);
		return (false);
	}
	(void)pthread_mutex_init(&p.lock, NULL);
	(void)pthread_cond_init(&p.change, NULL);
	for (unsigned i = 0; i < o->jobs; i++) {
		workers[i] = (struct worker){ .pool = &p, .job = i };
		if (pthread_create(&workers[i].thread, NULL, worker_main,
			&workers[i]) != 0)
			break;
		started++;
	}
	if (started > 0)
		emit_all(&p);
	for (unsigned i = 0; i < started; i++)
		(void)pthread_join(workers[i].thread, NULL);
	(void)pthread_cond_destroy(&p.change);
	(void)pthread_mutex_destroy(&p.lock);
	free(workers);
	free(p.slots);
	return (started > 0);
}

unsigned
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > (long)JOBS_MAX ? JOBS_MAX : (unsigned)n);
}
