/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_REQUESTED_H
#define PROV_MANIFEST_REQUESTED_H

#include "base/jsonin.h"
#include "manifest/signals.h"

/*
 * What a request says of rights, as a crawler saw it (prov-gate(1)): an object
 * of the keys of a claim's signals (COLLECTED_LABEL) and of "headers", an
 * object of all that a site answered, of which others are passed over. Names
 * may be written as headers are: case and - or _ do not matter. A value that
 * cannot be read forbids, and so does PROV_EFORMAT: a key that is none of
 * these may be a reservation that somebody misspelt.
 */
prov_status signals_requested(struct signals *out, const struct jsonin *object,
    prov_err *err);

#endif
