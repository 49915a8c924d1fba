/* SPDX-License-Identifier: ISC */
#include "sign/statement.h"

#include <string.h>

#include "base/bytes.h"
#include "base/field.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "sign/cose.h"
#include "sign/pubkey.h"

static const char *const types[] = {
	[PAYLOAD_MANIFEST] = "application/prov-manifest+cbor",
	[PAYLOAD_REVOCATION] = "application/prov-revocation+cbor",
	[PAYLOAD_TAKEDOWN] = "application/prov-takedown+cbor",
	[PAYLOAD_REGISTRATION] = "application/prov-registration+cbor",
	[PAYLOAD_RUN] = "application/prov-run+cbor",
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

const char *
payload_type(enum payload_kind kind)
{
	return ((size_t)kind < N_TYPES ? types[kind] : NULL);
}

static prov_status
get_kind(enum payload_kind *kind, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span s;

	if ((st = cbor_get_text(c, &s, err)) != PROV_OK)
		return (prov_wrap(err, st, "content type"));
	for (size_t i = PAYLOAD_MANIFEST; i < N_TYPES; i++)
		if (span_eq(s, span(types[i], strlen(types[i])))) {
			*kind = (enum payload_kind)i;
			return (PROV_OK);
		}
	return (prov_fail(err, PROV_EUNSUPPORTED,
	    "content type is none that this prov knows"));
}

static prov_status
get_alg(struct cbor *c, prov_err *err)
{
	prov_status st;
	int64_t alg;

	if ((st = cbor_get_int(c, &alg, err)) != PROV_OK)
		return (prov_wrap(err, st, "algorithm"));
	if (alg != COSE_EDDSA)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "algorithm %lld, not -8 (EdDSA)", (long long)alg));
	return (PROV_OK);
}

static prov_status
get_claims(struct statement *s, struct cbor *c, prov_err *err)
{
	static const char prefix[] = "sha256:";
	const size_t n = sizeof(prefix) - 1;
	prov_status st;

	if ((st = field_map(c, 2, "CWT claims", err)) != PROV_OK ||
	    (st = field_key(c, CWT_ISS, "CWT claims", err)) != PROV_OK ||
	    (st = cbor_get_str(c, s->iss, sizeof(s->iss), err)) != PROV_OK ||
	    (st = prov_name_check(s->iss, err)) != PROV_OK)
		return (prov_wrap(err, st, "iss"));
	if ((st = field_key(c, CWT_SUB, "CWT claims", err)) != PROV_OK ||
	    (st = cbor_get_str(c, s->sub, sizeof(s->sub), err)) != PROV_OK)
		return (prov_wrap(err, st, "sub"));
	if (strncmp(s->sub, prefix, n) != 0 ||
	    !hex_decode(s->sub_digest, 32, s->sub + n, strlen(s->sub + n)))
		return (prov_fail(err, PROV_EFORMAT,
		    "sub is not sha256: and 64 hex digits"));
	return (PROV_OK);
}

/* Exactly {1: -8, 3: content type, 4: kid, 15: claims}: no crit, no more. */
static prov_status
get_protected(struct statement *s, prov_err *err)
{
	static const char what[] = "protected header";
	prov_status st;
	struct cbor c;

	if ((st = cbor_open(&c, s->protected_, err)) != PROV_OK ||
	    (st = field_map(&c, 4, what, err)) != PROV_OK ||
	    (st = field_key(&c, COSE_ALG, what, err)) != PROV_OK ||
	    (st = get_alg(&c, err)) != PROV_OK ||
	    (st = field_key(&c, COSE_TYPE, what, err)) != PROV_OK ||
	    (st = get_kind(&s->kind, &c, err)) != PROV_OK ||
	    (st = field_key(&c, COSE_KID, what, err)) != PROV_OK ||
	    (st = cbor_get_fixed(&c, s->kid, 32, err)) != PROV_OK ||
	    (st = field_key(&c, COSE_CWT, what, err)) != PROV_OK ||
	    (st = get_claims(s, &c, err)) != PROV_OK)
		return (st);
	return (field_end(&c, what, err));
}

static prov_status
get_sign1(struct statement *s, prov_err *err)
{
	prov_status st;
	struct cbor c;
	uint64_t tag;

	if ((st = cbor_open(&c, s->bytes, err)) != PROV_OK ||
	    (st = cbor_get_tag(&c, &tag, err)) != PROV_OK)
		return (st);
	if (tag != COSE_SIGN1)
		return (prov_fail(err, PROV_EFORMAT, "not a COSE_Sign1"));
	if ((st = field_array(&c, 4, "COSE_Sign1", err)) != PROV_OK ||
	    (st = cbor_get_bytes(&c, &s->protected_, err)) != PROV_OK ||
	    (st = field_map(&c, 0, "unprotected header", err)) != PROV_OK ||
	    (st = cbor_get_bytes(&c, &s->payload, err)) != PROV_OK ||
	    (st = cbor_get_fixed(&c, s->sig, 64, err)) != PROV_OK)
		return (st);
	return (field_end(&c, "COSE_Sign1", err));
}

prov_status
statement_read(struct statement *out, prov_span bytes, prov_err *err)
{
	struct statement s = { .bytes = bytes };
	prov_status st;

	if ((st = get_sign1(&s, err)) != PROV_OK ||
	    (st = get_protected(&s, err)) != PROV_OK)
		return (prov_wrap(err, st, "statement"));
	*out = s;
	return (PROV_OK);
}

/* Whether these bytes come next; then they are stepped over. */
static bool
pass(prov_span *in, const char *want, size_t len)
{
	if (in->len < len || memcmp(in->p, want, len) != 0)
		return (false);
	*in = span(in->p + len, in->len - len);
	return (true);
}
#define PASS(in, literal) pass(in, literal, sizeof(literal) - 1)

/* The next len bytes. */
static bool
cut(prov_span *in, prov_span *out, size_t len)
{
	if (in->len < len)
		return (false);
	*out = span(in->p, len);
	*in = span(in->p + len, in->len - len);
	return (true);
}

/* A string whose head's first byte is major, and its length in short form. */
static bool
cut_string(prov_span *in, prov_span *out, uint8_t major)
{
	const uint8_t *p = in->p;
	size_t head, len;

	if (in->len < 3)
		return (false);
	if (p[0] >= major && p[0] < major + 24) {
		head = 1;
		len = p[0] - major;
	} else if (p[0] == major + 24 && p[1] >= 24) {
		head = 2;
		len = p[1];
	} else if (p[0] == major + 25 && p[1] != 0) {
		head = 3;
		len = be16(p + 1);
	} else {
		return (false);
	}
	*in = span(p + head, in->len - head);
	return (cut(in, out, len));
}
#define HEAD_BYTES 0x40
#define HEAD_TEXT  0x60

static bool
glance_kind(enum payload_kind *kind, prov_span type)
{
	for (size_t i = PAYLOAD_MANIFEST; i < N_TYPES; i++)
		if (span_eq(type, span(types[i], strlen(types[i])))) {
			*kind = (enum payload_kind)i;
			return (true);
		}
	return (false);
}

/* A name is ASCII without NUL, or it is none. */
static bool
glance_claims(struct statement *s, prov_span iss, prov_span sub)
{
	if (iss.len >= sizeof(s->iss) || memchr(iss.p, 0, iss.len) != NULL ||
	    !pass(&sub, "sha256:", 7) ||
	    !hex_decode(s->sub_digest, 32, (const char *)sub.p, sub.len))
		return (false);
	memcpy(s->iss, iss.p, iss.len);
	s->iss[iss.len] = '\0';
	memcpy(s->sub, sub.p - 7, SUB_LEN);
	s->sub[SUB_LEN] = '\0';
	return (prov_name_check(s->iss, NULL) == PROV_OK);
}

bool
statement_glance(struct statement *out, prov_span bytes)
{
	prov_span in = bytes, head, type, kid, iss, sub, sig;

	if (!PASS(&in, "\xd2\x84") ||
	    !cut_string(&in, &out->protected_, HEAD_BYTES) ||
	    !PASS(&in, "\xa0") || !cut_string(&in, &out->payload, HEAD_BYTES) ||
	    !PASS(&in, "\x58\x40") || !cut(&in, &sig, 64) || in.len != 0)
		return (false);
	head = out->protected_;
	if (!PASS(&head, "\xa4\x01\x27\x03") ||
	    !cut_string(&head, &type, HEAD_TEXT) ||
	    !PASS(&head, "\x04\x58\x20") || !cut(&head, &kid, 32) ||
	    !PASS(&head, "\x0f\xa2\x01") ||
	    !cut_string(&head, &iss, HEAD_TEXT) ||
	    !PASS(&head, "\x02\x78\x47") || !cut(&head, &sub, SUB_LEN) ||
	    head.len != 0 || !glance_kind(&out->kind, type) ||
	    !glance_claims(out, iss, sub))
		return (false);
	memcpy(out->kid, kid.p, 32);
	memcpy(out->sig, sig.p, 64);
	out->bytes = bytes;
	return (true);
}

prov_status
statement_parse(struct statement *out, prov_span bytes, prov_err *err)
{
	struct statement s;

	if (bytes.len > STATEMENT_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "statement: %zu bytes, at most %lu are allowed", bytes.len,
		    STATEMENT_MAX));
	if (!statement_glance(&s, bytes))
		return (statement_read(out, bytes, err));
	*out = s;
	return (PROV_OK);
}

/* RFC 9052 4.4, with an empty external_aad. */
void
cose_to_sign(struct buf *b, prov_span protected_, prov_span payload)
{
	cbor_put_array(b, 4);
	cbor_put_text(b, "Signature1");
	cbor_put_bytes(b, protected_);
	cbor_put_bytes(b, span(NULL, 0));
	cbor_put_bytes(b, payload);
}

/*
 * The algorithm and the key are the trusted key's; kid is computed from it
 * here, so that no caller's copy of it matters.
 */
prov_status
statement_verify(const struct statement *s, const prov_pubkey *key,
    prov_err *err)
{
	AUTO_BUF tbs = { 0 };
	prov_status st;
	uint8_t kid[32];

	pubkey_kid(kid, key->key);
	if (memcmp(kid, s->kid, sizeof(kid)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "statement: signed by another key"));
	cose_to_sign(&tbs, s->protected_, s->payload);
	if ((st = buf_done(&tbs, err)) != PROV_OK)
		return (st);
	st = pubkey_verify(key->key, s->sig, buf_span(&tbs), err);
	return (st == PROV_OK ? PROV_OK : prov_wrap(err, st, "statement"));
}

prov_status
statement_digest(uint8_t out[32], prov_span bytes, prov_err *err)
{
	return (sha256_of(out, bytes, err));
}
