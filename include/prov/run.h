/* SPDX-License-Identifier: ISC */
#ifndef PROV_RUN_H
#define PROV_RUN_H

#include <prov/gate.h>
#include <prov/verify.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A finished run of a gate, RUN.ndjson, and what vouches for it beside it: the
 * run record's statement with its proof in RUN.ndjson.prov, and the same as an
 * in-toto attestation in RUN.intoto.json (prov-gate(1)).
 */

/* The attestation's name: ".ndjson" gives way. Free with prov_free. */
PROV_API char *prov_run_envelope(const char *run);

/* Everything is borrowed. */
typedef struct prov_run_sign_options {
	const prov_key *key;
	prov_ledger *ledger;       /* opened as writer */
	const prov_policy *policy; /* its name is stated; NULL: none is */
	const char *envelope;      /* NULL: as prov_run_envelope has it */
	unsigned wait_ms;          /* for the ledger's lock; 0 is 30,000 */
} prov_run_sign_options;

typedef struct prov_run_signed {
	uint64_t records;
	uint8_t root[32];      /* over the lines */
	uint64_t decisions[4]; /* by prov_decision */
	prov_entry entry;
} prov_run_signed;

/*
 * Reads a run, logs a run record that key signs, and writes sidecar and
 * attestation. The same run comes to the same bytes. PROV_EFORMAT names the
 * first line that is no record of the run; PROV_EARG where it is not of policy.
 */
PROV_API PROV_MUST_USE prov_status
prov_run_sign(const prov_run_sign_options *options, const char *run,
    prov_run_signed *out, prov_err *err);

typedef struct prov_run_report prov_run_report;

/*
 * Counts a run again and compares it with what is said of it. sidecar and
 * envelope NULL: those beside it, which may be missing; the ledger is asked as
 * well. PROV_OK wherever *out is set, whatever it says.
 */
PROV_API PROV_MUST_USE prov_status prov_run_verify(prov_verifier *v,
    const char *run, const char *sidecar, const char *envelope,
    prov_run_report **out, prov_err *err);
PROV_API void prov_run_report_free(prov_run_report *r);

/* 0 only if all of it holds; else 1, or 75. */
PROV_API int prov_run_report_status(const prov_run_report *r);

/* Some lines for people, and one line of JSON. Free *out with prov_free. */
PROV_API PROV_MUST_USE prov_status prov_run_report_text(char **out,
    const prov_run_report *r, prov_err *err);
PROV_API PROV_MUST_USE prov_status prov_run_report_json(char **out,
    const prov_run_report *r, prov_err *err);

/* What records are counted by. */
typedef enum prov_group_by {
	PROV_GROUP_SIGNER = 1,
	PROV_GROUP_SOURCE_TYPE = 2,
	PROV_GROUP_LICENSE = 3,
	PROV_GROUP_MEDIA_TYPE = 4,
	PROV_GROUP_RIGHTS = 5,
	PROV_GROUP_REASON = 6 /* a record counts for each that it has */
} prov_group_by;

typedef struct prov_run_group {
	const char *name; /* may be outside text; NULL: not known, or none */
	uint64_t records;
	uint64_t bytes;        /* of items whose size is known */
	uint64_t decisions[4]; /* by prov_decision */
} prov_run_group;

/* Lent, as its name is. */
typedef void (*prov_group_fn)(void *arg, const prov_run_group *g);

/*
 * Counts a run's records by group, and calls fn with each, sorted by name;
 * past 10,000 groups the rest are one, "(other)". PROV_EFORMAT names a line
 * that is no record.
 */
PROV_API PROV_MUST_USE prov_status prov_run_groups(const char *run,
    prov_group_by by, prov_group_fn fn, void *arg, prov_err *err);

/* One line of JSON. Free *out with prov_free. */
PROV_API PROV_MUST_USE prov_status prov_run_group_json(char **out,
    const prov_run_group *g, prov_err *err);

/* What a run's records came to when they were decided again. */
typedef struct prov_rescanned {
	uint64_t records;
	uint64_t accepted; /* that were let pass then */
	uint64_t changed;  /* and would not now */
	uint64_t retry;    /* of these: nobody can tell now */
} prov_rescanned;

/* One record as g would write it now, with "was"; lent. */
typedef void (*prov_rescan_fn)(void *arg, const char *record);

/*
 * Asks g again about each item that a run let pass: by digest, since the media
 * is not at hand; what only the media says is as it was recorded. Tells of
 * those that would not pass now. PROV_EFORMAT names a line that is no record;
 * out counts what was read before.
 */
PROV_API PROV_MUST_USE prov_status prov_run_rescan(prov_gate *g,
    const char *run, prov_rescan_fn fn, void *arg, prov_rescanned *out,
    prov_err *err);

#ifdef __cplusplus
}
#endif
#endif
