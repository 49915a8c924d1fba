/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_WORKER_H
#define PROV_GATE_WORKER_H

#include <pthread.h>

#include "gate/item.h"
#include "gate/journal.h"
#include "gate/request.h"
#include "gate/tally.h"

struct prov_gate {
	struct place place;
	const prov_policy *policy;
	prov_verify_options verify;
	int64_t now;
	const int *fds;
	size_t n_fds;
	struct cache *cache; /* owned; NULL: none */
	const struct recollection *recollection;
	struct journal *journal; /* owned; NULL: none */
	struct tally tally;
	/* What the others are made beside; never asked, so that it stands
	 * still. */
	prov_verifier *model;
	pthread_mutex_t lock;    /* of the workers */
	struct gate_worker *all; /* owned */
	struct gate_worker *idle;
};

struct gate_worker {
	prov_gate *gate;
	prov_verifier *verifier;
	struct query query;
	struct gate_worker *next;      /* of all */
	struct gate_worker *next_idle; /* of those that nobody has */
};

int64_t gate_clock_us(clockid_t clock);

#endif
