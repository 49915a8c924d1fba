/* SPDX-License-Identifier: ISC */
/*
 * What a registry, and who verifies, make of entries about keys and runs, with
 * each allocation failing: what is told as heard is heard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/logged.h"
#include "../unit/runs.h"
#include "chore.h"
#include "ledger/registry.h"
#include "manifest/revocation.h"
#include "verify/revocations.h"

#define INDEX 9U /* of the entry that is not taken */

static struct office {
	struct logged g;
	uint8_t kid[32]; /* the owner's */
	struct registry registry;
	struct buf run, revocation, policy, lost; /* statements */
	prov_trust *trust;
	struct revocations heard;
} * p;

/* Of another run than its record's, which is never taken. */
static prov_status
do_admit(prov_err *err)
{
	const struct place place = { LOG_NAME, p->kid, INDEX };
	struct statement s;
	prov_status st;

	if ((st = statement_parse(&s, buf_span(&p->run), err)) != PROV_OK)
		return (st);
	st = registry_admit(&p->registry, &s, &place, err);
	if (st == PROV_OK)
		return (PROV_EINTERNAL);
	return (st == PROV_EUNTRUSTED ? PROV_OK : st);
}

static void
prepare_revoke(void)
{
	registry_clear(&p->registry);
	ok(registry_one(&p->registry, prov_key_public(p->g.owner), err));
}

static prov_status
do_revoke(prov_err *err)
{
	struct statement s;
	prov_status st;

	st = statement_parse(&s, buf_span(&p->revocation), err);
	return (st == PROV_OK ? registry_apply(&p->registry, &s, err) : st);
}

static bool
is_revoked(void)
{
	return (registry_is_revoked(&p->registry, p->kid));
}

/* By the key that the owner named for that. */
static void
prepare_heed(void)
{
	revocations_clear(&p->heard);
	p->heard.trust = p->trust;
}

static prov_status
do_heed(prov_err *err)
{
	prov_status st;

	st =
	    revocations_heed(&p->heard, LOG_NAME, 0, buf_span(&p->policy), err);
	if (st != PROV_OK)
		return (st);
	return (
	    revocations_heed(&p->heard, LOG_NAME, 1, buf_span(&p->lost), err));
}

static bool
is_heard(void)
{
	return (revocations_has(&p->heard, p->kid, 1));
}

static const struct chore chores[] = {
	{ "admit", FAULTY_MEMORY, NULL, do_admit, NULL },
	{ "revoke", FAULTY_MEMORY, prepare_revoke, do_revoke, is_revoked },
	{ "heed", FAULTY_MEMORY, prepare_heed, do_heed, is_heard },
};

/* The owner names a key that then revokes his own. */
static void
make_loss(const struct revocation *v)
{
	prov_key *named = logged_key(OWNER_NAME "/lost", 4);
	struct registrant more = { .key = *prov_key_public(p->g.owner),
		.recovery = *prov_key_public(named),
		.has_recovery = true };
	const prov_trust_signer owner = { .key = more.key };
	AUTO_REGISTRY one = { 0 };
	AUTO_BUF policy = { 0 }, lost = { 0 };
	uint8_t origin[32];

	ok(sha256_of(origin, span(LOG_NAME, strlen(LOG_NAME)), err));
	ok(registry_one(&one, &more.key, err));
	ok(registry_extend(&policy, &one, &more, err));
	ok(statement_sign(&p->policy, p->g.owner, PAYLOAD_REGISTRATION, origin,
	    buf_span(&policy), err));
	ok(revocation_encode(&lost, v, err));
	ok(statement_sign(&p->lost, named, PAYLOAD_REVOCATION, v->kid,
	    buf_span(&lost), err));
	prov_key_free(named);
	ok(prov_trust_new(&p->trust, err));
	ok(prov_trust_add_signer(p->trust, &owner, err));
	ok(prov_trust_add_log(p->trust, prov_key_public(p->g.log), err));
}

static void
make_statements(void)
{
	AUTO_FREE struct run_record *r = malloc(sizeof(*r));
	struct revocation v = { .origin = LOG_NAME,
		.time = 1795466460,
		.reason = 1 };
	AUTO_BUF run = { 0 }, revocation = { 0 };
	const uint8_t other[32] = { 1 };

	assert_non_null(r);
	runs_sample(r);
	ok(run_record_encode(&run, r, err));
	ok(statement_sign(&p->run, p->g.owner, PAYLOAD_RUN, other,
	    buf_span(&run), err));
	memcpy(v.kid, prov_key_public(p->g.owner)->kid, sizeof(v.kid));
	memcpy(p->kid, v.kid, sizeof(p->kid));
	ok(revocation_encode(&revocation, &v, err));
	ok(statement_sign(&p->revocation, p->g.owner, PAYLOAD_REVOCATION, v.kid,
	    buf_span(&revocation), err));
	make_loss(&v);
}

static int
begin(void **state)
{
	(void)state;
	if ((p = calloc(1, sizeof(*p))) == NULL || !logged_dir(&p->g))
		return (-1);
	make_statements();
	prepare_revoke();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	registry_clear(&p->registry);
	buf_free(&p->run);
	buf_free(&p->revocation);
	buf_free(&p->policy);
	buf_free(&p->lost);
	revocations_clear(&p->heard);
	prov_trust_free(p->trust);
	logged_close(&p->g);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		chores_unit_test(chores),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
