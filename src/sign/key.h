/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_KEY_H
#define PROV_SIGN_KEY_H

#include "base/buf.h"
#include "prov/key.h"

/* The private-key half: verify links without it. */
DEFINE_AUTO(prov_key, prov_key_free)

prov_status key_sign(const prov_key *key, uint8_t sig[64], prov_span message,
    prov_err *err);

/* n random bytes, for salts. */
prov_status key_random(void *out, size_t n, prov_err *err);

/* A name of 255 bytes, both keys, salt and tag come to under 500. */
#define KEY_FILE_MAX 1024

/* Room that a prov_passphrase_fn gets. */
#define PASSPHRASE_LEN_MAX 1024

/*
 * The key file's bytes, both ways; exposed for fuzzing. A plain file's bytes
 * hold the seed: the caller wipes them.
 */
prov_status key_encode(struct buf *b, const prov_key *key, prov_span passphrase,
    prov_err *err);
/* key_encode by other costs: within [INTERACTIVE, SENSITIVE] of libsodium. */
prov_status key_encode_cost(struct buf *b, const prov_key *key,
    prov_span passphrase, uint64_t ops, uint64_t mem, prov_err *err);
prov_status key_decode(prov_key **out, prov_span bytes, prov_passphrase_fn ask,
    void *arg, const char *what, prov_err *err);

#endif
