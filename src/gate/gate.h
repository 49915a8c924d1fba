/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_GATE_H
#define PROV_GATE_GATE_H

#include "policy/policy.h"
#include "prov/gate.h"
#include "verify/subject.h"

#define GATE_ID_MAX     4096 /* of an id or a name: PATH_MAX */
#define GATE_TENANT_MAX 255

/* One item as the gate is asked about it; exactly one source. Borrowed. */
struct request {
	const char *id; /* NULL: the name, else the digest */
	const char
	    *path; /* opened below the root; beside a source: vouched for */
	int fd;    /* -1: not given */
	prov_span bytes; /* p NULL: not given */
	const uint8_t *sha256;
	prov_span sidecar;    /* p NULL: not given */
	const char *manifest; /* the sidecar's name below the root */
	const struct signals *seen;
	const char *tenant;
};

/*
 * What the gate says of one item. Made all zero it denies; it is large, and
 * made to be filled again. facts borrow id, path and tenant from it.
 */
struct prov_gate_answer {
	struct buf id, path, tenant; /* each with a NUL; tenant: or empty */
	bool has_path;
	bool refused;   /* the request was no good: nothing was looked at */
	bool resumable; /* id says which item it is, so that a run can go on */
	const prov_policy *policy; /* borrowed of the gate */
	struct facts facts;
	struct decision decision;
	int64_t t_ms; /* Unix milliseconds */
	double ms;    /* that it took */
};

/* One thread's part of a gate: a verifier and what it needs. */
struct gate_worker;

/* A worker that nobody else has; given back, it serves again. */
prov_status gate_take(struct gate_worker **out, prov_gate *g, prov_err *err);
void gate_give(prov_gate *g, struct gate_worker *w);

/*
 * Asks verify and the policy about one item. PROV_OK wherever there is an
 * answer, which denies what is no good. Else PROV_ENOMEM or PROV_EARG.
 */
prov_status gate_ask(struct gate_worker *w, const struct request *r,
    prov_gate_answer *out, prov_err *err);

/* The same of one line of NDJSON, without its newline (prov-gate(1)). */
prov_status gate_ask_line(struct gate_worker *w, prov_span line,
    prov_gate_answer *out, prov_err *err);

/* The more restrictive of both counts for a, with its reasons and b's. */
void answer_join(prov_gate_answer *a, const prov_gate_answer *b);

/* Where what was proven once is kept. Before the first worker; borrowed. */
void gate_recollect(prov_gate *g, const struct recollection *r);

#endif
