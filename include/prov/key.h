/* SPDX-License-Identifier: ISC */
#ifndef PROV_KEY_H
#define PROV_KEY_H

#include <prov/err.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROV_NAME_MAX 255 /* bytes of a key, log or issuer name, without NUL */
#define PROV_VKEY_MAX 384 /* bytes of a C2SP verifier key, without NUL */

/*
 * A public Ed25519 key and its name. kid is the RFC 9679 COSE key thumbprint,
 * SHA-256(a3 01 01 20 06 21 58 20 || key).
 */
typedef struct prov_pubkey {
	char name[PROV_NAME_MAX + 1];
	uint8_t key[32];
	uint8_t kid[32];
} prov_pubkey;

typedef struct prov_key prov_key; /* a secret key, in locked memory */

/*
 * Asks for the passphrase of what: writes at most len bytes to buf and their
 * number to *got. Called once per key file, never for unencrypted ones.
 */
typedef prov_status (*prov_passphrase_fn)(void *arg, const char *what,
    char *buf, size_t len, size_t *got);

/*
 * A name is 1 to PROV_NAME_MAX bytes of [A-Za-z0-9._-], in parts separated by
 * single slashes, no part "." or "..": it is a C2SP key name and a path.
 */
PROV_API PROV_MUST_USE prov_status prov_name_check(const char *name,
    prov_err *err);

PROV_API PROV_MUST_USE prov_status prov_key_generate(prov_key **out,
    const char *name, prov_err *err);

/* Makes a key from its 32-byte RFC 8032 seed. */
PROV_API PROV_MUST_USE prov_status prov_key_import(prov_key **out,
    const char *name, prov_span seed, prov_err *err);

/* Copies the seed out; the caller wipes it. */
PROV_API PROV_MUST_USE prov_status prov_key_export(const prov_key *key,
    uint8_t seed[32], prov_err *err);

/*
 * Reads a key file. Refuses links, files that others can read (PROV_EUNTRUSTED)
 * and wrong passphrases (PROV_EPASSPHRASE). ask may be NULL.
 */
PROV_API PROV_MUST_USE prov_status prov_key_load(prov_key **out,
    const char *path, prov_passphrase_fn ask, void *arg, prov_err *err);

/*
 * Writes a key file, mode 0600, never over an existing one (PROV_EEXIST).
 * passphrase.p == NULL stores it unencrypted; otherwise Argon2id and
 * XChaCha20-Poly1305 protect it.
 */
PROV_API PROV_MUST_USE prov_status prov_key_save(const prov_key *key,
    const char *path, prov_span passphrase, prov_err *err);

PROV_API const prov_pubkey *prov_key_public(const prov_key *key);
PROV_API void prov_key_free(prov_key *key); /* wipes; NULL is fine */

/* C2SP signed-note verifier keys: name+hash+base64(0x01 || key). */
PROV_API PROV_MUST_USE prov_status prov_vkey_parse(prov_pubkey *out,
    const char *vkey, prov_err *err);
PROV_API void prov_vkey_format(const prov_pubkey *key,
    char out[PROV_VKEY_MAX + 1]);

#ifdef __cplusplus
}
#endif
#endif
