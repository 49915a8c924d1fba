/* SPDX-License-Identifier: ISC */
/*
 * Free text never steers a terminal and never leaves its field of a record:
 * each code point there is, bytes that are none, and what people try.
 */
#include <jansson.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attacks.h"
#include "base/text.h"
#include "verify/facts_json.h"

#define LAST 0x10ffff

/*
 * General categories Cc, Cf, Zl and Zp of Unicode 15, and what else is
 * Default_Ignorable_Code_Point: what steers, reorders or cannot be seen.
 */
static const struct {
	uint32_t first, last;
} unseen[] = { { 0x0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f },
	{ 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f },
	{ 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff } };

static bool
is_unseen(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (cp >= unseen[i].first && cp <= unseen[i].last)
			return (true);
	return (false);
}

/* The bytes that UTF-8 has for it, also of a surrogate. */
static size_t
put_utf8(char out[5], uint32_t cp)
{
	size_t n = 0;

	if (cp < 0x80) {
		out[n++] = (char)cp;
	} else if (cp < 0x800) {
		out[n++] = (char)(0xc0 | cp >> 6);
	} else if (cp < 0x10000) {
		out[n++] = (char)(0xe0 | cp >> 12);
		out[n++] = (char)(0x80 | (cp >> 6 & 63));
	} else {
		out[n++] = (char)(0xf0 | cp >> 18);
		out[n++] = (char)(0x80 | (cp >> 12 & 63));
		out[n++] = (char)(0x80 | (cp >> 6 & 63));
	}
	if (cp >= 0x80)
		out[n++] = (char)(0x80 | (cp & 63));
	out[n] = '\0';
	return (n);
}

static bool
is_surrogate(uint32_t cp)
{
	return (cp >= 0xd800 && cp <= 0xdfff);
}

/* Nothing is left in it that a terminal obeys or nobody sees. */
static void
clean(const struct buf *b)
{
	uint32_t cp = 0;

	for (size_t i = 0, n; i < b->len; i += n) {
		n = utf8_next(&cp, b->p + i, b->len - i);
		if (n == 0 || is_unseen(cp))
			fail_msg("byte %zu of %.*s", i, (int)b->len, b->p);
	}
}

/* As it is, or as its number, so that nothing looks like something else. */
static void
every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= LAST; cp++) {
		AUTO_BUF b = { 0 };
		char s[5], number[16];
		size_t n = put_utf8(s, cp);

		text_escape(&b, s, n, SIZE_MAX);
		(void)snprintf(number, sizeof(number), "\\u{%x}", cp);
		if (is_surrogate(cp)) {
			clean(&b);
			continue;
		}
		if (span_eq(buf_span(&b), span(s, n)) != !is_unseen(cp) ||
		    (is_unseen(cp) &&
			!span_eq(buf_span(&b), span(number, strlen(number)))))
			fail_msg("U+%04X", cp);
	}
}

/* All pairs of bytes, and each in the middle of what is longer. */
static void
every_byte(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned c = 0; c < 256; c++) {
			const char pair[2] = { (char)a, (char)c };
			const char four[4] = { (char)0xf0, (char)a, (char)c,
				'x' };
			AUTO_BUF b = { 0 }, d = { 0 };

			text_escape(&b, pair, 2, SIZE_MAX);
			text_escape(&d, four, 4, SIZE_MAX);
			clean(&b);
			clean(&d);
		}
}

/* Whatever is cut off, what is left is whole. */
static void
every_length(void **state)
{
	static const char text[] = "a\x1b[31m\xe2\x80\xae\xf0\x9f\x8e\xac\xff"
				   "\xc3\xbc";

	(void)state;
	for (size_t max = 0; max <= 64; max++) {
		AUTO_BUF b = { 0 };

		text_escape(&b, text, strlen(text), max);
		clean(&b);
		assert_true(b.len <= max + 3);
	}
}

/* Facts whose free text is all the same. */
static void
fill(struct facts *f, const char *s, size_t len)
{
	size_t n = len < sizeof(f->error) ? len : sizeof(f->error) - 1;

	*f = (struct facts){ .id = s, .path = s, .tenant = s };
	memcpy(f->error, s, n);
	n = len <= PROV_NAME_MAX ? len : PROV_NAME_MAX;
	memcpy(f->signer, s, n);
	memcpy(f->iss, s, n);
	memcpy(f->origin, s, n);
	n = len <= LICENSE_NAME_MAX ? len : LICENSE_NAME_MAX;
	memcpy(f->claimed.license, s, n);
	memcpy(f->seen.license, s, n);
	n = len <= SOURCE_TYPE_MAX ? len : SOURCE_TYPE_MAX;
	memcpy(f->claimed.source_type, s, n);
	memcpy(f->seen.source_type, s, n);
	n = len <= MEDIA_TYPE_MAX ? len : MEDIA_TYPE_MAX;
	memcpy(f->media_type, s, n);
}

static void
text_is(json_t *o, const char *key, const char *want, bool valid)
{
	const char *got = json_string_value(json_object_get(o, key));

	if (got == NULL || (valid && strcmp(got, want) != 0))
		fail_msg("%s: %s", key, got != NULL ? got : "null");
}

/* One line of ASCII, the same keys whatever they hold, each what was put in. */
static void
record_holds(const char *s, size_t len, bool valid)
{
	struct facts *f = calloc(1, sizeof(*f));
	AUTO_BUF b = { 0 };
	json_error_t err;
	json_t *o;

	assert_non_null(f);
	fill(f, s, len);
	assert_int_equal(PROV_OK, facts_put(&b, f, NULL));
	for (size_t i = 0; i < b.len; i++)
		if (b.p[i] < 0x20 || b.p[i] > 0x7e)
			fail_msg("byte %02x", b.p[i]);
	o = json_loadb((const char *)b.p, b.len, JSON_REJECT_DUPLICATES, &err);
	if (o == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(34, json_object_size(o));
	text_is(o, "id", s, valid);
	text_is(o, "path", s, valid);
	text_is(o, "tenant", s, valid);
	text_is(o, "error", f->error, valid && len < sizeof(f->error));
	text_is(o, "signer", f->signer, valid && len <= PROV_NAME_MAX);
	text_is(o, "iss", f->iss, valid && len <= PROV_NAME_MAX);
	text_is(o, "origin", f->origin, valid && len <= PROV_NAME_MAX);
	text_is(o, "media_type", f->media_type, valid && len <= MEDIA_TYPE_MAX);
	text_is(json_object_get(o, "claimed"), "license", f->claimed.license,
	    valid && len <= LICENSE_NAME_MAX);
	text_is(json_object_get(o, "seen"), "source_type", f->seen.source_type,
	    valid && len <= SOURCE_TYPE_MAX);
	json_decref(o);
	free(f);
}

/* 15 at a time fit the shortest field; of planes that are empty, more. */
static void
records_of_code_points(void **state)
{
	uint32_t cp = 1;

	(void)state;
	while (cp <= LAST) {
		char s[512];
		size_t n = 0;
		int many = cp < 0x30000 || cp >= 0xe0000 ? 15 : 120;

		for (int i = 0; i < many && cp <= LAST; i++, cp++)
			if (!is_surrogate(cp))
				n += put_utf8(s + n, cp);
		s[n] = '\0';
		if (n > 0)
			record_holds(s, n, true);
	}
}

static void
records_of_bytes(void **state)
{
	/* Quotes, and where each form of UTF-8 begins and ends. */
	static const uint8_t second[] = { '\n', '"', '\\', '}', 0x7f, 0x80,
		0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xff };

	(void)state;
	for (unsigned a = 1; a < 256; a++)
		for (size_t c = 0; c < sizeof(second); c++) {
			const char s[4] = { '"', (char)a, (char)second[c],
				'\0' };

			record_holds(s, 3, utf8_valid((const uint8_t *)s, 3));
		}
	for (uint32_t cp = 0xd800; cp <= 0xdfff; cp++) {
		char s[5];

		record_holds(s, put_utf8(s, cp), false);
	}
}

static void
holds(const char *text)
{
	AUTO_BUF b = { 0 };
	size_t len = strlen(text);

	text_escape(&b, text, len, SIZE_MAX);
	clean(&b);
	if (len > 0)
		record_holds(text, len, utf8_valid((const uint8_t *)text, len));
}

static void
attacks(void **state)
{
	(void)state;
	attacks_each(holds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(every_length),
		cmocka_unit_test(records_of_code_points),
		cmocka_unit_test(records_of_bytes),
		cmocka_unit_test(attacks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
