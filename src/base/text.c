/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_0    INT64_C(-62167219200) /* its first second */
#define YEAR_9999 INT64_C(253402300799) /* its last second */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const char hex_digits[] = "0123456789abcdef";

void
hex_encode(char *out, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex_digits[p[i] >> 4];
		*out++ = hex_digits[p[i] & 15];
	}
	*out = '\0';
}

void
hex_put(struct buf *b, const uint8_t *p, size_t len)
{
	uint8_t *to = len > SIZE_MAX / 4 ? NULL : buf_grow(b, 2 * len);

	if (len > SIZE_MAX / 4)
		b->failed = true;
	for (size_t i = 0; to != NULL && i < len; i++) {
		to[2 * i] = (uint8_t)hex_digits[p[i] >> 4];
		to[2 * i + 1] = (uint8_t)hex_digits[p[i] & 15];
	}
}

/* Of each character 16 more than the digit, or 0. */
static const uint8_t hex_values[256] = {
	['0'] = 16,
	['1'] = 17,
	['2'] = 18,
	['3'] = 19,
	['4'] = 20,
	['5'] = 21,
	['6'] = 22,
	['7'] = 23,
	['8'] = 24,
	['9'] = 25,
	['a'] = 26,
	['b'] = 27,
	['c'] = 28,
	['d'] = 29,
	['e'] = 30,
	['f'] = 31,
};

bool
hex_decode(uint8_t *out, size_t len, const char *s, size_t slen)
{
	if (slen / 2 != len || slen % 2 != 0)
		return (false);
	for (size_t i = 0; i < len; i++) {
		unsigned high = hex_values[(uint8_t)s[2 * i]];
		unsigned low = hex_values[(uint8_t)s[2 * i + 1]];

		if ((high & low & 16) == 0)
			return (false);
		out[i] = (uint8_t)(high << 4 | (low & 15));
	}
	return (true);
}

void
base64_put(struct buf *b, prov_span s)
{
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t v = (uint32_t)s.p[i] << 16;
		char four[4];

		if (n > 1)
			v |= (uint32_t)s.p[i + 1] << 8;
		if (n > 2)
			v |= s.p[i + 2];
		four[0] = base64_digits[v >> 18];
		four[1] = base64_digits[v >> 12 & 63];
		four[2] = '=';
		four[3] = '=';
		if (n > 1)
			four[2] = base64_digits[v >> 6 & 63];
		if (n > 2)
			four[3] = base64_digits[v & 63];
		buf_put(b, four, sizeof(four));
	}
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (c - 'A');
	if (c >= 'a' && c <= 'z')
		return (c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (c - '0' + 52);
	if (c == '+')
		return (62);
	return (c == '/' ? 63 : -1);
}

/* Four characters with pad of them "="; false unless it is the one way. */
static bool
base64_four(uint8_t out[3], const char *s, size_t pad)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = i < 4 - pad ? base64_digit(s[i]) : 0;

		if (digit < 0)
			return (false);
		v = v << 6 | (uint32_t)digit;
	}
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	return ((pad < 1 || out[2] == 0) && (pad < 2 || out[1] == 0));
}

bool
base64_decode(struct buf *out, const char *s, size_t slen)
{
	if (slen % 4 != 0)
		return (false);
	for (size_t i = 0; i < slen; i += 4) {
		size_t pad = 0;
		uint8_t three[3];

		if (i + 4 == slen && s[i + 3] == '=')
			pad = s[i + 2] == '=' ? 2 : 1;
		if (!base64_four(three, s + i, pad))
			return (false);
		buf_put(out, three, 3 - pad);
	}
	return (!out->failed);
}

bool
base64_hash(uint8_t out[32], prov_span text)
{
	const char *s = (const char *)text.p;
	uint8_t bytes[33];

	if (text.len != 44 || s[43] != '=')
		return (false);
	for (size_t i = 0; i < 11; i++)
		if (!base64_four(bytes + 3 * i, s + 4 * i, i == 10 ? 1 : 0))
			return (false);
	memcpy(out, bytes, 32);
	return (true);
}

bool
u64_decode(uint64_t *out, const char *s, size_t slen)
{
	uint64_t v = 0;

	if (slen == 0 || (s[0] == '0' && slen > 1))
		return (false);
	for (size_t i = 0; i < slen; i++) {
		if (s[i] < '0' || s[i] > '9' ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
			return (false);
	}
	*out = v;
	return (true);
}

size_t
utf8_next(uint32_t *cp, const uint8_t *p, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t v;
	size_t n;

	if (len == 0)
		return (0);
	if (p[0] < 0x80) {
		*cp = p[0];
		return (1);
	}
	n = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n == 0 || n > len || p[0] > 0xf4)
		return (0);
	v = p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return (0);
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return (0);
	*cp = v;
	return (n);
}

/* 8 where so many ASCII characters come next, which most text is; else 0. */
static size_t
ascii_run(const uint8_t *p, size_t len)
{
	uint64_t eight;

	if (len < sizeof(eight))
		return (0);
	memcpy(&eight, p, sizeof(eight));
	return ((eight & UINT64_C(0x8080808080808080)) == 0 ? 8 : 0);
}

bool
utf8_valid(const uint8_t *p, size_t len)
{
	uint32_t cp;

	for (size_t i = 0, n; i < len; i += n) {
		n = ascii_run(p + i, len - i);
		if (n == 0 && (n = utf8_next(&cp, p + i, len - i)) == 0)
			return (false);
	}
	return (true);
}

bool
text_line(prov_span *text, prov_span *line)
{
	const uint8_t *end;

	if (text->len == 0 || (end = memchr(text->p, '\n', text->len)) == NULL)
		return (false);
	*line = span(text->p, (size_t)(end - text->p));
	*text = span(end + 1, text->len - line->len - 1);
	return (true);
}

/*
 * What steers a terminal, reorders its neighbours, or cannot be seen: Unicode's
 * categories Cc, Cf, Zl and Zp, and what else is Default_Ignorable_Code_Point.
 */
static bool
is_unsafe(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },       /* C0 */
		{ 0x7f, 0x9f },       /* DEL and C1 */
		{ 0xad, 0xad },       /* soft hyphen */
		{ 0x34f, 0x34f },     /* grapheme joiner */
		{ 0x600, 0x605 },     /* Arabic number signs */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x6dd, 0x6dd },     /* Arabic end of ayah */
		{ 0x70f, 0x70f },     /* Syriac abbreviation mark */
		{ 0x890, 0x891 },     /* Arabic pound marks */
		{ 0x8e2, 0x8e2 },     /* Arabic disputed end of ayah */
		{ 0x115f, 0x1160 },   /* Hangul fillers */
		{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels */
		{ 0x180b, 0x180f },   /* Mongolian selectors */
		{ 0x200b, 0x200f },   /* zero width, direction marks */
		{ 0x2028, 0x202e },   /* separators, embeddings, overrides */
		{ 0x2060, 0x206f },   /* joiners, isolates, deprecated ones */
		{ 0x3164, 0x3164 },   /* Hangul filler */
		{ 0xfe00, 0xfe0f },   /* variation selectors */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xffa0, 0xffa0 },   /* half-width Hangul filler */
		{ 0xfff0, 0xfffb },   /* specials, interlinear annotation */
		{ 0x110bd, 0x110bd }, /* Kaithi number sign */
		{ 0x110cd, 0x110cd }, /* Kaithi number sign above */
		{ 0x13430, 0x1343f }, /* Egyptian format controls */
		{ 0x1bca0, 0x1bca3 }, /* shorthand format controls */
		{ 0x1d173, 0x1d17a }, /* musical format controls */
		{ 0xe0000, 0xe0fff }, /* tags, more variation selectors */
	};

	if (cp >= 0x20 && cp < 0x7f)
		return (false);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return (true);
	return (false);
}

void
text_escape(struct buf *b, const char *s, size_t len, size_t max)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t used = 0, n, size;

	for (size_t i = 0; i < len; i += n) {
		uint32_t cp = 0;
		char esc[16];
		bool plain;

		n = utf8_next(&cp, p + i, len - i);
		plain = n != 0 && !is_unsafe(cp);
		if (n == 0) {
			/* As a lone surrogate: no valid text escapes to it. */
			cp = 0xdc00U | p[i];
			n = 1;
		}
		size = plain
		           ? n
		           : (size_t)snprintf(esc, sizeof(esc), "\\u{%x}", cp);
		if (size > max - used) {
			buf_put_str(b, "...");
			return;
		}
		used += size;
		buf_put(b, plain ? (const void *)(p + i) : esc, size);
	}
}

/* Two digits at s. */
static void
put_two(char *s, int n)
{
	s[0] = (char)('0' + n / 10);
	s[1] = (char)('0' + n % 10);
}

void
time_format(char out[32], int64_t t)
{
	time_t when = t;
	struct tm tm;

	/* RFC 3339 has four digits for the year; other times stay numbers. */
	if (t < YEAR_0 || t > YEAR_9999 || gmtime_r(&when, &tm) == NULL) {
		(void)snprintf(out, 32, "@%" PRId64, t);
		return;
	}
	memcpy(out, "0000-00-00T00:00:00Z", 21);
	put_two(out, (tm.tm_year + 1900) / 100);
	put_two(out + 2, (tm.tm_year + 1900) % 100);
	put_two(out + 5, tm.tm_mon + 1);
	put_two(out + 8, tm.tm_mday);
	put_two(out + 11, tm.tm_hour);
	put_two(out + 14, tm.tm_min);
	put_two(out + 17, tm.tm_sec);
}

/* Two digits at s, or -1. */
static int
two(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return (-1);
	return ((s[0] - '0') * 10 + s[1] - '0');
}

bool
time_parse(int64_t *out, const char *s)
{
	struct tm tm = { 0 };
	int64_t t;
	char again[32];
	int century;

	if (strlen(s) != 20)
		return (false);
	century = two(s);
	tm.tm_year = two(s + 2);
	tm.tm_mon = two(s + 5) - 1;
	tm.tm_mday = two(s + 8);
	tm.tm_hour = two(s + 11);
	tm.tm_min = two(s + 14);
	tm.tm_sec = two(s + 17);
	if (century < 0 || tm.tm_year < 0)
		return (false);
	tm.tm_year += century * 100 - 1900;
	t = timegm(&tm);
	/* timegm puts 30 February into March: only what reads back is valid. */
	time_format(again, t);
	if (strcmp(again, s) != 0)
		return (false);
	*out = t;
	return (true);
}
