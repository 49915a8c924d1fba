/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_SEALED_H
#define PROV_BASE_SEALED_H

#include "base/buf.h"

/* Opens a descriptor of bytes that nobody can change any more. */
prov_status sealed_open(int *fd, prov_span bytes, prov_err *err);

#endif
