/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_AUDIO_H
#define PROV_ESSENCE_AUDIO_H

#include "essence/cdc.h"
#include "essence/track.h"

/*
 * What forms of coded sound have in common: one configuration at a time, and
 * units (frames, access units) of so many samples each, in segments by cdc/1.
 * A segment ends where the unit after it begins, so that what belongs to a
 * unit stays with it.
 */
struct audio {
	struct track *t;
	uint32_t rate; /* that samples count; 0: none stated yet */
	bool configured;
	bool due; /* a segment's end, before the next unit */
	uint8_t config[SHA256_LEN];
	struct cdc cdc;
};

/*
 * The configuration from here on, by its content. The first one is the part
 * "head"; one that counts another rate is refused.
 */
prov_status audio_config(struct audio *a, prov_span content, uint32_t rate,
    prov_err *err);

/* A unit's first or only record. It is under the configuration. */
prov_status audio_unit(struct audio *a, prov_span data, uint32_t samples,
    int64_t ns, prov_err *err);

/* A further record of the unit. */
prov_status audio_more(struct audio *a, prov_span data, prov_err *err);

/* Whether these are zeros alone. */
bool audio_filler(prov_span s);

/*
 * What is left of a packet behind its units. Zeros are what containers fill
 * up with, and are left out; anything else is as audio_other.
 */
prov_status audio_rest(struct audio *a, prov_span left, int64_t ns,
    prov_err *err);

/* What is no unit is bound as it is, but has no canonical form. */
prov_status audio_other(struct audio *a, prov_span data, int64_t ns,
    prov_err *err);

#endif
