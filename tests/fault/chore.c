/* SPDX-License-Identifier: ISC */
#include "chore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Done whole; of what was not synced that cannot be known. */
static bool
is_done(const struct chore *c, const char *call)
{
	if (call != NULL && strstr(call, "sync") != NULL)
		return (false);
	return (c->whole == NULL || c->whole());
}

/* Whether there was a place from which no call had failed yet. */
static bool
try_one(const struct chore *c)
{
	prov_err why = { 0 };
	const char *call;
	prov_status st;

	if (c->prepare != NULL)
		c->prepare();
	faulty_arm(c->what);
	st = c->work(&why);
	call = faulty_disarm();
	if (st == PROV_OK ? !is_done(c, call)
			  : call == NULL || !faulty_is_told(c->what, st, &why))
		fail_msg("%s: %s failed: %d, %s", c->name,
		    call != NULL ? call : "nothing", st, why.msg);
	return (call != NULL);
}

void
each_chore(void **state)
{
	const struct chores *chores = *state;

	for (size_t i = 0; i < chores->n; i++) {
		int places = 0;

		faulty_begin(1);
		while (try_one(&chores->at[i]))
			places++;
		printf("# %s: each of %d places\n", chores->at[i].name, places);
		assert_true(places > 0);
	}
}
