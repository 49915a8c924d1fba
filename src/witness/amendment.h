/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_AMENDMENT_H
#define PROV_WITNESS_AMENDMENT_H

#include "witness/tlogpolicy.h"

/*
 * Changes to the witnesses and the quorum of a policy. Lines that they are not
 * about stay as they are, and what comes out was read again. Witnesses that
 * are added this way are members of one group of this name.
 */
#define AMENDMENT_GROUP "witnesses"

/*
 * Adds a witness, to the group as well, which the first one makes: all of it
 * then is the quorum, if there was none. name NULL: the key's own. PROV_EEXIST.
 */
prov_status amendment_add(struct tlogpolicy *p, const char *name,
    const char *vkey, const char *url, prov_err *err);

/* PROV_ENOTFOUND; PROV_EARG while the quorum needs it. */
prov_status amendment_remove(struct tlogpolicy *p, const char *name,
    prov_err *err);

/*
 * "all", "any" or a number of the group's members, "none", or the name of a
 * witness or group.
 */
prov_status amendment_quorum(struct tlogpolicy *p, const char *what,
    prov_err *err);

#endif
