/* SPDX-License-Identifier: ISC */
#ifndef PROV_NET_LISTEN_H
#define PROV_NET_LISTEN_H

#include "base/err.h"

#define LISTEN_NAME_MAX 320 /* a host name, brackets and a port */

/*
 * Listens on HOST:PORT, [HOST]:PORT for IPv6. name is where it really does,
 * in numbers.
 */
prov_status listen_on(int *fd, char name[LISTEN_NAME_MAX], const char *addr,
    prov_err *err);

#endif
