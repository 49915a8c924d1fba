/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_FACTS_H
#define PROV_DEMUX_FACTS_H

#include "demux/bmff.h"
#include "demux/ebml.h"
#include "demux/magic.h"
#include "demux/ogg.h"
#include "demux/riff.h"
#include "demux/ts.h"

/* What our own scanner of the container found; the others are NULL. */
struct facts {
	enum layout layout;
	struct source *s;
	struct bmff *bmff;
	struct ebml *ebml;
	struct ts *ts;
	struct riff *riff;
	struct ogg *ogg;
};

void facts_free(struct facts *f);
void auto_facts(struct facts **f);
#define AUTO_FACTS __attribute__((cleanup(auto_facts))) struct facts

/* Reads the file once, beside s, of which it takes a copy. */
prov_status facts_scan(struct facts **out, const struct format *format,
    const struct source *s, prov_err *err);

/* Why the asset is never matched by its streams, or NULL (ESSENCE 1). */
const char *facts_refusal(const struct facts *f);

/* Whether some of the container's media is known not to be there. */
bool facts_incomplete(const struct facts *f);

#endif
