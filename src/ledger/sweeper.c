/* SPDX-License-Identifier: ISC */
#include "ledger/sweeper.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* Held at once; whoever drops one more closes it himself. */
#define SWEEPER_MAX 128

struct sweeper {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;
	bool over;
	size_t n;
	int fd[SWEEPER_MAX];
};

static void *
sweep(void *arg)
{
	struct sweeper *s = arg;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		int fd;

		while (s->n == 0 && !s->over)
			(void)pthread_cond_wait(&s->more, &s->lock);
		if (s->n == 0)
			break;
		fd = s->fd[--s->n];
		(void)pthread_mutex_unlock(&s->lock);
		(void)close(fd);
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (NULL);
}

/* Signals stay with the threads that were there before. */
static int
begin(struct sweeper *s)
{
	sigset_t all, old;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&s->thread, NULL, sweep, s);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return (error);
}

prov_status
sweeper_new(struct sweeper **out, prov_err *err)
{
	struct sweeper *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->more, NULL);
	if (begin(s) != 0) {
		(void)pthread_cond_destroy(&s->more);
		(void)pthread_mutex_destroy(&s->lock);
		free(s);
		return (prov_fail(err, PROV_ENOMEM, "no thread can be had"));
	}
	*out = s;
	return (PROV_OK);
}

void
sweeper_free(struct sweeper *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->over = true;
	(void)pthread_cond_signal(&s->more);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	(void)pthread_cond_destroy(&s->more);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

int
sweeper_hold(const struct sweeper *s, int at, const char *name)
{
	return (
	    s == NULL ? -1 : openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

void
sweeper_drop(struct sweeper *s, int fd)
{
	bool held = false;

	if (fd == -1)
		return;
	if (s != NULL) {
		(void)pthread_mutex_lock(&s->lock);
		if ((held = s->n < SWEEPER_MAX)) {
			s->fd[s->n++] = fd;
			(void)pthread_cond_signal(&s->more);
		}
		(void)pthread_mutex_unlock(&s->lock);
	}
	if (!held)
		(void)close(fd);
}
