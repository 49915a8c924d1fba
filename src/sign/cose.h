/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_COSE_H
#define PROV_SIGN_COSE_H

#include "base/cbor.h"

/* The labels of RFC 9052, RFC 8392, RFC 9597 and RFC 9942 that are known. */
#define COSE_SIGN1    18 /* the tag */
#define COSE_ALG      1
#define COSE_CRIT     2
#define COSE_TYPE     3
#define COSE_KID      4
#define COSE_CWT      15
#define COSE_RECEIPTS 394
#define COSE_VDS      395
#define COSE_VDP      396
#define COSE_EDDSA    (-8)
#define COSE_ED25519  (-19) /* RFC 9864 */
#define CWT_ISS       1
#define CWT_SUB       2

/* Writes the Sig_structure that a COSE_Sign1's signature is over. */
void cose_to_sign(struct buf *b, prov_span protected_, prov_span payload);

#endif
