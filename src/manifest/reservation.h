/* SPDX-License-Identifier: ISC */
#ifndef PROV_MANIFEST_RESERVATION_H
#define PROV_MANIFEST_RESERVATION_H

#include "manifest/signals.h"

/*
 * What a site said beside the media, as a crawler saw it. Nobody signed it, so
 * it restricts and never grants; what cannot be read restricts too.
 */
#define RESERVATION_MAX 8192 /* bytes of one header; servers send no more */

/* TDMRep: "0" reserves nothing, all else every purpose. */
void reservation_tdm(struct signals *s, prov_span text);

/* AIPREF: "train-ai=n", in newer and older words; "search" says nothing. */
void reservation_usage(struct signals *s, prov_span text);

/* X-Robots-Tag: "noai", "noimageai", "noindex", for whatever crawler. */
void reservation_robots(struct signals *s, prov_span text);

#endif
