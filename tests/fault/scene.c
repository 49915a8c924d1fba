/* SPDX-License-Identifier: ISC */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static long
play(const struct stage *stage, size_t i, enum faulty what)
{
	long n = 0;

	stage->rehearse(i);
	faulty_begin(stage->one_in);
	while (stage->attempt(i, what))
		n++;
	printf("# %s: each of %ld places\n", stage->name(i), n);
	assert_true(n >= stage->least[what]);
	return (n);
}

static void
play_all(const struct stage *stage, enum faulty what)
{
	const char *only = getenv("PROV_SCENE");
	size_t played = 0;
	long total = 0;

	for (size_t i = 0; i < stage->n; i++) {
		if (only != NULL && strcmp(only, stage->name(i)) != 0)
			continue;
		total += play(stage, i, what);
		played++;
	}
	/* A name that no scene has would see nothing fail. */
	assert_true(played != 0);
	assert_true(only != NULL || total > (long)stage->n);
}

void
each_allocation(void **state)
{
	play_all(*state, FAULTY_MEMORY);
}

void
each_file_call(void **state)
{
	play_all(*state, FAULTY_FILES);
}
