/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/registry.h"
#include "sign/pubkey.h"

void
registry_clear(struct registry *r)
{
	free(r->at);
	r->at = NULL;
	r->n = 0;
}

static prov_status
from_registration(struct registry *out, const struct registration *from,
    prov_err *err)
{
	struct registry r = { 0 };
	prov_status st = PROV_OK;

	if (from->n == 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "a registration policy without a key"));
	if ((r.at = calloc(from->n, sizeof(*r.at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (; st == PROV_OK && r.n < from->n; r.n++)
		st = pubkey_init(&r.at[r.n], from->at[r.n].name,
		    from->at[r.n].key, err);
	if (st != PROV_OK) {
		registry_clear(&r);
		return (st);
	}
	registry_clear(out);
	*out = r;
	return (PROV_OK);
}

prov_status
registry_read(struct registry *out, const struct statement *s, prov_err *err)
{
	struct registration reg = { 0 };
	prov_status st;

	if (s->kind != PAYLOAD_REGISTRATION)
		return (
		    prov_fail(err, PROV_EFORMAT, "not a registration policy"));
	if ((st = registration_decode(&reg, s->payload, err)) == PROV_OK)
		st = from_registration(out, &reg, err);
	registration_clear(&reg);
	return (st);
}

prov_status
registry_one(struct registry *out, const prov_pubkey *key, prov_err *err)
{
	struct registry r = { 0 };

	if ((r.at = malloc(sizeof(*r.at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	r.at[0] = *key;
	r.n = 1;
	registry_clear(out);
	*out = r;
	return (PROV_OK);
}

const prov_pubkey *
registry_find(const struct registry *r, const uint8_t kid[32])
{
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->at[i].kid, kid, 32) == 0)
			return (&r->at[i]);
	return (NULL);
}

prov_status
registry_extend(struct buf *payload, const struct registry *r,
    const prov_pubkey *more, prov_err *err)
{
	size_t n = r->n + (more != NULL);
	struct registration reg = { 0 };
	prov_status st;

	if (n > REGISTERED_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "more than %d registered signers", REGISTERED_MAX));
	if ((reg.at = calloc(n, sizeof(*reg.at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (; reg.n < n; reg.n++) {
		const prov_pubkey *k = reg.n < r->n ? &r->at[reg.n] : more;

		memcpy(reg.at[reg.n].name, k->name, sizeof(k->name));
		memcpy(reg.at[reg.n].key, k->key, sizeof(k->key));
	}
	st = registration_encode(payload, &reg, err);
	registration_clear(&reg);
	return (st);
}

static prov_status
admit_manifest(const struct statement *s, prov_err *err)
{
	struct manifest m = { 0 };
	prov_status st;

	if ((st = manifest_decode(&m, s->payload, err)) == PROV_OK &&
	    memcmp(m.asset.sha256, s->sub_digest, 32) != 0)
		st = prov_fail(err, PROV_EUNTRUSTED,
		    "the statement is about another asset than its manifest");
	manifest_clear(&m);
	return (st);
}

static prov_status
admit_registration(const struct statement *s, const uint8_t origin[32],
    prov_err *err)
{
	struct registry r = { 0 };
	prov_status st;

	st = registry_read(&r, s, err);
	registry_clear(&r);
	if (st == PROV_OK && memcmp(s->sub_digest, origin, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a registration policy of another ledger"));
	return (st);
}

static prov_status
not_registered(const struct statement *s, prov_err *err)
{
	AUTO_BUF iss = { 0 };
	char kid[9];

	text_escape(&iss, s->iss, strlen(s->iss), 80);
	hex_encode(kid, s->kid, 4);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "signer %.*s %s is not registered; prov ledger register VKEY",
	    (int)iss.len, iss.p != NULL ? (const char *)iss.p : "", kid));
}

prov_status
registry_admit(const struct registry *r, const struct statement *s,
    const uint8_t origin[32], prov_err *err)
{
	if (registry_find(r, s->kid) == NULL)
		return (not_registered(s, err));
	switch (s->kind) {
	case PAYLOAD_MANIFEST:
		return (admit_manifest(s, err));
	case PAYLOAD_REGISTRATION:
		return (admit_registration(s, origin, err));
	case PAYLOAD_REVOCATION:
	case PAYLOAD_TAKEDOWN:
	case PAYLOAD_RUN:
		return (PROV_OK);
	}
	return (prov_fail(err, PROV_EFORMAT, "a statement of no known kind"));
}
