/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SCENE_H
#define PROV_TESTS_SCENE_H

#include <stddef.h>

#include "faulty.h"

/*
 * Scenes of which a test has the table, by their numbers: each is done over and
 * over, a call from another place failing each time. PROV_SCENE in the
 * environment names what alone to do. Link with $(scene_sources) and
 * $(faulty_ldflags).
 */
struct stage {
	size_t n;
	unsigned one_in; /* of the places, as faulty_begin has it */
	const char *(*name)(size_t i);
	void (*rehearse)(size_t i); /* before all, with nothing failing */
	/* Fails the test, or says whether a call failed, of which more may. */
	bool (*attempt)(size_t i, enum faulty what);
	long least[2]; /* places that a scene has, by what fails */
};

/* Cases for cmocka; their state is the stage. */
void each_allocation(void **state);
void each_file_call(void **state);

#endif
