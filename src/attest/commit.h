/* SPDX-License-Identifier: ISC */
#ifndef PROV_ATTEST_COMMIT_H
#define PROV_ATTEST_COMMIT_H

#include "attest/prepare.h"

/* Entries of one batch (LEDGER 1). */
#define GROUP_MAX 1024

/*
 * Logs n prepared files in one batch and writes their sidecars; what fails is
 * in each one's err. A file whose asset another of the group has already is
 * left for the next group: later[i] is set.
 */
void commit_group(struct prepared *const *group, bool *later, size_t n,
    const prov_sign_options *o);

#endif
