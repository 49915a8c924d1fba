/* SPDX-License-Identifier: ISC */
#include <jansson.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Before json.h takes these two names for the writer. */
static json_t *
value_null(void)
{
	return (json_null());
}

static json_t *
value_real(double v)
{
	return (isfinite(v) ? json_real(v) : json_null());
}

#include "base/json.h"
#include "base/text.h"

struct json {
	json_t *open[JSON_DEPTH_MAX]; /* [0] is owned, the others are in it */
	unsigned depth;               /* of them open */
	prov_status st;               /* the first failure */
};

struct json *
json_new(void)
{
	struct json *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return (NULL);
	if ((j->open[0] = json_object()) == NULL) {
		free(j);
		return (NULL);
	}
	j->depth = 1;
	return (j);
}

void
json_free(struct json *j)
{
	if (j == NULL)
		return;
	json_decref(j->open[0]);
	free(j);
}

void
auto_json(struct json **j)
{
	json_free(*j);
}

static void
failed(struct json *j, prov_status st)
{
	if (j->st == PROV_OK)
		j->st = st;
}

/* Puts v, which it takes and which is NULL when memory ran out. */
static bool
put(struct json *j, const char *key, json_t *v)
{
	json_t *to = j->depth > 0 ? j->open[j->depth - 1] : NULL;

	if (v == NULL)
		failed(j, PROV_ENOMEM);
	else if (to == NULL || json_is_array(to) != (key == NULL))
		failed(j, PROV_EINTERNAL);
	if (j->st != PROV_OK) {
		json_decref(v);
		return (false);
	}
	if ((key == NULL ? json_array_append_new(to, v)
			 : json_object_set_new(to, key, v)) == 0)
		return (true);
	failed(j, key != NULL && !utf8_valid((const uint8_t *)key, strlen(key))
		      ? PROV_EINTERNAL
		      : PROV_ENOMEM);
	return (false);
}

void
json_text(struct json *j, const char *key, prov_span s)
{
	AUTO_BUF b = { 0 };

	if (s.p == NULL)
		s = span("", 0);
	if (!utf8_valid(s.p, s.len)) {
		text_escape(&b, (const char *)s.p, s.len, SIZE_MAX);
		if (b.failed)
			failed(j, PROV_ENOMEM);
		s = b.failed ? span("", 0) : buf_span(&b);
	}
	(void)put(j, key, json_stringn_nocheck((const char *)s.p, s.len));
}

void
json_str(struct json *j, const char *key, const char *s)
{
	if (s == NULL)
		(void)put(j, key, value_null());
	else
		json_text(j, key, span(s, strlen(s)));
}

void
json_hex(struct json *j, const char *key, const uint8_t *p, size_t len)
{
	AUTO_BUF b = { 0 };
	char *s;

	/* The NUL fits; one byte more than the text. */
	if (len > SIZE_MAX / 4 ||
	    (s = (char *)buf_grow(&b, 2 * len + 1)) == NULL) {
		failed(j, PROV_ENOMEM);
		return;
	}
	hex_encode(s, p, len);
	(void)put(j, key, json_stringn_nocheck(s, 2 * len));
}

void
json_i64(struct json *j, const char *key, int64_t v)
{
	(void)put(j, key, json_integer(v));
}

void
json_u64(struct json *j, const char *key, uint64_t v)
{
	if (v <= INT64_MAX)
		json_i64(j, key, (int64_t)v);
	else
		(void)put(j, key, json_sprintf("%llu", (unsigned long long)v));
}

void
json_real(struct json *j, const char *key, double v)
{
	(void)put(j, key, value_real(v));
}

void
json_bool(struct json *j, const char *key, bool v)
{
	(void)put(j, key, v ? json_true() : json_false());
}

void
json_null(struct json *j, const char *key)
{
	(void)put(j, key, value_null());
}

static void
begin(struct json *j, const char *key, json_t *v)
{
	if (j->depth == JSON_DEPTH_MAX)
		failed(j, PROV_EINTERNAL);
	if (put(j, key, v))
		j->open[j->depth++] = v;
}

void
json_begin_object(struct json *j, const char *key)
{
	begin(j, key, json_object());
}

void
json_begin_array(struct json *j, const char *key)
{
	begin(j, key, json_array());
}

void
json_end(struct json *j)
{
	/* After a failure ends no longer match what began. */
	if (j->st != PROV_OK)
		return;
	if (j->depth == 0)
		failed(j, PROV_EINTERNAL);
	else
		j->depth--;
}

/* jansson has no escape for DEL, which terminals obey. */
static int
put_dumped(const char *p, size_t len, void *arg)
{
	struct buf *b = arg;

	for (size_t i = 0; i < len; i++)
		if (p[i] == '\x7f')
			buf_put_str(b, "\\u007f");
		else
			buf_put_byte(b, (uint8_t)p[i]);
	return (b->failed ? -1 : 0);
}

prov_status
json_take(struct json *j, char **out, prov_err *err)
{
	AUTO_BUF b = { 0 };

	/* The outermost object may be left open. */
	if (j->st == PROV_OK && j->depth > 1)
		failed(j, PROV_EINTERNAL);
	if (j->st == PROV_EINTERNAL)
		return (prov_fail(err, j->st, "json: written out of order"));
	if (j->st != PROV_OK)
		return (prov_fail(err, j->st, "json: out of memory"));
	/* Not json_dumps: the program may have given jansson its own malloc. */
	if (json_dump_callback(j->open[0], put_dumped, &b,
		JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15)) !=
		0 &&
	    !b.failed)
		return (prov_fail(err, PROV_ENOMEM, "json: out of memory"));
	return (buf_take_str(&b, out, err));
}
