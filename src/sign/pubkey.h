/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_PUBKEY_H
#define PROV_SIGN_PUBKEY_H

#include "base/buf.h"
#include "prov/key.h"

/* Readies libsodium; cheap where that is done. */
prov_status sign_ready(prov_err *err);

/* RFC 9679 thumbprint of a key. */
void pubkey_kid(uint8_t kid[32], const uint8_t key[32]);

/* Fills kid from key. */
prov_status pubkey_init(prov_pubkey *out, const char *name,
    const uint8_t key[32], prov_err *err);

/* C2SP key ID: SHA-256(name || "\n" || type || key)[:4]. */
prov_status pubkey_note_id(uint8_t id[4], const prov_pubkey *key, uint8_t type,
    prov_err *err);

/* The same for a type without a number: ... || 0xff || type || key. */
prov_status pubkey_long_id(uint8_t id[4], const prov_pubkey *key,
    const char *type, prov_err *err);

/*
 * Ed25519 by libsodium alone: cofactorless, canonical S, A and R, no
 * small-order points. PROV_EUNTRUSTED if it does not verify.
 */
prov_status pubkey_verify(const uint8_t key[32], const uint8_t sig[64],
    prov_span message, prov_err *err);

#endif
