/* SPDX-License-Identifier: ISC */
#include "hash/sha256.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct sha256 {
	EVP_MD_CTX *ctx;
	bool begun;
	prov_status st; /* the first failure of this message */
};

/* A constant that takes a while to look up: it is found once and kept. */
static _Atomic(EVP_MD *) found;

static const EVP_MD *
sha256_md(void)
{
	EVP_MD *md = atomic_load(&found), *other = NULL;

	if (md != NULL || (md = EVP_MD_fetch(NULL, "SHA2-256", NULL)) == NULL)
		return (md);
	if (atomic_compare_exchange_strong(&found, &other, md))
		return (md);
	/* Another thread was faster. */
	EVP_MD_free(md);
	return (other);
}

prov_status
sha256_new(struct sha256 **out, prov_err *err)
{
	struct sha256 *h;

	if (sha256_md() == NULL)
		return (
		    prov_fail(err, PROV_EUNSUPPORTED, "openssl: no SHA-256"));
	if ((h = calloc(1, sizeof(*h))) == NULL ||
	    (h->ctx = EVP_MD_CTX_new()) == NULL) {
		free(h);
		return (prov_fail(err, PROV_ENOMEM, "sha256: out of memory"));
	}
	*out = h;
	return (PROV_OK);
}

void
sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void
auto_sha256(struct sha256 **h)
{
	sha256_free(*h);
}

void
sha256_init(struct sha256 *h)
{
	h->begun = true;
	/* It allocates its state the first time, and cannot fail later. */
	h->st = EVP_DigestInit_ex(h->ctx, sha256_md(), NULL) == 1 ? PROV_OK
	                                                          : PROV_ENOMEM;
}

void
sha256_add(struct sha256 *h, const void *p, size_t len)
{
	if (!h->begun)
		sha256_init(h);
	if (h->st == PROV_OK && EVP_DigestUpdate(h->ctx, p, len) != 1)
		h->st = PROV_EINTERNAL;
}

prov_status
sha256_done(struct sha256 *h, uint8_t out[SHA256_LEN], prov_err *err)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!h->begun)
		sha256_init(h);
	h->begun = false;
	if (h->st == PROV_OK &&
	    (EVP_DigestFinal_ex(h->ctx, sum, &len) != 1 || len != SHA256_LEN))
		h->st = PROV_EINTERNAL;
	if (h->st != PROV_OK)
		return (prov_fail(err, h->st, "openssl: SHA-256 failed"));
	memcpy(out, sum, SHA256_LEN);
	return (PROV_OK);
}

prov_status
sha256_of(uint8_t out[SHA256_LEN], prov_span bytes, prov_err *err)
{
	AUTO_SHA256 *h = NULL;
	prov_status st;

	if ((st = sha256_new(&h, err)) != PROV_OK)
		return (st);
	sha256_add(h, bytes.p, bytes.len);
	return (sha256_done(h, out, err));
}
