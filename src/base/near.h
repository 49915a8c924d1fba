/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_NEAR_H
#define PROV_BASE_NEAR_H

#include <stddef.h>

#define NEAR_MAX 63 /* longer words are near to nothing */

/*
 * How many letters have to be put in, left out, changed or swapped with their
 * neighbour to make b of a; more than NEAR_MAX where either is too long.
 */
size_t near_distance(const char *a, const char *b);

/* The word that was likely meant, of n; NULL: none is near enough. */
const char *near_word(const char *word, const char *const *among, size_t n);

#endif
