/* SPDX-License-Identifier: ISC */
#include "sign/secret.h"

#include <sodium.h>

#include "sign/pubkey.h"

prov_status
secret_new(uint8_t **out, size_t len, prov_err *err)
{
	prov_status st;
	uint8_t *p;

	if ((st = sign_ready(err)) != PROV_OK)
		return (st);
	if ((p = sodium_malloc(len)) == NULL)
		return (prov_fail(err, PROV_ENOMEM,
		    "no memory that can be guarded for a secret"));
	sodium_memzero(p, len);
	*out = p;
	return (PROV_OK);
}

void
auto_secret(uint8_t **p)
{
	sodium_free(*p);
}

void
auto_secret_buf(struct buf *b)
{
	if (b->p != NULL)
		sodium_memzero(b->p, b->cap);
	buf_free(b);
}
