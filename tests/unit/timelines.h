/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_TIMELINES_H
#define PROV_TESTS_TIMELINES_H

#include <stdlib.h>

#include "essence/timeline.h"
#include "logged.h"

/* A timeline of two segments, of 3 and of 5 units, into b, which is empty. */
static inline void
timeline_of_two(struct buf *b)
{
	static uint8_t leaves[64] = { 1 };
	static uint64_t units[2] = { 3, 5 };
	const int64_t ns[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	AUTO_TIMELINE *times = calloc(1, sizeof(*times));
	struct timeline tl;

	assert_non_null(times);
	ok(timeline_set_times(times, ns, 8, err));
	tl = *times;
	tl.n = 2;
	tl.leaves = leaves;
	tl.units = units;
	timeline_encode(b, &tl);
	ok(buf_done(b, err));
}

#endif
