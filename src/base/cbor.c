/* SPDX-License-Identifier: ISC */

/* libcbor's type enumeration has our tag. */
#define cbor_type libcbor_type
#include <cbor/encoding.h>
#include <cbor/streaming.h>
#undef cbor_type

#include "base/cbor.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

/* Major types: the first three bits of an item. */
enum { UINT, NINT, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

#define COSE_SIGN1  18 /* the only tag */
#define HEAD_FALSE  0xf4
#define HEAD_TRUE   0xf5
#define HEAD_NULL   0xf6
#define HEAD_SIGN1  0xd2
#define ENCODED_MAX 9 /* bytes in front of an item's content */

struct head {
	unsigned major;
	uint64_t value;
};

static bool
is_simple(uint8_t byte)
{
	return (byte >= HEAD_FALSE && byte <= HEAD_NULL);
}

/* The smallest value that a head with len argument bytes may hold. */
static uint64_t
least(size_t len)
{
	return (len == 1 ? 24 : UINT64_C(1) << (len * 4));
}

static prov_status
scan_long_head(struct head *h, prov_span in, size_t *at, prov_err *err)
{
	unsigned info;
	size_t len;

	if (*at >= in.len)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor: ends at %zu, inside an item", in.len));
	h->major = in.p[*at] >> 5;
	info = in.p[*at] & 31;
	if (info > 27)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: indefinite or reserved length", *at));
	len = info < 24 ? 0 : (size_t)1 << (info - 24);
	if (len > in.len - *at - 1)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor: ends at %zu, inside an item", in.len));
	h->value = len == 0 ? info : 0;
	for (size_t i = 1; i <= len; i++)
		h->value = h->value << 8 | in.p[*at + i];
	if (len > 0 && h->value < least(len))
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: number not in its shortest form", *at));
	*at += 1 + len;
	return (PROV_OK);
}

/* Most heads stand in one byte. */
static inline prov_status
scan_head(struct head *h, prov_span in, size_t *at, prov_err *err)
{
	if (*at >= in.len || (in.p[*at] & 31) >= 24)
		return (scan_long_head(h, in, at, err));
	h->major = in.p[*at] >> 5;
	h->value = in.p[*at] & 31;
	++*at;
	return (PROV_OK);
}

/* Bytes under the check, and how far it came. */
struct scan {
	prov_span in;
	size_t at;
	bool any_order; /* of map keys */
};

static prov_status scan_item(struct scan *s, unsigned depth, prov_err *err);

static prov_status
scan_string(const struct head *h, struct scan *s, prov_err *err)
{
	if (h->value > s->in.len - s->at)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor: ends at %zu, inside a string", s->in.len));
	if (h->major == TEXT && !utf8_valid(s->in.p + s->at, (size_t)h->value))
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: text is not UTF-8", s->at));
	s->at += (size_t)h->value;
	return (PROV_OK);
}

static prov_status
scan_array(uint64_t n, struct scan *s, unsigned depth, prov_err *err)
{
	prov_status st;

	if (n > s->in.len - s->at)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: %" PRIu64 " items in %zu bytes", s->at, n,
		    s->in.len - s->at));
	while (n-- > 0)
		if ((st = scan_item(s, depth + 1, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/*
 * Bytewise, as RFC 8949 4.2.1 has it, and not shortest first. No item is the
 * beginning of another, so keys that differ do so before the shorter one ends.
 */
static bool
key_after(prov_span key, prov_span last)
{
	if (key.p[0] != last.p[0])
		return (key.p[0] > last.p[0]);
	return (
	    memcmp(key.p, last.p, key.len < last.len ? key.len : last.len) > 0);
}

static prov_status
key_misplaced(size_t at, prov_err *err)
{
	return (prov_fail(err, PROV_EFORMAT,
	    "cbor at %zu: map key twice or out of order", at));
}

static prov_status
scan_ordered(uint64_t n, struct scan *s, unsigned depth, prov_err *err)
{
	prov_span key, last = { 0 };
	prov_status st;

	for (; n > 0; n--, last = key) {
		size_t start = s->at;

		if ((st = scan_item(s, depth + 1, err)) != PROV_OK)
			return (st);
		key = span(s->in.p + start, s->at - start);
		if (last.len != 0 && !key_after(key, last))
			return (key_misplaced(start, err));
		if ((st = scan_item(s, depth + 1, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* Keys in any order have to be remembered, all of them. */
static prov_status
scan_any_order(uint64_t n, struct scan *s, unsigned depth, prov_err *err)
{
	prov_span keys[CBOR_ANY_KEYS_MAX];
	prov_status st;

	for (size_t i = 0; i < n; i++) {
		size_t start = s->at;

		if ((st = scan_item(s, depth + 1, err)) != PROV_OK)
			return (st);
		keys[i] = span(s->in.p + start, s->at - start);
		for (size_t j = 0; j < i; j++)
			if (span_eq(keys[i], keys[j]))
				return (key_misplaced(start, err));
		if ((st = scan_item(s, depth + 1, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
scan_map(uint64_t n, struct scan *s, unsigned depth, prov_err *err)
{
	if (n > (s->in.len - s->at) / 2)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: %" PRIu64 " pairs in %zu bytes", s->at, n,
		    s->in.len - s->at));
	if (!s->any_order)
		return (scan_ordered(n, s, depth, err));
	if (n > CBOR_ANY_KEYS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "cbor at %zu: a map of %" PRIu64 " pairs", s->at, n));
	return (scan_any_order(n, s, depth, err));
}

static prov_status
scan_item(struct scan *s, unsigned depth, prov_err *err)
{
	size_t start = s->at;
	struct head h;
	prov_status st;

	if (depth > CBOR_DEPTH_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: more than %d deep", start, CBOR_DEPTH_MAX));
	if ((st = scan_head(&h, s->in, &s->at, err)) != PROV_OK)
		return (st);
	switch (h.major) {
	case UINT:
	case NINT:
		return (PROV_OK);
	case BYTES:
	case TEXT:
		return (scan_string(&h, s, err));
	case ARRAY:
		return (scan_array(h.value, s, depth, err));
	case MAP:
		return (scan_map(h.value, s, depth, err));
	case TAG:
		if (h.value != COSE_SIGN1)
			return (prov_fail(err, PROV_EFORMAT,
			    "cbor at %zu: tag %" PRIu64, start, h.value));
		return (scan_item(s, depth + 1, err));
	default:
		if (!is_simple(s->in.p[start]))
			return (prov_fail(err, PROV_EFORMAT,
			    "cbor at %zu: simple value or float 0x%02x", start,
			    s->in.p[start]));
		return (PROV_OK);
	}
}

prov_status
cbor_item_len(prov_span bytes, size_t *len, prov_err *err)
{
	struct scan s = { .in = bytes };
	prov_status st;

	if ((st = scan_item(&s, 0, err)) != PROV_OK)
		return (st);
	*len = s.at;
	return (PROV_OK);
}

static prov_status
check(prov_span bytes, bool any_order, prov_err *err)
{
	struct scan s = { .in = bytes, .any_order = any_order };
	prov_status st;

	if ((st = scan_item(&s, 0, err)) != PROV_OK)
		return (st);
	if (s.at != bytes.len)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: %zu bytes behind the item", s.at,
		    bytes.len - s.at));
	return (PROV_OK);
}

prov_status
cbor_check(prov_span bytes, prov_err *err)
{
	return (check(bytes, false, err));
}

prov_status
cbor_open(struct cbor *c, prov_span bytes, prov_err *err)
{
	prov_status st;

	if ((st = cbor_check(bytes, err)) != PROV_OK)
		return (st);
	*c = (struct cbor){ .in = bytes };
	return (PROV_OK);
}

prov_status
cbor_open_any(struct cbor *c, prov_span bytes, prov_err *err)
{
	prov_status st;

	if ((st = check(bytes, true, err)) != PROV_OK)
		return (st);
	*c = (struct cbor){ .in = bytes, .any_order = true };
	return (PROV_OK);
}

/* What libcbor's decoder found: one item, or the head of a container. */
struct seen {
	enum cbor_type type;
	uint64_t value;
	prov_span string;
};

static void
see(void *arg, enum cbor_type type, uint64_t value)
{
	struct seen *seen = arg;

	seen->type = type;
	seen->value = value;
}

static void
see_uint8(void *arg, uint8_t v)
{
	see(arg, CBOR_UINT, v);
}

static void
see_uint16(void *arg, uint16_t v)
{
	see(arg, CBOR_UINT, v);
}

static void
see_uint32(void *arg, uint32_t v)
{
	see(arg, CBOR_UINT, v);
}

static void
see_uint64(void *arg, uint64_t v)
{
	see(arg, CBOR_UINT, v);
}

static void
see_nint8(void *arg, uint8_t v)
{
	see(arg, CBOR_NINT, v);
}

static void
see_nint16(void *arg, uint16_t v)
{
	see(arg, CBOR_NINT, v);
}

static void
see_nint32(void *arg, uint32_t v)
{
	see(arg, CBOR_NINT, v);
}

static void
see_nint64(void *arg, uint64_t v)
{
	see(arg, CBOR_NINT, v);
}

static void
see_bytes(void *arg, cbor_data p, size_t len)
{
	see(arg, CBOR_BYTES, len);
	((struct seen *)arg)->string = span(p, len);
}

static void
see_text(void *arg, cbor_data p, size_t len)
{
	see(arg, CBOR_TEXT, len);
	((struct seen *)arg)->string = span(p, len);
}

static void
see_array(void *arg, size_t n)
{
	see(arg, CBOR_ARRAY, n);
}

static void
see_map(void *arg, size_t n)
{
	see(arg, CBOR_MAP, n);
}

static void
see_bool(void *arg, bool v)
{
	see(arg, CBOR_SIMPLE, v ? HEAD_TRUE : HEAD_FALSE);
}

static void
see_null(void *arg)
{
	see(arg, CBOR_SIMPLE, HEAD_NULL);
}

/* Those that cbor_check refuses stay NULL: they are never called. */
static const struct cbor_callbacks callbacks = {
	.uint8 = see_uint8,
	.uint16 = see_uint16,
	.uint32 = see_uint32,
	.uint64 = see_uint64,
	.negint8 = see_nint8,
	.negint16 = see_nint16,
	.negint32 = see_nint32,
	.negint64 = see_nint64,
	.byte_string = see_bytes,
	.string = see_text,
	.array_start = see_array,
	.map_start = see_map,
	.null = see_null,
	.boolean = see_bool,
};

static const char *
type_name(enum cbor_type type)
{
	static const char *const names[] = { "a number", "a negative number",
		"bytes", "text", "an array", "a map", "a tag",
		"true, false or null", "the end" };

	return (names[type]);
}

enum cbor_type
cbor_peek(const struct cbor *c)
{
	if (c->at >= c->in.len)
		return (CBOR_END);
	return ((enum cbor_type)(c->in.p[c->at] >> 5));
}

static prov_status
unexpected(const struct cbor *c, const char *want, prov_err *err)
{
	return (prov_fail(err, PROV_EFORMAT, "cbor at %zu: %s where %s belongs",
	    c->at, type_name(cbor_peek(c)), want));
}

/*
 * Reads the next item or head by libcbor and moves on. The head is scanned
 * again: libcbor would call what is NULL for bytes that nobody checked, and
 * two readers must agree.
 */
static prov_status
decode(struct cbor *c, enum cbor_type want, struct seen *seen, prov_err *err)
{
	struct cbor_decoder_result r;
	size_t at = c->at;
	struct head h;
	prov_status st;

	if (cbor_peek(c) != want)
		return (unexpected(c, type_name(want), err));
	if ((st = scan_head(&h, c->in, &at, err)) != PROV_OK)
		return (st);
	if (want == CBOR_SIMPLE && !is_simple(c->in.p[c->at]))
		return (unexpected(c, "no float", err));
	seen->type = CBOR_END;
	r = cbor_stream_decode(c->in.p + c->at, c->in.len - c->at, &callbacks,
	    seen);
	if (r.status != CBOR_DECODER_FINISHED || seen->type != want ||
	    (want != CBOR_SIMPLE && seen->value != h.value))
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: cannot be decoded", c->at));
	c->at += r.read;
	return (PROV_OK);
}

static prov_status
decode_number(struct cbor *c, enum cbor_type want, uint64_t *v, prov_err *err)
{
	struct seen seen = { 0 };
	prov_status st;

	/* Most are keys and counts, and stand in one byte. */
	if (c->at < c->in.len && want != CBOR_SIMPLE &&
	    c->in.p[c->at] >> 5 == want && (c->in.p[c->at] & 31) < 24) {
		*v = c->in.p[c->at++] & 31;
		return (PROV_OK);
	}
	if ((st = decode(c, want, &seen, err)) == PROV_OK)
		*v = seen.value;
	return (st);
}

static prov_status
decode_string(struct cbor *c, enum cbor_type want, prov_span *s, prov_err *err)
{
	struct seen seen = { 0 };
	prov_status st;

	if ((st = decode(c, want, &seen, err)) == PROV_OK)
		*s = seen.string;
	return (st);
}

prov_status
cbor_get_uint(struct cbor *c, uint64_t *v, prov_err *err)
{
	return (decode_number(c, CBOR_UINT, v, err));
}

prov_status
cbor_get_int(struct cbor *c, int64_t *v, prov_err *err)
{
	enum cbor_type type = cbor_peek(c) == CBOR_NINT ? CBOR_NINT : CBOR_UINT;
	struct cbor next = *c;
	uint64_t n = 0;
	prov_status st;

	if ((st = decode_number(&next, type, &n, err)) != PROV_OK)
		return (st);
	if (n > INT64_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: number past 63 bits", c->at));
	*c = next;
	*v = type == CBOR_NINT ? -1 - (int64_t)n : (int64_t)n;
	return (PROV_OK);
}

prov_status
cbor_get_bytes(struct cbor *c, prov_span *s, prov_err *err)
{
	return (decode_string(c, CBOR_BYTES, s, err));
}

prov_status
cbor_get_text(struct cbor *c, prov_span *s, prov_err *err)
{
	return (decode_string(c, CBOR_TEXT, s, err));
}

prov_status
cbor_get_array(struct cbor *c, uint64_t *n, prov_err *err)
{
	return (decode_number(c, CBOR_ARRAY, n, err));
}

prov_status
cbor_get_map(struct cbor *c, uint64_t *n, prov_err *err)
{
	return (decode_number(c, CBOR_MAP, n, err));
}

/* libcbor 0.8 calls tag 18 unassigned and stops, so this is read here. */
prov_status
cbor_get_tag(struct cbor *c, uint64_t *tag, prov_err *err)
{
	if (cbor_peek(c) != CBOR_TAG || c->in.p[c->at] != HEAD_SIGN1)
		return (unexpected(c, "tag 18", err));
	c->at++;
	*tag = COSE_SIGN1;
	return (PROV_OK);
}

prov_status
cbor_get_bool(struct cbor *c, bool *v, prov_err *err)
{
	uint64_t n = 0;
	prov_status st;

	if (cbor_peek(c) == CBOR_SIMPLE && c->in.p[c->at] == HEAD_NULL)
		return (unexpected(c, "true or false", err));
	if ((st = decode_number(c, CBOR_SIMPLE, &n, err)) == PROV_OK)
		*v = n == HEAD_TRUE;
	return (st);
}

prov_status
cbor_get_null(struct cbor *c, prov_err *err)
{
	uint64_t n;

	if (cbor_peek(c) != CBOR_SIMPLE || c->in.p[c->at] != HEAD_NULL)
		return (unexpected(c, "null", err));
	return (decode_number(c, CBOR_SIMPLE, &n, err));
}

prov_status
cbor_get_fixed(struct cbor *c, uint8_t *out, size_t len, prov_err *err)
{
	struct cbor next = *c;
	prov_span s;
	prov_status st;

	if ((st = cbor_get_bytes(&next, &s, err)) != PROV_OK)
		return (st);
	if (s.len != len)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: %zu bytes where %zu belong", c->at, s.len,
		    len));
	*c = next;
	if (len > 0)
		memcpy(out, s.p, len);
	return (PROV_OK);
}

prov_status
cbor_get_str(struct cbor *c, char *out, size_t size, prov_err *err)
{
	struct cbor next = *c;
	prov_span s;
	prov_status st;

	if ((st = cbor_get_text(&next, &s, err)) != PROV_OK)
		return (st);
	if (s.len >= size)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: text of %zu bytes, at most %zu fit", c->at,
		    s.len, size > 0 ? size - 1 : 0));
	if (s.len > 0 && memchr(s.p, '\0', s.len) != NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "cbor at %zu: NUL inside text", c->at));
	*c = next;
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return (PROV_OK);
}

/*
 * Where the item at *at ends, in bytes that were checked: what order keys are
 * in, and what text says, is not asked again. Each round takes a byte or more.
 */
static prov_status
skip_item(prov_span in, size_t *at, prov_err *err)
{
	uint64_t left = 1;
	struct head h;
	prov_status st;

	for (; left > 0; left--) {
		if ((st = scan_head(&h, in, at, err)) != PROV_OK)
			return (st);
		if (h.major < BYTES || h.major == SIMPLE)
			continue;
		if (h.major != TAG && h.value > in.len - *at)
			return (prov_fail(err, PROV_EFORMAT,
			    "cbor: ends at %zu, inside an item", in.len));
		if (h.major <= TEXT)
			*at += (size_t)h.value;
		else
			left += h.major == TAG ? 1 : h.value;
		if (h.major == MAP)
			left += h.value;
	}
	return (PROV_OK);
}

prov_status
cbor_get_item(struct cbor *c, prov_span *item, prov_err *err)
{
	size_t at = c->at;
	prov_status st;

	if (cbor_peek(c) == CBOR_END)
		return (unexpected(c, "an item", err));
	if ((st = skip_item(c->in, &at, err)) != PROV_OK)
		return (st);
	*item = span(c->in.p + c->at, at - c->at);
	c->at = at;
	return (PROV_OK);
}

void
cbor_put_uint(struct buf *b, uint64_t v)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_uint(v, p, sizeof(p)));
}

void
cbor_put_int(struct buf *b, int64_t v)
{
	uint8_t p[ENCODED_MAX];

	if (v >= 0)
		cbor_put_uint(b, (uint64_t)v);
	else
		buf_put(b, p,
		    cbor_encode_negint((uint64_t)(-1 - v), p, sizeof(p)));
}

void
cbor_put_bytes(struct buf *b, prov_span s)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_bytestring_start(s.len, p, sizeof(p)));
	buf_put_span(b, s);
}

void
cbor_put_text(struct buf *b, const char *s)
{
	uint8_t p[ENCODED_MAX];
	size_t len = strlen(s);

	buf_put(b, p, cbor_encode_string_start(len, p, sizeof(p)));
	buf_put(b, s, len);
}

void
cbor_put_array(struct buf *b, uint64_t n)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_array_start(n, p, sizeof(p)));
}

void
cbor_put_map(struct buf *b, uint64_t n)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_map_start(n, p, sizeof(p)));
}

void
cbor_put_tag(struct buf *b, uint64_t tag)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_tag(tag, p, sizeof(p)));
}

void
cbor_put_bool(struct buf *b, bool v)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_bool(v, p, sizeof(p)));
}

void
cbor_put_null(struct buf *b)
{
	uint8_t p[ENCODED_MAX];

	buf_put(b, p, cbor_encode_null(p, sizeof(p)));
}
