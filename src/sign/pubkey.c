/* SPDX-License-Identifier: ISC */
#include "sign/pubkey.h"

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "sign/note.h"

#define KEY_LEN 32

/* libsodium's Ed25519 is what the format is defined by: sizes must agree. */
_Static_assert(crypto_sign_PUBLICKEYBYTES == KEY_LEN, "key size");
_Static_assert(crypto_sign_BYTES == 64, "signature size");

prov_status
sign_ready(prov_err *err)
{
	if (sodium_init() < 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "libsodium cannot start: no source of randomness"));
	return (PROV_OK);
}

static bool
name_char(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-');
}

/* One part of a name, up to its slash: no empty one, no "." and no "..". */
static bool
part_valid(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!name_char(p[i]))
			return (false);
	return (len > 0 && !(len == 1 && p[0] == '.') &&
		!(len == 2 && p[0] == '.' && p[1] == '.'));
}

prov_status
prov_name_check(const char *name, prov_err *err)
{
	size_t len, part;

	if (name == NULL)
		return (prov_fail(err, PROV_EARG, "no name"));
	len = strnlen(name, PROV_NAME_MAX + 1);
	if (len == 0 || len > PROV_NAME_MAX)
		return (prov_fail(err, PROV_EFORMAT, "a name has 1 to %d bytes",
		    PROV_NAME_MAX));
	for (size_t at = 0; at <= len; at += part + 1) {
		part = strcspn(name + at, "/");
		if (!part_valid(name + at, part))
			return (prov_fail(err, PROV_EFORMAT,
			    "not a name: use letters, digits and . _ - in "
			    "parts separated by single slashes"));
	}
	return (PROV_OK);
}

/*
 * The two small digests here are libsodium's, which cannot fail, so that
 * prov_vkey_format need not either. Media never goes this way.
 */
void
pubkey_kid(uint8_t kid[32], const uint8_t key[32])
{
	/* RFC 9679: {1: 1 (OKP), -1: 6 (Ed25519), -2: key}. */
	uint8_t cose[8 + KEY_LEN] = { 0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58,
		0x20 };

	memcpy(cose + 8, key, KEY_LEN);
	(void)crypto_hash_sha256(kid, cose, sizeof(cose));
}

static void
note_id(uint8_t id[4], const prov_pubkey *key, uint8_t type)
{
	uint8_t in[PROV_NAME_MAX + 2 + KEY_LEN], out[32];
	size_t n = strnlen(key->name, PROV_NAME_MAX);

	memcpy(in, key->name, n);
	in[n] = '\n';
	in[n + 1] = type;
	memcpy(in + n + 2, key->key, KEY_LEN);
	(void)crypto_hash_sha256(out, in, n + 2 + KEY_LEN);
	memcpy(id, out, 4);
}

prov_status
pubkey_note_id(uint8_t id[4], const prov_pubkey *key, uint8_t type,
    prov_err *err)
{
	prov_status st;

	if ((st = prov_name_check(key->name, err)) != PROV_OK)
		return (st);
	note_id(id, key, type);
	return (PROV_OK);
}

prov_status
pubkey_long_id(uint8_t id[4], const prov_pubkey *key, const char *type,
    prov_err *err)
{
	AUTO_BUF in = { 0 };
	uint8_t out[32];
	prov_status st;

	if ((st = prov_name_check(key->name, err)) != PROV_OK)
		return (st);
	buf_put_str(&in, key->name);
	buf_put_byte(&in, '\n');
	buf_put_byte(&in, NOTE_LONG);
	buf_put_str(&in, type);
	buf_put(&in, key->key, KEY_LEN);
	if ((st = buf_done(&in, err)) != PROV_OK)
		return (st);
	(void)crypto_hash_sha256(out, in.p, in.len);
	memcpy(id, out, 4);
	return (PROV_OK);
}

prov_status
pubkey_init(prov_pubkey *out, const char *name, const uint8_t key[32],
    prov_err *err)
{
	prov_status st;
	prov_pubkey k = { 0 };

	if ((st = prov_name_check(name, err)) != PROV_OK)
		return (st);
	memcpy(k.name, name, strlen(name));
	memcpy(k.key, key, KEY_LEN);
	pubkey_kid(k.kid, key);
	*out = k;
	return (PROV_OK);
}

prov_status
pubkey_verify(const uint8_t key[32], const uint8_t sig[64], prov_span message,
    prov_err *err)
{
	static const uint8_t nothing[1] = { 0 };
	prov_status st;

	if ((st = sign_ready(err)) != PROV_OK)
		return (st);
	if (crypto_sign_verify_detached(sig,
		message.len > 0 ? message.p : nothing, message.len, key) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the signature does not verify"));
	return (PROV_OK);
}

static prov_status
not_vkey(prov_err *err, const char *why)
{
	return (prov_fail(err, PROV_EFORMAT,
	    "not a verifier key (NAME+HASH+BASE64): %s", why));
}

/* Checks the base64 part and takes the key from it. */
static prov_status
vkey_key(uint8_t key[KEY_LEN], const char *s, prov_err *err)
{
	AUTO_BUF raw = { .max = PROV_VKEY_MAX };

	if (!base64_decode(&raw, s, strlen(s)))
		return (raw.failed
			    ? buf_done(&raw, err)
			    : not_vkey(err, "its last part is not base64"));
	if (raw.len < 1 || raw.p[0] != NOTE_ED25519)
		return (not_vkey(err, "it is for another algorithm than "
				      "Ed25519"));
	if (raw.len != 1 + KEY_LEN)
		return (not_vkey(err, "the key has not 32 bytes"));
	memcpy(key, raw.p + 1, KEY_LEN);
	return (PROV_OK);
}

prov_status
prov_vkey_parse(prov_pubkey *out, const char *vkey, prov_err *err)
{
	char name[PROV_NAME_MAX + 1] = { 0 };
	uint8_t key[KEY_LEN], id[4], stated[4];
	const char *hash, *b64;
	prov_status st;
	prov_pubkey k;

	if (vkey == NULL || strnlen(vkey, PROV_VKEY_MAX + 1) > PROV_VKEY_MAX)
		return (not_vkey(err, "it is too long"));
	if ((hash = strchr(vkey, '+')) == NULL ||
	    (b64 = strchr(hash + 1, '+')) == NULL)
		return (not_vkey(err, "two plus signs are missing"));
	if ((size_t)(hash - vkey) > PROV_NAME_MAX)
		return (not_vkey(err, "its name is too long"));
	memcpy(name, vkey, (size_t)(hash - vkey));
	if ((st = vkey_key(key, b64 + 1, err)) != PROV_OK ||
	    (st = pubkey_init(&k, name, key, err)) != PROV_OK)
		return (st);
	note_id(id, &k, NOTE_ED25519);
	if (!hex_decode(stated, 4, hash + 1, (size_t)(b64 - hash - 1)) ||
	    memcmp(id, stated, 4) != 0)
		return (not_vkey(err, "its hash does not fit name and key, "
				      "so that one of them was altered"));
	*out = k;
	return (PROV_OK);
}

/* RFC 4648; 33 bytes need no padding. */
static void
put_base64(char *out, const uint8_t in[1 + KEY_LEN])
{
	(void)sodium_bin2base64(out, 45, in, 1 + KEY_LEN,
	    sodium_base64_VARIANT_ORIGINAL);
}

void
prov_vkey_format(const prov_pubkey *key, char out[PROV_VKEY_MAX + 1])
{
	uint8_t id[4], typed[1 + KEY_LEN] = { NOTE_ED25519 };
	size_t n = strnlen(key->name, PROV_NAME_MAX);

	note_id(id, key, NOTE_ED25519);
	memcpy(typed + 1, key->key, KEY_LEN);
	memcpy(out, key->name, n);
	out[n] = '+';
	hex_encode(out + n + 1, id, sizeof(id));
	out[n + 9] = '+';
	put_base64(out + n + 10, typed);
}
