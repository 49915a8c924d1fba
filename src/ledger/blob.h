/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_BLOB_H
#define PROV_LEDGER_BLOB_H

#include "base/buf.h"
#include "base/file.h"

/* Openings of the assertions of one statement: 64 of at most a statement. */
#define OPENINGS_MAX (8UL << 20)

/* blobs/XX/SHA256, checked when read. */
prov_status blob_read(struct buf *out, const char *dir,
    const uint8_t sha256[32], prov_err *err);

/* Whether there is one of this name; says nothing of what it holds. */
bool blob_there(const char *dir, const uint8_t sha256[32]);

/*
 * Writes a blob, or leaves the sound one that is there. With FILE_SYNC it is
 * on the disk, new or not, when this returns.
 */
prov_status blob_write(const char *dir, prov_span bytes, unsigned flags,
    prov_err *err);

/* private/STATEMENT, mode 0600, in a directory of mode 0700. */
prov_status openings_read(struct buf *out, const char *dir,
    const uint8_t statement[32], prov_err *err);
prov_status openings_write(const char *dir, const uint8_t statement[32],
    prov_span bytes, unsigned flags, prov_err *err);

#endif
