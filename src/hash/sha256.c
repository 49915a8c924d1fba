/* SPDX-License-Identifier: ISC */
#include "hash/sha256.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct sha256 {
	EVP_MD_CTX *ctx;
	bool begun;
	bool failed;
};

/*
 * A constant that takes a while to look up: fetched by the first who asks and
 * never changed or freed.
 */
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;
static EVP_MD *fetched;

static void
fetch(void)
{
	fetched = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

static const EVP_MD *
sha256_md(void)
{
	(void)pthread_once(&fetch_once, fetch);
	return (fetched);
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
	h->failed = EVP_DigestInit_ex(h->ctx, sha256_md(), NULL) != 1;
}

void
sha256_add(struct sha256 *h, const void *p, size_t len)
{
	if (!h->begun)
		sha256_init(h);
	if (!h->failed && EVP_DigestUpdate(h->ctx, p, len) != 1)
		h->failed = true;
}

prov_status
sha256_done(struct sha256 *h, uint8_t out[SHA256_LEN], prov_err *err)
{
	unsigned len = 0;
	uint8_t sum[EVP_MAX_MD_SIZE];

	if (!h->begun)
		sha256_init(h);
	h->begun = false;
	if (h->failed || EVP_DigestFinal_ex(h->ctx, sum, &len) != 1 ||
	    len != SHA256_LEN)
		return (
		    prov_fail(err, PROV_EINTERNAL, "openssl: SHA-256 failed"));
	__builtin_memcpy(out, sum, SHA256_LEN);
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
