/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_POST_H
#define PROV_WITNESS_POST_H

#include "witness/client.h"

/* How many POSTs are under way at once. */
#define POSTS_MAX 32

/* By HTTP, through prov-net, which runs only while there is something to do. */
extern const struct post_ops post_http;

/* net: the path of prov-net; NULL: as installed. For post_ops' arg. */
prov_status post_new(void **out, const char *net, prov_err *err);

#endif
