/* SPDX-License-Identifier: ISC */
/*
 * The threads that sync what was appended and sweep what is remembered, with
 * each allocation failing in turn, and each call for files: either there is one
 * and it does its work, or it is told why not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "../unit/logged.h"
#include "chore.h"
#include "ledger/sweeper.h"
#include "ledger/syncer.h"

#define SIZE  5
#define POLLS 2000 /* of 5 ms */

static struct logged ledger;
static uint64_t synced;

static prov_status
await(struct syncer *s, prov_err *err)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	prov_status st = PROV_OK;

	if (!syncer_begin(s, SIZE))
		return (PROV_EINTERNAL);
	for (int i = 0; i < POLLS && synced != SIZE && st == PROV_OK; i++) {
		(void)nanosleep(&pause, NULL);
		st = syncer_ended(s, &synced, err);
	}
	return (st);
}

static prov_status
do_sync(prov_err *err)
{
	struct syncer *s = NULL;
	prov_status st;

	synced = 0;
	if ((st = syncer_new(&s, ledger.path, err)) != PROV_OK)
		return (st);
	st = s != NULL ? await(s, err) : PROV_EINTERNAL;
	syncer_free(s);
	return (st);
}

static bool
is_synced(void)
{
	return (synced == SIZE);
}

static prov_status
do_sweep(prov_err *err)
{
	struct sweeper *s = NULL;
	prov_status st;

	if ((st = sweeper_new(&s, err)) == PROV_OK && s == NULL)
		return (PROV_EINTERNAL);
	sweeper_free(s);
	return (st);
}

static const struct chore chores[] = {
	{ "sync", FAULTY_MEMORY, NULL, do_sync, is_synced },
	{ "sync", FAULTY_FILES, NULL, do_sync, is_synced },
	{ "sweep", FAULTY_MEMORY, NULL, do_sweep, NULL },
	{ "sweep", FAULTY_FILES, NULL, do_sweep, NULL },
};

static int
begin(void **state)
{
	(void)state;
	logged_in_memory();
	return (logged_open(&ledger) ? 0 : -1);
}

static int
end(void **state)
{
	(void)state;
	logged_close(&ledger);
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
