/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_JPEGTABLES_H
#define PROV_ESSENCE_JPEGTABLES_H

#include "hash/sha256.h"

#define JPEG_DAC_N 8 /* conditioning of four DC and four AC tables */

struct jpeg_quant {
	bool set, unused; /* unused: defined since the last scan */
	uint16_t v[64];   /* in zigzag order */
};

struct jpeg_huffman {
	bool set, unused;
	uint16_t n;
	uint8_t bits[16];
	uint8_t v[256];
};

/*
 * What DQT, DHT and DRI segments have defined, however they were split.
 * PROV_EUNSUPPORTED for a definition that no scan ever used: it would be
 * neither hashed nor decoded.
 */
struct jpeg_tables {
	struct jpeg_quant quant[4];
	struct jpeg_huffman huffman[2][4]; /* DC, AC */
	bool dac_unused[JPEG_DAC_N];
	uint8_t dac[JPEG_DAC_N]; /* less what it is without DAC */
	bool restart_unused;
	uint16_t restart;
};

prov_status jpeg_tables_dqt(struct jpeg_tables *t, prov_span in, prov_err *err);
prov_status jpeg_tables_dht(struct jpeg_tables *t, prov_span in, prov_err *err);
prov_status jpeg_tables_dac(struct jpeg_tables *t, prov_span in, prov_err *err);
prov_status jpeg_tables_dri(struct jpeg_tables *t, prov_span in, prov_err *err);

/* A scan uses everything as it stands now: the digests of both kinds. */
prov_status jpeg_tables_use(struct jpeg_tables *t, uint8_t quant[SHA256_LEN],
    uint8_t huffman[SHA256_LEN], prov_err *err);

#endif
