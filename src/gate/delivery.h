/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_DELIVERY_H
#define PROV_GATE_DELIVERY_H

#include "gate/gate.h"

/*
 * Puts what was let in where the route of its rule leads to: under the item's
 * own name below dir, or as judged_path has it where it has none. Of a bare
 * digest there is nothing to put.
 */
prov_status deliver(const char *dir, const prov_gate_answer *a, int fd,
    prov_span bytes, prov_err *err);

#endif
