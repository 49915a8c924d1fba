/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_GATE_TAR_H
#define PROV_TOOLS_GATE_TAR_H

#include "gate_run.h"

/* The shards that are the operands; "-" is standard input. */
void feed_shards(struct gate_run *r, const struct args *args, prov_gate *gate);

/* False after complaining where outputs do not go with the operands. */
bool tar_check(const struct args *args);

#endif
