/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_COMPARE_H
#define PROV_MONITOR_COMPARE_H

#include "monitor/event.h"

/*
 * The copy with the largest head whose tiles give its root; those that do not
 * are blamed. NULL where there is none. v then stands at it.
 */
prov_status compare_base(struct sight **out, struct view *v,
    struct sight *const *all, size_t n, prov_err *err);

/*
 * Whether two heads of one size have other roots. Evidence of that is appended,
 * the same for either order.
 */
prov_status compare_equal(struct buf *evidence, bool *forked,
    const struct sight *a, const struct sight *b, prov_err *err);

/*
 * Compares a head with the one that v stands at: sets s's state. Where they
 * exclude each other, evidence of that is appended.
 */
prov_status compare_head(struct buf *evidence, struct sight *s, struct view *v,
    struct sight *base, prov_err *err);

#endif
