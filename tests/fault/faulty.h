/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_FAULTY_H
#define PROV_TESTS_FAULTY_H

#include <stdbool.h>

#include "prov/err.h"

/*
 * Makes one allocation, or one call for files and threads, of this program and
 * of what it is linked with fail: each time the first from a place in the code,
 * with those who called it, where none has failed since faulty_begin. Libraries
 * have calls of their own. Nothing is synced. Link with faulty.c and
 * $(faulty_ldflags).
 */
enum faulty { FAULTY_MEMORY, FAULTY_FILES };

/* Of the places one in so many is tried. */
void faulty_begin(unsigned one_in);
void faulty_arm(enum faulty what);

/* The name of the call that failed, or NULL: there was no new place. */
const char *faulty_disarm(void);

/*
 * Whether the reason says what went wrong, and the status that it was this: that
 * there is no memory, or trouble on this machine, which is no answer.
 */
bool faulty_is_told(enum faulty what, prov_status st, const prov_err *why);

/* For a test's own wrappers: whether this call is to fail, errno being set. */
bool faulty_memory(const char *call);
bool faulty_files(const char *call);

#endif
