/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_COPY_H
#define PROV_LEDGER_COPY_H

#include "ledger/checkpoint.h"

/*
 * What publishing and cloning share: a directory with tlog/ and blobs/ that
 * follows a log, and whose checkpoint is replaced when all of it is there.
 */

/* The directory as it is: at size 0, without a note, where it is empty. */
struct copy {
	char *dir; /* absolute */
	int lock;
	struct checkpoint at;
	struct buf note;
};

/*
 * Makes dir where it is not there, locks it, and reads what it is at.
 * PROV_EEXIST where it is a ledger of its own, PROV_EUNTRUSTED where its
 * checkpoint is not signed by key.
 */
prov_status copy_open(struct copy *c, const char *dir, const prov_pubkey *key,
    unsigned wait_ms, prov_err *err);
void copy_close(struct copy *c);
#define AUTO_COPY __attribute__((cleanup(copy_close))) struct copy

/* Puts everything under dir on the disk, and the checkpoint after it. */
prov_status copy_finish(const struct copy *c, prov_span note, prov_err *err);

/* Calls fn with each timeline that an entry names; other entries have none. */
typedef prov_status (
    *copy_blob_fn)(void *arg, const uint8_t sha256[32], prov_err *err);
prov_status copy_timelines(prov_span entry, copy_blob_fn fn, void *arg,
    prov_err *err);

#endif
