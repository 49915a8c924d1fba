/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_RUNCASE_H
#define PROV_VERIFY_RUNCASE_H

#include "base/buf.h"
#include "prov/verify.h"

/*
 * What is said of the run whose records have this root, judged as statements
 * on media are: by trust, without a path, and by the log, its revocations and
 * what is remembered of it. sidecar is that of the run; p NULL: none. The
 * verdict is "exact" where the statement that it is about is on this root.
 * That statement is appended; nothing where there is none. PROV_OK wherever
 * *out is set, whatever it says.
 */
prov_status verify_run(prov_verifier *v, const uint8_t root[32],
    prov_span sidecar, struct buf *statement, prov_verdict **out,
    prov_err *err);

/* Whether all of it holds. */
bool verify_run_holds(const prov_verdict *v);

#endif
