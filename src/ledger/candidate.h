/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_CANDIDATE_H
#define PROV_LEDGER_CANDIDATE_H

#include <stdbool.h>

#include "ledger/ledger.h"
#include "ledger/registry.h"

/* A statement that is to be appended, as far as no lock is needed for it. */
struct candidate {
	struct statement s;
	uint8_t leaf[32];
	bool verified; /* the signature is that of the key that s.kid names */
};

/* Bounds what one call may start, whatever the machine has. */
#define CANDIDATE_THREADS_MAX 16

/*
 * Parses bytes, which are borrowed. verified is NULL, or the leaf hash of the
 * statement that the caller verified: PROV_EINTERNAL if that is another one.
 */
prov_status candidate_read(struct candidate *out, prov_span bytes,
    const uint8_t *verified, prov_err *err);

/*
 * Verifies signatures by the keys of a registry, on all processors that this
 * thread may use. What does not verify here stays unverified, and is judged
 * under the registry that stands before its entry.
 */
void candidates_verify(struct candidate *c, size_t n, const struct registry *r);

#endif
