/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* Bytes to text and back; text to bytes and back, where it is valid. */
static void
try_base64(prov_span in)
{
	AUTO_BUF text = { 0 };
	AUTO_BUF back = { 0 };
	AUTO_BUF bytes = { 0 };
	AUTO_BUF again = { 0 };

	base64_put(&text, in);
	must(base64_decode(&back, (const char *)text.p, text.len));
	must(span_eq(in, buf_span(&back)));
	if (!base64_decode(&bytes, (const char *)in.p, in.len))
		return;
	base64_put(&again, buf_span(&bytes));
	must(span_eq(in, buf_span(&again)));
}

static void
try_hex(prov_span in)
{
	uint8_t bytes[64];
	char hex[129];
	size_t n = in.len < sizeof(bytes) ? in.len : sizeof(bytes);

	hex_encode(hex, in.p, n);
	must(hex_decode(bytes, n, hex, 2 * n));
	must(n == 0 || memcmp(bytes, in.p, n) == 0);
	n = in.len / 2 < sizeof(bytes) ? in.len / 2 : sizeof(bytes);
	if (!hex_decode(bytes, n, (const char *)in.p, 2 * n))
		return;
	hex_encode(hex, bytes, n);
	must(n == 0 || memcmp(hex, in.p, 2 * n) == 0);
}

/* What reaches a terminal is printable UTF-8 and as short as was asked. */
static void
try_escape(prov_span in, size_t max)
{
	AUTO_BUF b = { 0 };
	AUTO_BUF twice = { 0 };

	text_escape(&b, (const char *)in.p, in.len, max);
	must(!b.failed && utf8_valid(b.p, b.len));
	must(b.len <= max ||
	     (b.len <= max + 3 && memcmp(b.p + b.len - 3, "...", 3) == 0));
	for (size_t i = 0; i < b.len; i++)
		must(b.p[i] >= 0x20 && b.p[i] != 0x7f);
	text_escape(&twice, (const char *)b.p, b.len, SIZE_MAX);
	must(span_eq(buf_span(&b), buf_span(&twice)));
}

static void
try_numbers(const char *s, size_t len)
{
	AUTO_BUF b = { 0 };
	char text[32];
	uint64_t v;
	int64_t t;

	if (u64_decode(&v, s, len)) {
		buf_printf(&b, "%llu", (unsigned long long)v);
		must(span_eq(buf_span(&b), span(s, len)));
	}
	if (time_parse(&t, s)) {
		time_format(text, t);
		must(strcmp(text, s) == 0);
	}
	if (len >= sizeof(t)) {
		memcpy(&t, s, sizeof(t));
		time_format(text, t);
		must(text[0] == '@' || (time_parse(&t, text)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF copy = { 0 };
	AUTO_FREE char *s = NULL;

	try_base64(span(data, size));
	try_hex(span(data, size));
	try_escape(span(data, size), SIZE_MAX - 3);
	if (size > 0)
		try_escape(span(data + 1, size - 1), data[0]);
	buf_put(&copy, data, size);
	must(buf_take_str(&copy, &s, NULL) == PROV_OK);
	try_numbers(s, size);
	return (0);
}
