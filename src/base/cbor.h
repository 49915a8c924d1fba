/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_CBOR_H
#define PROV_BASE_CBOR_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Deterministic CBOR (RFC 8949 4.2.1) and nothing else: shortest forms,
 * definite lengths, sorted unique keys, valid UTF-8, no floats, no simple
 * values but false, true and null, only tag 18, nothing behind the item,
 * CBOR_DEPTH_MAX deep.
 */
#define CBOR_DEPTH_MAX 16

/* libcbor exports these two names. */
#define cbor_get_int  prov_cbor_get_int
#define cbor_get_bool prov_cbor_get_bool

/* One pass, no allocation; libcbor never sees bytes that it refused. */
prov_status cbor_check(prov_span bytes, prov_err *err);

/* Like cbor_check for one item that may be followed by others: its length. */
prov_status cbor_item_len(prov_span bytes, size_t *len, prov_err *err);

enum cbor_type {
	CBOR_UINT,
	CBOR_NINT,
	CBOR_BYTES,
	CBOR_TEXT,
	CBOR_ARRAY,
	CBOR_MAP,
	CBOR_TAG,
	CBOR_SIMPLE,
	CBOR_END /* nothing left */
};

/* A place in checked bytes. Getters move on only when they succeed. */
struct cbor {
	prov_span in;
	size_t at;
	bool any_order; /* of map keys */
};

/* Checks bytes and stands before the first item. */
prov_status cbor_open(struct cbor *c, prov_span bytes, prov_err *err);

/*
 * The same for what others made (COSE headers): keys in any order, still none
 * twice, and at most CBOR_ANY_KEYS_MAX to a map.
 */
#define CBOR_ANY_KEYS_MAX 32
prov_status cbor_open_any(struct cbor *c, prov_span bytes, prov_err *err);

enum cbor_type cbor_peek(const struct cbor *c);
prov_status cbor_get_uint(struct cbor *c, uint64_t *v, prov_err *err);
prov_status cbor_get_int(struct cbor *c, int64_t *v, prov_err *err);
prov_status cbor_get_bytes(struct cbor *c, prov_span *s, prov_err *err);
prov_status cbor_get_text(struct cbor *c, prov_span *s, prov_err *err);
prov_status cbor_get_array(struct cbor *c, uint64_t *n, prov_err *err);
prov_status cbor_get_map(struct cbor *c, uint64_t *n, prov_err *err);
prov_status cbor_get_tag(struct cbor *c, uint64_t *tag, prov_err *err);
prov_status cbor_get_bool(struct cbor *c, bool *v, prov_err *err);
prov_status cbor_get_null(struct cbor *c, prov_err *err);

/* A byte string of exactly len bytes, copied. */
prov_status cbor_get_fixed(struct cbor *c, uint8_t *out, size_t len,
    prov_err *err);

/* Text of at most size - 1 bytes without NUL, copied and terminated. */
prov_status cbor_get_str(struct cbor *c, char *out, size_t size,
    prov_err *err);

/* Steps over one whole item and lends its bytes. */
prov_status cbor_get_item(struct cbor *c, prov_span *item, prov_err *err);

/* Writers; a map's keys must be put in order (cbor_check finds who forgets). */
void cbor_put_uint(struct buf *b, uint64_t v);
void cbor_put_int(struct buf *b, int64_t v);
void cbor_put_bytes(struct buf *b, prov_span s);
void cbor_put_text(struct buf *b, const char *s);
void cbor_put_array(struct buf *b, uint64_t n);
void cbor_put_map(struct buf *b, uint64_t n);
void cbor_put_tag(struct buf *b, uint64_t tag);
void cbor_put_bool(struct buf *b, bool v);
void cbor_put_null(struct buf *b);

#endif
