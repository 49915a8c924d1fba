/* SPDX-License-Identifier: ISC */
#include "sign/vouched.h"

#include <string.h>

#include "hash/sha256.h"
#include "sign/pubkey.h"

static prov_status
digest(uint8_t out[32], const uint8_t key[32], const uint8_t sig[64],
    prov_span message, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	sha256_add(h, key, 32);
	sha256_add(h, sig, 64);
	sha256_add(h, message.p, message.len);
	return (sha256_done(h, out, err));
}

prov_status
vouched_verify(struct vouched *v, const uint8_t key[32], const uint8_t sig[64],
    prov_span message, prov_err *err)
{
	uint8_t what[32];
	prov_status st;

	if (v == NULL)
		return (pubkey_verify(key, sig, message, err));
	if ((st = digest(what, key, sig, message, err)) != PROV_OK)
		return (st);
	for (unsigned i = 0; i < v->n; i++)
		if (memcmp(v->digest[i], what, sizeof(what)) == 0)
			return (PROV_OK);
	if ((st = pubkey_verify(key, sig, message, err)) != PROV_OK)
		return (st);
	memcpy(v->digest[v->next], what, sizeof(what));
	v->next = (v->next + 1) % VOUCHED_MAX;
	v->n += v->n < VOUCHED_MAX;
	return (PROV_OK);
}
