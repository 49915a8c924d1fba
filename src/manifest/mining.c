/* SPDX-License-Identifier: ISC */
#include "manifest/mining.h"

#include <string.h>

static bool
is(prov_span text, const char *s)
{
	return (span_eq(text, span(s, strlen(s))));
}

/* Takes "cawg." or "c2pa." off a key: the rest is a purpose. */
static bool
strip_prefix(prov_span *key)
{
	if (key->len < 5 || (memcmp(key->p, "cawg.", 5) != 0 &&
				memcmp(key->p, "c2pa.", 5) != 0))
		return (false);
	*key = span(key->p + 5, key->len - 5);
	return (true);
}

struct entry {
	prov_span use;
	bool explained; /* what constrains the use */
};

static prov_status
read_field(struct entry *e, struct cbor *c, prov_err *err)
{
	prov_span key, text;
	prov_status st;

	if ((st = cbor_get_text(c, &key, err)) != PROV_OK)
		return (st);
	if (is(key, "use"))
		return (cbor_get_text(c, &e->use, err));
	if (!is(key, "constraint_info") && !is(key, "constraints_info"))
		return (cbor_get_item(c, &text, err));
	if ((st = cbor_get_text(c, &text, err)) == PROV_OK && text.len > 0)
		e->explained = true;
	return (st);
}

static enum use
use_of(const struct entry *e)
{
	enum use u;

	if (!use_find(&u, e->use) || u == USE_SILENT ||
	    (u == USE_CONSTRAINED && !e->explained))
		return (USE_NOT_ALLOWED);
	return (u);
}

static prov_status
read_entry(enum use *out, struct cbor *c, prov_err *err)
{
	struct entry e = { 0 };
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++)
		if ((st = read_field(&e, c, err)) != PROV_OK)
			return (st);
	if (e.use.p == NULL)
		return (prov_fail(err, PROV_EFORMAT, "an entry has no use"));
	*out = use_of(&e);
	return (PROV_OK);
}

/* A purpose that is not known may be any: only that it is allowed is no news.
 */
static prov_status
read_purpose(struct signals *s, enum signal who, prov_span name, struct cbor *c,
    prov_err *err)
{
	enum use u = USE_NOT_ALLOWED;
	enum purpose p;
	prov_status st;

	if ((st = read_entry(&u, c, err)) != PROV_OK)
		return (st);
	if (purpose_find(&p, name))
		signals_raise(s, who, p, u);
	else if (u != USE_ALLOWED)
		signals_forbid(s, who);
	return (PROV_OK);
}

static prov_status
read_map(struct signals *s, enum signal who, bool inner, struct cbor *c,
    prov_err *err)
{
	prov_span key, skipped;
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_text(c, &key, err)) != PROV_OK)
			return (st);
		if (!inner && is(key, "entries"))
			st = read_map(s, who, true, c, err);
		else if (strip_prefix(&key))
			st = read_purpose(s, who, key, c, err);
		else
			st = cbor_get_item(c, &skipped, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
mining_claimed(struct signals *s, enum signal who, struct cbor *c,
    prov_err *err)
{
	return (read_map(s, who, false, c, err));
}
