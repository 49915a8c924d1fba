/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_SVR_H
#define PROV_GATE_SVR_H

#include "manifest/runrecord.h"

/*
 * The in-toto Statement v1 about a run, with the predicate Simple Verification
 * Result v0.2. Its bytes follow from the run record and the file's name, so
 * that reading it is making it again; what SVR has no field for lies under
 * "prov_run".
 */
#define SVR_NAME_MAX 255

/* name is the run file's, without directories. */
prov_status svr_put(struct buf *b, const struct run_record *r, const char *name,
    prov_err *err);

/*
 * PROV_OK only if statement says of some file name just what r does; that name
 * is what it calls the run file, and judges nothing. PROV_EUNTRUSTED.
 */
prov_status svr_check(char name[SVR_NAME_MAX + 1], prov_span statement,
    const struct run_record *r, prov_err *err);

/* The name in a statement alone; exposed for fuzzing. */
prov_status svr_name(char name[SVR_NAME_MAX + 1], prov_span statement,
    prov_err *err);

#endif
