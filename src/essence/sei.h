/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_SEI_H
#define PROV_ESSENCE_SEI_H

#include "essence/track.h"
#include "hash/sha256.h"

/*
 * Supplemental enhancement information of H.264 and HEVC. All messages enter
 * the track's ancillary digest, as u32be type || u32be length || payload; but
 * those that stand in the container's configuration or in the first access
 * unit enter it once, because remuxers repeat them. What changes rendering
 * enters presentation as well.
 */
#define SEI_REPEATS_MAX 64    /* messages that are known as repeated */
#define SEI_MESSAGES_MAX 1024 /* of one unit; encoders write under ten */
#define SEI_KINDS 10

struct sei_repeat {
	uint32_t type, len;
	uint8_t head[8]; /* a quick look, before anything is hashed */
	uint8_t digest[32];
};

struct sei {
	struct track *t;
	struct buf rbsp;     /* one unit without emulation prevention */
	struct sha256 *hdr;  /* what renders and has no field of its own */
	size_t n_repeats;
	struct sei_repeat repeats[SEI_REPEATS_MAX];
	bool last_set[SEI_KINDS];
	uint8_t last[SEI_KINDS][32]; /* of each kind that renders */
};

void sei_open(struct sei *s, struct track *t);
void sei_clear(struct sei *s);

/* nal without its header. first: of the configuration or the first unit. */
prov_status sei_unit(struct sei *s, prov_span nal, bool first,
    prov_err *err);

/* A unit outside SEI that steers rendering: Dolby Vision's. */
prov_status sei_dynamic(struct sei *s, uint32_t type, prov_span bytes,
    prov_err *err);

prov_status sei_finish(struct sei *s, prov_err *err);

#endif
