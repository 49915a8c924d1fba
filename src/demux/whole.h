/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_WHOLE_H
#define PROV_DEMUX_WHOLE_H

#include "demux/input.h"

/*
 * The end of a file is no proof that all of it was there, nor that others would
 * play the same: compares what came with what the container announced, and
 * refuses the asset where they differ.
 */
prov_status whole_check(struct inputs *in, prov_err *err);

#endif
