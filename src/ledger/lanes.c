/* SPDX-License-Identifier: ISC */
#include "ledger/lanes.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

struct road {
	const struct lanes *how;
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	uint64_t next; /* the item that nobody works on yet */
	uint64_t taken;
	bool *full; /* by slot */
	bool stop;
};

struct lane {
	struct road *road;
	unsigned number;
	pthread_t thread;
};

unsigned
lanes_threads(unsigned asked)
{
	long n = asked != 0 ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

	return (n < 1 ? 1 : n > LANES_MAX ? LANES_MAX : (unsigned)n);
}

/* The next item, when a slot is free; false when there is none. */
static bool
begin(struct road *r, uint64_t *i)
{
	const struct lanes *how = r->how;
	bool any;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->stop && r->next < how->n && r->next - r->taken >= how->slots)
		(void)pthread_cond_wait(&r->freed, &r->lock);
	if ((any = !r->stop && r->next < how->n))
		*i = r->next++;
	(void)pthread_mutex_unlock(&r->lock);
	return (any);
}

static void *
drive(void *arg)
{
	struct lane *l = arg;
	struct road *r = l->road;
	const struct lanes *how = r->how;
	uint64_t i;

	while (begin(r, &i)) {
		how->work(how->arg, l->number, i, (size_t)(i % how->slots));
		(void)pthread_mutex_lock(&r->lock);
		r->full[i % how->slots] = true;
		(void)pthread_cond_signal(&r->filled);
		(void)pthread_mutex_unlock(&r->lock);
	}
	return (NULL);
}

/* Signals stay with the threads that were there before. */
static unsigned
start(struct road *r, struct lane *lanes)
{
	sigset_t all, old;
	unsigned n = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; n < r->how->threads && n < LANES_MAX; n++) {
		lanes[n] = (struct lane){ .road = r, .number = n };
		if (pthread_create(&lanes[n].thread, NULL, drive, &lanes[n]) !=
		    0)
			break;
	}
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (n);
}

static prov_status
take_all(struct road *r, prov_err *err)
{
	const struct lanes *how = r->how;
	prov_status st = PROV_OK;

	for (uint64_t i = 0; i < how->n && st == PROV_OK; i++) {
		size_t slot = (size_t)(i % how->slots);

		(void)pthread_mutex_lock(&r->lock);
		while (!r->full[slot])
			(void)pthread_cond_wait(&r->filled, &r->lock);
		r->full[slot] = false;
		(void)pthread_mutex_unlock(&r->lock);
		st = how->take(how->arg, i, slot, err);
		(void)pthread_mutex_lock(&r->lock);
		r->taken = i + 1;
		r->stop = st != PROV_OK;
		(void)pthread_cond_broadcast(&r->freed);
		(void)pthread_mutex_unlock(&r->lock);
	}
	return (st);
}

static prov_status
alone(const struct lanes *how, prov_err *err)
{
	prov_status st = PROV_OK;

	for (uint64_t i = 0; i < how->n && st == PROV_OK; i++) {
		how->work(how->arg, 0, i, (size_t)(i % how->slots));
		st = how->take(how->arg, i, (size_t)(i % how->slots), err);
	}
	return (st);
}

prov_status
lanes_run(const struct lanes *how, prov_err *err)
{
	struct road r = { .how = how,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.filled = PTHREAD_COND_INITIALIZER,
		.freed = PTHREAD_COND_INITIALIZER };
	AUTO_FREE bool *full = calloc(how->slots, sizeof(*full));
	struct lane lanes[LANES_MAX];
	unsigned n;
	prov_status st;

	if (full == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	r.full = full;
	if (how->threads < 2 || (n = start(&r, lanes)) == 0)
		return (alone(how, err));
	st = take_all(&r, err);
	for (unsigned i = 0; i < n; i++)
		(void)pthread_join(lanes[i].thread, NULL);
	return (st);
}
