/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_MINING_H
#define PROV_MANIFEST_MINING_H

#include "base/cbor.h"
#include "manifest/signals.h"

/*
 * Reads a training and data mining assertion of CAWG, or its older C2PA form:
 * with the map "entries" or without, "constraint_info" or "constraints_info".
 */
#define MINING_OLD_LABEL "c2pa.training-mining"

prov_status mining_claimed(struct signals *s, enum signal who, struct cbor *c,
    prov_err *err);

#endif
