/* SPDX-License-Identifier: ISC */
#include "sign/cosignature.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "hash/sha256.h"
#include "sign/pubkey.h"

#define TIME_LEN 8

void
cosignature_message(struct buf *b, uint64_t time, prov_span text)
{
	buf_printf(b, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
	buf_put_span(b, text);
}

static prov_status
verify_ed25519(const struct cosigner *c, uint64_t time, prov_span text,
    prov_span sig, prov_err *err)
{
	AUTO_BUF message = { 0 };
	prov_status st;

	cosignature_message(&message, time, text);
	if ((st = buf_done(&message, err)) != PROV_OK)
		return (st);
	return (pubkey_verify(c->key, sig.p, buf_span(&message), err));
}

/* What there is of each type; verify is NULL where that is not built yet. */
static const struct cosigner_type {
	uint8_t type;
	size_t key_len, sig_len;
	prov_status (*verify)(const struct cosigner *c, uint64_t time,
	    prov_span text, prov_span sig, prov_err *err);
} types[] = {
	{ COSIGNER_ED25519, 32, 64, verify_ed25519 },
	{ COSIGNER_MLDSA44, 1312, 2420, NULL },
};

static const struct cosigner_type *
type_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return (&types[i]);
	return (NULL);
}

/* C2SP key ID: SHA-256(name || "\n" || type || key)[:4]. */
static prov_status
set_id(struct cosigner *c, prov_err *err)
{
	uint8_t digest[SHA256_LEN];
	AUTO_BUF in = { 0 };
	prov_status st;

	buf_put_str(&in, c->name);
	buf_put_byte(&in, '\n');
	buf_put_byte(&in, c->type);
	buf_put(&in, c->key, c->len);
	if ((st = buf_done(&in, err)) != PROV_OK ||
	    (st = sha256_of(digest, buf_span(&in), err)) != PROV_OK)
		return (st);
	memcpy(c->id, digest, sizeof(c->id));
	return (PROV_OK);
}

static prov_status
set_name(struct cosigner *c, prov_span name, prov_err *err)
{
	if (name.len > PROV_NAME_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key: its name has %zu bytes, more than %d",
		    name.len, PROV_NAME_MAX));
	if (!note_name_valid(name))
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key: its name is not valid"));
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] < 0x20 || name.p[i] == 0x7f)
			return (prov_fail(err, PROV_EFORMAT,
			    "a witness key: a control character in its name"));
	memcpy(c->name, name.p, name.len);
	c->name[name.len] = '\0';
	return (PROV_OK);
}

prov_status
cosigner_init(struct cosigner *out, const char *name, const uint8_t key[32],
    prov_err *err)
{
	struct cosigner c = { .type = COSIGNER_ED25519, .len = 32 };
	prov_status st;

	memcpy(c.key, key, 32);
	if ((st = set_name(&c, span(name, strlen(name)), err)) != PROV_OK ||
	    (st = set_id(&c, err)) != PROV_OK)
		return (st);
	*out = c;
	return (PROV_OK);
}

static prov_status
set_key(struct cosigner *c, const char *b64, prov_err *err)
{
	AUTO_BUF raw = { .max = 1 + COSIGNER_KEY_MAX };
	const struct cosigner_type *t;

	if (!base64_decode(&raw, b64, strlen(b64)) || raw.len < 1)
		return (raw.failed && !raw.full
			    ? buf_done(&raw, err)
			    : prov_fail(err, PROV_EFORMAT,
				  "a witness key: its last part is not "
				  "base64 of a key"));
	if ((t = type_of(raw.p[0])) == NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key of type 0x%02x, not 0x04 or 0x06%s",
		    raw.p[0],
		    raw.p[0] == NOTE_ED25519 ? ": it is a signer's or a log's"
					     : ""));
	if (raw.len != 1 + t->key_len)
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key: %zu bytes, not %zu", raw.len - 1,
		    t->key_len));
	c->type = t->type;
	c->len = t->key_len;
	memcpy(c->key, raw.p + 1, c->len);
	return (PROV_OK);
}

prov_status
cosigner_parse(struct cosigner *out, const char *vkey, prov_err *err)
{
	const char *hash = strchr(vkey, '+'), *b64;
	struct cosigner c = { 0 };
	uint8_t stated[4];
	prov_status st;

	if (strnlen(vkey, COSIGNER_VKEY_MAX + 1) > COSIGNER_VKEY_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key: it is too long"));
	if (hash == NULL || (b64 = strchr(hash + 1, '+')) == NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "not a witness key (NAME+HASH+BASE64)"));
	if ((st = set_name(&c, span(vkey, (size_t)(hash - vkey)), err)) !=
		PROV_OK ||
	    (st = set_key(&c, b64 + 1, err)) != PROV_OK ||
	    (st = set_id(&c, err)) != PROV_OK)
		return (st);
	if (!hex_decode(stated, 4, hash + 1, (size_t)(b64 - hash - 1)) ||
	    memcmp(stated, c.id, 4) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "a witness key: its hash does not fit name and key, so "
		    "that one of them was altered"));
	*out = c;
	return (PROV_OK);
}

void
cosigner_format(struct buf *b, const struct cosigner *c)
{
	AUTO_BUF typed = { 0 };

	buf_put_byte(&typed, c->type);
	buf_put(&typed, c->key, c->len);
	if (typed.failed) {
		b->failed = true;
		return;
	}
	buf_put_str(b, c->name);
	buf_put_byte(b, '+');
	hex_put(b, c->id, sizeof(c->id));
	buf_put_byte(b, '+');
	base64_put(b, buf_span(&typed));
}

bool
cosigner_usable(const struct cosigner *c)
{
	const struct cosigner_type *t = type_of(c->type);

	return (t != NULL && t->verify != NULL);
}

bool
cosigner_signed(const struct cosigner *c, const struct note_sig *s)
{
	return (span_eq(s->name, span(c->name, strlen(c->name))) &&
		memcmp(s->id, c->id, sizeof(c->id)) == 0);
}

prov_status
cosignature_verify(int64_t *time, const struct cosigner *c, prov_span text,
    prov_span sig, prov_err *err)
{
	const struct cosigner_type *t = type_of(c->type);
	prov_err why = { 0 };
	prov_status st;
	uint64_t at;

	if (t == NULL || t->verify == NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "cosignatures of type 0x%02x", c->type));
	if (sig.len != TIME_LEN + t->sig_len)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the cosignature of %s has %zu bytes", c->name, sig.len));
	at = be64(sig.p);
	if (at == 0 || at > INT64_MAX)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the cosignature of %s has no valid time", c->name));
	st = t->verify(c, at, text, span(sig.p + TIME_LEN, t->sig_len), &why);
	if (st != PROV_OK)
		return (prov_fail(err, st, "the cosignature of %s: %s", c->name,
		    why.msg));
	*time = (int64_t)at;
	return (PROV_OK);
}
