/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(prov_status st)
{
	if (st != PROV_OK)
		abort();
}

static void copy(struct cbor *c, struct buf *b);

static void
copy_items(struct cbor *c, struct buf *b, uint64_t n)
{
	while (n-- > 0)
		copy(c, b);
}

static void
copy_text(struct cbor *c, struct buf *b)
{
	AUTO_BUF text = { 0 };
	AUTO_FREE char *s = NULL;
	struct cbor again = *c;
	prov_span span;

	must(cbor_get_text(c, &span, NULL));
	if (span.len > 0 && memchr(span.p, '\0', span.len) != NULL) {
		/* The writer takes strings; the item itself is good enough. */
		must(cbor_get_item(&again, &span, NULL));
		buf_put_span(b, span);
		return;
	}
	buf_put_span(&text, span);
	must(buf_take_str(&text, &s, NULL));
	cbor_put_text(b, s);
}

/* Every number that fits int64_t reads back as one. */
static void
copy_number(struct cbor *c, struct buf *b)
{
	struct cbor again = *c;
	uint64_t v = 0;
	int64_t s;
	prov_span span;

	if (cbor_get_int(c, &s, NULL) == PROV_OK) {
		cbor_put_int(b, s);
	} else if (cbor_get_uint(c, &v, NULL) == PROV_OK) {
		if (v <= INT64_MAX)
			abort();
		cbor_put_uint(b, v);
	} else {
		must(cbor_get_item(c, &span, NULL));
		if (span.len != 9 || span.p[0] != 0x3b || span.p[1] < 0x80)
			abort();
		buf_put_span(b, span);
	}
	must(cbor_get_item(&again, &span, NULL));
	if (again.at != c->at)
		abort();
}

/* Reads one item by the getters and writes it by the putters. */
static void
copy(struct cbor *c, struct buf *b)
{
	uint64_t n;
	prov_span s;
	bool v;

	switch (cbor_peek(c)) {
	case CBOR_UINT:
	case CBOR_NINT:
		copy_number(c, b);
		return;
	case CBOR_BYTES:
		must(cbor_get_bytes(c, &s, NULL));
		cbor_put_bytes(b, s);
		return;
	case CBOR_TEXT:
		copy_text(c, b);
		return;
	case CBOR_ARRAY:
		must(cbor_get_array(c, &n, NULL));
		cbor_put_array(b, n);
		copy_items(c, b, n);
		return;
	case CBOR_MAP:
		must(cbor_get_map(c, &n, NULL));
		cbor_put_map(b, n);
		copy_items(c, b, 2 * n);
		return;
	case CBOR_TAG:
		must(cbor_get_tag(c, &n, NULL));
		cbor_put_tag(b, n);
		copy(c, b);
		return;
	case CBOR_SIMPLE:
		if (cbor_get_bool(c, &v, NULL) == PROV_OK) {
			cbor_put_bool(b, v);
			return;
		}
		must(cbor_get_null(c, NULL));
		cbor_put_null(b);
		return;
	case CBOR_END:
		break;
	}
	abort();
}

/* What the validator accepts has one encoding: what our writers make of it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF b = { 0 };
	struct cbor c;
	size_t len;

	if (cbor_item_len(span(data, size), &len, NULL) == PROV_OK &&
	    (len > size || cbor_check(span(data, len), NULL) != PROV_OK))
		abort();
	if (cbor_open(&c, span(data, size), NULL) != PROV_OK)
		return (0);
	copy(&c, &b);
	must(buf_done(&b, NULL));
	if (cbor_peek(&c) != CBOR_END ||
	    !span_eq(buf_span(&b), span(data, size)))
		abort();
	return (0);
}
