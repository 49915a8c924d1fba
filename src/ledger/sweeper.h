/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SWEEPER_H
#define PROV_LEDGER_SWEEPER_H

#include "base/err.h"

/*
 * Whoever closes a file last, after its name is gone, gives its room back, and
 * where a file system discards that at once (mount -o discard) he waits for the
 * disk. A writer holds what it is to replace or remove, and a thread lets go of
 * it. Its owner makes every call here; where s is NULL nothing is held, and the
 * name's removal waits.
 */
struct sweeper;

prov_status sweeper_new(struct sweeper **out, prov_err *err);

/* Waits until all of it is let go of; NULL is fine. */
void sweeper_free(struct sweeper *s);

/*
 * Holds a file or directory, below the directory at, or AT_FDCWD. -1 where it
 * is not there or cannot be held, which costs no more than time.
 */
int sweeper_hold(const struct sweeper *s, int at, const char *name);

/* Lets go of it, some time soon; -1 is fine. */
void sweeper_drop(struct sweeper *s, int fd);

#endif
