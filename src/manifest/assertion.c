/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/field.h"
#include "hash/sha256.h"
#include "manifest/assertion.h"

void
assertion_clear(struct assertion *a)
{
	buf_free(&a->value);
	*a = (struct assertion){ 0 };
}

static bool
label_char(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
		c == ':');
}

bool
label_valid(const char *label)
{
	size_t n = strnlen(label, LABEL_MAX + 1);

	for (size_t i = 0; i < n && n <= LABEL_MAX; i++)
		if (!label_char(label[i]))
			return (false);
	return (n > 0 && n <= LABEL_MAX);
}

prov_status
label_get(struct cbor *c, char *label, size_t size, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_str(c, label, size, err)) != PROV_OK)
		return (prov_wrap(err, st, "label"));
	if (!label_valid(label))
		return (prov_fail(err, PROV_EFORMAT,
		    "a label may hold letters, digits and . _ - : only"));
	return (PROV_OK);
}

static bool
zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != 0)
			return (false);
	return (true);
}

void
assertion_item(struct buf *b, const struct assertion *a)
{
	cbor_put_array(b, 2);
	cbor_put_text(b, a->label);
	buf_put_span(b, buf_span(&a->value));
}

static prov_status get_value(struct cbor *c, unsigned depth, prov_err *err);

static prov_status
get_list(struct cbor *c, unsigned depth, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++)
		if ((st = get_value(c, depth + 1, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
get_named_values(struct cbor *c, unsigned depth, prov_err *err)
{
	char label[LABEL_MAX + 1];
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++)
		if ((st = label_get(c, label, sizeof(label), err)) != PROV_OK ||
		    (st = get_value(c, depth + 1, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/* What JSON can say too: maps by labels, no tags; and byte strings. */
static prov_status
get_value(struct cbor *c, unsigned depth, prov_err *err)
{
	prov_span item;

	if (depth > ASSERTION_DEPTH_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "an assertion is over %d deep", ASSERTION_DEPTH_MAX));
	switch (cbor_peek(c)) {
	case CBOR_ARRAY:
		return (get_list(c, depth, err));
	case CBOR_MAP:
		return (get_named_values(c, depth, err));
	case CBOR_TAG:
		return (
		    prov_fail(err, PROV_EFORMAT, "an assertion holds a tag"));
	case CBOR_UINT:
	case CBOR_NINT:
	case CBOR_BYTES:
	case CBOR_TEXT:
	case CBOR_SIMPLE:
	case CBOR_END:
		break;
	}
	return (cbor_get_item(c, &item, err));
}

static prov_status
value_check(prov_span value, prov_err *err)
{
	prov_status st;
	struct cbor c;

	if (value.len == 0 || value.len > ASSERTION_VALUE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "an assertion's value has 1 to %d bytes, not %zu",
		    ASSERTION_VALUE_MAX, value.len));
	if ((st = cbor_open(&c, value, err)) != PROV_OK)
		return (st);
	return (get_value(&c, 1, err));
}

static prov_status
digest_of(uint8_t out[32], const uint8_t salt[16], prov_span item,
    prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	buf_put(&b, salt, 16);
	buf_put_span(&b, item);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(out, buf_span(&b), err));
}

prov_status
assertion_seal(struct assertion *a, const uint8_t salt[16], prov_err *err)
{
	AUTO_BUF item = { 0 };
	uint8_t digest[32];
	prov_status st;

	if (!a->is_private || !label_valid(a->label))
		return (prov_fail(err, PROV_EARG,
		    "only a private assertion with a label is sealed"));
	if ((st = value_check(buf_span(&a->value), err)) != PROV_OK)
		return (prov_wrap(err, st, a->label));
	assertion_item(&item, a);
	if ((st = buf_done(&item, err)) != PROV_OK ||
	    (st = digest_of(digest, salt, buf_span(&item), err)) != PROV_OK)
		return (st);
	memcpy(a->salt, salt, 16);
	memcpy(a->digest, digest, 32);
	return (PROV_OK);
}

prov_status
assertion_put(struct buf *b, const struct assertion *a, prov_err *err)
{
	prov_status st;

	if (a->is_private) {
		if (zero(a->digest, sizeof(a->digest)))
			return (prov_fail(err, PROV_EARG,
			    "%s: private, and not sealed", a->label));
		cbor_put_bytes(b, span(a->digest, sizeof(a->digest)));
		return (PROV_OK);
	}
	if (!label_valid(a->label))
		return (prov_fail(err, PROV_EARG, "an assertion has no label"));
	if ((st = value_check(buf_span(&a->value), err)) != PROV_OK)
		return (prov_wrap(err, st, a->label));
	assertion_item(b, a);
	return (PROV_OK);
}

/* [label, value] into a cleared assertion. */
static prov_status
item_get(struct assertion *a, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span value;

	if ((st = field_array(c, 2, "assertion", err)) != PROV_OK ||
	    (st = label_get(c, a->label, sizeof(a->label), err)) != PROV_OK ||
	    (st = cbor_get_item(c, &value, err)) != PROV_OK ||
	    (st = value_check(value, err)) != PROV_OK)
		return (st);
	buf_put_span(&a->value, value);
	return (buf_done(&a->value, err));
}

prov_status
assertion_get(struct assertion *a, struct cbor *c, prov_err *err)
{
	if (cbor_peek(c) != CBOR_BYTES)
		return (item_get(a, c, err));
	a->is_private = true;
	return (cbor_get_fixed(c, a->digest, sizeof(a->digest), err));
}

/* Two labels or two digests that are the same would contradict each other. */
bool
assertion_clashes(const struct assertion *a, const struct assertion *b)
{
	if (a->label[0] != '\0' && strcmp(a->label, b->label) == 0)
		return (true);
	return (a->is_private && b->is_private &&
		memcmp(a->digest, b->digest, 32) == 0 && !zero(a->digest, 32));
}

prov_status
assertion_copy(struct assertion *out, const struct assertion *a, prov_err *err)
{
	struct buf value = { 0 };
	prov_status st;

	buf_put_span(&value, buf_span(&a->value));
	if ((st = buf_done(&value, err)) != PROV_OK) {
		buf_free(&value);
		return (st);
	}
	*out = *a;
	out->value = value;
	return (PROV_OK);
}

static prov_status
open_one(struct manifest *m, struct assertion *a, struct assertion *opened,
    const uint8_t salt[16], prov_err *err)
{
	for (size_t i = 0; i < m->n_assertions; i++)
		if (&m->assertions[i] != a &&
		    strcmp(m->assertions[i].label, opened->label) == 0)
			return (prov_fail(err, PROV_EFORMAT,
			    "%s is asserted twice", opened->label));
	buf_free(&a->value);
	memcpy(a->label, opened->label, sizeof(a->label));
	memcpy(a->salt, salt, sizeof(a->salt));
	a->value = opened->value;
	opened->value = (struct buf){ 0 };
	return (PROV_OK);
}

prov_status
manifest_open(struct manifest *m, const uint8_t salt[16], prov_span item,
    prov_err *err)
{
	AUTO_ASSERTION opened = { 0 };
	uint8_t digest[32];
	prov_status st;
	struct cbor c;

	if ((st = digest_of(digest, salt, item, err)) != PROV_OK ||
	    (st = cbor_open(&c, item, err)) != PROV_OK ||
	    (st = item_get(&opened, &c, err)) != PROV_OK ||
	    (st = field_end(&c, "opening", err)) != PROV_OK)
		return (prov_wrap(err, st, "opening"));
	for (size_t i = 0; i < m->n_assertions; i++) {
		struct assertion *a = &m->assertions[i];

		if (a->is_private && memcmp(a->digest, digest, 32) == 0)
			return (open_one(m, a, &opened, salt, err));
	}
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "opening: %s is none of the manifest's private assertions",
	    opened.label));
}
