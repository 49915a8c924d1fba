/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_TRACK_H
#define PROV_ESSENCE_TRACK_H

#include <stdbool.h>

#include "essence/identity.h"
#include "essence/leaves.h"

/*
 * One stream being hashed. A form (one codec's canonical form) takes packets
 * and tells the track: here a segment begins, this is the active
 * configuration, these bytes are essence, this frame is shown then. What a
 * leaf is made of stands in leaves.h. A config that changes inside a segment is
 * a record(0x02) in place. Forms use types from 0x10 to 0x7f.
 */
struct track;

/* A new run of sound wherever a frame departs from the count by more. */
#define AUDIO_DEPARTS_NS 3000000

#define RECORD_SIDE  0x03 /* what a container keeps beside a packet */
#define RECORD_LASTS 0x04 /* how long a subtitle stands, ms, u64be */
#define RECORD_DATA  0x10 /* one NAL unit, syncframe or packet */

/* Closes the running segment, if it has units; the next record opens one. */
prov_status track_cut(struct track *t, prov_err *err);

/* The active configuration from here on: recorded where it differs. */
prov_status track_config(struct track *t, const uint8_t digest[32],
    prov_err *err);

/* Essence. Hashed in place, nothing is copied. */
prov_status track_record(struct track *t, uint8_t type, prov_span data,
    prov_err *err);
/* One record in pieces: begin with its whole length, then add. */
prov_status track_record_begin(struct track *t, uint8_t type, uint32_t len,
    prov_err *err);
prov_status track_record_add(struct track *t, prov_span data, prov_err *err);

/*
 * Units that were just recorded: one coded picture presented at ns, or audio
 * of so many samples from ns on. ns may be PROV_NO_TIME; for audio it then
 * continues its predecessor.
 */
prov_status track_frame(struct track *t, int64_t ns, int64_t duration_ns,
    prov_err *err);
prov_status track_samples(struct track *t, int64_t ns, uint64_t samples,
    prov_err *err);

/* Bytes of the ancillary digest (SEI, metadata), in order. */
prov_status track_ancillary(struct track *t, prov_span data, prov_err *err);

/* Names a part of the configuration; a later call with one name replaces it. */
prov_status track_part(struct track *t, const char *name,
    const uint8_t digest[32], prov_err *err);

/* What the bitstream states; the container's word wins where both speak. */
void track_present(struct track *t, prov_field f, int64_t v);

void track_rate(struct track *t, uint32_t rate); /* audio: the core rate */

/* The first code wins: this stream is never matched as a stream. */
void track_refuse(struct track *t, const char *code);

uint64_t track_units(const struct track *t); /* in the running segment */

/* Packet ticks to ns on the asset's clock; PROV_NO_TIME stays itself. */
int64_t track_ns(const struct track *t, int64_t ticks);

/* A packet's duration, ns; 0 where it states none that is to be believed. */
int64_t track_lasts_ns(const struct track *t, int64_t ticks);

const prov_config *track_config_of(const struct track *t);

/*
 * A canonical form. bid says how well it knows the stream: 0 not at all; the
 * highest bid wins; raw/1 bids 1. Tables stand in form.c, in one array.
 */
struct form_ops {
	const char *name; /* "h264/1" */
	const char *rule; /* "rap/1" */
	int (*bid)(const prov_config *config);
	prov_status (*open)(void **state, struct track *t, prov_err *err);
	prov_status (
	    *packet)(void *state, const prov_packet *packet, prov_err *err);
	prov_status (*finish)(void *state, prov_err *err);
	void (*close)(void *state); /* NULL is fine */
};

extern const struct form_ops form_h264, form_hevc, form_av1, form_frame,
    form_mjpeg, form_mpeg2, form_mpeg4, form_prores, form_vp8, form_vp9,
    form_aac, form_ac3, form_alac, form_amr, form_dts, form_eac3, form_flac,
    form_mlp, form_mpa, form_opus, form_pcm, form_truehd, form_usac,
    form_vorbis, form_raw;

const struct form_ops *form_for(const prov_config *config);

/*
 * For essence.c: a stream's life. end closes the form and the last segment;
 * origin gives the time that the common clock starts at, if this track has a
 * say; seal fills *out on that clock, and the track is spent.
 */
prov_status track_new(struct track **out, const prov_config *config,
    bool frames, prov_err *err);
/* The same with a form that no bidding chooses: an image's. */
prov_status track_open(struct track **out, const prov_config *config,
    const struct form_ops *ops, bool frames, prov_err *err);
void track_free(struct track *t);
void track_use_pool(struct track *t, struct pool *pool); /* leaves.h */
void track_hold(struct track *t, prov_span bytes, atomic_uint *held);
prov_status track_packet(struct track *t, const prov_packet *packet,
    prov_err *err);
prov_status track_end(struct track *t, prov_err *err);
int64_t track_origin(const struct track *t); /* PROV_NO_TIME: none */
prov_status track_seal(struct track *t, int64_t origin, struct stream *out,
    prov_err *err);

#endif
