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
#define SEI_REPEATS_MAX  64   /* messages that are known as repeated */
#define SEI_MESSAGES_MAX 1024 /* of one unit; encoders write under ten */
#define SEI_KINDS        24
#define SEI_TIMING_MAX   32 /* bytes of picture timing before what it shows */

struct sei_repeat {
	uint32_t type, len;
	uint8_t head[8]; /* a quick look, before anything is hashed */
	uint8_t digest[32];
};

struct sei {
	struct track *t;
	struct buf rbsp;    /* one unit without emulation prevention */
	struct sha256 *hdr; /* what renders and has no field of its own */
	size_t n_repeats;
	struct sei_repeat repeats[SEI_REPEATS_MAX];
	struct sha256 *captions, *structs;
	bool fields; /* some picture is not shown as one frame, once */
	bool timed;  /* picture timing waits for its picture */
	uint8_t timing[SEI_TIMING_MAX];
	size_t timing_len;
	uint8_t format[8]; /* the last active format description */
	size_t format_len;
	bool last_set[SEI_KINDS];
	uint8_t last[SEI_KINDS][32]; /* of each kind that renders */
};

void sei_open(struct sei *s, struct track *t);
void sei_clear(struct sei *s);

/* nal without its header. first: of the configuration or the first unit. */
prov_status sei_unit(struct sei *s, prov_span nal, bool first, prov_err *err);

/* A unit outside SEI that steers rendering: Dolby Vision's. */
prov_status sei_dynamic(struct sei *s, uint32_t type, prov_span bytes,
    prov_err *err);

/*
 * The picture that the last timing message was for: n bits behind skip ones
 * say how it is shown (as fields, twice, ...); 0: this stream does not say.
 */
prov_status sei_picture(struct sei *s, size_t skip, unsigned n, prov_err *err);

/* User data of ATSC A/53: captions and the active format; else nothing. */
prov_status sei_atsc(struct sei *s, prov_span data, prov_err *err);

prov_status sei_finish(struct sei *s, prov_err *err);

#endif
