/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_ANCHOR_H
#define PROV_LEDGER_ANCHOR_H

#include "ledger/reader.h"

/*
 * What a log has signed, kept outside of its directory (LEDGER 5): a directory
 * that was restored from a backup is behind it, and must not sign a second
 * history. The newest checkpoint, verbatim:
 *
 *	STATE/anchors/ID.new	written after each public checkpoint, unsynced
 *	STATE/anchors/ID	the same, once it was synced
 *
 * Of two that verify the larger counts. ID.new may be torn after a power cut,
 * and then does not; ID is damaged only by other hands: PROV_EOPEN.
 */
struct anchor;

prov_status anchor_open(struct anchor **out, const char *state,
    const prov_pubkey *log, prov_err *err);
void anchor_free(struct anchor *a);

/*
 * Lock held: PROV_EUNTRUSTED where a log at size and root cannot be the one
 * that was anchored: it is smaller, or of another root. *open says that the
 * anchor is of an earlier size, whose root is left to anchor_check.
 */
prov_status anchor_compare(struct anchor *a, const struct checkpoint *at,
    bool *open, prov_err *err);

/* Lock held, and l's view stands at its newest checkpoint. */
prov_status anchor_check(struct anchor *a, prov_ledger *l, prov_err *err);

/* Lock held: note was made public. */
prov_status anchor_write(struct anchor *a, prov_span note, prov_err *err);

/* dir's file system was synced since: what was written there is durable. */
prov_status anchor_settle(struct anchor *a, const char *dir, prov_err *err);

#endif
