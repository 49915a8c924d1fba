/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_COSIGNATURE_H
#define PROV_SIGN_COSIGNATURE_H

#include "base/buf.h"
#include "prov/key.h"
#include "sign/note.h"

/*
 * C2SP tlog-cosignature: what a witness says of a checkpoint, and when. The
 * signature line's bytes are the time, 8 bytes big endian, and the signature.
 */
#define COSIGNER_ED25519 0x04
#define COSIGNER_MLDSA44 0x06 /* its keys are read, its signatures not yet */

#define COSIGNER_KEY_MAX  1312 /* of ML-DSA-44 */
#define COSIGNER_VKEY_MAX 2048

/* A witness's key, from its vkey. */
struct cosigner {
	char name[PROV_NAME_MAX + 1];
	uint8_t type;
	uint8_t id[4];
	size_t len;
	uint8_t key[COSIGNER_KEY_MAX];
};

/* Reads a vkey of a type above. PROV_EFORMAT for any other. */
prov_status cosigner_parse(struct cosigner *out, const char *vkey,
    prov_err *err);

/* A COSIGNER_ED25519 key of a name. */
prov_status cosigner_init(struct cosigner *out, const char *name,
    const uint8_t key[32], prov_err *err);
void cosigner_format(struct buf *b, const struct cosigner *c);

/* Whether this version can verify its cosignatures. */
bool cosigner_usable(const struct cosigner *c);

/* Whether a signature line is by this key's name and ID. */
bool cosigner_signed(const struct cosigner *c, const struct note_sig *s);

/*
 * PROV_OK only if c signed the checkpoint text, at *time: from 1 to 2^63 - 1
 * seconds. PROV_EUNTRUSTED if not, PROV_EUNSUPPORTED where that is not known.
 */
prov_status cosignature_verify(int64_t *time, const struct cosigner *c,
    prov_span text, prov_span sig, prov_err *err);

/* What COSIGNER_ED25519 signs. */
void cosignature_message(struct buf *b, uint64_t time, prov_span text);

/*
 * Private-key half (signer.c): appends one signature line, newline included.
 * PROV_EARG for a time that is not from 1 to 2^63 - 1.
 */
prov_status cosignature_sign(struct buf *b, const prov_key *key, prov_span text,
    int64_t time, prov_err *err);

#endif
