/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_ORDERED_H
#define PROV_TOOLS_ORDERED_H

#include <stdbool.h>
#include <stddef.h>

#define JOBS_MAX 256U

/*
 * Works on items 0 to n - 1 in several threads and hands the results on in
 * order, from the calling thread. work runs with the number of its thread, so
 * that each can have an object of its own; at most 4 * jobs results wait.
 */
struct ordered {
	size_t n;
	unsigned jobs;
	void *(*work)(void *arg, unsigned job, size_t i);
	void (*emit)(void *arg, size_t i, void *result);
	void *arg;
};

/* False when threads cannot be started; nothing was done then. */
bool ordered_run(const struct ordered *o);

unsigned processors(void);

#endif
