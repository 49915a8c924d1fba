/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_LOCK_H
#define PROV_LEDGER_LOCK_H

#include "base/file.h"

/*
 * Takes dir/lock, waiting at most wait_ms: PROV_EBUSY. Holds until *fd is
 * closed, by whatever end. PROV_EWRITE where nothing can be written, and
 * PROV_EUNSUPPORTED on network file systems, whose locks and syncs cannot be
 * relied on.
 */
prov_status lock_take(int *fd, const char *dir, unsigned wait_ms,
    prov_err *err);

/*
 * Locks a directory itself: what is published or cloned there may be on any
 * file system, and holds no file but its own.
 */
prov_status lock_dir(int *fd, const char *dir, unsigned wait_ms, prov_err *err);

/* Milliseconds of a clock that is never set. */
uint64_t lock_clock_ms(void);

#endif
