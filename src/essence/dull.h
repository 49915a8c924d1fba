/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_DULL_H
#define PROV_ESSENCE_DULL_H

#include <stdbool.h>

#include "prov/essence.h"

/*
 * Whether a segment could stand in anybody's file: silence, black, a still
 * title. Such segments prove as much as others, but they are no evidence of
 * where a clip is from, and nothing is looked up by them (ESSENCE 6).
 *
 * Dull is a segment
 *   - with less than DULL_MIN bytes of records, the largest one left out where
 *     it has several pictures, or of sound with less than DULL_SOUND_MIN,
 *   - or most of whose records repeat the one before,
 *   - or most of whose bytes repeat the few before.
 */
#define DULL_MIN       4096
#define DULL_SOUND_MIN 512

struct dull {
	uint64_t bytes, largest;
	uint64_t records, repeats;
	uint64_t flat; /* bytes in pieces that repeat themselves */
	uint64_t len;  /* of the record before */
	uint8_t mark[16];
};

void dull_begin(struct dull *d);
void dull_record(struct dull *d, prov_span data);

/* A piece of a record that comes in several; they are one kind of record. */
void dull_piece(struct dull *d, prov_span data);

bool dull_end(const struct dull *d, prov_kind kind, uint64_t units);

#endif
