/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_JSONIN_H
#define PROV_BASE_JSONIN_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * JSON in, by jansson, and strict: UTF-8, nothing behind the value, no key
 * twice, no U+0000, at most JSONIN_DEPTH_MAX deep. Values are lent by the
 * whole that jsonin_parse made; only that is freed.
 */
struct jsonin;

#define JSONIN_DEPTH_MAX 16

/* An object; what is for the message. PROV_EFORMAT, with what is wrong. */
prov_status jsonin_parse(struct jsonin **out, prov_span text, const char *what,
    prov_err *err);
void jsonin_free(struct jsonin *whole);
void auto_jsonin(struct jsonin **whole);
#define AUTO_JSONIN __attribute__((cleanup(auto_jsonin))) struct jsonin

/* PROV_EFORMAT where it is no object or has a key that is not in the list. */
prov_status jsonin_only(const struct jsonin *object, const char *const *keys,
    size_t n, const char *what, prov_err *err);

/* NULL where there is no such key, or no object. */
const struct jsonin *jsonin_get(const struct jsonin *object, const char *key);

/* What a value is: false, or NULL, where it is something else. NULL is fine. */
bool jsonin_is_null(const struct jsonin *v);
bool jsonin_is_object(const struct jsonin *v);
bool jsonin_is_array(const struct jsonin *v);
const char *jsonin_str(const struct jsonin *v); /* no NUL inside */
bool jsonin_i64(const struct jsonin *v, int64_t *out);
/* As json_u64 writes it: past 2^63-1 it is text. */
bool jsonin_u64(const struct jsonin *v, uint64_t *out);
bool jsonin_real(const struct jsonin *v, double *out); /* any number */
bool jsonin_bool(const struct jsonin *v, bool *out);
bool jsonin_hex(const struct jsonin *v, uint8_t *out, size_t len);

/*
 * Calls each for every key of an object, until it says false; whether none
 * did. In no order.
 */
bool jsonin_each(const struct jsonin *object,
    bool (*each)(void *arg, const char *key, const struct jsonin *v),
    void *arg);

size_t jsonin_n(const struct jsonin *array); /* 0 where it is none */
const struct jsonin *jsonin_at(const struct jsonin *array, size_t i);

#endif
