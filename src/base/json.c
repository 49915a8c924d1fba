/* SPDX-License-Identifier: ISC */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define JSON_ROOM 1024 /* as much as most take */

struct json {
	struct buf b;
	unsigned depth; /* objects and arrays open */
	struct {
		bool array;
		bool any; /* something is in it */
	} open[JSON_DEPTH_MAX];
	prov_status st; /* the first failure */
};

struct json *
json_new(void)
{
	struct json *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return (NULL);
	(void)buf_grow(&j->b, JSON_ROOM);
	j->b.len = 0;
	buf_put_byte(&j->b, '{');
	j->depth = 1;
	return (j);
}

void
json_free(struct json *j)
{
	if (j == NULL)
		return;
	buf_free(&j->b);
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

/* One character beyond plain ASCII: two halves where it is beyond 16 bits. */
static void
put_escape(struct buf *b, uint32_t cp)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *at = cp < 0x80 && cp != 0 ? strchr(plain, (int)cp) : NULL;

	if (at != NULL) {
		buf_put_byte(b, '\\');
		buf_put_byte(b, (uint8_t)letter[at - plain]);
	} else if (cp == 0x7f) {
		buf_put_str(b, "\\u007f");
	} else if (cp < 0x10000) {
		buf_printf(b, "\\u%04X", (unsigned)cp);
	} else {
		cp -= 0x10000;
		buf_printf(b, "\\u%04X\\u%04X", 0xd800U | cp >> 10,
		    0xdc00U | (cp & 0x3ff));
	}
}

#define EACH(byte) (UINT64_MAX / 0xff * (byte)) /* in all eight of a word */

/* The high bit of each byte that is 0, and perhaps of one beyond such a one. */
static uint64_t
zeros(uint64_t v)
{
	return ((v - EACH(1)) & ~v & EACH(0x80));
}

/* Whether all len bytes at p, no more than eight, stand for themselves. */
static bool
plain_word(const uint8_t *p, size_t len)
{
	uint64_t v = EACH('a');

	if (len == sizeof(v))
		memcpy(&v, p, sizeof(v));
	else
		memcpy(&v, p, len);
	return (((v | (v - EACH(0x20)) | zeros(v ^ EACH(0x7f)) |
		     zeros(v ^ EACH('"')) | zeros(v ^ EACH('\\'))) &
		    EACH(0x80)) == 0);
}

/* How many bytes from p on stand for themselves. */
static size_t
plain_len(const uint8_t *p, size_t len)
{
	size_t n = 0;

	for (size_t w; n < len; n += w) {
		w = len - n < 8 ? len - n : 8;
		if (!plain_word(p + n, w))
			break;
	}
	while (n < len && p[n] >= 0x20 && p[n] < 0x7f && p[n] != '"' &&
	       p[n] != '\\')
		n++;
	return (n);
}

/* Text that stands for itself, as most does, with what is behind it. */
static void
put_plain(struct buf *b, prov_span s, const char *behind)
{
	size_t n = strlen(behind);
	uint8_t *p = buf_grow(b, s.len + 1 + n);

	if (p == NULL)
		return;
	p[0] = '"';
	if (s.len > 0)
		memcpy(p + 1, s.p, s.len);
	memcpy(p + 1 + s.len, behind, n);
}

/* Text that is UTF-8. */
static void
put_string(struct buf *b, prov_span s)
{
	if (plain_len(s.p, s.len) == s.len) {
		put_plain(b, s, "\"");
		return;
	}
	buf_put_byte(b, '"');
	while (s.len > 0) {
		size_t n = plain_len(s.p, s.len);
		uint32_t cp;

		buf_put(b, s.p, n);
		if (n == 0 && (n = utf8_next(&cp, s.p, s.len)) > 0)
			put_escape(b, cp);
		if (n == 0)
			break; /* never: it was checked */
		s = span(s.p + n, s.len - n);
	}
	buf_put_byte(b, '"');
}

/* What stands in front of a value; false where none may stand here. */
static bool
before(struct json *j, const char *key)
{
	size_t len = key != NULL ? strlen(key) : 0;
	bool plain = key != NULL && plain_len((const uint8_t *)key, len) == len;

	if (j->depth == 0 || j->open[j->depth - 1].array != (key == NULL) ||
	    (key != NULL && !plain && !utf8_valid((const uint8_t *)key, len)))
		failed(j, PROV_EINTERNAL);
	if (j->st != PROV_OK)
		return (false);
	if (j->open[j->depth - 1].any)
		buf_put_byte(&j->b, ',');
	j->open[j->depth - 1].any = true;
	if (plain) {
		put_plain(&j->b, span(key, len), "\":");
	} else if (key != NULL) {
		put_string(&j->b, span(key, len));
		buf_put_byte(&j->b, ':');
	}
	return (true);
}

static void
put_word(struct json *j, const char *key, const char *word)
{
	if (before(j, key))
		buf_put_str(&j->b, word);
}

void
json_text(struct json *j, const char *key, prov_span s)
{
	AUTO_BUF escaped = { 0 };

	if (s.p == NULL)
		s = span("", 0);
	if (!utf8_valid(s.p, s.len)) {
		text_escape(&escaped, (const char *)s.p, s.len, SIZE_MAX);
		if (escaped.failed)
			failed(j, PROV_ENOMEM);
		s = escaped.failed ? span("", 0) : buf_span(&escaped);
	}
	if (before(j, key))
		put_string(&j->b, s);
}

void
json_str(struct json *j, const char *key, const char *s)
{
	if (s == NULL)
		json_null(j, key);
	else
		json_text(j, key, span(s, strlen(s)));
}

void
json_hex(struct json *j, const char *key, const uint8_t *p, size_t len)
{
	if (!before(j, key))
		return;
	buf_put_byte(&j->b, '"');
	hex_put(&j->b, p, len);
	buf_put_byte(&j->b, '"');
}

/* minus, then the digits. */
static void
put_number(struct buf *b, uint64_t v, const char *minus)
{
	char s[20], *p = s + sizeof(s);

	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	buf_put_str(b, minus);
	buf_put(b, p, (size_t)(s + sizeof(s) - p));
}

void
json_i64(struct json *j, const char *key, int64_t v)
{
	if (before(j, key))
		put_number(&j->b, v < 0 ? -(uint64_t)v : (uint64_t)v,
		    v < 0 ? "-" : "");
}

void
json_u64(struct json *j, const char *key, uint64_t v)
{
	const char *quote = v <= INT64_MAX ? "" : "\"";

	if (!before(j, key))
		return;
	put_number(&j->b, v, quote);
	buf_put_str(&j->b, quote);
}

/*
 * 15 digits, as many as every double keeps; "1.0" and not "1", so that it
 * reads back as what it was; "1e20" and not "1e+20". Whatever the locale has
 * between the digits becomes a point.
 */
static void
put_any_real(struct buf *b, double v)
{
	static const char digits[] = "-0123456789";
	char s[48], *e;
	size_t whole, n;

	(void)snprintf(s, sizeof(s), "%.15g", v);
	if ((e = strchr(s, 'e')) != NULL)
		*e++ = '\0';
	whole = strspn(s, digits);
	n = whole + strcspn(s + whole, digits);
	buf_put(b, s, whole);
	if (n > whole)
		buf_printf(b, ".%s", s + n);
	if (e == NULL && n == whole)
		buf_put_str(b, ".0");
	if (e != NULL)
		buf_printf(b, "e%s%s", e[0] == '-' ? "-" : "",
		    e + 1 + strspn(e + 1, "0"));
}

/* The same of thousandths, which most are: a time in milliseconds. */
static void
put_real(struct buf *b, double v)
{
	uint64_t n = v > 0 && v < 1e9 ? (uint64_t)(v * 1000 + 0.5) : 0;
	uint64_t rest = n % 1000;
	char s[4] = { '.', (char)('0' + rest / 100),
		(char)('0' + rest / 10 % 10), (char)('0' + rest % 10) };

	if (n == 0 || (double)n / 1000 != v) {
		put_any_real(b, v);
		return;
	}
	put_number(b, n / 1000, "");
	buf_put(b, s, rest % 100 == 0 ? 2 : rest % 10 == 0 ? 3 : 4);
}

void
json_real(struct json *j, const char *key, double v)
{
	if (!isfinite(v))
		json_null(j, key);
	else if (before(j, key))
		put_real(&j->b, v);
}

void
json_bool(struct json *j, const char *key, bool v)
{
	put_word(j, key, v ? "true" : "false");
}

void
json_null(struct json *j, const char *key)
{
	put_word(j, key, "null");
}

static void
begin(struct json *j, const char *key, bool array)
{
	if (j->depth == JSON_DEPTH_MAX)
		failed(j, PROV_EINTERNAL);
	if (!before(j, key))
		return;
	buf_put_byte(&j->b, array ? '[' : '{');
	j->open[j->depth].array = array;
	j->open[j->depth].any = false;
	j->depth++;
}

void
json_begin_object(struct json *j, const char *key)
{
	begin(j, key, false);
}

void
json_begin_array(struct json *j, const char *key)
{
	begin(j, key, true);
}

void
json_end(struct json *j)
{
	/* After a failure ends no longer match what began. */
	if (j->st != PROV_OK)
		return;
	if (j->depth == 0) {
		failed(j, PROV_EINTERNAL);
		return;
	}
	j->depth--;
	buf_put_byte(&j->b, j->open[j->depth].array ? ']' : '}');
}

prov_status
json_put(struct json *j, struct buf *out, prov_err *err)
{
	/* The outermost object may be left open. */
	if (j->st == PROV_OK && j->depth > 1)
		failed(j, PROV_EINTERNAL);
	if (j->st == PROV_EINTERNAL)
		return (prov_fail(err, j->st, "json: written out of order"));
	if (j->st != PROV_OK || j->b.failed)
		return (prov_fail(err, PROV_ENOMEM, "json: out of memory"));
	buf_put_span(out, buf_span(&j->b));
	if (j->depth == 1)
		buf_put_byte(out, '}');
	return (buf_done(out, err));
}

prov_status
json_take(struct json *j, char **out, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st = json_put(j, &b, err);

	return (st == PROV_OK ? buf_take_str(&b, out, err) : st);
}
