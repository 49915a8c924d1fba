/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_JSON_H
#define PROV_BASE_JSON_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * JSON out. Building never fails at once: a failed allocation is remembered in
 * the writer. Keys keep their order, and each is written once. Text that is
 * not UTF-8 is escaped as text_escape does.
 */
struct json;

#define JSON_DEPTH_MAX 16 /* reports nest 6 deep */

/* jansson exports these two names. */
#define json_null prov_json_null
#define json_real prov_json_real

struct json *json_new(void); /* one object, open; NULL out of memory */
void json_free(struct json *j);

#define AUTO_JSON __attribute__((cleanup(auto_json))) struct json
void auto_json(struct json **j);

/* key is NULL inside arrays. */
void json_str(struct json *j, const char *key, const char *s); /* NULL: null */
void json_text(struct json *j, const char *key, prov_span s);
void json_hex(struct json *j, const char *key, const uint8_t *p, size_t len);
void json_u64(struct json *j, const char *key, uint64_t v); /* > 2^63-1: text */
void json_i64(struct json *j, const char *key, int64_t v);
void json_real(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_begin_object(struct json *j, const char *key);
void json_begin_array(struct json *j, const char *key);
void json_end(struct json *j); /* the innermost object or array */

/* One line without newline; ASCII only. Fails if anything before did. */
prov_status json_take(struct json *j, char **out, prov_err *err);

/* The same, appended to out. */
prov_status json_put(struct json *j, struct buf *out, prov_err *err);

#endif
