/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_WITNESSES_H
#define PROV_TESTS_WITNESSES_H

/* Witnesses w1, w2, ... of names and keys that are always the same. */
#include "logged.h"
#include "sign/cosignature.h"
#include "witness/quorum.h"

/* Behind the seeds of logged.h. */
#define WITNESS_SEED 20

static inline prov_key *
witness_key(unsigned i)
{
	char name[32];

	snprintf(name, sizeof(name), "witness.example/w%u", i);
	return (logged_key(name, (uint8_t)(WITNESS_SEED + i)));
}

/* "witness wI VKEY" and a newline. */
static inline bool
witness_line(struct buf *b, unsigned i, const char *url)
{
	AUTO(prov_key) *key = witness_key(i);
	struct cosigner c;

	if (key == NULL || cosigner_init(&c, prov_key_public(key)->name,
			       prov_key_public(key)->key, NULL) != PROV_OK)
		return (false);
	buf_printf(b, "witness w%u ", i);
	cosigner_format(b, &c);
	buf_printf(b, "%s%s\n", url == NULL ? "" : " ", url == NULL ? "" : url);
	return (!b->failed);
}

/* A log line, n witnesses and what follows, as a policy. */
static inline prov_status
witness_policy(struct tlogpolicy *p, const prov_pubkey *log, unsigned n,
    const char *rest)
{
	char vkey[PROV_VKEY_MAX + 1];
	AUTO_BUF b = { 0 };

	if (log != NULL) {
		prov_vkey_format(log, vkey);
		buf_printf(&b, "log %s\n", vkey);
	}
	for (unsigned i = 1; i <= n; i++)
		if (!witness_line(&b, i, NULL))
			return (PROV_ENOMEM);
	buf_put_str(&b, rest);
	return (tlogpolicy_parse(p, buf_span(&b), "policy", NULL));
}

/* Appends the cosignature of witness i to a note with this text. */
static inline bool
witness_cosign(struct buf *note, unsigned i, prov_span text, int64_t time)
{
	AUTO(prov_key) *key = witness_key(i);

	return (key != NULL &&
		cosignature_sign(note, key, text, time, NULL) == PROV_OK);
}

#endif
