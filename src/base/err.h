/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_ERR_H
#define PROV_BASE_ERR_H

#include <stdbool.h>

#include "prov/err.h"

/*
 * Records why a call failed and returns st, so that failing is one line:
 *
 *	return (prov_fail(err, PROV_EFORMAT, "box %zu: length is zero", i));
 *
 * The first reason wins: the deepest function knows most. err may be NULL.
 * With PROV_ENOMEM the message names what the memory was for, no more.
 */
prov_status prov_fail(prov_err *err, prov_status st, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "what: " in front of the recorded reason and returns st. */
prov_status prov_wrap(prov_err *err, prov_status st, const char *what);

/* prov_fail with ": " and the text of errno behind the message. */
prov_status prov_fail_errno(prov_err *err, prov_status st, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * Whether a check that failed says no about what it checked. Anything else is
 * trouble on this machine, after which nothing is known.
 */
bool prov_is_no(prov_status st);

/*
 * The build that finds out which tests notice a missing check (tests/mutate/):
 * the calls in each file are counted from 0, and each can be left out.
 */
#ifdef PROV_MUTATE
bool mutate_off(const char *file, unsigned call);
#define prov_fail(err, st, ...)            \
	(mutate_off(__FILE__, __COUNTER__) \
		? PROV_OK                  \
		: (prov_fail)(err, st, __VA_ARGS__))
#define prov_fail_errno(err, st, ...)      \
	(mutate_off(__FILE__, __COUNTER__) \
		? PROV_OK                  \
		: (prov_fail_errno)(err, st, __VA_ARGS__))
#endif

#endif
