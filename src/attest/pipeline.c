/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attest/commit.h"
#include "base/file.h"

#define JOBS_MAX    256
#define GATHER_MS   100  /* how long a batch waits for more (LEDGER 1) */
#define WINDOW      2048 /* files between the slowest and the next to begin */
#define WAITING_MAX (64UL << 20) /* bytes prepared and not yet logged */

enum slot_state { SLOT_EMPTY, SLOT_BUSY, SLOT_READY, SLOT_DONE };

struct slot {
	enum slot_state state;
	struct prepared p;
};

/*
 * Threads prepare files in their order; the caller's thread, which alone
 * touches the ledger, logs in groups what is ready, and reports in order.
 */
struct pipeline {
	const prov_sign_options *o;
	const char *const *paths;
	size_t n;
	const bool *clash; /* files whose sidecar another one has; or NULL */
	pthread_mutex_t lock;
	pthread_cond_t ready; /* for the caller: a slot became ready */
	pthread_cond_t room;  /* for threads: the window moved */
	size_t next;          /* file to be begun */
	size_t reported;      /* files reported */
	prov_err stopped;     /* why no more are begun, or PROV_OK */
	size_t n_busy, n_ready;
	size_t waiting; /* bytes in ready slots */
	size_t n_slots;
	struct slot *slots; /* file i is in slot i % n_slots */
};

static struct slot *
slot_of(const struct pipeline *l, size_t i)
{
	return (&l->slots[i % l->n_slots]);
}

/* Waits for a file to begin; NULL when there are no more. Locked. */
static struct slot *
take_file(struct pipeline *l)
{
	struct slot *s;

	while (
	    l->next < l->n && (l->next - l->reported >= l->n_slots ||
				  (l->waiting > WAITING_MAX && l->n_ready > 0)))
		(void)pthread_cond_wait(&l->room, &l->lock);
	if (l->next == l->n)
		return (NULL);
	s = slot_of(l, l->next);
	s->p = (struct prepared){ .path = l->paths[l->next] };
	s->state = SLOT_BUSY;
	if (l->clash != NULL && l->clash[l->next])
		(void)prov_fail(&s->p.err, PROV_EARG,
		    "another file of this run has a sidecar of this name");
	l->next++;
	l->n_busy++;
	return (s);
}

/* What cannot be started for one file cannot be for the next. Locked. */
static void
stop(struct pipeline *l, const prov_err *why)
{
	if (l->stopped.status == PROV_OK)
		l->stopped = *why;
	l->n = l->next;
	(void)pthread_cond_broadcast(&l->room);
}

static void
put_ready(struct pipeline *l, struct slot *s)
{
	if (s->p.no_worker)
		stop(l, &s->p.err);
	s->state = SLOT_READY;
	l->n_busy--;
	l->n_ready++;
	l->waiting += prepared_size(&s->p);
	(void)pthread_cond_signal(&l->ready);
}

static void *
work(void *arg)
{
	struct pipeline *l = arg;
	prov_media *m = NULL;
	prov_err err = { 0 };
	struct slot *s;
	prov_status st;

	st = prov_media_new(&m, l->o->demux, &err);
	(void)pthread_mutex_lock(&l->lock);
	while ((s = take_file(l)) != NULL) {
		(void)pthread_mutex_unlock(&l->lock);
		if (st != PROV_OK)
			s->p.err = err;
		else if (s->p.err.status == PROV_OK)
			prepare_file(&s->p, m, l->o);
		(void)pthread_mutex_lock(&l->lock);
		put_ready(l, s);
	}
	(void)pthread_mutex_unlock(&l->lock);
	prov_media_free(m);
	return (NULL);
}

static void
deadline(struct timespec *ts, unsigned ms)
{
	(void)clock_gettime(CLOCK_MONOTONIC, ts);
	ts->tv_nsec += (long)ms * 1000000;
	ts->tv_sec += ts->tv_nsec / 1000000000;
	ts->tv_nsec %= 1000000000;
}

/* Waits until a group is worth logging: full, complete, or old enough. */
static void
gather(struct pipeline *l)
{
	struct timespec until;

	while (l->n_ready == 0)
		(void)pthread_cond_wait(&l->ready, &l->lock);
	deadline(&until, GATHER_MS);
	while (l->n_ready < GROUP_MAX && l->waiting <= WAITING_MAX &&
	       (l->n_busy > 0 || l->next < l->n) &&
	       pthread_cond_timedwait(&l->ready, &l->lock, &until) == 0)
		;
}

/* Ready slots in the files' order, at most a group. */
static size_t
pick(const struct pipeline *l, struct slot **slots)
{
	size_t n = 0;

	for (size_t i = l->reported; i < l->next && n < GROUP_MAX; i++) {
		if (slot_of(l, i)->state == SLOT_READY)
			slots[n++] = slot_of(l, i);
	}
	return (n);
}

struct group {
	struct slot *slots[GROUP_MAX];
	struct prepared *at[GROUP_MAX];
	bool later[GROUP_MAX];
};

static void
commit_ready(struct pipeline *l, struct group *g)
{
	size_t n, size;

	gather(l);
	n = pick(l, g->slots);
	(void)pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < n; i++)
		g->at[i] = &g->slots[i]->p;
	/* Sizes are read before the ledger replaces anything. */
	for (size_t i = size = 0; i < n; i++)
		size += prepared_size(g->at[i]);
	commit_group(g->at, g->later, n, l->o);
	(void)pthread_mutex_lock(&l->lock);
	l->waiting -= size;
	for (size_t i = 0; i < n; i++) {
		if (g->later[i]) {
			l->waiting += prepared_size(g->at[i]);
			continue;
		}
		prepared_shrink(g->at[i]);
		g->slots[i]->state = SLOT_DONE;
		l->n_ready--;
	}
	(void)pthread_cond_broadcast(&l->room);
}

static void
report_one(struct prepared *p, prov_signed_fn report, void *arg)
{
	bool failed = p->err.status != PROV_OK;
	prov_signed done = {
		.path = p->path,
		.status = p->err.status,
		.message = failed ? p->err.msg : NULL,
		.note = p->note[0] != '\0' ? p->note : NULL,
		.sidecar = p->sidecar,
		.digest = p->digest.size > 0 ? &p->digest : NULL,
		.identity = p->id,
		.log_index = p->entry.index,
		.existed = p->entry.existed,
		.pending = failed && p->pending.status != PROV_OK &&
		           p->err.status == PROV_EBUSY,
		.log_size = p->log_size,
	};

	memcpy(done.statement, p->statement_digest, sizeof(done.statement));
	if (report != NULL)
		report(arg, &done);
	prepared_clear(p);
}

/* Reports what is done, as far as all before it is. Locked. */
static void
report_done(struct pipeline *l, prov_signed_fn report, void *arg)
{
	while (l->reported < l->next &&
	       slot_of(l, l->reported)->state == SLOT_DONE) {
		struct slot *s = slot_of(l, l->reported);

		/* Nobody else touches a slot that is done. */
		(void)pthread_mutex_unlock(&l->lock);
		report_one(&s->p, s->p.no_worker ? NULL : report, arg);
		(void)pthread_mutex_lock(&l->lock);
		s->state = SLOT_EMPTY;
		l->reported++;
		(void)pthread_cond_broadcast(&l->room);
	}
}

static unsigned
count_jobs(const prov_sign_options *o, size_t n)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned jobs = o->jobs;

	if (jobs == 0)
		jobs = cpus < 1          ? 1
		       : cpus > JOBS_MAX ? JOBS_MAX
		                         : (unsigned)cpus;
	jobs = jobs > JOBS_MAX ? JOBS_MAX : jobs;
	return (jobs > n ? (unsigned)n : jobs);
}

static prov_status
run(struct pipeline *l, struct group *g, prov_signed_fn report, void *arg,
    prov_err *err)
{
	unsigned want = count_jobs(l->o, l->n), jobs = 0;
	pthread_t threads[JOBS_MAX];

	while (
	    jobs < want && pthread_create(&threads[jobs], NULL, work, l) == 0)
		jobs++;
	if (jobs == 0)
		return (
		    prov_fail(err, PROV_ENOMEM, "threads cannot be started"));
	(void)pthread_mutex_lock(&l->lock);
	while (l->reported < l->n) {
		commit_ready(l, g);
		report_done(l, report, arg);
	}
	(void)pthread_mutex_unlock(&l->lock);
	for (unsigned i = 0; i < jobs; i++)
		(void)pthread_join(threads[i], NULL);
	if (l->stopped.status == PROV_OK)
		return (PROV_OK);
	return (prov_fail(err, l->stopped.status, "%s", l->stopped.msg));
}

/* A path and where its last part begins: what names its sidecar in DIR. */
struct name {
	const char *base;
	size_t i;
};

static int
name_order(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int c = strcmp(x->base, y->base);

	return (c != 0 ? c : x->i < y->i ? -1 : x->i > y->i);
}

/* In one directory two files of one name would share a sidecar. */
static prov_status
find_clashes(bool **out, const char *const *paths, size_t n, prov_err *err)
{
	AUTO_FREE struct name *names = calloc(n, sizeof(*names));
	bool *clash = calloc(n, sizeof(*clash));

	if (names == NULL || clash == NULL) {
		free(clash);
		return (prov_fail(err, PROV_ENOMEM, "%zu files", n));
	}
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(paths[i], '/');

		names[i].base = slash != NULL ? slash + 1 : paths[i];
		names[i].i = i;
	}
	qsort(names, n, sizeof(*names), name_order);
	for (size_t i = 1; i < n; i++)
		clash[names[i].i] =
		    strcmp(names[i].base, names[i - 1].base) == 0;
	*out = clash;
	return (PROV_OK);
}

static prov_status
check_options(const prov_sign_options *o, prov_err *err)
{
	if (o->key == NULL || o->ledger == NULL)
		return (prov_fail(err, PROV_EARG,
		    "signing needs a key and a ledger"));
	if (o->sidecar != PROV_SIDECAR_DIR)
		return (PROV_OK);
	if (o->sidecar_dir == NULL)
		return (prov_fail(err, PROV_EARG,
		    "sidecars in a directory, but none named"));
	return (dir_make(o->sidecar_dir, err));
}

static bool
sync_init(struct pipeline *l)
{
	pthread_condattr_t attr;
	bool fine;

	if (pthread_condattr_init(&attr) != 0)
		return (false);
	fine = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
	       pthread_mutex_init(&l->lock, NULL) == 0 &&
	       pthread_cond_init(&l->ready, &attr) == 0 &&
	       pthread_cond_init(&l->room, NULL) == 0;
	(void)pthread_condattr_destroy(&attr);
	return (fine);
}

static prov_status
sign_files(struct pipeline *l, prov_signed_fn report, void *arg, prov_err *err)
{
	AUTO_FREE struct slot *slots = NULL;
	AUTO_FREE struct group *g = NULL;
	prov_status st;

	l->n_slots = l->n < WINDOW ? l->n : WINDOW;
	l->slots = slots = calloc(l->n_slots, sizeof(*slots));
	g = calloc(1, sizeof(*g));
	if (slots == NULL || g == NULL || !sync_init(l))
		return (prov_fail(err, PROV_ENOMEM, "signing"));
	st = run(l, g, report, arg, err);
	(void)pthread_cond_destroy(&l->room);
	(void)pthread_cond_destroy(&l->ready);
	(void)pthread_mutex_destroy(&l->lock);
	return (st);
}

prov_status
prov_sign_files(const prov_sign_options *options, const char *const *paths,
    size_t n, prov_signed_fn report, void *arg, prov_err *err)
{
	struct pipeline l = { .o = options, .paths = paths, .n = n };
	AUTO_FREE bool *clash = NULL;
	prov_status st;

	if ((st = check_options(options, err)) != PROV_OK || n == 0)
		return (st);
	if (options->sidecar == PROV_SIDECAR_DIR &&
	    (st = find_clashes(&clash, paths, n, err)) != PROV_OK)
		return (st);
	l.clash = clash;
	return (sign_files(&l, report, arg, err));
}
