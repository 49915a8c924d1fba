/* SPDX-License-Identifier: ISC */
#ifndef PROV_ATTEST_PREPARE_H
#define PROV_ATTEST_PREPARE_H

#include "base/buf.h"
#include "prov/sign.h"

/* One file on its way through the pipeline. */
struct prepared {
	const char *path;
	prov_err err;   /* err.status is what became of it */
	bool no_worker; /* it failed since none can be started */
	char note[256]; /* why it is exact only; "" if it is not */
	prov_digest digest;
	prov_identity *id; /* NULL: exact only */
	struct buf statement;
	uint8_t statement_digest[32];
	uint8_t leaf[32]; /* of the statement as it was signed here */
	size_t n_blobs;
	struct buf *blobs;   /* timelines */
	struct buf openings; /* CBOR, or empty */
	struct buf proof;
	prov_err pending; /* why no quorum cosigned that yet, or PROV_OK */
	char *sidecar;    /* its path, once it stands */
	prov_entry entry;
	uint64_t log_size;
};

void prepared_clear(struct prepared *p);

void prepared_drop_blobs(struct prepared *p);

/* Releases all but what is reported. */
void prepared_shrink(struct prepared *p);

/* Bytes that wait for the ledger. */
size_t prepared_size(const struct prepared *p);

/*
 * Hashes, identifies and signs p->path: everything before the ledger. What
 * fails is in p->err. m belongs to the calling thread.
 */
void prepare_file(struct prepared *p, prov_media *m,
    const prov_sign_options *o);

#endif
