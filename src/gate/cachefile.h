/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_CACHEFILE_H
#define PROV_GATE_CACHEFILE_H

#include "base/buf.h"

/*
 * A bounded file of rows by number, SQLite's. One process has it at a time,
 * and one thread. Two generations take turns: what is looked up in the older
 * one is to be put anew, and when the younger is full, the older one goes. It
 * believes nothing of what it reads; who puts rows has to be able to tell.
 */
struct cachefile;

#define CACHEFILE_ROW_MAX 65536UL /* facts of one asset are 1 to 2 KiB */
#define CACHEFILE_MIN     (1UL << 20)

/*
 * Opens it, mode 0600, or makes it; max bytes is all that it may ever take. A
 * file of prov's that is damaged or of another version begins anew. PROV_EBUSY
 * where another process has it, PROV_EUNTRUSTED where it is somebody else's or
 * no cache: such a file is left alone.
 */
prov_status cachefile_open(struct cachefile **out, const char *path,
    uint64_t max, prov_err *err);
void cachefile_close(struct cachefile *f);

/* Removes it, whatever is in it, and begins anew. */
prov_status cachefile_renew(struct cachefile **f, prov_err *err);

/*
 * Appends a row's bytes; nothing where there is none. *old: it is of the older
 * generation. PROV_EFORMAT: the file is damaged.
 */
prov_status cachefile_get(struct cachefile *f, int64_t row, struct buf *out,
    bool *old, prov_err *err);

/* A row to put; the bytes are borrowed. */
struct cache_row {
	int64_t row;
	prov_span bytes;
};

/* All of them or none, the last of those with one number. */
prov_status cachefile_put(struct cachefile *f, const struct cache_row *rows,
    size_t n, prov_err *err);

#endif
