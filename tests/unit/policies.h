/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_POLICIES_H
#define PROV_TESTS_POLICIES_H

/* Policies for tests, and facts that one which asks for nothing allows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model.h"

#define T0 INT64_C(1750000000)

/* Whoever facts_good names, where a policy does not say whom it trusts. */
#define TRUST_ACME                             \
	"trust: {signers: [{name: acme, key: " \
	"demo/camera-1+1bed10d6+"              \
	"ASTFLp1Ug8BZRJqqQMKEZMrJp1CVuEp5hja9GktOfcpT}]}\n"

static inline prov_policy *
policy_of(const char *text)
{
	prov_err err = { 0 };
	prov_policy *p = NULL;
	AUTO_BUF b = { 0 };

	buf_put_str(&b, text);
	if (strstr(text, "trust:") == NULL)
		buf_put_str(&b, TRUST_ACME);
	if (policy_parse(&p, buf_span(&b), "p.yaml", NULL, &err) != PROV_OK) {
		fprintf(stderr, "# %s\n", err.msg);
		return (NULL);
	}
	return (p);
}

/* Signed by somebody trusted, included, not revoked, bytes as signed. */
static inline struct facts *
facts_good(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->id = f->path = "vendor/acme/1.mp4";
	f->has_digest = f->has_size = f->has_statement = f->has_entry = true;
	f->digest.size = 1000;
	memcpy(f->media_type, "video/mp4", 10);
	f->carrier = CARRIER_SIDECAR;
	f->binding = PROV_BIND_EXACT;
	f->signature = PROV_SIG_VALID;
	f->ledger = PROV_LEDGER_INCLUDED;
	f->revoked = REVOKED_NO;
	memcpy(f->signer, "acme", 5);
	memcpy(f->iss, "acme.example", 13);
	memcpy(f->origin, "log.example/a", 14);
	f->has_head_time = true;
	f->head_time = T0 - 60;
	for (size_t p = 0; p < PURPOSE_N; p++)
		f->claimed.use[SIGNAL_CAWG][p] = USE_ALLOWED;
	memcpy(f->claimed.source_type, "digitalCapture", 15);
	memcpy(f->claimed.license, "CC-BY-4.0", 10);
	f->origin_class = PROV_ORIGIN_CAPTURED;
	return (f);
}

#endif
