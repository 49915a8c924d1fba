/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_TIMELINE_H
#define PROV_ESSENCE_TIMELINE_H

#include "base/cbor.h"
#include "prov/essence.h"

/*
 * A stream's segments and times, a content-addressed blob.
 *
 * Units are frames for video and images, samples at the core rate for audio.
 * leaf k covers units[k] units in coded order. Video times are sorted into
 * presentation order and run-length coded: frame i of a run is presented at
 * start + i * num / den ns, within TIMELINE_FIT_NS. order[i] is the rank in
 * presentation of coded frame i, less i; absent when all are 0. Audio runs
 * are {start, samples}: num / den are 1e9 / rate. Times are ns on the asset's
 * common clock (ESSENCE 4) and may be negative. untimed: no frame had a time.
 *
 * frames, where they were asked for, has a digest for each coded picture: the
 * first bytes of that of leaves.h, so that part of a segment can be proven.
 */
#define TIMELINE_FRAME_LEN 16
#define TIMELINE_FIT_NS    1000000 /* run-length coding moves no frame by more */

/*
 * Times are within 36 years of 0, so that neither differences of two nor
 * differences of those overflow.
 */
#define TIMELINE_NS_MAX (INT64_C(1) << 60)

/* From the earliest time to the latest, and the last picture's share. */
#define DURATION_NS_MAX (2 * TIMELINE_NS_MAX)

/* A run every third frame of two days at 120 a second: 224 MB in memory. */
#define RUNS_MAX 7000000UL

/* Samples of two weeks at 768 kHz are under 2^40; sums stay far below 2^63. */
#define UNITS_MAX (UINT64_C(1) << 48)

struct run {
	int64_t start; /* ns */
	uint64_t num;  /* ns per den units */
	uint64_t den;
	uint64_t count; /* units */
};

struct timeline {
	uint64_t n;      /* segments */
	uint8_t *leaves; /* n * 32 bytes */
	uint8_t *frames; /* total * TIMELINE_FRAME_LEN bytes, or NULL */
	uint64_t *units; /* n */
	uint8_t *dull;   /* n bits, or NULL: see dull.h; not part of the blob */
	uint64_t total;  /* sum of units */
	bool untimed;
	size_t n_runs;
	struct run *runs;
	int32_t *order; /* total ranks less index, or NULL */
	/*
	 * What stands before segment k and before run i, so that look-ups need
	 * no sums: made by timeline_index, NULL in a timeline made by hand.
	 */
	uint64_t *unit_at;
	uint64_t *run_at;
};

void timeline_free(struct timeline *tl);
void auto_timeline(struct timeline **tl);
#define AUTO_TIMELINE __attribute__((cleanup(auto_timeline))) struct timeline

/* The blob; and the times item alone, for the manifest. */
void timeline_encode(struct buf *b, const struct timeline *tl);
prov_status timeline_decode(struct timeline **out, prov_span blob,
    prov_err *err);
void timeline_encode_times(struct buf *b, const struct timeline *tl);

/* A timeline with runs and order but no leaves, from a times item. */
prov_status timeline_decode_times(struct timeline **out, prov_span item,
    prov_err *err);

/*
 * Sets runs and order from one time per coded frame (ns; PROV_NO_TIME makes it
 * untimed). Video only.
 */
prov_status timeline_set_times(struct timeline *tl, const int64_t *ns,
    uint64_t n, prov_err *err);

/* Appends a run. */
prov_status timeline_add_run(struct timeline *tl, const struct run *r,
    prov_err *err);

/* Moves every time by ns. PROV_EFORMAT where one leaves the range. */
prov_status timeline_shift(struct timeline *tl, int64_t ns, prov_err *err);

/* Makes unit_at and run_at; timeline_decode* and timeline_set_times do too. */
prov_status timeline_index(struct timeline *tl, prov_err *err);

/* Whether segment k could be anybody's; where nobody looked, it could. */
bool timeline_is_dull(const struct timeline *tl, uint64_t k);

/* When coded unit u is presented, ns. u < total and !untimed. */
int64_t timeline_at(const struct timeline *tl, uint64_t u);

/* The interval of segment k on the common clock, ns. */
void timeline_segment(const struct timeline *tl, uint64_t k, int64_t *from,
    int64_t *to);

#endif
