/* SPDX-License-Identifier: ISC */
#include "manifest/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "manifest/assertion.h"

/* manifest.cddl names them. */
enum {
	KEY_VERSION = 1,
	KEY_TIME,
	KEY_TOOL,
	KEY_ASSET,
	KEY_STREAMS,
	KEY_ASSERTIONS,
	KEY_INGREDIENTS,
	KEY_ORIGIN,
	KEY_SUPERSEDES, /* optional */
	KEY_REFUSED     /* optional */
};
#define N_REQUIRED 8

enum { ASSET_SIZE = 1, ASSET_SHA256, ASSET_FORMAT };

static const char what[] = "manifest";

const char *
prov_origin_name(prov_origin origin)
{
	switch (origin) {
	case PROV_ORIGIN_UNSTATED:
		return ("unstated");
	case PROV_ORIGIN_CAPTURED:
		return ("captured");
	case PROV_ORIGIN_INGESTED:
		return ("ingested");
	case PROV_ORIGIN_GENERATED:
		return ("generated");
	case PROV_ORIGIN_TRANSFORMED:
		return ("transformed");
	}
	return ("unknown");
}

void
manifest_clear(struct manifest *m)
{
	for (size_t i = 0; i < m->n_streams; i++)
		stream_clear(&m->streams[i]);
	for (size_t i = 0; i < m->n_assertions; i++)
		assertion_clear(&m->assertions[i]);
	free(m->streams);
	free(m->assertions);
	free(m->ingredients);
	*m = (struct manifest){ 0 };
}

static void
put_asset(struct buf *b, const struct manifest *m)
{
	cbor_put_uint(b, KEY_ASSET);
	cbor_put_map(b, 3);
	cbor_put_uint(b, ASSET_SIZE);
	cbor_put_uint(b, m->asset.size);
	cbor_put_uint(b, ASSET_SHA256);
	cbor_put_bytes(b, span(m->asset.sha256, 32));
	cbor_put_uint(b, ASSET_FORMAT);
	cbor_put_text(b, m->format);
}

static prov_status
put_lists(struct buf *b, const struct manifest *m, prov_err *err)
{
	prov_status st;

	cbor_put_uint(b, KEY_STREAMS);
	cbor_put_array(b, m->n_streams);
	for (size_t i = 0; i < m->n_streams; i++)
		stream_encode(b, &m->streams[i]);
	cbor_put_uint(b, KEY_ASSERTIONS);
	cbor_put_array(b, m->n_assertions);
	for (size_t i = 0; i < m->n_assertions; i++)
		if ((st = assertion_put(b, &m->assertions[i], err)) != PROV_OK)
			return (st);
	cbor_put_uint(b, KEY_INGREDIENTS);
	cbor_put_array(b, m->n_ingredients);
	for (size_t i = 0; i < m->n_ingredients; i++) {
		cbor_put_array(b, 2);
		cbor_put_bytes(b, span(m->ingredients[i].statement, 32));
		cbor_put_text(b, m->ingredients[i].relation);
	}
	return (PROV_OK);
}

static prov_status
put_manifest(struct buf *b, const struct manifest *m, prov_err *err)
{
	bool refused = m->refused[0] != '\0';
	prov_status st;

	cbor_put_map(b, N_REQUIRED + (uint64_t)m->has_supersedes + refused);
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b, MANIFEST_VERSION);
	cbor_put_uint(b, KEY_TIME);
	cbor_put_int(b, m->time);
	cbor_put_uint(b, KEY_TOOL);
	cbor_put_text(b, m->tool);
	put_asset(b, m);
	if ((st = put_lists(b, m, err)) != PROV_OK)
		return (st);
	cbor_put_uint(b, KEY_ORIGIN);
	cbor_put_uint(b, m->origin);
	if (m->has_supersedes) {
		cbor_put_uint(b, KEY_SUPERSEDES);
		cbor_put_bytes(b, span(m->supersedes, 32));
	}
	if (refused) {
		cbor_put_uint(b, KEY_REFUSED);
		cbor_put_text(b, m->refused);
	}
	return (buf_done(b, err));
}

/* What is written is read back: nobody signs what nobody can read. */
prov_status
manifest_encode(struct buf *b, const struct manifest *m, prov_err *err)
{
	AUTO_MANIFEST back = { 0 };
	AUTO_BUF out = { 0 };
	prov_status st;

	if ((st = put_manifest(&out, m, err)) != PROV_OK ||
	    (st = manifest_decode(&back, buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

/* Text that a terminal can show and a policy can compare; "" is allowed. */
static prov_status
get_printable(struct cbor *c, char *out, size_t size, const char *name,
    prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_str(c, out, size, err)) != PROV_OK)
		return (prov_wrap(err, st, name));
	for (const char *s = out; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return (prov_fail(err, PROV_EFORMAT,
			    "%s: not printable ASCII", name));
	return (PROV_OK);
}

static prov_status
get_asset(struct manifest *m, struct cbor *c, prov_err *err)
{
	static const char name[] = "asset";
	prov_status st;

	if ((st = field_map(c, 3, name, err)) != PROV_OK ||
	    (st = field_key(c, ASSET_SIZE, name, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &m->asset.size, err)) != PROV_OK ||
	    (st = field_key(c, ASSET_SHA256, name, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, m->asset.sha256, 32, err)) != PROV_OK ||
	    (st = field_key(c, ASSET_FORMAT, name, err)) != PROV_OK)
		return (st);
	if (m->asset.size > INT64_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "asset: no file is that "
		    "large"));
	return (get_printable(c, m->format, sizeof(m->format), "format", err));
}

static prov_status
get_streams(struct manifest *m, struct cbor *c, prov_err *err)
{
	prov_status st;
	size_t n;

	if ((st = field_list(c, STREAMS_MAX, &n, "streams", err)) != PROV_OK)
		return (st);
	if (n > 0 && (m->streams = calloc(n, sizeof(*m->streams))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu streams", n));
	for (size_t i = 0; i < n; i++) {
		struct stream *s = &m->streams[i];

		if ((st = stream_decode(s, c, err)) != PROV_OK)
			return (st);
		m->n_streams++;
		if (i > 0 && s->index <= s[-1].index)
			return (prov_fail(err, PROV_EFORMAT,
			    "stream %u is not in order", s->index));
	}
	return (PROV_OK);
}

static prov_status
get_assertions(struct manifest *m, struct cbor *c, prov_err *err)
{
	prov_status st;
	size_t n;

	if ((st = field_list(c, ASSERTIONS_MAX, &n, "assertions", err)) !=
	    PROV_OK)
		return (st);
	if (n > 0 &&
	    (m->assertions = calloc(n, sizeof(*m->assertions))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu assertions", n));
	for (size_t i = 0; i < n; i++) {
		m->n_assertions++;
		if ((st = assertion_get(&m->assertions[i], c, err)) != PROV_OK)
			return (prov_wrap(err, st, "assertion"));
		for (size_t j = 0; j < i; j++)
			if (assertion_clashes(&m->assertions[i],
				&m->assertions[j]))
				return (prov_fail(err, PROV_EFORMAT,
				    "assertion %zu is there twice", j));
	}
	return (PROV_OK);
}

static prov_status
get_ingredient(struct ingredient *g, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_array(c, 2, "ingredient", err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, g->statement, 32, err)) != PROV_OK)
		return (st);
	return (label_get(c, g->relation, sizeof(g->relation), err));
}

static bool
ingredient_same(const struct ingredient *a, const struct ingredient *b)
{
	return (memcmp(a->statement, b->statement, 32) == 0 &&
		strcmp(a->relation, b->relation) == 0);
}

static prov_status
get_ingredients(struct manifest *m, struct cbor *c, prov_err *err)
{
	prov_status st;
	size_t n;

	if ((st = field_list(c, INGREDIENTS_MAX, &n, "ingredients", err)) !=
	    PROV_OK)
		return (st);
	if (n > 0 &&
	    (m->ingredients = calloc(n, sizeof(*m->ingredients))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu ingredients", n));
	m->n_ingredients = n;
	for (size_t i = 0; i < n; i++) {
		if ((st = get_ingredient(&m->ingredients[i], c, err)) !=
		    PROV_OK)
			return (prov_wrap(err, st, "ingredient"));
		for (size_t j = 0; j < i; j++)
			if (ingredient_same(&m->ingredients[i],
				&m->ingredients[j]))
				return (prov_fail(err, PROV_EFORMAT,
				    "ingredient %zu is there twice", j));
	}
	return (PROV_OK);
}

static prov_status
get_head(struct manifest *m, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t t;

	if ((st = field_key(c, KEY_VERSION, what, err)) != PROV_OK ||
	    (st = field_version(c, MANIFEST_VERSION, what, err)) != PROV_OK ||
	    (st = field_key(c, KEY_TIME, what, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &t, err)) != PROV_OK)
		return (st);
	if (t > MANIFEST_TIME_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "the claimed time is after the year 9999"));
	m->time = (int64_t)t;
	if ((st = field_key(c, KEY_TOOL, what, err)) != PROV_OK)
		return (st);
	return (get_printable(c, m->tool, sizeof(m->tool), "tool", err));
}

static prov_status
get_origin(struct manifest *m, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t v;

	if ((st = cbor_get_uint(c, &v, err)) != PROV_OK)
		return (st);
	if (v > PROV_ORIGIN_TRANSFORMED)
		return (prov_fail(err, PROV_EFORMAT,
		    "origin class %llu is not known", (unsigned long long)v));
	m->origin = (prov_origin)v;
	return (PROV_OK);
}

/* The n fields that are left. */
static prov_status
get_optional(struct manifest *m, uint64_t n, struct cbor *c, prov_err *err)
{
	prov_status st;

	if (n > 0 && field_next(c, KEY_SUPERSEDES)) {
		n--;
		m->has_supersedes = true;
		st = cbor_get_fixed(c, m->supersedes, 32, err);
		if (st != PROV_OK)
			return (st);
	}
	if (n > 0 && field_next(c, KEY_REFUSED)) {
		n--;
		st = label_get(c, m->refused, sizeof(m->refused), err);
		if (st != PROV_OK)
			return (st);
	}
	if (n > 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "fields that this prov does not know"));
	return (PROV_OK);
}

static prov_status
get_manifest(struct manifest *m, prov_span bytes, prov_err *err)
{
	prov_status st;
	struct cbor c;
	uint64_t n;

	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = cbor_get_map(&c, &n, err)) != PROV_OK ||
	    (st = get_head(m, &c, err)) != PROV_OK)
		return (st);
	if (n < N_REQUIRED)
		return (prov_fail(err, PROV_EFORMAT, "fields are missing"));
	if ((st = field_key(&c, KEY_ASSET, what, err)) != PROV_OK ||
	    (st = get_asset(m, &c, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_STREAMS, what, err)) != PROV_OK ||
	    (st = get_streams(m, &c, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_ASSERTIONS, what, err)) != PROV_OK ||
	    (st = get_assertions(m, &c, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_INGREDIENTS, what, err)) != PROV_OK ||
	    (st = get_ingredients(m, &c, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_ORIGIN, what, err)) != PROV_OK ||
	    (st = get_origin(m, &c, err)) != PROV_OK ||
	    (st = get_optional(m, n - N_REQUIRED, &c, err)) != PROV_OK)
		return (st);
	return (field_end(&c, what, err));
}

prov_status
manifest_decode(struct manifest *out, prov_span bytes, prov_err *err)
{
	AUTO_MANIFEST m = { 0 };
	prov_status st;

	if (bytes.len > STATEMENT_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "manifest: %zu bytes, at most %lu are allowed", bytes.len,
		    STATEMENT_MAX));
	if ((st = get_manifest(&m, bytes, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	*out = m;
	m = (struct manifest){ 0 }; /* *out owns it now */
	return (PROV_OK);
}

static prov_status
outline_asset(struct outline *o, struct cbor *c, prov_err *err)
{
	uint64_t n, size;
	prov_span sha256;
	prov_status st;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK ||
	    (st = field_key(c, ASSET_SIZE, what, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &size, err)) != PROV_OK ||
	    (st = field_key(c, ASSET_SHA256, what, err)) != PROV_OK ||
	    (st = cbor_get_bytes(c, &sha256, err)) != PROV_OK)
		return (st);
	if (sha256.len != 32)
		return (prov_fail(err, PROV_EFORMAT, "no SHA-256"));
	o->asset = sha256.p;
	return (PROV_OK);
}

static prov_status
outline_streams(struct outline *o, struct cbor *c, prov_err *err)
{
	size_t n;
	prov_status st;

	if ((st = field_list(c, STREAMS_MAX, &n, "streams", err)) != PROV_OK)
		return (st);
	for (; o->n < n; o->n++)
		if ((st = stream_outline(&o->at[o->n], c, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
manifest_outline(struct outline *out, prov_span bytes, prov_err *err)
{
	struct cbor c, asset;
	uint64_t n, key = 0;
	prov_span item = { 0 };
	prov_status st;

	out->n = 0;
	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = cbor_get_map(&c, &n, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	while (n-- > 0 && key < KEY_ASSET)
		if ((st = cbor_get_uint(&c, &key, err)) != PROV_OK ||
		    (st = cbor_get_item(&c, &item, err)) != PROV_OK)
			return (prov_wrap(err, st, what));
	asset = (struct cbor){ .in = item };
	if (key != KEY_ASSET)
		return (prov_fail(err, PROV_EFORMAT, "manifest: no asset"));
	if ((st = outline_asset(out, &asset, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_STREAMS, what, err)) != PROV_OK ||
	    (st = outline_streams(out, &c, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	return (PROV_OK);
}
