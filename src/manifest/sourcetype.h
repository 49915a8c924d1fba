/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_SOURCETYPE_H
#define PROV_MANIFEST_SOURCETYPE_H

#include "manifest/signals.h"

/* IPTC's digital source types, and the two that C2PA adds. */

/*
 * Reads a term, alone or with the vocabulary's address before it, in any case
 * of letters, and writes it as the vocabulary does. False: not known.
 */
bool source_type_read(char out[SOURCE_TYPE_MAX + 1], prov_span text);

/*
 * From 0, not said, over what a camera saw to what a model made. Terms that are
 * not known stand between.
 */
unsigned source_type_rank(const char *term);

/* Whether it says that a camera, scanner or screen was the source. */
bool source_type_captured(const char *term);

#endif
