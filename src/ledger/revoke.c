/* SPDX-License-Identifier: ISC */
/* What an owner says against keys and assets: signed and logged at once. */
#include <string.h>

#include "ledger/writer.h"
#include "manifest/revocation.h"
#include "sign/pubkey.h"

#define WAIT_MS 30000 /* for other writers' batches */

/* A payload to sign under the lock, where its own index is known. */
struct said {
	enum payload_kind kind;
	const uint8_t *sub;
	struct buf payload;
};

/* Signs and logs it. The lock is held. */
static prov_status
say(prov_ledger *l, const prov_key *by, const struct said *said,
    prov_entry *entry, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct candidate c;
	prov_status st;

	if ((st = statement_sign(&bytes, by, said->kind, said->sub,
		 buf_span(&said->payload), err)) != PROV_OK ||
	    (st = candidate_read(&c, buf_span(&bytes), NULL, err)) != PROV_OK)
		return (st);
	return (writer_append(l, &c, 1, entry, err));
}

/* Does what needs the lock. */
typedef prov_status (*locked_fn)(prov_ledger *l, const prov_key *by,
    const void *arg, prov_entry *entry, prov_err *err);

static prov_status
with_lock(prov_ledger *l, const prov_key *by, locked_fn fn, const void *arg,
    prov_entry *entry, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if (l->writer == NULL)
		return (prov_fail(err, PROV_EARG,
		    "the ledger was opened for reading"));
	st = writer_enter(l, WAIT_MS, &why);
	if (st == PROV_OK) {
		st = fn(l, by, arg, entry, &why);
		writer_leave(l);
	}
	return (st == PROV_OK ? st : writer_refused(st, &why, err));
}

/* Whose word counts wherever the log is believed: a thief has no other. */
static prov_status
check_authority(const prov_ledger *l, const prov_key *by,
    const prov_revocation *v, prov_err *err)
{
	const struct registrant *g =
	    registry_find(&l->writer->registry, v->kid);
	const prov_pubkey *key = prov_key_public(by);

	if (v->revoker || memcmp(key->kid, v->kid, 32) == 0 ||
	    (g != NULL && g->has_recovery &&
		memcmp(g->recovery.kid, key->kid, 32) == 0))
		return (PROV_OK);
	return (prov_fail(err, PROV_EUNTRUSTED,
	    "%.100s is neither that key, nor its recovery key, nor trusted to "
	    "revoke; nobody would believe it",
	    key->name));
}

static prov_status
revoke_locked(prov_ledger *l, const prov_key *by, const void *arg,
    prov_entry *entry, prov_err *err)
{
	const prov_revocation *v = arg;
	struct said said = { .kind = PAYLOAD_REVOCATION, .sub = v->kid };
	struct revocation r = { .time = v->now };
	prov_status st;

	r.from_index =
	    v->from_index == PROV_FROM_NOW ? l->writer->at.size : v->from_index;
	memcpy(r.kid, v->kid, sizeof(r.kid));
	memcpy(r.origin, l->key.name, sizeof(r.origin));
	if ((st = check_authority(l, by, v, err)) == PROV_OK &&
	    (v->reason == NULL || (st = revocation_reason_parse(&r.reason,
				       v->reason, err)) == PROV_OK) &&
	    (st = revocation_encode(&said.payload, &r, err)) == PROV_OK)
		st = say(l, by, &said, entry, err);
	buf_free(&said.payload);
	return (st);
}

prov_status
prov_ledger_revoke(prov_ledger *l, const prov_key *by,
    const prov_revocation *what, prov_entry *entry, prov_err *err)
{
	return (with_lock(l, by, revoke_locked, what, entry, err));
}

static prov_status
takedown_locked(prov_ledger *l, const prov_key *by, const void *arg,
    prov_entry *entry, prov_err *err)
{
	const prov_takedown *v = arg;
	struct said said = { .kind = PAYLOAD_TAKEDOWN, .sub = v->asset };
	struct takedown t = { .time = v->now };
	prov_status st = PROV_OK;

	memcpy(t.asset, v->asset, sizeof(t.asset));
	memcpy(t.origin, l->key.name, sizeof(t.origin));
	if (v->reason != NULL)
		st = takedown_reason_parse(&t.reason, v->reason, err);
	if (st == PROV_OK &&
	    (st = takedown_encode(&said.payload, &t, err)) == PROV_OK)
		st = say(l, by, &said, entry, err);
	buf_free(&said.payload);
	return (st);
}

prov_status
prov_ledger_takedown(prov_ledger *l, const prov_key *by,
    const prov_takedown *what, prov_entry *entry, prov_err *err)
{
	return (with_lock(l, by, takedown_locked, what, entry, err));
}

static prov_status
recovery_locked(prov_ledger *l, const prov_key *by, const void *arg,
    prov_entry *entry, prov_err *err)
{
	const prov_pubkey *recovery = arg, *key = prov_key_public(by);
	struct writer *w = l->writer;
	const struct registrant *g = registry_find(&w->registry, key->kid);
	struct registrant more = { .key = *key, .has_recovery = true };
	struct said said = { PAYLOAD_REGISTRATION, w->origin, { 0 } };
	prov_status st;

	if (g != NULL && g->has_recovery) {
		if (memcmp(g->recovery.key, recovery->key, 32) != 0)
			return (prov_fail(err, PROV_EEXIST,
			    "%.100s has a recovery key, which cannot be "
			    "replaced: a thief could do that, too",
			    key->name));
		*entry = (prov_entry){ w->state.policy, 1 };
		return (PROV_OK);
	}
	more.recovery = *recovery;
	if ((st = registry_extend(&said.payload, &w->registry, &more, err)) ==
	    PROV_OK)
		st = say(l, by, &said, entry, err);
	buf_free(&said.payload);
	return (st);
}

prov_status
prov_ledger_recovery(prov_ledger *l, const prov_key *key,
    const prov_pubkey *recovery, prov_entry *entry, prov_err *err)
{
	return (with_lock(l, key, recovery_locked, recovery, entry, err));
}
