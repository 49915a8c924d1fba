/* SPDX-License-Identifier: ISC */
/*
 * What no statement may be to become an entry, what a reader does not take for
 * the same history, and what repairing does not overwrite.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/layout.h"
#include "ledger/reader.h"
#include "ledger/registry.h"
#include "logged.h"
#include "manifest/revocation.h"
#include "prov/check.h"
#include "refused.h"

#define ENTRIES 20U
#define ODD     1000 /* names that a repair tries */

struct office {
	struct logged g;
	struct registry registry;
	struct place place;
	uint8_t origin[32], elsewhere[32];
};

static int
begin(void **state)
{
	struct office *o = calloc(1, sizeof(*o));

	if (o == NULL || !logged_open(&o->g))
		return (-1);
	ok(registry_one(&o->registry, prov_key_public(o->g.owner), err));
	ok(sha256_of(o->origin, span(LOG_NAME, strlen(LOG_NAME)), err));
	ok(sha256_of(o->elsewhere, span("elsewhere", 9), err));
	o->place = (struct place){ LOG_NAME, o->origin, 1 };
	*state = o;
	return (0);
}

static int
end(void **state)
{
	struct office *o = *state;

	registry_clear(&o->registry);
	logged_close(&o->g);
	free(o);
	return (0);
}

/* What the owner says in payload about sub, and whether it may stand. */
static prov_status
admit(struct office *o, enum payload_kind kind, const uint8_t sub[32],
    prov_span payload, prov_err *err)
{
	AUTO_BUF bytes = { 0 };
	struct statement s;
	prov_status st;

	if ((st = statement_sign(&bytes, o->g.owner, kind, sub, payload,
		 err)) != PROV_OK ||
	    (st = statement_parse(&s, buf_span(&bytes), err)) != PROV_OK)
		return (st);
	return (registry_admit(&o->registry, &s, &o->place, err));
}

static void
policies(void **state)
{
	struct office *o = *state;
	AUTO_BUF payload = { 0 };

	ok(registry_extend(&payload, &o->registry, NULL, err));
	ok(admit(o, PAYLOAD_REGISTRATION, o->origin, buf_span(&payload), err));
	refused(PROV_EUNTRUSTED, "policy of another ledger",
	    admit(o, PAYLOAD_REGISTRATION, o->elsewhere, buf_span(&payload),
		err));
}

static void
revocations(void **state)
{
	struct office *o = *state;
	struct revocation r = { .origin = LOG_NAME,
		.time = 1795466460,
		.reason = 1 };
	AUTO_BUF payload = { 0 };

	memcpy(r.kid, prov_key_public(o->g.owner)->kid, sizeof(r.kid));
	ok(revocation_encode(&payload, &r, err));
	ok(admit(o, PAYLOAD_REVOCATION, r.kid, buf_span(&payload), err));
	refused(PROV_EUNTRUSTED, "another key than its revocation",
	    admit(o, PAYLOAD_REVOCATION, o->elsewhere, buf_span(&payload),
		err));
}

static void
kinds(void **state)
{
	struct office *o = *state;
	AUTO_BUF bytes = { 0 };
	struct statement s;

	assert_true(logged_statement(&bytes, o->g.owner, 1));
	ok(statement_parse(&s, buf_span(&bytes), err));
	ok(registry_admit(&o->registry, &s, &o->place, err));
	s.kind = (enum payload_kind)99;
	refused(PROV_EFORMAT, "no known kind",
	    registry_admit(&o->registry, &s, &o->place, err));
}

static void
too_many_signers(void **state)
{
	struct office *o = *state;
	struct registry many = { .n = REGISTERED_MAX + 1 };
	AUTO_BUF payload = { 0 };

	many.at = calloc(many.n, sizeof(*many.at));
	assert_non_null(many.at);
	for (size_t i = 0; i < many.n; i++)
		many.at[i] = o->registry.at[0];
	refused(PROV_ELIMIT, "registered signers",
	    registry_extend(&payload, &many, NULL, err));
	registry_clear(&many);
}

/* Another history of the same log, in the place of the one that was read. */
static void
replaced(void **state)
{
	struct office *o = *state;
	AUTO(prov_ledger) *w = NULL, *r = NULL, *other = NULL;
	char path[96], command[512];
	uint8_t root[32];
	uint64_t size;

	snprintf(path, sizeof(path), "%.64s/other", o->g.dir);
	ok(prov_ledger_open_writer(&w, o->g.path, o->g.log, err));
	ok(logged_append(w, o->g.owner, 0, ENTRIES - 1, 5, err));
	ok(prov_ledger_create(path, o->g.log, o->g.owner, NULL, err));
	ok(prov_ledger_open_writer(&other, path, o->g.log, err));
	ok(logged_append(other, o->g.owner, 100, 100 + ENTRIES + 9, 5, err));
	ok(prov_ledger_open(&r, o->g.path, prov_key_public(o->g.log), err));
	ok(prov_ledger_checkpoint(r, &size, NULL, NULL, err));
	assert_int_equal(ENTRIES, size);
	refused(PROV_EUNTRUSTED, "and not the 21 that it had once",
	    ledger_root_at(r, ENTRIES + 1, root, err));
	snprintf(command, sizeof(command),
	    "mv %s/tlog %s/was && cp -a %s/tlog %s/", o->g.path, o->g.path,
	    path, o->g.path);
	/* The test's own directories: nothing in them is quoted. */
	assert_int_equal(0, system(command));
	refused(PROV_EUNTRUSTED, "does not extend the one of 20",
	    ledger_refresh(r, err));
}

static void
compare(void *arg, const prov_difference *d)
{
	bool *found = arg;

	*found = *found || strstr(d->what, "holds another run") != NULL;
}

/* A run under another's name. */
static void
another_run(void **state)
{
	struct office *o = *state;
	bool found = false;
	const prov_inspection how = { .threads = 1,
		.difference = compare,
		.arg = &found };
	AUTO(prov_ledger) *w = NULL;
	AUTO_BUF b = { 0 };

	ok(prov_ledger_open_writer(&w, o->g.path, o->g.log, err));
	ok(logged_append(w, o->g.owner, 0, 9, 9, err));
	prov_ledger_close(w);
	w = NULL;
	assert_true(logged_read(&b, &o->g, "index/0-10"));
	assert_true(logged_write(&o->g, "index/runs",
	    span("prov-index/2\n0 9 29\n", 20)));
	assert_true(logged_write(&o->g, "index/0-9", buf_span(&b)));
	refused(PROV_EUNTRUSTED, "",
	    prov_ledger_inspect(o->g.path, prov_key_public(o->g.log), &how,
		NULL, err));
	assert_true(found);
}

static void
make_odd(const struct logged *g, int from, int to)
{
	char name[64];

	for (int i = from; i <= to; i++) {
		snprintf(name, sizeof(name), "odd-%d", i);
		assert_int_equal(0, mkdir(logged_path(g, name), 0700));
	}
}

/* A directory in a tile's place goes to a name that is free, if one is. */
static void
moves_away(void **state)
{
	struct office *o = *state;
	const prov_inspection how = { .threads = 1 };
	const prov_pubkey *log = prov_key_public(o->g.log);
	prov_inspected out;

	make_odd(&o->g, 1, ODD - 1);
	assert_int_equal(0, mkdir(logged_path(&o->g, "tlog/tile/0/005"), 0700));
	ok(prov_ledger_repair(o->g.path, log, &how, &out, err));
	assert_int_equal(0, rmdir(logged_path(&o->g, "odd-1000")));
	make_odd(&o->g, ODD, ODD);
	assert_int_equal(0, mkdir(logged_path(&o->g, "tlog/tile/0/005"), 0700));
	refused(PROV_EWRITE, "is a directory: move it away",
	    prov_ledger_repair(o->g.path, log, &how, &out, err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(policies, begin, end),
		cmocka_unit_test_setup_teardown(revocations, begin, end),
		cmocka_unit_test_setup_teardown(kinds, begin, end),
		cmocka_unit_test_setup_teardown(too_many_signers, begin, end),
		cmocka_unit_test_setup_teardown(replaced, begin, end),
		cmocka_unit_test_setup_teardown(another_run, begin, end),
		cmocka_unit_test_setup_teardown(moves_away, begin, end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
