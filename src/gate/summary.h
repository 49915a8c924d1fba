/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_SUMMARY_H
#define PROV_GATE_SUMMARY_H

#include "gate/record.h"
#include "manifest/runrecord.h"

/*
 * What the lines of a run come to. A line is hashed whatever it says; the first
 * that is no record of the run is remembered, and nothing counts then.
 */
struct summary {
	struct run_record
	    r;            /* without verifier, name, roots of heads, envelope */
	struct buf lines; /* the first RUN_PREFIX_LEN of each leaf hash */
	uint64_t bad;     /* the first line that is no record, from 1; 0 */
	prov_err why;     /* what is wrong with it */
};

void summary_free(struct summary *t);
void auto_summary(struct summary **t);
#define AUTO_SUMMARY __attribute__((cleanup(auto_summary))) struct summary

/*
 * Reads a run from the start of fd. PROV_OK also where there is a bad line;
 * PROV_EIO where it changed meanwhile, PROV_ELIMIT past RUN_LINES_MAX.
 */
prov_status summary_read(struct summary **out, int fd, prov_err *err);

/* Counts one record; exposed for fuzzing. */
prov_status summary_add(struct summary *t, const struct record *r,
    prov_err *err);

#endif
