/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_LEAVES_H
#define PROV_ESSENCE_LEAVES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"

/*
 * The leaves of one stream, made of records one after the other.
 *
 * leaf = SHA-256(0x00 || record(0x01, form name) || record(0x02, config) ||
 * records ...), record = type byte || u32be length || bytes. Of RECORD_BIG_MIN
 * bytes and more their SHA-256 stands there instead of them, and 0x80 is added
 * to the type: so one segment can be hashed by several threads.
 */
#define RECORD_NAME    0x01
#define RECORD_CONFIG  0x02
#define RECORD_BIG     0x80
#define RECORD_BIG_MIN 16384

struct leaves;
struct pool;

/*
 * With frames there is a digest for each frame, too: SHA-256(0x02 ||
 * record(0x02, config) || its records as they stand in the leaf), config being
 * what is in force at the first of them.
 */
prov_status leaves_new(struct leaves **out, bool frames, prov_err *err);
void leaves_free(struct leaves *l);

/*
 * From now on big records may be hashed by a pool, which the caller owns and
 * which outlives l. What lies in bytes stays until *held is 0 again; all else
 * only until the call returns, as ever. An empty span ends that.
 */
void leaves_use_pool(struct leaves *l, struct pool *pool);
void leaves_hold(struct leaves *l, prov_span bytes, atomic_uint *held);

/* Begins a leaf; form and config have to stay until it is closed. */
void leaves_open(struct leaves *l, const char *form, const uint8_t config[32]);
bool leaves_is_open(const struct leaves *l);
prov_status leaves_close(struct leaves *l, prov_err *err);

/* A record as a whole, or its length and then its bytes. */
void leaves_record(struct leaves *l, uint8_t type, prov_span data);
void leaves_begin(struct leaves *l, uint8_t type, uint32_t len);
void leaves_add(struct leaves *l, prov_span data);
uint32_t leaves_owed(const struct leaves *l); /* what a record still lacks */

/* The records since the last frame were one more. */
prov_status leaves_frame(struct leaves *l, prov_err *err);

/*
 * Hands over what was made, 32 bytes each, after the last leaf was closed;
 * *frames is NULL without any.
 */
prov_status leaves_take(struct leaves *l, uint8_t **digests, uint8_t **frames,
    prov_err *err);

#endif
