/* SPDX-License-Identifier: ISC */
#ifndef PROV_NET_SERVE_H
#define PROV_NET_SERVE_H

#include "net/pipe.h"

/* Serves HTTP on HOST:PORT until libprov is gone. An exit status. */
int serve_run(struct pipe *p, const char *addr);

#endif
