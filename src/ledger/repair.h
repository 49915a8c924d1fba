/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_REPAIR_H
#define PROV_LEDGER_REPAIR_H

#include "prov/check.h"

/*
 * Makes tlog/ as it follows from the store, where there is one, and index/ anew
 * from that or from tlog/. Writes only what differs, and tells of each file.
 * The entries were checked before.
 */
prov_status repair_derived(const char *dir, const prov_pubkey *log,
    const prov_inspection *how, prov_err *err);

#endif
