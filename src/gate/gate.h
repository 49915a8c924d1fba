/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_GATE_H
#define PROV_GATE_GATE_H

#include "policy/policy.h"
#include "prov/gate.h"
#include "verify/subject.h"

DEFINE_AUTO(prov_gate, prov_gate_free)
DEFINE_AUTO(prov_gate_answer, prov_gate_answer_free)

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
	bool anew; /* whatever an earlier run recorded */
	bool part; /* of a sample: counted when that is decided */
};

/*
 * What the gate says of one item. Made all zero it denies; it is large, and
 * made to be filled again. facts borrow id, path and tenant from it.
 */
struct prov_gate_answer {
	char *id, *path, *tenant; /* owned; NULL: not given */
	bool refused;   /* the request was no good: nothing was looked at */
	bool hashed;    /* media was at hand */
	bool resumable; /* id tells the item, so that a run can go on behind */
	struct buf known; /* its record of an earlier run; empty: asked anew */
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

void answer_clear(prov_gate_answer *a);

/* One of a sample that is decided as a whole: the worse counts. */
void answer_follow(prov_gate_answer *a, prov_decision decision,
    prov_decision effective);

/* Codes that the gate itself gives, and what they mean; NULL past the last. */
enum gate_reason {
	GATE_MALFORMED, /* request.malformed */
	GATE_NAME,      /* path.invalid, as the policy calls it */
	GATE_WRITE,     /* error.write */
	GATE_MEMBER,    /* shard.member */
	GATE_SAMPLE,    /* shard.sample */
	GATE_REASON_N
};
const char *gate_reason(size_t i);
void gate_find(struct findings *f, enum gate_reason r, const char *detail);

/*
 * An answer without a question: a refusal for why, or trouble that kept from
 * asking, where it is not PROV_OK. The policy weighs trouble, as it always
 * does.
 */
prov_status gate_answer(struct gate_worker *w, const struct request *r,
    prov_status trouble, enum gate_reason why, const char *detail,
    prov_gate_answer *out, prov_err *err);

/*
 * Steps of an answer: it is about a request; its facts have its texts; the
 * request was no good; what it knows is an earlier record.
 */
prov_status answer_begin(prov_gate_answer *a, const struct request *r,
    const prov_policy *policy, int64_t t_ms, prov_err *err);
void answer_lend(prov_gate_answer *a);
void answer_refuse(prov_gate_answer *a, enum gate_reason why,
    const char *detail);
prov_status answer_recall(prov_gate_answer *a, prov_err *err);

/* Where what was proven once is kept. Before the first worker; borrowed. */
void gate_recollect(prov_gate *g, const struct recollection *r);

#endif
