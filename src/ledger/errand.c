/* SPDX-License-Identifier: ISC */
#include "ledger/errand.h"

#include <signal.h>
#include <string.h>

static void *
run(void *arg)
{
	struct errand *e = arg;
	prov_status st = e->fn(e->arg, &e->err);

	(void)pthread_mutex_lock(&e->lock);
	e->st = st;
	e->back = true;
	(void)pthread_mutex_unlock(&e->lock);
	return (NULL);
}

/* Signals stay with the threads that were there before. */
void
errand_send(struct errand *e, prov_status (*fn)(void *, prov_err *), void *arg)
{
	sigset_t all, old;

	memset(e, 0, sizeof(*e));
	e->fn = fn;
	e->arg = arg;
	(void)pthread_mutex_init(&e->lock, NULL);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	e->sent = pthread_create(&e->thread, NULL, run, e) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!e->sent)
		(void)run(e);
}

prov_status
errand_wait(struct errand *e, prov_err *err)
{
	if (e->fn == NULL)
		return (PROV_OK);
	if (e->sent)
		(void)pthread_join(e->thread, NULL);
	(void)pthread_mutex_destroy(&e->lock);
	e->fn = NULL;
	return (e->st == PROV_OK ? PROV_OK
				 : prov_fail(err, e->st, "%s", e->err.msg));
}

bool
errand_back(struct errand *e, prov_status *st, prov_err *err)
{
	bool back;

	(void)pthread_mutex_lock(&e->lock);
	back = e->back;
	(void)pthread_mutex_unlock(&e->lock);
	if (back)
		*st = errand_wait(e, err);
	return (back);
}
