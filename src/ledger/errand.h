/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_ERRAND_H
#define PROV_LEDGER_ERRAND_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * What takes long and that nobody waits for: a thread does it once, and who
 * sent it looks now and then whether it is back. All zero is one that nobody
 * was sent on.
 */
struct errand {
	pthread_t thread;
	pthread_mutex_t lock;
	prov_status (*fn)(void *arg, prov_err *err);
	void *arg;
	bool sent;
	bool back; /* under the lock */
	prov_status st;
	prov_err err;
};

/* Where no thread can be had, it is done at once. */
void errand_send(struct errand *e, prov_status (*fn)(void *, prov_err *),
    void *arg);

/* Whether it is done; then *st is how it went, and another may be sent. */
bool errand_back(struct errand *e, prov_status *st, prov_err *err);

/* Waits for one that was sent. */
prov_status errand_wait(struct errand *e, prov_err *err);

#endif
