/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_JUDGED_H
#define PROV_GATE_JUDGED_H

#include "gate/gate.h"

/*
 * Writes the bytes that an answer is about to path, whole and on disk or not
 * at all. They are read again from fd or bytes, and have to be those that were
 * judged: PROV_EIO where they are not.
 */
prov_status judged_copy(const char *path, const prov_gate_answer *a, int fd,
    prov_span bytes, mode_t mode, prov_err *err);

/*
 * DIR/KEY-NAME: KEY is of tenant and id, so that names of several places do not
 * collide; NAME is the last part of the item's name, made plain. malloc'ed.
 */
prov_status judged_path(char **out, const char *dir, const prov_gate_answer *a,
    prov_err *err);

#endif
