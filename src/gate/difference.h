/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_DIFFERENCE_H
#define PROV_GATE_DIFFERENCE_H

#include "base/buf.h"

/*
 * In what two lists of lines differ, each line being RUN_PREFIX_LEN bytes of
 * its hash: for people to read. That they differ at all is told by the root.
 */
enum difference_kind {
	DIFFERENCE_ALTERED, /* line now was line was */
	DIFFERENCE_MISSING, /* line was is gone; now is where it would be */
	DIFFERENCE_ADDED,   /* line now was not there */
	DIFFERENCE_MOVED    /* line now was line was */
};

struct difference {
	enum difference_kind kind;
	uint64_t was, now; /* from 1 */
};

/*
 * Calls fn with each, in the order of the lines now; of what moved as few as
 * can be. A line's bytes that stand there twice are told apart by their order.
 */
typedef prov_status (
    *difference_fn)(void *arg, const struct difference *d, prov_err *err);
prov_status difference_find(prov_span was, prov_span now, difference_fn fn,
    void *arg, prov_err *err);

const char *difference_name(enum difference_kind kind); /* "altered" */

#endif
