/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_PRESENT_H
#define PROV_DEMUX_PRESENT_H

#include "demux/bmff.h"
#include "demux/ebml.h"
#include "prov/essence.h"

/*
 * What a container's track means for how it is shown, in the words of the
 * manifest. in_stream: the codec states its own size and fields, and decoders
 * believe it. config's present and shift_ns are filled in.
 */
prov_status present_bmff(prov_config *config, const struct bmff *b,
    const struct bmff_track *t, bool in_stream, prov_err *err);
prov_status present_ebml(prov_config *config, const struct ebml *e,
    const struct ebml_track *t, bool in_stream, prov_err *err);

#endif
