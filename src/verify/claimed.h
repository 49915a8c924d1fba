/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_CLAIMED_H
#define PROV_VERIFY_CLAIMED_H

#include "manifest/signals.h"
#include "verify/evidence.h"

/* What a statement claims, be it read or recalled. */

/*
 * Of uses. What cannot be read forbids all of them: PROV_OK then, too.
 */
prov_status claimed_signals(struct signals *out, const struct evidence *e,
    prov_err *err);

/* Whether it has captions, beside the pictures or inside them. */
bool claimed_captions(const struct evidence *e);

/* Of the container as it was signed; "" not known. */
const char *claimed_media_type(const struct evidence *e);

#endif
