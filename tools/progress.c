/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define QUIET_S 0.5 /* short work shows nothing */
#define EVERY_S 0.1

struct progress {
	pthread_mutex_t lock;
	const char *verb;
	size_t n_files, files;
	struct timespec start, shown;
	bool visible;
};

static double
since(const struct timespec *t)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return ((double)(now.tv_sec - t->tv_sec) +
		(double)(now.tv_nsec - t->tv_nsec) / 1e9);
}

struct progress *
progress_new(const char *verb, size_t n_files)
{
	struct progress *p;

	if (!isatty(STDERR_FILENO) || (p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->verb = verb;
	p->n_files = n_files;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &p->start);
	p->shown = p->start;
	return (p);
}

static void
wipe(struct progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	p->visible = false;
}

void
progress_wipe(struct progress *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	wipe(p);
	pthread_mutex_unlock(&p->lock);
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	wipe(p);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

static bool
due(struct progress *p)
{
	if (since(&p->start) < QUIET_S || since(&p->shown) < EVERY_S)
		return (false);
	(void)clock_gettime(CLOCK_MONOTONIC, &p->shown);
	return (true);
}

static double
mb(uint64_t bytes)
{
	return ((double)bytes / 1e6);
}

void
progress_bytes(void *arg, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	double s;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	if (due(p)) {
		s = since(&p->start);
		if (p->n_files > 1)
			fprintf(stderr, "\r\033[K%s %zu of %zu files, %.0f/s",
			    p->verb, p->files, p->n_files,
			    (double)p->files / s);
		else
			fprintf(stderr, "\r\033[K%s %.0f of %.0f MB, %.0f MB/s",
			    p->verb, mb(done), mb(total), mb(done) / s);
		p->visible = true;
	}
	pthread_mutex_unlock(&p->lock);
}

void
progress_entries(void *arg, uint64_t done, uint64_t total)
{
	struct progress *p = arg;
	double rate;

	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	if (due(p)) {
		rate = (double)done / since(&p->start);
		fprintf(stderr,
		    "\r\033[K%s %llu of %llu entries, %.0f/s, %.0f s left",
		    p->verb, (unsigned long long)done,
		    (unsigned long long)total, rate,
		    rate > 0 ? (double)(total - done) / rate : 0.0);
		p->visible = true;
	}
	pthread_mutex_unlock(&p->lock);
}

void
progress_file(struct progress *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->files++;
	pthread_mutex_unlock(&p->lock);
	if (p->n_files > 1)
		progress_bytes(p, 0, 0);
}
