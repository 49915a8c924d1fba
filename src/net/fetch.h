/* SPDX-License-Identifier: ISC */
#ifndef PROV_NET_FETCH_H
#define PROV_NET_FETCH_H

#include "net/pipe.h"

/* Does the requests that come, until libprov is gone. An exit status. */
int fetch_run(struct pipe *p);

#endif
