/* SPDX-License-Identifier: ISC */
#include "verify/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/revocation.h"
#include "sign/pubkey.h"

void
revocations_clear(struct revocations *r)
{
	notices_clear(&r->notices);
	buf_free(&r->keys);
	buf_free(&r->assets);
	buf_free(&r->recoveries);
	memset(r, 0, sizeof(*r));
}

static struct revoked_key *
find_key(const struct revocations *r, const uint8_t kid[32])
{
	struct revoked_key *at = (struct revoked_key *)(void *)r->keys.p;

	for (size_t i = 0; i < r->keys.len / sizeof(*at); i++)
		if (memcmp(at[i].kid, kid, 32) == 0)
			return (&at[i]);
	return (NULL);
}

static const struct recovery *
find_recovery(const struct revocations *r, const uint8_t whose[32])
{
	const struct recovery *at = (const void *)r->recoveries.p;

	for (size_t i = 0; i < r->recoveries.len / sizeof(*at); i++)
		if (memcmp(at[i].kid, whose, 32) == 0)
			return (&at[i]);
	return (NULL);
}

/* A signature that does not verify speaks for nobody. */
static prov_status
check(bool *fine, const struct statement *s, const prov_pubkey *key,
    prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = statement_verify(s, key, &why);

	*fine = st == PROV_OK;
	if (st == PROV_OK || prov_is_no(st))
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

static prov_status
add_recovery(struct revocations *r, const struct registered *g,
    const uint8_t kid[32], prov_err *err)
{
	struct recovery one = { 0 };
	prov_status st;

	memcpy(one.kid, kid, sizeof(one.kid));
	st = pubkey_init(&one.key, g->name, g->recovery, err);
	if (st != PROV_OK)
		return (st);
	buf_put(&r->recoveries, &one, sizeof(one));
	return (buf_done(&r->recoveries, err));
}

/*
 * Only a key itself names what may revoke it, only once, and only before it is:
 * who has stolen it later changes nothing.
 */
static prov_status
heed_policy(struct revocations *r, const struct statement *s, prov_err *err)
{
	const prov_trust_signer *signer = trust_find(r->trust, s->kid);
	struct registration reg = { 0 };
	prov_err why = { 0 };
	prov_status st;
	bool fine;

	if (signer == NULL || find_key(r, s->kid) != NULL ||
	    find_recovery(r, s->kid) != NULL)
		return (PROV_OK);
	st = check(&fine, s, &signer->key, err);
	if (st != PROV_OK || !fine)
		return (st);
	if ((st = registration_decode(&reg, s->payload, &why)) != PROV_OK)
		return (prov_is_no(st) ? PROV_OK
				       : prov_fail(err, st, "%s", why.msg));
	for (size_t i = 0; st == PROV_OK && i < reg.n; i++)
		if (reg.at[i].has_recovery &&
		    memcmp(reg.at[i].key, signer->key.key, 32) == 0)
			st = add_recovery(r, &reg.at[i], s->kid, err);
	registration_clear(&reg);
	return (st);
}

/* In whose name a notice speaks. */
struct voice {
	const prov_pubkey *key; /* NULL: of nobody who counts */
	const char *name;
	bool recovery;
	bool revoker;
};

/* One who may revoke others loses that with the own key. */
static struct voice
voice_of(const struct revocations *r, const struct statement *s,
    const uint8_t whose[32])
{
	const prov_trust_signer *owner = trust_find(r->trust, whose);
	const prov_trust_signer *signer = trust_find(r->trust, s->kid);
	const struct recovery *recovery = find_recovery(r, whose);

	if (signer != NULL && signer->may_revoke && find_key(r, s->kid) == NULL)
		return ((struct voice){ &signer->key, signer->key.name, false,
		    true });
	if (owner != NULL && recovery != NULL &&
	    memcmp(recovery->key.kid, s->kid, 32) == 0)
		return ((struct voice){ &recovery->key, owner->key.name, true,
		    false });
	if (owner != NULL && owner == signer)
		return ((struct voice){ &owner->key, owner->key.name, false,
		    false });
	return ((struct voice){ 0 });
}

/* The widest of what was said counts; nothing narrows it again. */
static prov_status
put_key(struct revocations *r, const struct revoked_key *k, prov_err *err)
{
	struct revoked_key *old = find_key(r, k->kid);

	if (old == NULL) {
		buf_put(&r->keys, k, sizeof(*k));
		return (buf_done(&r->keys, err));
	}
	if (k->from < old->from)
		*old = *k;
	return (PROV_OK);
}

/*
 * What its signer may say and this prov cannot read, such as a later version,
 * is taken to say the most; so is one that is of another log, where it means
 * the whole key. One cannot leave out what comes before itself.
 */
static prov_status
heed_revocation(struct revocations *r, const char *origin, uint64_t index,
    const struct statement *s, prov_err *err)
{
	struct voice v = voice_of(r, s, s->sub_digest);
	struct revoked_key k = { .index = index,
		.by = v.name,
		.by_recovery = v.recovery };
	struct revocation said;
	prov_status st;
	bool fine;

	if (v.key == NULL)
		return (PROV_OK);
	if ((st = check(&fine, s, v.key, err)) != PROV_OK || !fine)
		return (st);
	memcpy(k.kid, s->sub_digest, sizeof(k.kid));
	if (revocation_decode(&said, s->payload, NULL) == PROV_OK &&
	    memcmp(said.kid, s->sub_digest, 32) == 0) {
		k.reason = said.reason;
		if (strcmp(said.origin, origin) == 0)
			k.from =
			    said.from_index < index ? said.from_index : index;
	}
	return (put_key(r, &k, err));
}

static prov_status
put_asset(struct revocations *r, const struct taken_down *t, prov_err *err)
{
	buf_put(&r->assets, t, sizeof(*t));
	return (buf_done(&r->assets, err));
}

/* For the key that signed it, and for each that it is the recovery key of. */
static prov_status
put_takedown(struct revocations *r, struct taken_down *t,
    const struct statement *s, prov_err *err)
{
	const struct recovery *at = (const void *)r->recoveries.p;
	size_t n = r->recoveries.len / sizeof(*at);
	const prov_trust_signer *signer = trust_find(r->trust, s->kid);
	prov_status st = PROV_OK;
	bool fine = false;

	if (signer != NULL && find_key(r, s->kid) == NULL) {
		st = check(&fine, s, &signer->key, err);
		t->by = signer->key.name;
		t->whoever = signer->may_revoke != 0;
		memcpy(t->kid, s->kid, sizeof(t->kid));
		if (st == PROV_OK && fine)
			st = put_asset(r, t, err);
	}
	t->whoever = false;
	t->by_recovery = true;
	for (size_t i = 0; st == PROV_OK && i < n; i++) {
		signer = trust_find(r->trust, at[i].kid);
		if (memcmp(at[i].key.kid, s->kid, 32) != 0 || signer == NULL)
			continue;
		st = check(&fine, s, &at[i].key, err);
		t->by = signer->key.name;
		memcpy(t->kid, at[i].kid, sizeof(t->kid));
		if (st == PROV_OK && fine)
			st = put_asset(r, t, err);
	}
	return (st);
}

static prov_status
heed_takedown(struct revocations *r, uint64_t index, const struct statement *s,
    prov_err *err)
{
	struct taken_down t = { .index = index };
	struct takedown said;

	memcpy(t.asset, s->sub_digest, sizeof(t.asset));
	if (takedown_decode(&said, s->payload, NULL) == PROV_OK &&
	    memcmp(said.asset, s->sub_digest, 32) == 0)
		t.reason = said.reason;
	return (put_takedown(r, &t, s, err));
}

prov_status
revocations_heed(struct revocations *r, const char *origin, uint64_t index,
    prov_span entry, prov_err *err)
{
	struct statement s;
	prov_err why = { 0 };
	prov_status st;

	if ((st = statement_parse(&s, entry, &why)) != PROV_OK)
		return (prov_is_no(st) ? PROV_OK
				       : prov_fail(err, st, "%s", why.msg));
	switch (s.kind) {
	case PAYLOAD_REGISTRATION:
		return (heed_policy(r, &s, err));
	case PAYLOAD_REVOCATION:
		return (heed_revocation(r, origin, index, &s, err));
	case PAYLOAD_TAKEDOWN:
		return (heed_takedown(r, index, &s, err));
	case PAYLOAD_MANIFEST:
	case PAYLOAD_RUN:
		break;
	}
	return (PROV_OK); /* the index was wrong */
}

static int
by_asset(const void *a, const void *b)
{
	const struct taken_down *x = a, *y = b;
	int c = memcmp(x->asset, y->asset, sizeof(x->asset));

	return (c != 0 ? c : (x->index > y->index) - (x->index < y->index));
}

static void
sort_assets(struct revocations *r)
{
	size_t n = r->assets.len / sizeof(struct taken_down);

	if (n > r->sorted)
		qsort(r->assets.p, n, sizeof(struct taken_down), by_asset);
	r->sorted = n;
}

prov_status
revocations_follow(struct revocations *r, prov_ledger *l, prov_err *err)
{
	prov_status st;

	if ((st = notices_follow(&r->notices, l, err)) != PROV_OK)
		return (st);
	for (; r->heeded < notices_n(&r->notices); r->heeded++) {
		uint64_t index = notices_at(&r->notices, r->heeded);
		AUTO_BUF entry = { 0 };
		struct checkpoint at;

		st = ledger_entry_proven(l, index, &entry, &at, err);
		if (st == PROV_OK)
			st = revocations_heed(r, prov_ledger_origin(l), index,
			    buf_span(&entry), err);
		if (st != PROV_OK)
			return (st);
	}
	sort_assets(r);
	return (PROV_OK);
}

bool
revocations_has(const struct revocations *r, const uint8_t kid[32],
    uint64_t index)
{
	const struct revoked_key *k = find_key(r, kid);

	return (k != NULL && index >= k->from);
}

/* The first takedown of an asset that is about the key's statements. */
static const struct taken_down *
find_asset(const struct revocations *r, const uint8_t asset[32],
    const uint8_t kid[32])
{
	const struct taken_down *at = (const void *)r->assets.p;
	size_t n = r->assets.len / sizeof(*at), from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (memcmp(at[mid].asset, asset, 32) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < n && memcmp(at[from].asset, asset, 32) == 0; from++)
		if (at[from].whoever || memcmp(at[from].kid, kid, 32) == 0)
			return (&at[from]);
	return (NULL);
}

static void
revoke_key(struct evidence *e, const struct revoked_key *k, const char *origin,
    bool here)
{
	e->signature = PROV_SIG_REVOKED;
	if (here)
		findings_add(&e->why, REASON_SIGNATURE_REVOKED,
		    "%s, by %s%.60s in entry %llu, from entry %llu on",
		    revocation_reason(k->reason),
		    k->by_recovery ? "the recovery key of " : "", k->by,
		    (unsigned long long)k->index, (unsigned long long)k->from);
	else
		findings_add(&e->why, REASON_SIGNATURE_REVOKED,
		    "%s, by %s%.60s in entry %llu of %.40s",
		    revocation_reason(k->reason),
		    k->by_recovery ? "the recovery key of " : "", k->by,
		    (unsigned long long)k->index, origin);
}

void
revocations_judge(struct revocations *r, const char *origin, struct evidence *e)
{
	const struct revoked_key *k = find_key(r, e->st.kid);
	const struct taken_down *t = find_asset(r, e->st.sub_digest, e->st.kid);
	/* A receipt alone says in which log, and not where. */
	bool here = e->at.size != 0 && strcmp(origin, e->at.origin) == 0;

	if (k != NULL && (!here || e->index >= k->from))
		revoke_key(e, k, origin, here);
	if (t == NULL)
		return;
	e->signature = PROV_SIG_REVOKED;
	findings_add(&e->why, REASON_ASSET_TAKEDOWN,
	    "%s, by %s%.60s in entry "
	    "%llu",
	    takedown_reason(t->reason),
	    t->by_recovery ? "the recovery key of " : "", t->by,
	    (unsigned long long)t->index);
}
