/* SPDX-License-Identifier: ISC */
#include "hash/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Jobs that wait: when there are more, the owner does the next one itself. */
#define QUEUE_MAX 64

/* OpenSSL's update needs a few hundred bytes. */
#define STACK_LEN (128UL << 10)

struct helper {
	struct pool *pool;
	struct sha256 *hash;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock; /* of all below, but what is set once */
	pthread_cond_t work, done;
	struct pool_job queue[QUEUE_MAX];
	size_t first, n;  /* jobs in queue */
	unsigned idle;    /* threads that wait for work */
	unsigned started; /* threads that did so once */
	bool waiting;     /* the owner waits for done */
	bool over;
	unsigned n_threads;
	struct sha256 *hash; /* the owner's */
	struct helper helpers[POOL_THREADS_MAX];
};

static void
work_on(struct sha256 *h, const struct pool_job *j)
{
	sha256_init(h);
	sha256_add(h, j->head, j->head_len);
	sha256_add(h, j->data.p, j->data.len);
	if (sha256_done(h, j->out, NULL) != PROV_OK)
		atomic_store_explicit(j->failed, true, memory_order_relaxed);
}

/* Its bytes are not read any more, and its digest can be. */
static void
count_down(const struct pool_job *j)
{
	if (j->held != NULL)
		atomic_fetch_sub_explicit(j->held, 1, memory_order_release);
	atomic_fetch_sub_explicit(j->waited, 1, memory_order_release);
}

static struct pool_job
take(struct pool *p)
{
	struct pool_job j = p->queue[p->first];

	p->first = (p->first + 1) % QUEUE_MAX;
	p->n--;
	return (j);
}

static void *
help(void *arg)
{
	struct helper *h = arg;
	struct pool *p = h->pool;
	struct pool_job j;

	(void)pthread_mutex_lock(&p->lock);
	p->started++;
	(void)pthread_cond_signal(&p->done);
	for (;;) {
		while (p->n == 0 && !p->over) {
			p->idle++;
			(void)pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
		}
		if (p->n == 0)
			break;
		j = take(p);
		(void)pthread_mutex_unlock(&p->lock);
		work_on(h->hash, &j);
		(void)pthread_mutex_lock(&p->lock);
		count_down(&j);
		if (p->waiting)
			(void)pthread_cond_signal(&p->done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return (NULL);
}

static void
start(struct pool *p, unsigned n)
{
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0)
		return;
	if (pthread_attr_setstacksize(&attr, STACK_LEN) != 0)
		n = 0;
	while (p->n_threads < n) {
		struct helper *h = &p->helpers[p->n_threads];

		h->pool = p;
		if (sha256_new(&h->hash, NULL) != PROV_OK)
			break;
		/* What OpenSSL allocates at first, it has then. */
		sha256_init(h->hash);
		if (pthread_create(&h->thread, &attr, help, h) != 0) {
			sha256_free(h->hash);
			h->hash = NULL;
			break;
		}
		p->n_threads++;
	}
	(void)pthread_attr_destroy(&attr);
	/* A sandbox that comes next allows less than a thread needs to begin.
	 */
	(void)pthread_mutex_lock(&p->lock);
	while (p->started < p->n_threads)
		(void)pthread_cond_wait(&p->done, &p->lock);
	(void)pthread_mutex_unlock(&p->lock);
}

static bool
init(struct pool *p)
{
	if (pthread_mutex_init(&p->lock, NULL) != 0)
		return (false);
	if (pthread_cond_init(&p->work, NULL) == 0) {
		if (pthread_cond_init(&p->done, NULL) == 0)
			return (true);
		(void)pthread_cond_destroy(&p->work);
	}
	(void)pthread_mutex_destroy(&p->lock);
	return (false);
}

prov_status
pool_new(struct pool **out, unsigned n, prov_err *err)
{
	struct pool *p = calloc(1, sizeof(*p));
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "hash threads"));
	if ((st = sha256_new(&p->hash, err)) != PROV_OK) {
		free(p);
		return (st);
	}
	if (!init(p)) {
		sha256_free(p->hash);
		free(p);
		return (prov_fail(err, PROV_ENOMEM, "hash threads"));
	}
	start(p, n < POOL_THREADS_MAX ? n : POOL_THREADS_MAX);
	*out = p;
	return (PROV_OK);
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->over = true;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_threads; i++) {
		(void)pthread_join(p->helpers[i].thread, NULL);
		sha256_free(p->helpers[i].hash);
	}
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_mutex_destroy(&p->lock);
	sha256_free(p->hash);
	free(p);
}

unsigned
pool_threads(const struct pool *p)
{
	return (p->n_threads);
}

static bool
put(struct pool *p, const struct pool_job *job)
{
	bool room;

	if (p->n_threads == 0)
		return (false);
	(void)pthread_mutex_lock(&p->lock);
	room = p->n < QUEUE_MAX;
	if (room) {
		p->queue[(p->first + p->n++) % QUEUE_MAX] = *job;
		if (p->idle > 0)
			(void)pthread_cond_signal(&p->work);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return (room);
}

void
pool_add(struct pool *p, const struct pool_job *job)
{
	atomic_fetch_add_explicit(job->waited, 1, memory_order_relaxed);
	if (job->held != NULL)
		atomic_fetch_add_explicit(job->held, 1, memory_order_relaxed);
	if (put(p, job))
		return;
	work_on(p->hash, job);
	count_down(job);
}

void
pool_wait(struct pool *p, atomic_uint *count)
{
	struct pool_job j;

	(void)pthread_mutex_lock(&p->lock);
	while (atomic_load_explicit(count, memory_order_acquire) != 0) {
		if (p->n == 0) {
			p->waiting = true;
			(void)pthread_cond_wait(&p->done, &p->lock);
			p->waiting = false;
			continue;
		}
		j = take(p);
		(void)pthread_mutex_unlock(&p->lock);
		work_on(p->hash, &j);
		count_down(&j);
		(void)pthread_mutex_lock(&p->lock);
	}
	(void)pthread_mutex_unlock(&p->lock);
}
