/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_COSE_H
#define PROV_SIGN_COSE_H

#include "base/cbor.h"

/* The labels of RFC 9052, RFC 8392 and RFC 9597 that a statement has. */
#define COSE_SIGN1 18 /* the tag */
#define COSE_ALG   1
#define COSE_TYPE  3
#define COSE_KID   4
#define COSE_CWT   15
#define COSE_EDDSA (-8)
#define CWT_ISS    1
#define CWT_SUB    2

/* Writes the Sig_structure that a COSE_Sign1's signature is over. */
void cose_to_sign(struct buf *b, prov_span protected_, prov_span payload);

#endif
