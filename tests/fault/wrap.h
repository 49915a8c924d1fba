/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_WRAP_H
#define PROV_TESTS_WRAP_H

#include <stddef.h>

/*
 * Defines what the linker calls in place of a function (--wrap=name): it gives
 * bad where fails("name") says so; elsewhere the function itself is called.
 * Parameters and arguments are in parentheses.
 */
#define WRAP(fails, type, bad, name, parameters, arguments)              \
	type __real_##name parameters;                                   \
	type __wrap_##name parameters;                                   \
	type __wrap_##name parameters                                    \
	{                                                                \
		return (fails(#name) ? (bad) : __real_##name arguments); \
	}

/* Of everything that allocates: goes with $(fault_ldflags). */
#define WRAP_ALLOCATIONS(fails)                                               \
	WRAP(fails, void *, NULL, malloc, (size_t n), (n))                    \
	WRAP(fails, void *, NULL, calloc, (size_t n, size_t size), (n, size)) \
	WRAP(fails, void *, NULL, realloc, (void *p, size_t n), (p, n))       \
	WRAP(fails, char *, NULL, strdup, (const char *s), (s))               \
	WRAP(fails, char *, NULL, strndup, (const char *s, size_t n), (s, n))

#endif
