/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_WITNESS_H
#define PROV_WITNESS_WITNESS_H

#include <pthread.h>

#include "prov/witness.h"
#include "witness/vault.h"

DEFINE_AUTO(prov_witness, prov_witness_close)

/*
 * A clock that went back by no more than this is taken to have been set right:
 * cosignatures keep the last time. Further back it is not believed.
 */
#define CLOCK_BACK_S 300

struct prov_witness {
	char *dir;
	const prov_key *key; /* borrowed */
	struct cosigner self;
	prov_pubkey *logs;
	size_t n_logs;
	const struct vault_ops *ops;
	pthread_mutex_t lock; /* of dead, and the vault within the process */
	bool dead; /* a sync failed: what is on the disk is not known */
};

#endif
