/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_CODED_H
#define PROV_ESSENCE_CODED_H

#include "essence/params.h"
#include "essence/vui.h"

/*
 * What video forms have in common whose streams have one configuration at a
 * time and state it themselves: where segments begin, which configuration a
 * picture is coded under, how many pictures a packet shows and when.
 */
#define CODED_SEGMENT_MAX 300 /* frames, where no random access point cuts */
#define RECORD_STRAY      0x11 /* bytes before a packet's first start code */
#define RECORD_GROUP      0x12 /* MPEG: closed << 1 | broken link */
#define RECORD_RESET      0x13 /* MPEG-2: matrices return to their defaults */

struct coded {
	struct track *t;
	struct param set; /* the active configuration's content */
	struct param_log log;
	bool strict; /* the container must not state another configuration */
	bool stated; /* by the stream itself */
	bool used;   /* a picture was coded under one */
	const prov_packet *packet; /* being read */
	unsigned shown;            /* pictures of it so far */
};

prov_status coded_open(struct coded *c, struct track *t, prov_err *err);
void coded_clear(struct coded *c);

/*
 * A configuration by its content: what the container states counts until the
 * stream itself speaks.
 */
prov_status coded_container(struct coded *c, prov_span content, prov_err *err);
prov_status coded_stated(struct coded *c, prov_span content, prov_err *err);

void coded_packet(struct coded *c, const prov_packet *packet);

/*
 * The records of a picture follow: a segment begins where decoding can start,
 * and the configuration is recorded where it differs. Sets *first at the first
 * one that has a configuration.
 */
prov_status coded_begin(struct coded *c, bool rap, bool *first, prov_err *err);

/* A picture that is shown. Only a packet's first one has the packet's time. */
prov_status coded_shown(struct coded *c, prov_err *err);

prov_status coded_finish(struct coded *c, const char *part, prov_err *err);

#endif
