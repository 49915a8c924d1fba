/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_GATE_FEED_H
#define PROV_TOOLS_GATE_FEED_H

#include "gate_run.h"

/* Lines of standard input, to its end. */
void feed_lines(struct gate_run *r, const struct args *args);

/* The operands, which are names below root, and what is below each -r DIR. */
void feed_files(struct gate_run *r, const struct args *args, const char *root);

/* Without "./" and doubled or last slashes, as shells and people type them. */
char *plain_name(const char *name);

/* False after complaining where a name on the command line cannot be one. */
bool feed_check(const struct args *args);

#endif
