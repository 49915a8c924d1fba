/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_ASC_H
#define PROV_ESSENCE_ASC_H

#include <stdbool.h>

#include "essence/bits.h"
#include "hash/sha256.h"

/*
 * A program_config_element's fields, one byte each: at most 15 fixed ones, 60
 * elements of 5 bits, 10 of 4, and a comment of 255 bytes with its length.
 */
#define PCE_MAX 384

/*
 * What configures an AAC decoder (ISO/IEC 14496-3): the core, by whatever of
 * AudioSpecificConfig, ADTS header and PCE states it. SBR and PS are added on
 * top and are presentation.
 */
struct asc {
	uint32_t rate;      /* of the core */
	uint8_t aot;        /* of the core: 1 Main, 2 LC, 3 SSR, 4 LTP */
	uint8_t layout;     /* channelConfiguration; 0: pce */
	uint16_t frame_len; /* 1024 or 960 samples */
	bool sbr_off;       /* explicitly: decoders ignore SBR that is there */
	bool ps_off;        /* explicitly, and the core is mono */
	uint16_t pce_len;   /* 0: none seen */
	uint8_t pce[PCE_MAX];
	uint8_t pce_channels;
};

/*
 * An AudioSpecificConfig. PROV_EUNSUPPORTED for object types other than those
 * above, PROV_EFORMAT for what cannot be one.
 */
prov_status asc_parse(struct asc *out, prov_span bytes, prov_err *err);

/* One that other bits follow: takes no extension, and says in *bits its own. */
prov_status asc_read(struct asc *out, prov_span bytes, size_t *bits,
    prov_err *err);

#define ADTS_BLOCKS_MAX 4 /* two bits count them */

/* An ADTS frame's header. */
struct adts {
	struct asc asc;
	size_t header;   /* bytes, CRC included */
	size_t len;      /* of the frame, header included */
	unsigned blocks; /* raw data blocks */
	bool crc;
	/* With CRC: where each block begins, from the end of the header. */
	uint16_t at[ADTS_BLOCKS_MAX];
};

/* Whether bytes begin with a header that can be one. */
bool adts_parse(struct adts *out, prov_span bytes);

/*
 * Where a raw data block begins with a PCE: takes its fields over into a and
 * returns its length in bytes, which is whole. Otherwise 0.
 */
size_t asc_take_pce(struct asc *a, prov_span block);

/* Whether both have one digest. */
bool asc_same(const struct asc *a, const struct asc *b);

/* SHA-256 over what decides how the core is decoded. */
prov_status asc_digest(const struct asc *a, uint8_t out[SHA256_LEN],
    prov_err *err);

/* Channels of the core; 0 not known. */
unsigned asc_channels(const struct asc *a);

#endif
