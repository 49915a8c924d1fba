/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_QUARANTINE_H
#define PROV_GATE_QUARANTINE_H

#include "gate/gate.h"

/*
 * Keeps what is quarantined below a directory: the bytes, as KEY-NAME, and the
 * record beside, as KEY-NAME.verdict.json. KEY is of tenant and id, so that
 * names of several places do not collide; NAME is the last part, made plain.
 * Both are written whole or not at all, and are on disk when this returns.
 *
 * The bytes are read again from fd or bytes, and have to be those that were
 * judged: PROV_EIO where they are not. Of a bare digest there is the record.
 */
prov_status quarantine_keep(const char *dir, const prov_gate_answer *a, int fd,
    prov_span bytes, prov_err *err);

#endif
