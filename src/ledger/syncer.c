/* SPDX-License-Identifier: ISC */
#include "ledger/syncer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

struct syncer {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below, but fd */
	pthread_cond_t asked;
	int fd; /* the directory */
	bool busy, over;
	int error;
	uint64_t position, done;
};

static void *
sync_on(void *arg)
{
	struct syncer *s = arg;
	int error;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->busy && !s->over)
			(void)pthread_cond_wait(&s->asked, &s->lock);
		if (!s->busy)
			break;
		(void)pthread_mutex_unlock(&s->lock);
		error = syncfs(s->fd) == 0 ? 0 : errno;
		(void)pthread_mutex_lock(&s->lock);
		/* The first failure stays: never try again. */
		if (s->error == 0)
			s->error = error;
		if (s->error == 0)
			s->done = s->position;
		s->busy = false;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (NULL);
}

prov_status
syncer_new(struct syncer **out, const char *dir, prov_err *err)
{
	AUTO_FD int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FREE struct syncer *s = calloc(1, sizeof(*s));

	if (fd == -1)
		return (prov_fail_errno(err, PROV_EWRITE, "%s", dir));
	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->asked, NULL);
	s->fd = fd;
	if (pthread_create(&s->thread, NULL, sync_on, s) != 0) {
		(void)pthread_cond_destroy(&s->asked);
		(void)pthread_mutex_destroy(&s->lock);
		return (prov_fail(err, PROV_ENOMEM, "no thread can be had"));
	}
	fd = -1;
	*out = TAKE(s);
	return (PROV_OK);
}

void
syncer_free(struct syncer *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->over = true;
	(void)pthread_cond_signal(&s->asked);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	(void)pthread_cond_destroy(&s->asked);
	(void)pthread_mutex_destroy(&s->lock);
	(void)close(s->fd);
	free(s);
}

bool
syncer_begin(struct syncer *s, uint64_t position)
{
	bool begun;

	(void)pthread_mutex_lock(&s->lock);
	begun = !s->busy && s->error == 0;
	if (begun) {
		s->position = position;
		s->busy = true;
		(void)pthread_cond_signal(&s->asked);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return (begun);
}

prov_status
syncer_ended(struct syncer *s, uint64_t *position, prov_err *err)
{
	int error;

	(void)pthread_mutex_lock(&s->lock);
	error = s->error;
	*position = s->done;
	(void)pthread_mutex_unlock(&s->lock);
	if (error == 0)
		return (PROV_OK);
	errno = error;
	return (prov_fail_errno(err, PROV_EWRITE, "sync"));
}
