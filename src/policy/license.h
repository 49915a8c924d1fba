/* SPDX-License-Identifier: ISC */
#ifndef PROV_POLICY_LICENSE_H
#define PROV_POLICY_LICENSE_H

#include "policy/setting.h"

#define LICENSE_DEPTH_MAX 16 /* of brackets: people nest two */

/*
 * An SPDX license expression against a list of globs, which match identifiers
 * whatever their case. license_all: it can be chosen so that all that applies
 * is in the list: one side of an OR will do, and of an AND both are needed.
 * license_any: something in it is in the list. An exception (WITH) is part of
 * its license, and a glob may leave it out only by a wildcard. What is no
 * expression is not all in any list, and is in a list as a whole.
 */
bool license_all(const char *expression, const struct words *w);
bool license_any(const char *expression, const struct words *w);

#endif
