/* SPDX-License-Identifier: ISC */
#include "manifest/revocation.h"

#include <string.h>

#include "base/field.h"
#include "manifest/manifest.h"

/* Keys of both payloads; the last is a revocation's alone. */
enum { KEY_VERSION = 1, KEY_ABOUT, KEY_ORIGIN, KEY_TIME, KEY_REASON, KEY_FROM };

static const char revocation_what[] = "revocation";
static const char takedown_what[] = "takedown";

struct reason_name {
	unsigned reason;
	const char *name;
};

/* The numbers of RFC 5280, 5.3.1, that fit a key without a certificate. */
static const struct reason_name revocation_names[] = {
	{ 0, "unspecified" },
	{ 1, "key-compromise" },
	{ 3, "affiliation-changed" },
	{ 4, "superseded" },
	{ 5, "cessation-of-operation" },
	{ 9, "privilege-withdrawn" },
	{ 0, NULL },
};

static const struct reason_name takedown_names[] = {
	{ 0, "unspecified" },
	{ 1, "mistake" },
	{ 2, "rights" },
	{ 3, "privacy" },
	{ 4, "law" },
	{ 0, NULL },
};

static const char *
find_name(const struct reason_name *table, unsigned reason)
{
	for (; table->name != NULL; table++)
		if (table->reason == reason)
			return (table->name);
	return (NULL);
}

static prov_status
parse_name(const struct reason_name *table, unsigned *out, const char *name,
    prov_err *err)
{
	AUTO_BUF all = { 0 };

	for (const struct reason_name *r = table; r->name != NULL; r++) {
		if (strcmp(r->name, name) == 0) {
			*out = r->reason;
			return (PROV_OK);
		}
		buf_printf(&all, "%s%s", r == table ? "" : ", ", r->name);
	}
	return (prov_fail(err, PROV_EARG, "a reason is one of %.*s",
	    (int)all.len, all.p != NULL ? (const char *)all.p : ""));
}

const char *
revocation_reason(unsigned reason)
{
	return (find_name(revocation_names, reason));
}

const char *
takedown_reason(unsigned reason)
{
	return (find_name(takedown_names, reason));
}

prov_status
revocation_reason_parse(unsigned *out, const char *name, prov_err *err)
{
	return (parse_name(revocation_names, out, name, err));
}

prov_status
takedown_reason_parse(unsigned *out, const char *name, prov_err *err)
{
	return (parse_name(takedown_names, out, name, err));
}

/* A map of n fields with all of them but a revocation's own. */
static void
put_head(struct buf *b, uint64_t n, const uint8_t about[32], const char *origin,
    int64_t time, unsigned reason)
{
	cbor_put_map(b, n);
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b, NOTICE_VERSION);
	cbor_put_uint(b, KEY_ABOUT);
	cbor_put_bytes(b, span(about, 32));
	cbor_put_uint(b, KEY_ORIGIN);
	cbor_put_text(b, origin);
	cbor_put_uint(b, KEY_TIME);
	cbor_put_int(b, time);
	cbor_put_uint(b, KEY_REASON);
	cbor_put_uint(b, reason);
}

static prov_status
get_origin(struct cbor *c, char origin[PROV_NAME_MAX + 1], prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_str(c, origin, PROV_NAME_MAX + 1, err)) != PROV_OK)
		return (st);
	for (const char *s = origin; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return (prov_fail(err, PROV_EFORMAT,
			    "the origin is not printable ASCII"));
	if (origin[0] == '\0')
		return (prov_fail(err, PROV_EFORMAT, "the origin is empty"));
	return (PROV_OK);
}

static prov_status
get_head(struct cbor *c, uint64_t n, uint8_t about[32],
    char origin[PROV_NAME_MAX + 1], int64_t *time, const char *what,
    prov_err *err)
{
	prov_status st;

	if ((st = field_map(c, n, what, err)) != PROV_OK ||
	    (st = field_key(c, KEY_VERSION, what, err)) != PROV_OK ||
	    (st = field_version(c, NOTICE_VERSION, what, err)) != PROV_OK ||
	    (st = field_key(c, KEY_ABOUT, what, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, about, 32, err)) != PROV_OK ||
	    (st = field_key(c, KEY_ORIGIN, what, err)) != PROV_OK ||
	    (st = get_origin(c, origin, err)) != PROV_OK ||
	    (st = field_key(c, KEY_TIME, what, err)) != PROV_OK ||
	    (st = cbor_get_int(c, time, err)) != PROV_OK)
		return (st);
	if (*time < 0 || *time > MANIFEST_TIME_MAX)
		return (prov_fail(err, PROV_EFORMAT, "claimed time %lld",
		    (long long)*time));
	return (PROV_OK);
}

static prov_status
get_reason(struct cbor *c, const struct reason_name *table, unsigned *out,
    const char *what, prov_err *err)
{
	prov_status st;
	uint64_t reason;

	if ((st = field_key(c, KEY_REASON, what, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &reason, err)) != PROV_OK)
		return (st);
	if (reason > UINT32_MAX || find_name(table, (unsigned)reason) == NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "reason %llu is none that this prov knows",
		    (unsigned long long)reason));
	*out = (unsigned)reason;
	return (PROV_OK);
}

static prov_status
get_revocation(struct revocation *r, struct cbor *c, prov_err *err)
{
	const char *what = revocation_what;
	prov_status st;

	if ((st = get_head(c, 6, r->kid, r->origin, &r->time, what, err)) !=
		PROV_OK ||
	    (st = get_reason(c, revocation_names, &r->reason, what, err)) !=
		PROV_OK ||
	    (st = field_key(c, KEY_FROM, what, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &r->from_index, err)) != PROV_OK)
		return (st);
	return (field_end(c, what, err));
}

prov_status
revocation_decode(struct revocation *out, prov_span bytes, prov_err *err)
{
	struct revocation r = { 0 };
	struct cbor c;
	prov_status st;

	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = get_revocation(&r, &c, err)) != PROV_OK)
		return (prov_wrap(err, st, revocation_what));
	*out = r;
	return (PROV_OK);
}

static prov_status
get_takedown(struct takedown *t, struct cbor *c, prov_err *err)
{
	const char *what = takedown_what;
	prov_status st;

	if ((st = get_head(c, 5, t->asset, t->origin, &t->time, what, err)) !=
		PROV_OK ||
	    (st = get_reason(c, takedown_names, &t->reason, what, err)) !=
		PROV_OK)
		return (st);
	return (field_end(c, what, err));
}

prov_status
takedown_decode(struct takedown *out, prov_span bytes, prov_err *err)
{
	struct takedown t = { 0 };
	struct cbor c;
	prov_status st;

	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = get_takedown(&t, &c, err)) != PROV_OK)
		return (prov_wrap(err, st, takedown_what));
	*out = t;
	return (PROV_OK);
}

/* What cannot be read again is never signed. */
prov_status
revocation_encode(struct buf *b, const struct revocation *r, prov_err *err)
{
	AUTO_BUF out = { 0 };
	struct revocation back;
	prov_status st;

	put_head(&out, 6, r->kid, r->origin, r->time, r->reason);
	cbor_put_uint(&out, KEY_FROM);
	cbor_put_uint(&out, r->from_index);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = revocation_decode(&back, buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

prov_status
takedown_encode(struct buf *b, const struct takedown *t, prov_err *err)
{
	AUTO_BUF out = { 0 };
	struct takedown back;
	prov_status st;

	put_head(&out, 5, t->asset, t->origin, t->time, t->reason);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = takedown_decode(&back, buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}
