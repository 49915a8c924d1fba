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

/* What it said of one request, to be filled again by the next. */
typedef struct prov_gate_answer prov_gate_answer;

/* Everything is borrowed until prov_gate_free. */
typedef struct prov_gate_options {
	const prov_policy *policy;
	const char *root;       /* names are below it; NULL: none are opened */
	const char *ledger_dir; /* as in prov_verify_options, all of these */
	int ledger_own;
	const char *notices_dir;
	const char *state_dir;
	const char *demux;
	prov_sidecar_mode sidecar; /* of what is asked for by name */
	const char *sidecar_dir;   /* PROV_SIDECAR_DIR: NAME.prov below it */
	const char
	    *quarantine_dir; /* keeps what is quarantined; NULL: nothing */
	const int *fds;      /* that a line of JSON may name */
	size_t n_fds;
	int64_t now; /* Unix seconds; 0 reads the clock */
} prov_gate_options;

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

#ifdef __cplusplus
}
#endif
#endif
