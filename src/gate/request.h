/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_REQUEST_H
#define PROV_GATE_REQUEST_H

#include "base/jsonin.h"
#include "gate/gate.h"

/* A request as it was read; r borrows from the rest. */
struct query {
	struct request r;
	char *bare;         /* owned: a line that is a name and nothing else */
	struct jsonin *in;  /* owned: else */
	struct buf sidecar; /* decoded */
	uint8_t sha256[32];
	struct signals seen;
};

void query_clear(struct query *a);
#define AUTO_QUERY __attribute__((cleanup(query_clear))) struct query

/*
 * Reads one line, without its newline, of NDJSON: a name, or an object
 * (prov-gate(1)). fds are the descriptors that it may name. PROV_EFORMAT, and
 * then r has id and tenant at most, where those could be read.
 */
prov_status request_parse(struct query *out, prov_span line, const int *fds,
    size_t n_fds, prov_err *err);

/* What a request says of rights (signals_requested), from text. */
prov_status request_signals_text(struct signals *out, const char *text,
    prov_err *err);

#endif
