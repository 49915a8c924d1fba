/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_CHORE_H
#define PROV_TESTS_CHORE_H

#include <stddef.h>

#include "faulty.h"

/*
 * Some work that is done over and over, a call from another place failing each
 * time. Link with $(chore_sources) and $(faulty_ldflags).
 */
struct chore {
	const char *name;
	enum faulty what;
	void (*prepare)(void); /* each time, with nothing failing; or NULL */
	prov_status (*work)(prov_err *err);
	bool (*whole)(void); /* what is done is that; NULL: the status says it */
};

/*
 * A row of cmocka's for an array of chores. It fails unless what is told as done
 * is wholly done, nothing that did not reach the disk is, and a failure is told
 * as what it is.
 */
#define chores_unit_test(rows)                                  \
	{                                                       \
		.name = "each_chore", .test_func = each_chore,  \
		.initial_state = &(struct chores)               \
		{                                               \
			(rows), sizeof(rows) / sizeof((rows)[0]) \
		}                                               \
	}
struct chores {
	const struct chore *at;
	size_t n;
};
void each_chore(void **state);

#endif
