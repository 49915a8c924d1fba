/* SPDX-License-Identifier: ISC */
#include "carrier/sidecar.h"

#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "hash/sha256.h"

enum {
	KEY_VERSION = 1,
	KEY_STATEMENT,
	KEY_PROOF,     /* optional */
	KEY_RECEIPT,   /* optional */
	KEY_TIMELINES, /* optional */
	KEY_OPENINGS,  /* optional */
	KEY_LINES      /* optional */
};

/* The closing byte string: two bytes of head, 32 of SHA-256. */
#define SEAL_LEN (2 + SHA256_LEN)

static const char what[] = "sidecar";

static void
put_openings(struct buf *b, const struct opening *at, size_t n)
{
	cbor_put_array(b, n);
	for (size_t i = 0; i < n; i++) {
		cbor_put_array(b, 2);
		cbor_put_bytes(b, span(at[i].salt, sizeof(at[i].salt)));
		buf_put_span(b, at[i].item);
	}
}

static void
put_body(struct buf *b, const struct sidecar *s)
{
	cbor_put_map(b, 2 + (uint64_t)(s->proof.len > 0) +
			    (s->receipt.len > 0) + (s->n_timelines > 0) +
			    (s->n_openings > 0) + (s->lines.len > 0));
	cbor_put_uint(b, KEY_VERSION);
	cbor_put_uint(b, SIDECAR_VERSION);
	cbor_put_uint(b, KEY_STATEMENT);
	cbor_put_bytes(b, s->statement);
	if (s->proof.len > 0) {
		cbor_put_uint(b, KEY_PROOF);
		cbor_put_bytes(b, s->proof);
	}
	if (s->receipt.len > 0) {
		cbor_put_uint(b, KEY_RECEIPT);
		cbor_put_bytes(b, s->receipt);
	}
	if (s->n_timelines > 0) {
		cbor_put_uint(b, KEY_TIMELINES);
		cbor_put_array(b, s->n_timelines);
		for (size_t i = 0; i < s->n_timelines; i++)
			cbor_put_bytes(b, s->timelines[i]);
	}
	if (s->n_openings > 0) {
		cbor_put_uint(b, KEY_OPENINGS);
		put_openings(b, s->openings, s->n_openings);
	}
	if (s->lines.len > 0) {
		cbor_put_uint(b, KEY_LINES);
		cbor_put_bytes(b, s->lines);
	}
}

static prov_status
put_sealed(struct buf *b, const struct sidecar *s, prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;

	cbor_put_array(b, 2);
	put_body(b, s);
	if ((st = buf_done(b, err)) != PROV_OK ||
	    (st = sha256_of(digest, buf_span(b), err)) != PROV_OK)
		return (st);
	cbor_put_bytes(b, span(digest, sizeof(digest)));
	return (buf_done(b, err));
}

prov_status
sidecar_encode(struct buf *b, const struct sidecar *s, prov_err *err)
{
	AUTO_BUF out = { .max = SIDECAR_MAX };
	AUTO_FREE struct sidecar *back = NULL;
	prov_status st;

	if (s->n_timelines > SIDECAR_TIMELINES ||
	    s->n_openings > SIDECAR_OPENINGS)
		return (prov_fail(err, PROV_EARG,
		    "sidecar: %zu timelines and %zu openings are too many",
		    s->n_timelines, s->n_openings));
	if ((back = malloc(sizeof(*back))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	if ((st = put_sealed(&out, s, err)) != PROV_OK ||
	    (st = sidecar_decode(back, buf_span(&out), err)) != PROV_OK)
		return (st);
	if (b->len > 0 || b->max != 0) {
		buf_put_span(b, buf_span(&out));
		return (buf_done(b, err));
	}
	buf_free(b);
	*b = out; /* no copy of what may be large */
	b->max = 0;
	out = (struct buf){ 0 };
	return (PROV_OK);
}

static prov_status
get_bytes(prov_span *s, struct cbor *c, const char *name, prov_err *err)
{
	prov_status st;

	if ((st = cbor_get_bytes(c, s, err)) != PROV_OK)
		return (prov_wrap(err, st, name));
	if (s->len == 0)
		return (prov_fail(err, PROV_EFORMAT, "%s: empty", name));
	return (PROV_OK);
}

static prov_status
get_openings(struct opening *at, size_t *n, struct cbor *c, prov_err *err)
{
	static const char name[] = "opening";
	prov_status st;

	if ((st = field_list(c, SIDECAR_OPENINGS, n, name, err)) != PROV_OK)
		return (st);
	if (*n == 0)
		return (prov_fail(err, PROV_EFORMAT, "openings: none"));
	for (size_t i = 0; i < *n; i++)
		if ((st = field_array(c, 2, name, err)) != PROV_OK ||
		    (st = cbor_get_fixed(c, at[i].salt, 16, err)) != PROV_OK ||
		    (st = cbor_get_item(c, &at[i].item, err)) != PROV_OK)
			return (prov_wrap(err, st, name));
	return (PROV_OK);
}

static prov_status
get_timelines(struct sidecar *s, struct cbor *c, prov_err *err)
{
	prov_status st;

	if ((st = field_list(c, SIDECAR_TIMELINES, &s->n_timelines, "timelines",
		 err)) != PROV_OK)
		return (st);
	if (s->n_timelines == 0)
		return (prov_fail(err, PROV_EFORMAT, "timelines: none"));
	for (size_t i = 0; i < s->n_timelines; i++)
		if ((st = get_bytes(&s->timelines[i], c, "timeline", err)) !=
		    PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
get_optional(struct sidecar *s, uint64_t key, struct cbor *c, prov_err *err)
{
	switch (key) {
	case KEY_PROOF:
		return (get_bytes(&s->proof, c, "proof", err));
	case KEY_RECEIPT:
		return (get_bytes(&s->receipt, c, "receipt", err));
	case KEY_TIMELINES:
		return (get_timelines(s, c, err));
	case KEY_OPENINGS:
		return (get_openings(s->openings, &s->n_openings, c, err));
	case KEY_LINES:
		return (get_bytes(&s->lines, c, "lines", err));
	default:
		return (prov_fail(err, PROV_EFORMAT, "field %llu is not known",
		    (unsigned long long)key));
	}
}

/* The validator has seen that keys are in order and none is there twice. */
static prov_status
get_body(struct sidecar *s, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t n, key;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK ||
	    (st = field_key(c, KEY_VERSION, "body", err)) != PROV_OK ||
	    (st = field_version(c, SIDECAR_VERSION, "body", err)) != PROV_OK)
		return (st);
	if (n < 2)
		return (prov_fail(err, PROV_EFORMAT, "no statement"));
	if ((st = field_key(c, KEY_STATEMENT, "body", err)) != PROV_OK ||
	    (st = get_bytes(&s->statement, c, "statement", err)) != PROV_OK)
		return (st);
	for (uint64_t i = 2; i < n; i++)
		if ((st = cbor_get_uint(c, &key, err)) != PROV_OK ||
		    (st = get_optional(s, key, c, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/* That the last 32 bytes are the SHA-256 of what is before their head. */
static prov_status
check_seal(prov_span bytes, prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	prov_status st;
	size_t len;

	if (bytes.len > SIDECAR_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "%zu bytes, at most %lu are allowed", bytes.len,
		    SIDECAR_MAX));
	if (bytes.len <= SEAL_LEN)
		return (prov_fail(err, PROV_EFORMAT, "%zu bytes are too few",
		    bytes.len));
	len = bytes.len - SEAL_LEN;
	if ((st = sha256_of(digest, span(bytes.p, len), err)) != PROV_OK)
		return (st);
	if (memcmp(bytes.p + len + 2, digest, sizeof(digest)) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "damaged: its SHA-256 is not the one at its end; look the "
		    "asset up in the ledger, or sign it again"));
	return (PROV_OK);
}

static prov_status
get_sidecar(struct sidecar *s, prov_span bytes, prov_err *err)
{
	prov_status st;
	struct cbor c;
	prov_span seal;

	if ((st = check_seal(bytes, err)) != PROV_OK ||
	    (st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = field_array(&c, 2, "form", err)) != PROV_OK ||
	    (st = get_body(s, &c, err)) != PROV_OK ||
	    (st = cbor_get_bytes(&c, &seal, err)) != PROV_OK)
		return (st);
	if (seal.len != SHA256_LEN)
		return (
		    prov_fail(err, PROV_EFORMAT, "it ends without SHA-256"));
	return (field_end(&c, "form", err));
}

prov_status
sidecar_decode(struct sidecar *out, prov_span bytes, prov_err *err)
{
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	if ((st = get_sidecar(s, bytes, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	*out = *s;
	return (PROV_OK);
}

prov_status
openings_encode(struct buf *b, const struct opening *at, size_t n,
    prov_err *err)
{
	AUTO_BUF out = { 0 };
	prov_status st;

	if (n == 0 || n > SIDECAR_OPENINGS)
		return (prov_fail(err, PROV_EARG, "%zu openings", n));
	put_openings(&out, at, n);
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = cbor_check(buf_span(&out), err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

prov_status
openings_decode(struct opening *at, size_t *n, prov_span bytes, prov_err *err)
{
	struct opening got[SIDECAR_OPENINGS];
	prov_status st;
	struct cbor c;
	size_t count;

	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = get_openings(got, &count, &c, err)) != PROV_OK ||
	    (st = field_end(&c, "openings", err)) != PROV_OK)
		return (prov_wrap(err, st, "openings"));
	if (count > *n)
		return (prov_fail(err, PROV_ELIMIT, "%zu openings", count));
	memcpy(at, got, count * sizeof(*at));
	*n = count;
	return (PROV_OK);
}

char *
sidecar_path(const char *media, const char *dir)
{
	const char *slash = strrchr(media, '/');
	const char *name = dir != NULL && slash != NULL ? slash + 1 : media;
	AUTO_BUF b = { 0 };
	char *path;

	if (dir != NULL) {
		buf_put_str(&b, dir);
		buf_put_byte(&b, '/');
	}
	buf_put_str(&b, name);
	buf_put_str(&b, ".prov");
	return (buf_take_str(&b, &path, NULL) == PROV_OK ? path : NULL);
}
