/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_KEYS_H
#define PROV_LEDGER_KEYS_H

#include "ledger/run.h"
#include "manifest/manifest.h"
#include "sign/statement.h"

/* What an entry is found by: the keys of an index. */

/*
 * Revocations and takedowns are few, and who verifies wants all of them: they
 * are also found among the assets by the SHA-256 of their content type.
 */
prov_status index_type_key(uint8_t out[32], enum payload_kind kind,
    prov_err *err);

/*
 * Adds what an entry is found by; nothing, where it is no statement. Its
 * timelines are read under dir; *lacking says that one could not be.
 */
prov_status index_keys(struct records *r, prov_span entry, const char *dir,
    uint64_t index, bool *lacking, prov_err *err);

/* The same for a statement that was parsed; o is NULL for no manifest. */
prov_status index_statement(struct records *r, const struct statement *s,
    const struct outline *o, const char *dir, uint64_t index, bool *lacking,
    prov_err *err);

#endif
