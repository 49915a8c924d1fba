/* SPDX-License-Identifier: ISC */
#include "gate/dsse.h"

#include <string.h>

#include "base/json.h"
#include "base/jsonin.h"
#include "base/text.h"
#include "sign/pubkey.h"

static const char what[] = "envelope";

void
dsse_clear(struct dsse *d)
{
	buf_free(&d->payload);
	memset(d, 0, sizeof(*d));
}

void
dsse_pae(struct buf *b, const char *type, prov_span body)
{
	buf_printf(b, "DSSEv1 %zu %s %zu ", strlen(type), type, body.len);
	buf_put_span(b, body);
}

static prov_status
put_base64(struct json *j, const char *key, prov_span bytes, prov_err *err)
{
	AUTO_BUF text = { 0 };
	prov_status st;

	base64_put(&text, bytes);
	if ((st = buf_done(&text, err)) == PROV_OK)
		json_text(j, key, buf_span(&text));
	return (st);
}

static prov_status
put_envelope(struct buf *b, const prov_pubkey *key, prov_span payload,
    const uint8_t sig[64], prov_err *err)
{
	AUTO_JSON *j = json_new();
	prov_status st;

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, what));
	json_str(j, "payloadType", DSSE_TYPE);
	if ((st = put_base64(j, "payload", payload, err)) != PROV_OK)
		return (st);
	json_begin_array(j, "signatures");
	json_begin_object(j, NULL);
	json_hex(j, "keyid", key->kid, sizeof(key->kid));
	if ((st = put_base64(j, "sig", span(sig, 64), err)) != PROV_OK)
		return (st);
	json_end(j);
	json_end(j);
	return (json_put(j, b, err));
}

/* Reads back what was made as a stranger would. */
static prov_status
recheck(prov_span bytes, const prov_pubkey *key, prov_span payload,
    prov_err *err)
{
	AUTO_DSSE d = { .n = 0 };
	prov_status st;

	if ((st = dsse_parse(&d, bytes, err)) != PROV_OK ||
	    (st = dsse_verify(&d, key, err)) != PROV_OK)
		return (st);
	if (!span_eq(buf_span(&d.payload), payload))
		return (prov_fail(err, PROV_EINTERNAL, "envelope's payload"));
	return (PROV_OK);
}

prov_status
dsse_sign(struct buf *b, const prov_key *key, prov_span payload, prov_err *err)
{
	AUTO_BUF pae = { 0 }, out = { 0 };
	const prov_pubkey *pub = prov_key_public(key);
	uint8_t sig[64];
	prov_status st;

	dsse_pae(&pae, DSSE_TYPE, payload);
	if ((st = buf_done(&pae, err)) != PROV_OK ||
	    (st = key_sign(key, sig, buf_span(&pae), err)) != PROV_OK ||
	    (st = put_envelope(&out, pub, payload, sig, err)) != PROV_OK)
		return (st);
	buf_put_byte(&out, '\n');
	if ((st = buf_done(&out, err)) != PROV_OK ||
	    (st = recheck(buf_span(&out), pub, payload, err)) != PROV_OK)
		return (st);
	buf_put_span(b, buf_span(&out));
	return (buf_done(b, err));
}

/* Both alphabets of RFC 4648 are allowed, and the usual one is read. */
static prov_status
get_base64(struct buf *out, const struct jsonin *v, const char *name,
    prov_err *err)
{
	AUTO_BUF text = { 0 };
	const char *s = jsonin_str(v);
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_EFORMAT, "%s: no %s", what, name));
	for (; *s != '\0'; s++)
		buf_put_byte(&text, (uint8_t)(*s == '-'   ? '+'
					      : *s == '_' ? '/'
							  : *s));
	if ((st = buf_done(&text, err)) != PROV_OK)
		return (st);
	if (!base64_decode(out, (const char *)text.p, text.len) && !out->failed)
		return (prov_fail(err, PROV_EFORMAT, "%s: %s is no base64",
		    what, name));
	return (buf_done(out, err));
}

static prov_status
get_sig(struct dsse *d, const struct jsonin *v, prov_err *err)
{
	static const char *const keys[] = { "keyid", "sig" };
	const struct jsonin *keyid = jsonin_get(v, "keyid");
	AUTO_BUF sig = { 0 };
	prov_status st;

	if ((st = jsonin_only(v, keys, 2, "signature", err)) != PROV_OK ||
	    (st = get_base64(&sig, jsonin_get(v, "sig"), "sig", err)) !=
		PROV_OK)
		return (st);
	if (keyid != NULL && jsonin_str(keyid) == NULL)
		return (
		    prov_fail(err, PROV_EFORMAT, "%s: keyid is no text", what));
	if (sig.len != sizeof(d->sig[0]))
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: a signature of %zu bytes", what, sig.len));
	memcpy(d->sig[d->n++], sig.p, sig.len);
	return (PROV_OK);
}

static prov_status
get_sigs(struct dsse *d, const struct jsonin *v, prov_err *err)
{
	prov_status st = PROV_OK;

	if (jsonin_n(v) == 0 || jsonin_n(v) > DSSE_SIGS_MAX)
		return (prov_fail(err, PROV_EFORMAT, "%s: %zu signatures", what,
		    jsonin_n(v)));
	for (size_t i = 0; st == PROV_OK && i < jsonin_n(v); i++)
		st = get_sig(d, jsonin_at(v, i), err);
	return (st);
}

static prov_status
get_envelope(struct dsse *d, const struct jsonin *v, prov_err *err)
{
	static const char *const keys[] = { "payload", "payloadType",
		"signatures" };
	const char *type = jsonin_str(jsonin_get(v, "payloadType"));
	prov_status st;

	if ((st = jsonin_only(v, keys, 3, what, err)) != PROV_OK)
		return (st);
	if (type == NULL || strcmp(type, DSSE_TYPE) != 0)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%s: its payload is not of type %s", what, DSSE_TYPE));
	if ((st = get_base64(&d->payload, jsonin_get(v, "payload"), "payload",
		 err)) != PROV_OK)
		return (st);
	return (get_sigs(d, jsonin_get(v, "signatures"), err));
}

prov_status
dsse_parse(struct dsse *out, prov_span bytes, prov_err *err)
{
	AUTO_JSONIN *whole = NULL;
	AUTO_DSSE d = { .n = 0 };
	prov_status st;

	if (bytes.len > DSSE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "%s: %zu bytes", what,
		    bytes.len));
	if ((st = jsonin_parse(&whole, bytes, what, err)) != PROV_OK ||
	    (st = get_envelope(&d, whole, err)) != PROV_OK)
		return (st);
	*out = d;
	d = (struct dsse){ .n = 0 };
	return (PROV_OK);
}

prov_status
dsse_verify(const struct dsse *d, const prov_pubkey *key, prov_err *err)
{
	AUTO_BUF pae = { 0 };
	prov_status st;

	dsse_pae(&pae, DSSE_TYPE, buf_span(&d->payload));
	if ((st = buf_done(&pae, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < d->n; i++)
		if (pubkey_verify(key->key, d->sig[i], buf_span(&pae), NULL) ==
		    PROV_OK)
			return (PROV_OK);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "%s: none of its %zu signatures is by %.100s", what, d->n,
	    key->name));
}
