/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_COLLECTED_H
#define PROV_MANIFEST_COLLECTED_H

#include "base/cbor.h"
#include "base/yaml.h"
#include "manifest/signals.h"

/*
 * What a site said when the media was collected, always in clear, word for
 * word: it cannot be asked again when the media is used.
 */
#define COLLECTED_LABEL "signals"
#define COLLECTED_MAX   16 /* headers of one name */

/* The assertion's value from a claim's "signals:". file is for messages. */
prov_status collected_read(struct buf *value, const struct yaml *y,
    const char *file, prov_err *err);

/* Restricts s by what was seen. */
prov_status collected_claimed(struct signals *s, struct cbor *c, prov_err *err);

#endif
