/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_INPUT_H
#define PROV_TOOLS_INPUT_H

#include "cmd.h"

#define INPUT_MAX (512UL << 20) /* sidecars with long timelines */

/* A whole file, or standard input for "-"; NULL after complaining. */
uint8_t *input_read(const struct args *args, const char *path, size_t *len);

/* Opens a regular file for reading; -1 after complaining. */
int input_open(const struct args *args, const char *path);

#endif
