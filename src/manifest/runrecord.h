/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_RUNRECORD_H
#define PROV_MANIFEST_RUNRECORD_H

#include "manifest/signals.h"
#include "prov/key.h"
#include "prov/policy.h"

/*
 * What a gate decided in one run, as it is logged: counts, and the root over
 * the run's records. Deterministic CBOR as manifest.cddl says.
 */
#define RUN_RECORD_VERSION 1

#define RUN_LINES_MAX    50000000UL /* 8 bytes each have to fit a sidecar */
#define RUN_REASONS_MAX  256        /* there are under a hundred codes */
#define RUN_HEADS_MAX    64         /* logs that one policy names */
#define RUN_VERIFIER_MAX 63
#define RUN_PREFIX_LEN   8 /* of each record's leaf hash in the lines */
#define RUN_TIME_MAX     253402300799999

struct run_reason {
	char code[CODE_MAX + 1];
	uint64_t n; /* records that have it; at least one */
};

/* The newest head of a log that decisions were made under. */
struct run_head {
	char origin[PROV_NAME_MAX + 1];
	uint64_t size;
	bool has_root; /* that log was at hand when this was signed */
	uint8_t root[32];
};

/* What all of the items that passed have in common is told by these counts. */
struct run_passed {
	uint64_t n;              /* effective: allow */
	uint64_t bytes;          /* of those whose size is known */
	uint64_t valid;          /* signature by a trusted signer */
	uint64_t logged;         /* included in the ledger */
	uint64_t exact, streams; /* bindings; exact is not in streams */
	uint64_t rights;         /* expressly allowed for the purpose */
};

struct run_record {
	char verifier[RUN_VERIFIER_MAX + 1]; /* "prov 0.1.0" */
	uint64_t n;                          /* records */
	uint8_t root[32];  /* RFC 9162 tree over the lines, without newlines */
	uint8_t file[32];  /* SHA-256 of the file */
	uint8_t lines[32]; /* SHA-256 of the leaf hashes' first bytes */
	int64_t first, last; /* Unix milliseconds; the earliest, the latest */
	char policy_name[PROV_NAME_MAX + 1]; /* "" not known */
	uint8_t policy[32];
	enum purpose purpose;               /* PURPOSE_N: none */
	uint64_t decided[PROV_ALLOW + 1];   /* by prov_decision */
	uint64_t effective[PROV_ALLOW + 1]; /* other ones only under warn */
	uint64_t bytes;                     /* of items whose size is known */
	struct run_passed passed;
	size_t n_reasons;
	struct run_reason reasons[RUN_REASONS_MAX]; /* by code */
	size_t n_heads;
	struct run_head heads[RUN_HEADS_MAX]; /* by origin */
	uint8_t envelope[32];                 /* SHA-256 of the DSSE envelope */
};

prov_status run_record_encode(struct buf *b, const struct run_record *r,
    prov_err *err);

/* Strict, and what it counts has to add up. out is large. */
prov_status run_record_decode(struct run_record *out, prov_span bytes,
    prov_err *err);

/*
 * What holds of each item that passed, in the words of SVR: "PROV_SIGNED",
 * ...; NULL past the last. Nothing passed: nothing holds.
 */
const char *run_record_property(const struct run_record *r, size_t i);

#endif
