/* SPDX-License-Identifier: ISC */
#include "ledger/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/revocation.h"
#include "manifest/runrecord.h"
#include "sign/pubkey.h"

void
registry_clear(struct registry *r)
{
	free(r->at);
	free(r->revoked);
	memset(r, 0, sizeof(*r));
}

prov_status
registry_copy(struct registry *out, const struct registry *r, prov_err *err)
{
	AUTO_REGISTRY copy = { 0 };

	copy.at = calloc(r->n + 1, sizeof(*copy.at));
	copy.revoked = calloc(r->n_revoked + 1, sizeof(*copy.revoked));
	if (copy.at == NULL || copy.revoked == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if ((copy.n = r->n) != 0)
		memcpy(copy.at, r->at, r->n * sizeof(*r->at));
	if ((copy.n_revoked = r->n_revoked) != 0)
		memcpy(copy.revoked, r->revoked,
		    r->n_revoked * sizeof(*r->revoked));
	registry_clear(out);
	*out = copy;
	memset(&copy, 0, sizeof(copy));
	return (PROV_OK);
}

prov_status
registry_one(struct registry *out, const prov_pubkey *key, prov_err *err)
{
	struct registrant *at = calloc(1, sizeof(*at));

	if (at == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	at->key = *key;
	registry_clear(out);
	out->at = at;
	out->n = 1;
	return (PROV_OK);
}

const struct registrant *
registry_find(const struct registry *r, const uint8_t kid[32])
{
	for (size_t i = 0; i < r->n; i++)
		if (memcmp(r->at[i].key.kid, kid, 32) == 0)
			return (&r->at[i]);
	return (NULL);
}

static bool
recovers(const struct registrant *g, const uint8_t kid[32])
{
	return (g != NULL && g->has_recovery &&
		memcmp(g->recovery.kid, kid, 32) == 0);
}

const prov_pubkey *
registry_key(const struct registry *r, const uint8_t kid[32])
{
	const struct registrant *g = registry_find(r, kid);

	if (g != NULL)
		return (&g->key);
	for (size_t i = 0; i < r->n; i++)
		if (recovers(&r->at[i], kid))
			return (&r->at[i].recovery);
	return (NULL);
}

bool
registry_is_revoked(const struct registry *r, const uint8_t kid[32])
{
	for (size_t i = 0; i < r->n_revoked; i++)
		if (memcmp(r->revoked[i], kid, 32) == 0)
			return (true);
	return (false);
}

static prov_status
read_registrant(struct registrant *g, const struct registered *from,
    prov_err *err)
{
	prov_status st;

	st = pubkey_init(&g->key, from->name, from->key, err);
	if (st != PROV_OK || !from->has_recovery)
		return (st);
	g->has_recovery = true;
	return (pubkey_init(&g->recovery, from->name, from->recovery, err));
}

/* The policy's signers in place of the old ones; who was revoked stays so. */
static prov_status
take_registration(struct registry *out, const struct registration *from,
    prov_err *err)
{
	AUTO_FREE struct registrant *at = calloc(from->n + 1, sizeof(*at));
	prov_status st;

	if (at == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (size_t i = 0; i < from->n; i++)
		if ((st = read_registrant(&at[i], &from->at[i], err)) !=
		    PROV_OK)
			return (st);
	free(out->at);
	out->at = TAKE(at);
	out->n = from->n;
	return (PROV_OK);
}

static prov_status
read_policy(struct registry *out, const struct statement *s, prov_err *err)
{
	struct registration reg = { 0 };
	prov_status st;

	if ((st = registration_decode(&reg, s->payload, err)) == PROV_OK)
		st = take_registration(out, &reg, err);
	registration_clear(&reg);
	return (st);
}

static void
put_registered(struct registered *to, const struct registrant *g)
{
	memcpy(to->name, g->key.name, sizeof(g->key.name));
	memcpy(to->key, g->key.key, sizeof(g->key.key));
	to->has_recovery = g->has_recovery;
	if (g->has_recovery)
		memcpy(to->recovery, g->recovery.key, sizeof(to->recovery));
}

prov_status
registry_extend(struct buf *payload, const struct registry *r,
    const struct registrant *more, prov_err *err)
{
	const struct registrant *old =
	    more != NULL ? registry_find(r, more->key.kid) : NULL;
	size_t n = r->n + (more != NULL && old == NULL);
	struct registration reg = { 0 };
	prov_status st;

	if (n > REGISTERED_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "more than %d registered signers", REGISTERED_MAX));
	if ((reg.at = calloc(n, sizeof(*reg.at))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	for (; reg.n < n; reg.n++) {
		const struct registrant *g = &r->at[reg.n];

		put_registered(&reg.at[reg.n],
		    reg.n == r->n || g == old ? more : g);
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

static bool
same_recovery(const struct registrant *a, const struct registrant *b)
{
	return (b->has_recovery &&
		memcmp(a->recovery.key, b->recovery.key, 32) == 0);
}

/* Nobody is shut out, nor loses what may revoke his key. */
static prov_status
check_kept(const struct registry *old, const struct registry *new,
    prov_err *err)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct registrant *g = &old->at[i];
		const struct registrant *now = registry_find(new, g->key.kid);

		if (now == NULL || strcmp(now->key.name, g->key.name) != 0 ||
		    (g->has_recovery && !same_recovery(g, now)))
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "a policy may not drop or change %.80s",
			    g->key.name));
	}
	return (PROV_OK);
}

/* What may revoke a key is for that key alone to say. */
static prov_status
check_recovery(const struct registry *old, const struct registry *new,
    const uint8_t signer[32], prov_err *err)
{
	for (size_t i = 0; i < new->n; i++) {
		const struct registrant *g = &new->at[i];
		const struct registrant *was = registry_find(old, g->key.kid);

		if (!g->has_recovery || memcmp(g->key.kid, signer, 32) == 0 ||
		    (was != NULL && was->has_recovery))
			continue;
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "only %.80s may name its recovery key", g->key.name));
	}
	return (PROV_OK);
}

static prov_status
admit_registration(const struct registry *r, const struct statement *s,
    const struct place *place, prov_err *err)
{
	AUTO_REGISTRY new = { 0 };
	prov_status st;

	if ((st = read_policy(&new, s, err)) != PROV_OK)
		return (st);
	if (memcmp(s->sub_digest, place->origin_digest, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a registration policy of another ledger"));
	if ((st = check_kept(r, &new, err)) != PROV_OK)
		return (st);
	return (check_recovery(r, &new, s->kid, err));
}

static prov_status
check_origin(const char *origin, const struct place *place, const char *what,
    prov_err *err)
{
	if (strcmp(origin, place->origin) == 0)
		return (PROV_OK);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "a %s for the ledger %.80s, and this one is %.80s", what, origin,
	    place->origin));
}

/*
 * A recovery key revokes its own key alone, and a revoked key none but itself.
 * Whether the word of others counts is for those who verify to say.
 */
static prov_status
check_revoker(const struct registry *r, const struct statement *s,
    const uint8_t kid[32], prov_err *err)
{
	if (recovers(registry_find(r, kid), s->kid))
		return (PROV_OK);
	if (registry_find(r, s->kid) == NULL)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a recovery key revokes its own key alone"));
	if (registry_is_revoked(r, s->kid) && memcmp(s->kid, kid, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the key that signed it was revoked"));
	return (PROV_OK);
}

static prov_status
admit_revocation(const struct registry *r, const struct statement *s,
    const struct place *place, prov_err *err)
{
	struct revocation v;
	prov_status st;

	if ((st = revocation_decode(&v, s->payload, err)) != PROV_OK ||
	    (st = check_origin(v.origin, place, "revocation", err)) !=
		PROV_OK ||
	    (st = check_revoker(r, s, v.kid, err)) != PROV_OK)
		return (st);
	if (memcmp(v.kid, s->sub_digest, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the statement is about another key than its revocation"));
	if (v.from_index > place->index)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a revocation from entry %llu on cannot be entry %llu: it "
		    "would leave out what comes between",
		    (unsigned long long)v.from_index,
		    (unsigned long long)place->index));
	return (PROV_OK);
}

static prov_status
admit_takedown(const struct statement *s, const struct place *place,
    prov_err *err)
{
	struct takedown t;
	prov_status st;

	if ((st = takedown_decode(&t, s->payload, err)) != PROV_OK ||
	    (st = check_origin(t.origin, place, "takedown", err)) != PROV_OK)
		return (st);
	if (memcmp(t.asset, s->sub_digest, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the statement is about another asset than its takedown"));
	return (PROV_OK);
}

/* A run may have been decided by what other logs say, so origins are free. */
static prov_status
admit_run(const struct statement *s, prov_err *err)
{
	AUTO_FREE struct run_record *r = malloc(sizeof(*r));
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run record"));
	if ((st = run_record_decode(r, s->payload, err)) != PROV_OK)
		return (st);
	if (memcmp(r->root, s->sub_digest, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "the statement is about another run than its record"));
	return (PROV_OK);
}

static prov_status
refuse(const struct statement *s, const char *why, prov_err *err)
{
	AUTO_BUF iss = { 0 };
	char kid[9];

	text_escape(&iss, s->iss, strlen(s->iss), 80);
	hex_encode(kid, s->kid, 4);
	return (prov_fail(err, PROV_EUNTRUSTED, "signer %.*s %s %s",
	    (int)iss.len, iss.p != NULL ? (const char *)iss.p : "", kid, why));
}

/* Who may say a thing of this kind; of revocations check_revoker says more. */
static prov_status
check_signer(const struct registry *r, const struct statement *s, prov_err *err)
{
	if (registry_key(r, s->kid) == NULL)
		return (refuse(s,
		    "is not registered; prov ledger register VKEY", err));
	if (s->kind == PAYLOAD_REVOCATION)
		return (PROV_OK);
	if (registry_is_revoked(r, s->kid))
		return (refuse(s, "was revoked", err));
	if (registry_find(r, s->kid) == NULL &&
	    (s->kind == PAYLOAD_MANIFEST || s->kind == PAYLOAD_RUN))
		return (refuse(s,
		    "is a recovery key, which vouches for nothing", err));
	return (PROV_OK);
}

prov_status
registry_admit(const struct registry *r, const struct statement *s,
    const struct place *place, prov_err *err)
{
	prov_status st;

	if ((st = check_signer(r, s, err)) != PROV_OK)
		return (st);
	switch (s->kind) {
	case PAYLOAD_MANIFEST:
		return (admit_manifest(s, err));
	case PAYLOAD_REVOCATION:
		return (admit_revocation(r, s, place, err));
	case PAYLOAD_TAKEDOWN:
		return (admit_takedown(s, place, err));
	case PAYLOAD_REGISTRATION:
		return (admit_registration(r, s, place, err));
	case PAYLOAD_RUN:
		return (admit_run(s, err));
	}
	return (prov_fail(err, PROV_EFORMAT, "a statement of no known kind"));
}

/* Of revocations by others the registry cannot tell whether they count. */
static prov_status
apply_revocation(struct registry *r, const struct statement *s, prov_err *err)
{
	const uint8_t *kid = s->sub_digest;
	uint8_t(*grown)[32];

	if (registry_is_revoked(r, kid) ||
	    (memcmp(s->kid, kid, 32) != 0 &&
		!recovers(registry_find(r, kid), s->kid)))
		return (PROV_OK);
	grown = realloc(r->revoked, (r->n_revoked + 1) * sizeof(*grown));
	if (grown == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	r->revoked = grown;
	memcpy(grown[r->n_revoked++], kid, 32);
	return (PROV_OK);
}

prov_status
registry_apply(struct registry *r, const struct statement *s, prov_err *err)
{
	if (s->kind == PAYLOAD_REGISTRATION)
		return (read_policy(r, s, err));
	if (s->kind == PAYLOAD_REVOCATION)
		return (apply_revocation(r, s, err));
	return (PROV_OK);
}
