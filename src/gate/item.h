/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_ITEM_H
#define PROV_GATE_ITEM_H

#include "gate/gate.h"

/* Where names lead to. */
struct place {
	int root;     /* -1: no name is opened */
	int sidecars; /* where names of sidecars are below; -1: nowhere */
	const char *quarantine;   /* borrowed; NULL: nothing is kept */
	const prov_route *routes; /* borrowed */
	size_t n_routes;
};

void place_init(struct place *p);
prov_status place_open(struct place *p, const prov_gate_options *o,
    prov_err *err);
void place_close(struct place *p);

/* A request's subject, with what was opened and read for it. */
struct item {
	struct subject subject;
	int fd;             /* owned; -1: none */
	struct buf sidecar; /* read from a file */
};
#define ITEM_NONE                                 \
	{                                         \
		.subject = { .fd = -1 }, .fd = -1 \
	}

/*
 * Opens what a request names, below the root alone. What answer_refuse is for
 * is PROV_EARG, PROV_EUNTRUSTED or PROV_ELIMIT; all else is trouble.
 */
prov_status item_open(struct item *item, const struct place *p,
    const struct request *r, prov_err *err);
void item_close(struct item *item);
bool item_refused(prov_status st);

/*
 * Keeps what is quarantined, and puts what is let in where its route leads to;
 * where that fails, the answer becomes retry.
 */
void item_keep(const struct item *item, const struct place *p,
    prov_gate_answer *a);

#endif
