/* SPDX-License-Identifier: ISC */
#include "verify/known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "hash/sha256.h"
#include "verify/claimed.h"

#define N_FIELDS 15
#define N_USES   (SIGNAL_N * PURPOSE_N)

prov_status
known_key(uint8_t key[32], const uint8_t asset[32],
    const struct checkpoint *head, prov_err *err)
{
	AUTO_BUF b = { 0 };
	prov_status st;

	/* Each part has one length, or ends with what it cannot hold. */
	buf_printf(&b, "prov-known/%d %s\n%s\n", KNOWN_VERSION, prov_version(),
	    head->origin);
	buf_put_be64(&b, head->size);
	buf_put(&b, head->root, 32);
	buf_put(&b, asset, 32);
	if ((st = buf_done(&b, err)) != PROV_OK)
		return (st);
	return (sha256_of(key, buf_span(&b), err));
}

static void
put_uses(struct buf *b, const struct signals *s)
{
	uint8_t uses[N_USES];

	for (size_t i = 0; i < N_USES; i++)
		uses[i] = (uint8_t)s->use[i / PURPOSE_N][i % PURPOSE_N];
	cbor_put_bytes(b, span(uses, sizeof(uses)));
	cbor_put_text(b, s->source_type);
	cbor_put_text(b, s->license);
}

static void
put_statement(struct buf *b, const struct known_statement *s)
{
	cbor_put_array(b, N_FIELDS);
	cbor_put_bytes(b, span(s->digest, 32));
	cbor_put_bytes(b, span(s->kid, 32));
	cbor_put_text(b, s->iss);
	cbor_put_bool(b, s->verified);
	cbor_put_int(b, s->time);
	cbor_put_uint(b, s->index);
	cbor_put_uint(b, s->size);
	cbor_put_text(b, s->format);
	cbor_put_uint(b, (uint64_t)s->origin);
	cbor_put_bytes(b, span(s->supersedes, s->has_supersedes ? 32 : 0));
	cbor_put_bool(b, s->captions);
	cbor_put_text(b, s->media_type);
	put_uses(b, &s->claimed);
}

prov_status
known_encode(struct buf *b, const struct known *k, prov_err *err)
{
	cbor_put_array(b, 2);
	cbor_put_uint(b, KNOWN_VERSION);
	cbor_put_array(b, k->n);
	for (size_t i = 0; i < k->n; i++)
		put_statement(b, &k->at[i]);
	return (buf_done(b, err));
}

static prov_status
get_supersedes(struct known_statement *s, struct cbor *c, prov_err *err)
{
	prov_status st;
	prov_span bytes;

	if ((st = cbor_get_bytes(c, &bytes, err)) != PROV_OK)
		return (st);
	if (bytes.len != 0 && bytes.len != 32)
		return (prov_fail(err, PROV_EFORMAT, "supersedes: %zu bytes",
		    bytes.len));
	s->has_supersedes = bytes.len == 32;
	if (s->has_supersedes)
		memcpy(s->supersedes, bytes.p, 32);
	return (PROV_OK);
}

static prov_status
get_signals(struct signals *s, struct cbor *c, prov_err *err)
{
	uint8_t uses[N_USES];
	prov_status st;

	if ((st = cbor_get_fixed(c, uses, sizeof(uses), err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < N_USES; i++) {
		if (uses[i] > USE_NOT_ALLOWED)
			return (prov_fail(err, PROV_EFORMAT, "use %u",
			    (unsigned)uses[i]));
		s->use[i / PURPOSE_N][i % PURPOSE_N] = (enum use)uses[i];
	}
	if ((st = cbor_get_str(c, s->source_type, sizeof(s->source_type),
		 err)) != PROV_OK)
		return (st);
	return (cbor_get_str(c, s->license, sizeof(s->license), err));
}

static prov_status
get_origin(prov_origin *out, struct cbor *c, prov_err *err)
{
	uint64_t v;
	prov_status st;

	if ((st = cbor_get_uint(c, &v, err)) != PROV_OK)
		return (st);
	if (v > PROV_ORIGIN_TRANSFORMED)
		return (prov_fail(err, PROV_EFORMAT, "origin class %llu",
		    (unsigned long long)v));
	*out = (prov_origin)v;
	return (PROV_OK);
}

static prov_status
get_statement(struct known_statement *s, struct cbor *c, prov_err *err)
{
	prov_status st;

	memset(s, 0, sizeof(*s));
	if ((st = field_array(c, N_FIELDS, "statement", err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, s->digest, 32, err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, s->kid, 32, err)) != PROV_OK ||
	    (st = cbor_get_str(c, s->iss, sizeof(s->iss), err)) != PROV_OK ||
	    (st = prov_name_check(s->iss, err)) != PROV_OK ||
	    (st = cbor_get_bool(c, &s->verified, err)) != PROV_OK ||
	    (st = cbor_get_int(c, &s->time, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &s->index, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, &s->size, err)) != PROV_OK ||
	    (st = cbor_get_str(c, s->format, sizeof(s->format), err)) !=
		PROV_OK ||
	    (st = get_origin(&s->origin, c, err)) != PROV_OK ||
	    (st = get_supersedes(s, c, err)) != PROV_OK ||
	    (st = cbor_get_bool(c, &s->captions, err)) != PROV_OK ||
	    (st = cbor_get_str(c, s->media_type, sizeof(s->media_type), err)) !=
		PROV_OK)
		return (st);
	return (get_signals(&s->claimed, c, err));
}

prov_status
known_decode(struct known *out, prov_span bytes, prov_err *err)
{
	struct cbor c;
	size_t n = 0;
	prov_status st;

	out->n = 0;
	if (bytes.len > KNOWN_MAX)
		return (
		    prov_fail(err, PROV_ELIMIT, "known: %zu bytes", bytes.len));
	if ((st = cbor_open(&c, bytes, err)) != PROV_OK ||
	    (st = field_array(&c, 2, "known", err)) != PROV_OK ||
	    (st = field_version(&c, KNOWN_VERSION, "known", err)) != PROV_OK ||
	    (st = field_list(&c, EVIDENCE_MAX, &n, "known", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n; i++)
		if ((st = get_statement(&out->at[i], &c, err)) != PROV_OK)
			return (st);
	if ((st = field_end(&c, "known", err)) != PROV_OK)
		return (st);
	out->n = n;
	return (PROV_OK);
}

static prov_status
digest(uint8_t out[32], const uint8_t key[32], prov_span bytes, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	sha256_add(h, key, 32);
	sha256_add(h, bytes.p, bytes.len);
	return (sha256_done(h, out, err));
}

prov_status
known_seal(struct buf *b, const uint8_t key[32], const struct known *k,
    prov_err *err)
{
	size_t from = b->len;
	prov_status st;

	(void)buf_grow(b, 32);
	if ((st = known_encode(b, k, err)) != PROV_OK)
		return (st);
	return (digest(b->p + from, key,
	    span(b->p + from + 32, b->len - from - 32), err));
}

prov_status
known_open(struct known *out, const uint8_t key[32], prov_span bytes,
    prov_err *err)
{
	uint8_t want[32];
	prov_status st;

	out->n = 0;
	if (bytes.len < 32 || bytes.len > KNOWN_MAX)
		return (
		    prov_fail(err, PROV_ELIMIT, "known: %zu bytes", bytes.len));
	st = digest(want, key, span(bytes.p + 32, bytes.len - 32), err);
	if (st != PROV_OK)
		return (st);
	if (memcmp(want, bytes.p, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT, "known: damaged"));
	return (known_decode(out, span(bytes.p + 32, bytes.len - 32), err));
}

/* Whether it stands in the log at a head, and its signature was not refused. */
static bool
is_proven(const struct evidence *e, const struct checkpoint *head)
{
	return (e->listed && !e->from_sidecar && e->index == e->listed_at &&
		e->binding == PROV_BIND_EXACT &&
		e->signature != PROV_SIG_INVALID && e->at.size == head->size &&
		strcmp(e->at.origin, head->origin) == 0 &&
		memcmp(e->at.root, head->root, 32) == 0);
}

static prov_status
note(struct known_statement *s, const struct evidence *e, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	memset(s, 0, sizeof(*s));
	memcpy(s->digest, e->digest, 32);
	memcpy(s->kid, e->st.kid, 32);
	memcpy(s->iss, e->st.iss, sizeof(s->iss));
	s->verified = e->signer != NULL;
	s->time = e->m.time;
	s->index = e->index;
	s->size = e->m.asset.size;
	memcpy(s->format, e->m.format, sizeof(s->format));
	s->origin = e->m.origin;
	s->has_supersedes = e->m.has_supersedes;
	memcpy(s->supersedes, e->m.supersedes, 32);
	s->captions = claimed_captions(e);
	(void)snprintf(s->media_type, sizeof(s->media_type), "%s",
	    claimed_media_type(e));
	st = claimed_signals(&s->claimed, e, &why);
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

prov_status
known_note(struct known *out, bool *whole, const struct dossier *d,
    const struct checkpoint *head, prov_err *err)
{
	prov_status st;

	out->n = 0;
	*whole = false;
	if (!d->whole)
		return (PROV_OK);
	for (size_t i = 0; i < d->n; i++) {
		if (!is_proven(d->at[i], head))
			return (PROV_OK);
		if ((st = note(&out->at[i], d->at[i], err)) != PROV_OK)
			return (st);
	}
	out->n = d->n;
	*whole = d->n > 0;
	return (PROV_OK);
}

prov_status
known_evidence(struct evidence **out, const struct known_statement *s,
    const uint8_t asset[32], prov_err *err)
{
	AUTO_EVIDENCE *e = evidence_empty();

	if (e == NULL || (e->known = malloc(sizeof(*e->known))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "statement"));
	*e->known = *s;
	memcpy(e->digest, s->digest, 32);
	memcpy(e->st.kid, s->kid, 32);
	memcpy(e->st.iss, s->iss, sizeof(e->st.iss));
	memcpy(e->st.sub_digest, asset, 32);
	e->m.time = s->time;
	e->m.asset.size = s->size;
	memcpy(e->m.asset.sha256, asset, 32);
	memcpy(e->m.format, s->format, sizeof(e->m.format));
	e->m.origin = s->origin;
	e->m.has_supersedes = s->has_supersedes;
	memcpy(e->m.supersedes, s->supersedes, 32);
	e->listed = true;
	e->listed_at = s->index;
	*out = TAKE(e);
	return (PROV_OK);
}
