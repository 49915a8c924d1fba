/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "logged.h"
#include "manifest/revocation.h"

static struct revocation
sample(void)
{
	struct revocation r = { .origin = LOG_NAME,
		.time = 1795466460,
		.from_index = 300,
		.reason = 1 };

	memset(r.kid, 0xab, sizeof(r.kid));
	return (r);
}

/* Each byte changed, each end cut off: another meaning or none, never both. */
static void
one_form(void **state)
{
	struct revocation r = sample(), back;
	struct takedown t = { .origin = LOG_NAME, .reason = 4 }, same;
	AUTO_BUF b = { 0 }, again = { 0 }, down = { 0 };

	(void)state;
	ok(revocation_encode(&b, &r, err));
	ok(revocation_decode(&back, buf_span(&b), err));
	assert_memory_equal(&r.kid, &back.kid, 32);
	assert_string_equal(LOG_NAME, back.origin);
	assert_int_equal(300, back.from_index);
	assert_int_equal(1, back.reason);
	for (size_t i = 0; i < b.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			b.p[i] ^= (uint8_t)(1 << bit);
			again.len = 0;
			if (revocation_decode(&back, buf_span(&b), NULL) ==
			    PROV_OK) {
				ok(revocation_encode(&again, &back, err));
				assert_true(
				    span_eq(buf_span(&again), buf_span(&b)));
			}
			b.p[i] ^= (uint8_t)(1 << bit);
		}
		assert_int_not_equal(PROV_OK,
		    revocation_decode(&back, span(b.p, i), NULL));
	}
	ok(takedown_encode(&down, &t, err));
	ok(takedown_decode(&same, buf_span(&down), err));
	assert_int_equal(4, same.reason);
	assert_int_not_equal(PROV_OK,
	    takedown_decode(&same, buf_span(&b), NULL));
	assert_int_not_equal(PROV_OK,
	    revocation_decode(&back, buf_span(&down), NULL));
}

static void
reasons(void **state)
{
	struct revocation r = sample();
	AUTO_BUF b = { 0 };
	prov_err why = { 0 };
	unsigned n;

	(void)state;
	assert_string_equal("key-compromise", revocation_reason(1));
	assert_null(revocation_reason(2)); /* a CA's */
	assert_int_equal(PROV_OK,
	    revocation_reason_parse(&n, "privilege-withdrawn", NULL));
	assert_int_equal(9, n);
	assert_int_equal(PROV_EARG, revocation_reason_parse(&n, "bored", &why));
	assert_non_null(strstr(why.msg, "key-compromise, affiliation"));
	assert_int_equal(PROV_OK, takedown_reason_parse(&n, "law", NULL));
	assert_string_equal("law", takedown_reason(n));
	r.reason = 2;
	assert_int_not_equal(PROV_OK, revocation_encode(&b, &r, NULL));
	r = sample();
	r.origin[0] = '\0';
	assert_int_not_equal(PROV_OK, revocation_encode(&b, &r, NULL));
	r = sample();
	r.time = -1;
	assert_int_not_equal(PROV_OK, revocation_encode(&b, &r, NULL));
}

/* A ledger whose owner has a recovery key, and whose signer other has none. */
struct office {
	struct logged g;
	prov_key *recovery;
	prov_ledger *l;
};

static void
office_open(struct office *o)
{
	prov_entry e;

	assert_true(logged_dir(&o->g));
	o->recovery = logged_key(OWNER_NAME "/recovery", 4);
	assert_non_null(o->recovery);
	ok(prov_ledger_create(o->g.path, o->g.log, o->g.owner,
	    prov_key_public(o->recovery), err));
	ok(prov_ledger_open_writer(&o->l, o->g.path, o->g.log, err));
	ok(prov_ledger_register(o->l, o->g.owner, prov_key_public(o->g.other),
	    0, &e, err));
	assert_int_equal(1, e.index);
}

static void
office_close(struct office *o)
{
	prov_ledger_close(o->l);
	prov_key_free(o->recovery);
	logged_close(&o->g);
}

/* As another process finds it. */
static void
office_again(struct office *o)
{
	prov_ledger_close(TAKE(o->l));
	ok(prov_ledger_open_writer(&o->l, o->g.path, o->g.log, err));
}

static prov_revocation
of(const prov_key *key, uint64_t from)
{
	prov_revocation r = { .from_index = from, .now = 5 };

	memcpy(r.kid, prov_key_public(key)->kid, 32);
	return (r);
}

static void
refused(prov_status want, prov_status got, const prov_err *why,
    const char *part)
{
	assert_int_equal(want, got);
	if (strstr(why->msg, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, why->msg);
}

/* Appends a payload as it is, by somebody who does not ask the library. */
static prov_status
slip_in(struct office *o, const prov_key *by, enum payload_kind kind,
    const uint8_t sub[32], prov_span payload, prov_err *why)
{
	AUTO_BUF b = { 0 };
	prov_entry e;
	prov_span s;

	ok(statement_sign(&b, by, kind, sub, payload, err));
	s = buf_span(&b);
	return (prov_ledger_append(o->l, &s, 1, 0, &e, why));
}

static prov_status
slip_revocation(struct office *o, const prov_key *by, const prov_key *whose,
    const char *origin, uint64_t from, prov_err *why)
{
	const uint8_t *kid = prov_key_public(whose)->kid;
	struct revocation r = { .from_index = from };
	AUTO_BUF b = { 0 };

	memcpy(r.kid, kid, 32);
	snprintf(r.origin, sizeof(r.origin), "%s", origin);
	ok(revocation_encode(&b, &r, err));
	return (slip_in(o, by, PAYLOAD_REVOCATION, kid, buf_span(&b), why));
}

/* Who may say it, and what a ledger takes from whom. */
static void
who_revokes(void **state)
{
	struct office o;
	prov_revocation r;
	prov_entry e;
	prov_err why = { 0 };

	(void)state;
	office_open(&o);
	r = of(o.g.owner, 0);
	refused(PROV_EUNTRUSTED,
	    prov_ledger_revoke(o.l, o.g.other, &r, &e, &why), &why,
	    "nobody would believe it");
	r = of(o.g.other, 0);
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_revocation(&o, o.recovery, o.g.other, LOG_NAME, 0, &why), &why,
	    "revokes its own key alone");
	r.revoker = 1;
	ok(prov_ledger_revoke(o.l, o.g.owner, &r, &e, err));
	assert_int_equal(2, e.index);
	/* That is for who trusts the owner; the ledger goes on with other. */
	ok(logged_append(o.l, o.g.other, 1, 2, 1, err));
	r = of(o.g.owner, PROV_FROM_NOW);
	r.reason = "key-compromise";
	ok(prov_ledger_revoke(o.l, o.recovery, &r, &e, err));
	assert_int_equal(4, e.index);
	office_close(&o);
}

/* What names another place than the one where it is to stand. */
static void
wrong_place(void **state)
{
	struct office o;
	prov_err why = { 0 };
	uint8_t sub[32] = { 0 };
	struct takedown t = { .origin = "demo/else/log" };
	AUTO_BUF b = { 0 };

	(void)state;
	office_open(&o);
	refused(PROV_EUNTRUSTED,
	    slip_revocation(&o, o.g.owner, o.g.owner, LOG_NAME, 3, &why), &why,
	    "cannot be entry 2");
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_revocation(&o, o.g.owner, o.g.owner, "demo/else/log", 0, &why),
	    &why, "for the ledger demo/else/log");
	ok(takedown_encode(&b, &t, err));
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_in(&o, o.g.owner, PAYLOAD_TAKEDOWN, sub, buf_span(&b), &why),
	    &why, "for the ledger demo/else/log");
	sub[0] = 1;
	memcpy(t.origin, LOG_NAME, sizeof(LOG_NAME));
	b.len = 0;
	ok(takedown_encode(&b, &t, err));
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_in(&o, o.g.owner, PAYLOAD_TAKEDOWN, sub, buf_span(&b), &why),
	    &why, "another asset");
	office_close(&o);
}

/* From its revocation on a key logs nothing, and no policy brings it back. */
static void
revoked_is_over(void **state)
{
	struct office o;
	prov_revocation r;
	prov_entry e;
	prov_err why = { 0 };

	(void)state;
	office_open(&o);
	ok(logged_append(o.l, o.g.other, 1, 3, 1, err));
	r = of(o.g.other, 3);
	ok(prov_ledger_revoke(o.l, o.g.other, &r, &e, err));
	for (int again = 0; again < 2; again++) {
		prov_err_clear(&why);
		refused(PROV_EUNTRUSTED,
		    logged_append(o.l, o.g.other, 3, 4, 1, &why), &why,
		    "was revoked");
		prov_err_clear(&why);
		refused(PROV_EUNTRUSTED,
		    prov_ledger_register(o.l, o.g.owner,
			prov_key_public(o.g.other), 0, &e, &why),
		    &why, "was revoked");
		prov_err_clear(&why);
		refused(PROV_EUNTRUSTED,
		    slip_revocation(&o, o.g.other, o.g.owner, LOG_NAME, 0,
			&why),
		    &why, "the key that signed it was revoked");
		office_again(&o);
	}
	/* It may say that it was stolen earlier. */
	r = of(o.g.other, 1);
	ok(prov_ledger_revoke(o.l, o.g.other, &r, &e, err));
	office_close(&o);
}

/* A thief has the owner's key, and the recovery key is at home. */
static void
thief(void **state)
{
	struct office o;
	prov_key *mine;
	prov_revocation r;
	prov_entry e;
	prov_err why = { 0 };

	(void)state;
	office_open(&o);
	assert_non_null(mine = logged_key("thief/recovery", 9));
	refused(PROV_EEXIST,
	    prov_ledger_recovery(o.l, o.g.owner, prov_key_public(mine), &e,
		&why),
	    &why, "cannot be replaced");
	r = of(o.g.owner, 2);
	ok(prov_ledger_revoke(o.l, o.recovery, &r, &e, err));
	/* The key can only say more against itself. */
	r = of(o.g.owner, 1);
	ok(prov_ledger_revoke(o.l, o.g.owner, &r, &e, err));
	r = of(o.g.owner, 0);
	ok(prov_ledger_revoke(o.l, o.recovery, &r, &e, err));
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    prov_ledger_register(o.l, o.g.owner, prov_key_public(mine), 0, &e,
		&why),
	    &why, "was revoked");
	/* With the recovery key the ledger goes on under another. */
	ok(prov_ledger_register(o.l, o.recovery, prov_key_public(mine), 0, &e,
	    err));
	office_again(&o);
	ok(logged_append(o.l, mine, 1, 2, 1, err));
	prov_key_free(mine);
	office_close(&o);
}

static void
put_policy(struct buf *b, const struct registered *at, size_t n)
{
	struct registration r = { .n = n };

	r.at = calloc(n, sizeof(*at));
	assert_non_null(r.at);
	memcpy(r.at, at, n * sizeof(*at));
	b->len = 0;
	ok(registration_encode(b, &r, err));
	registration_clear(&r);
}

/* Policies that a registered thief would like. */
static void
hostile_policies(void **state)
{
	struct office o;
	struct registered at[2] = { { .name = OWNER_NAME },
		{ .name = "demo/camera-2" } };
	uint8_t origin[32];
	prov_err why = { 0 };
	AUTO_BUF b = { 0 };

	(void)state;
	office_open(&o);
	ok(sha256_of(origin, span(LOG_NAME, strlen(LOG_NAME)), err));
	memcpy(at[0].key, prov_key_public(o.g.owner)->key, 32);
	memcpy(at[1].key, prov_key_public(o.g.other)->key, 32);
	put_policy(&b, at + 1, 1); /* without the owner */
	refused(PROV_EUNTRUSTED,
	    slip_in(&o, o.g.other, PAYLOAD_REGISTRATION, origin, buf_span(&b),
		&why),
	    &why, "may not drop or change " OWNER_NAME);
	put_policy(&b, at, 2); /* without its recovery key */
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_in(&o, o.g.owner, PAYLOAD_REGISTRATION, origin, buf_span(&b),
		&why),
	    &why, "may not drop or change " OWNER_NAME);
	at[0].has_recovery = at[1].has_recovery = true;
	memcpy(at[0].recovery, prov_key_public(o.recovery)->key, 32);
	memcpy(at[1].recovery, prov_key_public(o.g.owner)->key, 32);
	put_policy(&b, at, 2); /* what revokes other, said by the owner */
	prov_err_clear(&why);
	refused(PROV_EUNTRUSTED,
	    slip_in(&o, o.g.owner, PAYLOAD_REGISTRATION, origin, buf_span(&b),
		&why),
	    &why, "only demo/camera-2 may name");
	ok(slip_in(&o, o.g.other, PAYLOAD_REGISTRATION, origin, buf_span(&b),
	    err));
	memcpy(at[0].recovery, at[0].key, 32);
	{
		struct registration r = { .n = 2, .at = at };

		b.len = 0;
		assert_int_equal(PROV_EFORMAT,
		    registration_encode(&b, &r, NULL));
	}
	office_close(&o);
}

/* A recovery key vouches for nothing. */
static void
recovery_signs_no_media(void **state)
{
	struct office o;
	prov_err why = { 0 };

	(void)state;
	office_open(&o);
	refused(PROV_EUNTRUSTED, logged_append(o.l, o.recovery, 1, 2, 1, &why),
	    &why, "vouches for nothing");
	ok(prov_ledger_check(o.l, NULL, NULL, NULL, err));
	office_close(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_form),
		cmocka_unit_test(reasons),
		cmocka_unit_test(who_revokes),
		cmocka_unit_test(wrong_place),
		cmocka_unit_test(revoked_is_over),
		cmocka_unit_test(thief),
		cmocka_unit_test(hostile_policies),
		cmocka_unit_test(recovery_signs_no_media),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
