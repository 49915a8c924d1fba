/* SPDX-License-Identifier: ISC */
#ifndef PROV_SIGN_SECRET_H
#define PROV_SIGN_SECRET_H

#include "base/buf.h"

/* Bytes in sodium_malloc memory, wiped and released when a scope ends. */
prov_status secret_new(uint8_t **out, size_t len, prov_err *err);
void auto_secret(uint8_t **p);
#define AUTO_SECRET __attribute__((cleanup(auto_secret)))

/* A struct buf that is wiped as well. */
void auto_secret_buf(struct buf *b);
#define AUTO_SECRET_BUF __attribute__((cleanup(auto_secret_buf))) struct buf

#endif
