/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_AV1_OBU_H
#define PROV_ESSENCE_AV1_OBU_H

#include "essence/vui.h"

/* Open bitstream units of AV1 in low-overhead format (specification 5.3). */
#define AV1_OBUS_MAX 4096 /* of one packet: tile groups are under 1,000 */

#define AV1_HAS_EXTENSION 0x04
#define AV1_HAS_SIZE      0x02

enum {
	AV1_SEQUENCE = 1,
	AV1_DELIMITER = 2,
	AV1_FRAME_HEADER = 3,
	AV1_METADATA = 5,
	AV1_FRAME = 6,
	AV1_TILE_LIST = 8,
	AV1_PADDING = 15
};

enum {
	AV1_METADATA_LIGHT = 1,
	AV1_METADATA_MASTERING = 2,
	AV1_METADATA_T35 = 4
};

struct av1_obu {
	unsigned type;
	uint8_t header, extension;
	prov_span payload;
};

/* What of a sequence header is needed; it is bound whole. */
struct av1_sequence {
	struct picture p;
	bool still; /* reduced_still_picture_header */
	bool mono;
};

struct av1_frame {
	bool key, shown;
};

/* A number of up to 8 bytes; takes it off s. */
bool av1_leb128(prov_span *s, uint64_t *v);

/* Takes the next unit off s. false, and s as it was, where that is none. */
bool av1_obu_next(prov_span *s, struct av1_obu *o);

bool av1_sequence_parse(struct av1_sequence *is, prov_span payload);
void av1_sequence_present(const struct av1_sequence *is, struct track *t);

/* The first bits of a frame header. */
void av1_frame_parse(struct av1_frame *f, const struct av1_sequence *is,
    prov_span payload);

#endif
