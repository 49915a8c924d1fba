/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SPANS_H
#define PROV_TESTS_SPANS_H

#include <string.h>

#include "base/bytes.h"

static inline prov_span
str(const char *s)
{
	return (span(s, strlen(s)));
}

/* Bytes that nobody reads, since there are too many of them, or too few. */
static inline prov_span
many(size_t len)
{
	return (span("", len));
}

#endif
