/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_VOUCHED_H
#define PROV_SIGN_VOUCHED_H

#include "base/buf.h"

/*
 * Signatures that were verified lately, by the SHA-256 of key, signature and
 * message: many sidecars have one checkpoint. For one thread. Zeroed it has
 * none.
 */
#define VOUCHED_MAX 16

struct vouched {
	unsigned n, next;
	uint8_t digest[VOUCHED_MAX][32];
};

/* pubkey_verify; v may be NULL. Only what verified is noted. */
prov_status vouched_verify(struct vouched *v, const uint8_t key[32],
    const uint8_t sig[64], prov_span message, prov_err *err);

#endif
