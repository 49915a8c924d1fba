/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SHORTAGE_H
#define PROV_TESTS_SHORTAGE_H

#include <stdbool.h>

#include "prov/err.h"

/*
 * Memory that runs out. Counted are the allocations of this program and of what
 * it is linked with; libraries have calls of their own. Link with
 * $(shortage_sources) and $(fault_ldflags).
 */
struct shortage {
	const char *name;
	prov_status (*work)(void *arg, prov_err *err);
	/*
	 * Whether that may come of work where an allocation failed, or where
	 * none did; NULL: a failure is always told, as what it is.
	 */
	bool (*fine)(void *arg, bool failed, prov_status st,
	    const prov_err *err);
	void *arg;  /* of both; the caller's */
	long least; /* allocations that there are at the least */
};

/*
 * Does the work with the first allocation failing, then with the second, and so
 * on until it is done without having met the one that was to fail; then again,
 * all failing from there on. Fails the test unless all that came was fine.
 */
void shortage_each(const struct shortage *s);

/* A row of cmocka's for that, where a failure is always told; arg is NULL. */
#define shortage_unit_test(text, does, n)                                     \
	{                                                                     \
		.name = (text), .test_func = shortage_test,                   \
		.initial_state = &(struct shortage)                           \
		{                                                             \
			.name = (text), .work = (does), .least = (n)          \
		}                                                             \
	}
void shortage_test(void **state);

/* From now on allocation n, from 1, fails; for good: and all after it. */
void shortage_begin(long n, bool for_good);

/* No more; whether one has failed. */
bool shortage_end(void);

/* For a test's own allocators: whether this allocation is to fail. */
bool shortage_fails(void);

#endif
