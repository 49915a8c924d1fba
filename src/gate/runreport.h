/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_RUNREPORT_H
#define PROV_GATE_RUNREPORT_H

#include "gate/difference.h"
#include "gate/summary.h"
#include "gate/svr.h"
#include "prov/run.h"
#include "verify/verdict.h"

/* Lines that are named; all are counted. */
#define RUN_NAMED_MAX 100

enum envelope_state {
	ENVELOPE_UNCHECKED, /* not there, or nothing to hold it to */
	ENVELOPE_INVALID,
	ENVELOPE_VALID
};

/* Why a run does not hold, besides what its statement's verdict says. */
#define RUN_WHY_MAX 8
struct run_why {
	const char *code;            /* "run.altered": static */
	char detail[DETAIL_MAX + 1]; /* may hold outside text */
};

/* Everything that verifying says of one run. It starts as the worst. */
struct prov_run_report {
	char *path;
	bool holds;
	struct summary *is;    /* as it is */
	prov_verdict *verdict; /* of the statement on it */
	bool has_said;
	struct run_record said; /* by that statement */
	bool same;              /* root, counts and all */
	bool has_lines;         /* what differs can be named */
	uint64_t n_lines;
	size_t n_named;
	struct difference named[RUN_NAMED_MAX];
	enum envelope_state envelope;
	bool heads_checked; /* those that have roots, by the log at hand */
	size_t n_why;
	struct run_why why[RUN_WHY_MAX];
};

void runreport_text(struct buf *b, const prov_run_report *r);
prov_status runreport_json(struct buf *b, const prov_run_report *r,
    prov_err *err);

#endif
