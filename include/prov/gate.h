/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_H
#define PROV_GATE_H

#include <prov/policy.h>
#include <prov/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Decides by one policy what may pass; threads may share one. */
typedef struct prov_gate prov_gate;

/* What it says of one request, to be filled again by the next. */
typedef struct prov_gate_answer prov_gate_answer;

/* Where goes what a rule of this route lets in. */
typedef struct prov_route {
	const char *route, *path;
} prov_route;

/* All is borrowed until prov_gate_free; each may be 0 but the policy. */
typedef struct prov_gate_options {
	const prov_policy *policy;
	const char *root;       /* names are below it; NULL: none are opened */
	const char *ledger_dir; /* as in prov_verify_options, these five */
	int ledger_own;
	const char *notices_dir;
	const char *state_dir;
	const char *demux;
	prov_sidecar_mode sidecar; /* of what is asked for by its name */
	const char *sidecar_dir;   /* PROV_SIDECAR_DIR: NAME.prov below it */
	const char *cache;         /* the file of facts; needs state_dir */
	const prov_route *routes;  /* to directories: files keep their names */
	size_t n_routes;
	const char *quarantine_dir; /* keeps the bytes of what is quarantined */
	const char *output;         /* the run file, new; or ... */
	int resume;                 /* ... one to go on with, if it is there */
	const int *fds;             /* that a line of JSON may name */
	size_t n_fds;
	int64_t now; /* Unix seconds; 0 reads the clock */
} prov_gate_options;

PROV_API PROV_MUST_USE prov_status prov_gate_new(prov_gate **out,
    const prov_gate_options *options, prov_err *err);
PROV_API void prov_gate_free(prov_gate *g);

/* One item: exactly one of a name alone, fd, bytes and sha256. */
typedef struct prov_request {
	const char *id;   /* of the record; NULL: the name, else the digest */
	const char *path; /* a name below root that is opened; beside another
	                     source the caller vouches for it */
	int fd;           /* a regular file, read by pread; -1: not given */
	prov_span bytes;  /* p NULL: not given */
	const uint8_t *sha256;
	prov_span sidecar;    /* instead of the one beside; p NULL: not given */
	const char *manifest; /* or its name below root */
	const char *signals;  /* prov-gate(1): one JSON object; NULL: none */
	const char *tenant;   /* for the record */
} prov_request;

/*
 * Verifies one item and decides. *answer is NULL or an earlier answer, which
 * is filled again. PROV_OK wherever there is an answer, whatever it says: what
 * is no good is denied, what cannot be decided now is as the policy has it.
 */
PROV_API PROV_MUST_USE prov_status prov_gate_ask(prov_gate *g,
    const prov_request *request, prov_gate_answer **answer, prov_err *err);

/*
 * The same of one line of NDJSON (prov-gate(1)), without its newline; a longer
 * one is no request.
 */
#define PROV_GATE_LINE_MAX (1UL << 20)
PROV_API PROV_MUST_USE prov_status prov_gate_ask_json(prov_gate *g,
    prov_span line, prov_gate_answer **answer, prov_err *err);

PROV_API void prov_gate_answer_free(prov_gate_answer *a);

/* Only PROV_ALLOW lets it pass. Under mode: warn, effective says what does. */
PROV_API prov_decision prov_gate_answer_decision(const prov_gate_answer *a);
PROV_API prov_decision prov_gate_answer_effective(const prov_gate_answer *a);

/* Stable dotted reason codes; NULL past the last. */
PROV_API const char *prov_gate_answer_reason(const prov_gate_answer *a,
    size_t i);

/* Where the policy sends what it allows; "" nowhere. */
PROV_API const char *prov_gate_answer_route(const prov_gate_answer *a);

/* Whether it was read from the run that is gone on with. */
PROV_API int prov_gate_answer_known(const prov_gate_answer *a);

/* The record of prov-gate(1): one line of JSON without its newline. */
PROV_API PROV_MUST_USE prov_status prov_gate_answer_json(char **out,
    const prov_gate_answer *a, prov_err *err);

/* The facts that the policy was asked about, likewise. */
PROV_API PROV_MUST_USE prov_status prov_gate_answer_facts(char **out,
    const prov_gate_answer *a, prov_err *err);

/* "ALLOW a.mp4", "DENY b.mp4  reason": safe on a terminal. */
PROV_API PROV_MUST_USE prov_status prov_gate_answer_text(char **out,
    const prov_gate_answer *a, prov_err *err);

/*
 * Appends whole lines to the run file, which keeps them when the process is
 * killed; on disk by prov_gate_sync at the latest. PROV_EWRITE: none is kept.
 */
PROV_API PROV_MUST_USE prov_status prov_gate_record(prov_gate *g,
    const char *lines, size_t len, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_gate_sync(prov_gate *g, prov_err *err);

/* How many answers had this decision. */
PROV_API uint64_t prov_gate_count(prov_gate *g, prov_decision decision);

/* Prometheus text. */
PROV_API PROV_MUST_USE prov_status prov_gate_metrics(prov_gate *g, char **out,
    prov_err *err);

/* The same into a file, by rename. */
PROV_API PROV_MUST_USE prov_status prov_gate_metrics_save(prov_gate *g,
    const char *path, prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
