/* SPDX-License-Identifier: ISC */
#include "shortage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "wrap.h"

static atomic_long left; /* allocations until one fails; 0: none does */
static atomic_bool met;
static bool lasting;

void
shortage_begin(long n, bool for_good)
{
	met = false;
	lasting = for_good;
	left = n;
}

bool
shortage_end(void)
{
	left = 0;
	return (met);
}

/* Threads allocate as well. */
bool
shortage_fails(void)
{
	long n = left, next;

	do {
		if (n == 0)
			return (false);
		next = n == 1 && lasting ? 1 : n - 1;
	} while (!atomic_compare_exchange_weak(&left, &n, next));
	if (n != 1)
		return (false);
	met = true;
	return (true);
}

static bool
fails(const char *call)
{
	(void)call;
	return (shortage_fails());
}

WRAP_ALLOCATIONS(fails)

static bool
is_told(bool failed, prov_status st, const prov_err *err)
{
	return (
	    failed ? st == PROV_ENOMEM && err->msg[0] != '\0' : st == PROV_OK);
}

/* Whether allocation n was there to fail. */
static bool
try_one(const struct shortage *s, long n, bool for_good)
{
	prov_err err = { 0 };
	prov_status st;
	bool failed;

	shortage_begin(n, for_good);
	st = s->work(s->arg, &err);
	failed = shortage_end();
	if (s->fine != NULL ? !s->fine(s->arg, failed, st, &err)
			    : !is_told(failed, st, &err))
		fail_msg("%s: allocation %ld %s%s: %d, %s", s->name, n,
		    failed ? "failed" : "is not there",
		    failed && for_good ? " and all after it" : "", st, err.msg);
	return (failed);
}

void
shortage_each(const struct shortage *s)
{
	for (int for_good = 0; for_good < 2; for_good++) {
		long n = 0;

		while (try_one(s, n + 1, for_good != 0))
			n++;
		printf("# %s: each of %ld allocations failed%s\n", s->name, n,
		    for_good != 0 ? ", and all after it" : "");
		assert_true(n >= s->least);
	}
}

void
shortage_test(void **state)
{
	shortage_each(*state);
}
