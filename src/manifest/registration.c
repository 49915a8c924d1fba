/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "manifest/manifest.h"

#define REGISTRATION_VERSION 2 /* 1 had no recovery keys */

enum { KEY_VERSION = 1, KEY_SIGNERS };

static const char what[] = "registration policy";

void
registration_clear(struct registration *r)
{
	free(r->at);
	*r = (struct registration){ 0 };
}
#define AUTO_REGISTRATION \
	__attribute__((cleanup(registration_clear))) struct registration

static void
put_registration(struct buf *b, const struct registration *r)
{
	cbor_put_map(b, 2);
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b, REGISTRATION_VERSION);
	cbor_put_uint(b, KEY_SIGNERS);
	cbor_put_array(b, r->n);
	for (size_t i = 0; i < r->n; i++) {
		cbor_put_array(b, r->at[i].has_recovery ? 3 : 2);
		cbor_put_text(b, r->at[i].name);
		cbor_put_bytes(b, span(r->at[i].key, 32));
		if (r->at[i].has_recovery)
			cbor_put_bytes(b, span(r->at[i].recovery, 32));
	}
}

prov_status
registration_encode(struct buf *b, const struct registration *r, prov_err *err)
{
	AUTO_REGISTRATION back = { 0 };
	AUTO_BUF out = { 0 };
	prov_status st;

	put_registration(&out, r);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = registration_decode(&back, buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

/* A key cannot stand in for itself: who has the one has the other. */
static prov_status
get_recovery(struct registered *g, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_fixed(c, g->recovery, 32, err)) != PROV_OK)
		return (st);
	if (memcmp(g->recovery, g->key, 32) == 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "the key of %s is its own recovery key", g->name));
	g->has_recovery = true;
	return (PROV_OK);
}

static prov_status
get_registered(struct registered *g, struct cbor *c, prov_err *err)
{
	prov_status st;
	size_t n;

	if ((st = field_list(c, 3, &n, "signer", err)) != PROV_OK)
		return (st);
	if (n < 2)
		return (
		    prov_fail(err, PROV_EFORMAT, "a signer of %zu items", n));
	if ((st = cbor_get_str(c, g->name, sizeof(g->name), err)) != PROV_OK)
		return (st);
	for (const char *s = g->name; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return (prov_fail(err, PROV_EFORMAT,
			    "a signer's name is not printable ASCII"));
	if (g->name[0] == '\0')
		return (prov_fail(err, PROV_EFORMAT, "a signer has no name"));
	if ((st = cbor_get_fixed(c, g->key, 32, err)) != PROV_OK || n == 2)
		return (st);
	return (get_recovery(g, c, err));
}

/* One key under two names would leave open who signed. */
static prov_status
get_signers(struct registration *r, struct cbor *c, prov_err *err)
{
	prov_status st;
	size_t n;

	if ((st = field_list(c, REGISTERED_MAX, &n, "signers", err)) != PROV_OK)
		return (st);
	if (n == 0)
		return (prov_fail(err, PROV_EFORMAT, "it registers nobody"));
	if ((r->at = calloc(n, sizeof(*r->at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu signers", n));
	r->n = n;
	for (size_t i = 0; i < n; i++) {
		if ((st = get_registered(&r->at[i], c, err)) != PROV_OK)
			return (st);
		for (size_t j = 0; j < i; j++)
			if (memcmp(r->at[i].key, r->at[j].key, 32) == 0)
				return (prov_fail(err, PROV_EFORMAT,
				    "the key of %s is there twice",
				    r->at[i].name));
	}
	return (PROV_OK);
}

static prov_status
get_registration(struct registration *r, prov_span bytes, prov_err *err)
{
	prov_status st;
	struct cbor c;

	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = field_map(&c, 2, what, err)) != PROV_OK ||
	    (st = field_key(&c, KEY_VERSION, what, err)) != PROV_OK ||
	    (st = field_version(&c, REGISTRATION_VERSION, what, err)) !=
		PROV_OK ||
	    (st = field_key(&c, KEY_SIGNERS, what, err)) != PROV_OK ||
	    (st = get_signers(r, &c, err)) != PROV_OK)
		return (st);
	return (field_end(&c, what, err));
}

prov_status
registration_decode(struct registration *out, prov_span bytes, prov_err *err)
{
	AUTO_REGISTRATION r = { 0 };
	prov_status st;

	if ((st = get_registration(&r, bytes, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	*out = r;
	r = (struct registration){ 0 }; /* *out owns it now */
	return (PROV_OK);
}
