/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_CHECK_H
#define PROV_LEDGER_CHECK_H

#include "ledger/levels.h"

/* What a check is about, and what it has found so far. */
struct check {
	const char *dir;
	const prov_pubkey *log;
	struct checkpoint at;
	const struct truth *truth; /* or NULL */
	const prov_inspection *how;
	struct damage *found;
	prov_inspected *out;
};

/*
 * All of tlog/, index/ and blobs/ at a checkpoint. PROV_OK where it could be
 * done, whatever was found. Holds two tiles for each thread and what rows.h
 * says, and 8 bytes for each policy and revocation.
 */
prov_status check_all(const struct check *c, prov_err *err);

/* Sums up what was found, and tells of it: PROV_EUNTRUSTED for anything. */
prov_status check_conclude(const struct check *c, prov_err *err);

#endif
