/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_RUNS_H
#define PROV_TESTS_RUNS_H

/* A run record as it may be: always the same one. */
#include <string.h>

#include "manifest/runrecord.h"

static inline void
runs_sample(struct run_record *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->verifier, "prov gate 0.1.0", 16);
	memcpy(r->policy_name, "images for training", 20);
	r->n = 10;
	memset(r->root, 0xab, 32);
	memset(r->file, 0x11, 32);
	memset(r->lines, 0x22, 32);
	memset(r->policy, 0x33, 32);
	memset(r->envelope, 0x44, 32);
	r->first = 1795466460123;
	r->last = 1795466470456;
	r->purpose = PURPOSE_AI_GENERATIVE_TRAINING;
	r->decided[PROV_ALLOW] = 6;
	r->decided[PROV_DENY] = 3;
	r->decided[PROV_QUARANTINE] = 1;
	memcpy(r->effective, r->decided, sizeof(r->effective));
	r->bytes = 1000000;
	r->passed = (struct run_passed){ .n = 6,
		.bytes = 600000,
		.valid = 6,
		.logged = 6,
		.exact = 5,
		.streams = 1,
		.rights = 6 };
	r->n_reasons = 2;
	memcpy(r->reasons[0].code, "rights.unknown", 15);
	r->reasons[0].n = 1;
	memcpy(r->reasons[1].code, "unsigned", 9);
	r->reasons[1].n = 3;
	r->n_heads = 2;
	memcpy(r->heads[0].origin, "a/log", 6);
	r->heads[0].size = 90112;
	r->heads[0].has_root = true;
	memset(r->heads[0].root, 0x55, 32);
	memcpy(r->heads[1].origin, "b/log", 6);
	r->heads[1].size = 7;
}

#endif
