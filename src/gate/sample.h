/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_SAMPLE_H
#define PROV_GATE_SAMPLE_H

#include "gate/gate.h"
#include "gate/shard.h"
#include "prov/shard.h"

/* A sample on its way from the shard that it was read from. */
struct prov_sample {
	prov_gate *gate; /* borrowed, all three */
	struct shard *from;
	const char *shard;   /* the shard's name; NULL: it has none */
	struct sample *read; /* owned; NULL: nothing of it could be read */
	bool damaged;        /* it may not be whole: why says how */
	bool first_named;    /* the shard itself is answered, too */
	prov_err why;
	bool asked;
	prov_decision effective; /* of all of it */
	char route[ROUTE_MAX + 1];
};

#endif
