/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_LAVF_H
#define PROV_DEMUX_LAVF_H

#include "demux/magic.h"
#include "essence/identity.h"
#include "hash/pool.h"

/*
 * Feeds every packet of a container to the essence stage. PROV_EFORMAT where
 * the container cannot be read at all; what is read but not whole is refused
 * in the identity. PROV_EIO and PROV_ELIMIT as the source says. pool may be
 * NULL; frames asks for a digest for each picture.
 */
prov_status lavf_identify(prov_identity **out, const struct format *format,
    struct source *s, bool frames, struct pool *pool, prov_err *err);

/* Loads what a demuxer would load later, when no file can be opened. */
void lavf_warm_up(void);

#endif
