/* SPDX-License-Identifier: ISC */
/*
 * trust.yaml and tlog-policy: what is read can be written, and reads back.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/trust.h"
#include "witness/amendment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vkey[] = "transparency.dev/DEV:witness-little-garden+"
			   "d8042a87+"
			   "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM";

/* Changes leave a policy, with all that they were not about. */
static void
amend(struct tlogpolicy *p)
{
	size_t logs = p->n_logs, witnesses = p->n_witnesses;

	if (amendment_add(p, "fuzz", vkey, "u", NULL) == PROV_OK) {
		if (p->n_witnesses != witnesses + 1 || !p->quorum)
			abort();
		if (amendment_quorum(p, "any", NULL) == PROV_OK && !p->quorum)
			abort();
		if (amendment_quorum(p, "none", NULL) != PROV_OK || p->quorum)
			abort();
		(void)amendment_remove(p, "fuzz", NULL);
	}
	if (p->n_logs != logs || p->n_witnesses < witnesses)
		abort();
}

static void
policy(prov_span bytes)
{
	struct tlogpolicy p = { 0 }, back = { 0 };
	AUTO_BUF b = { 0 };

	if (tlogpolicy_parse(&p, bytes, "fuzz", NULL) != PROV_OK)
		return;
	tlogpolicy_encode(&b, &p);
	if (tlogpolicy_parse(&back, buf_span(&b), "fuzz", NULL) != PROV_OK ||
	    back.n_logs != p.n_logs || back.quorum != p.quorum)
		abort();
	tlogpolicy_clear(&back);
	amend(&p);
	while (p.n_logs > 0)
		tlogpolicy_remove(&p, p.n_logs / 2);
	tlogpolicy_clear(&p);
}

static void
trust(prov_span bytes)
{
	AUTO(prov_trust) *t = NULL;

	if (trust_parse(&t, bytes, "fuzz", NULL) != PROV_OK)
		return;
	for (size_t i = 0; i < prov_trust_signers(t); i++) {
		const prov_trust_signer *s = prov_trust_signer_at(t, i);

		/* Nobody is in without a name of his own. */
		if (s->key.name[0] == '\0' || trust_find(t, s->key.kid) != s ||
		    (s->n_iss == 0 && !trust_allows_iss(s, s->key.name)))
			abort();
	}
}

/* The first byte says which. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return (0);
	if (data[0] == 'l')
		policy(span(data + 1, size - 1));
	else
		trust(span(data + 1, size - 1));
	return (0);
}
