/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_PRESENT_H
#define PROV_VERIFY_PRESENT_H

#include "verify/reason.h"

/* One side of a comparison: a stream in its container. */
struct shown {
	const char *format; /* the container's name */
	const struct stream *s;
	const struct timeline *tl; /* what the interval defaults to, or NULL */
};

/*
 * Compares what is seen and heard by effective values (ESSENCE 5): adds a
 * reason for each field that differs, and a presentation.* to the skipped for
 * what the candidate's container cannot carry and nobody would see.
 */
void present_compare(struct findings *f, const struct shown *was,
    const struct shown *is);

/* What a difference in this field is called. */
enum reason present_reason(prov_field f);

#endif
