/* SPDX-License-Identifier: ISC */
#include "sign/key.h"

#include <sodium.h>
#include <string.h>

#include "sign/pubkey.h"
#include "sign/secret.h"

#define SEED_LEN 32

_Static_assert(crypto_sign_SEEDBYTES == SEED_LEN, "seed size");
_Static_assert(crypto_sign_SECRETKEYBYTES == 64, "secret key size");

/*
 * All of it is in sodium_malloc memory: guard pages around it, locked where
 * the system allows, left out of core files, wiped on release; and read-only
 * once it is made.
 */
struct prov_key {
	prov_pubkey pub;
	uint8_t secret[64]; /* seed, then public key, as libsodium has it */
};

prov_status
prov_key_import(prov_key **out, const char *name, prov_span seed, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	uint8_t pub[32];
	prov_status st;

	if (seed.p == NULL || seed.len != SEED_LEN)
		return (prov_fail(err, PROV_EARG,
		    "a seed has 32 bytes, not %zu", seed.len));
	if ((st = prov_name_check(name, err)) != PROV_OK ||
	    (st = sign_ready(err)) != PROV_OK)
		return (st);
	if ((k = sodium_malloc(sizeof(*k))) == NULL)
		return (prov_fail(err, PROV_ENOMEM,
		    "no memory that can be guarded for a key"));
	if (crypto_sign_seed_keypair(pub, k->secret, seed.p) != 0)
		return (prov_fail(err, PROV_EINTERNAL, "%s: no key comes of it",
		    name));
	if ((st = pubkey_init(&k->pub, name, pub, err)) != PROV_OK)
		return (st);
	if (sodium_mprotect_readonly(k) != 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "%s: the key's memory cannot be protected", name));
	*out = TAKE(k);
	return (PROV_OK);
}

prov_status
prov_key_generate(prov_key **out, const char *name, prov_err *err)
{
	AUTO_SECRET uint8_t *seed = NULL;
	prov_status st;

	if ((st = secret_new(&seed, SEED_LEN, err)) != PROV_OK ||
	    (st = key_random(seed, SEED_LEN, err)) != PROV_OK)
		return (st);
	return (prov_key_import(out, name, span(seed, SEED_LEN), err));
}

prov_status
prov_key_export(const prov_key *key, uint8_t seed[32], prov_err *err)
{
	if (key == NULL || seed == NULL)
		return (prov_fail(err, PROV_EARG, "no key to export"));
	memcpy(seed, key->secret, SEED_LEN);
	return (PROV_OK);
}

const prov_pubkey *
prov_key_public(const prov_key *key)
{
	return (&key->pub);
}

void
prov_key_free(prov_key *key)
{
	sodium_free(key); /* wipes; NULL is fine */
}

/* Ed25519 (RFC 8032) without prehash: the same message, the same signature. */
prov_status
key_sign(const prov_key *key, uint8_t sig[64], prov_span message, prov_err *err)
{
	static const uint8_t nothing[1] = { 0 };

	if (crypto_sign_detached(sig, NULL,
		message.len > 0 ? message.p : nothing, message.len,
		key->secret) != 0)
		return (prov_fail(err, PROV_EINTERNAL, "%s: cannot sign",
		    key->pub.name));
	return (PROV_OK);
}

prov_status
key_random(void *out, size_t n, prov_err *err)
{
	prov_status st;

	if ((st = sign_ready(err)) != PROV_OK)
		return (st);
	randombytes_buf(out, n);
	return (PROV_OK);
}
