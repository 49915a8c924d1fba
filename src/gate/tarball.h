/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_TARBALL_H
#define PROV_GATE_TARBALL_H

#include "gate/shard.h"

/*
 * A tar being written: under a temporary name beside path until it is done,
 * so that nobody sees a part; "-" is standard output, as it comes. Compressed
 * as its name says: .gz, .tgz, .zst.
 */
struct tarball;

prov_status tarball_open(struct tarball **out, const char *path, prov_err *err);

/* Appends all members as they were read. */
prov_status tarball_put(struct tarball *t, const struct sample *s,
    prov_err *err);

uint64_t tarball_members(const struct tarball *t);

/* Writes its end, syncs it and gives it its name. Frees t in any case. */
prov_status tarball_finish(struct tarball *t, prov_err *err);

/* Leaves nothing behind; NULL is fine. */
void tarball_drop(struct tarball *t);

#endif
