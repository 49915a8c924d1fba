/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_BUF_H
#define PROV_BASE_BUF_H

#include <stdbool.h>

#include "base/auto.h"
#include "base/err.h"

/*
 * Bytes that grow. Writing never fails at once: when memory or the limit runs
 * out, failed is set, later writes do nothing, and buf_done tells.
 */
struct buf {
	uint8_t *p;
	size_t len;
	size_t cap;
	size_t max; /* 0: BUF_MAX */
	bool failed;
	bool full; /* failed at the limit, not for want of memory */
};

static inline prov_span
span(const void *p, size_t len)
{
	return ((prov_span){ .p = p, .len = len });
}

static inline prov_span
buf_span(const struct buf *b)
{
	return (span(b->p, b->len));
}

void buf_free(struct buf *b); /* releases the bytes and empties b */
void buf_put(struct buf *b, const void *p, size_t len);
void buf_put_span(struct buf *b, prov_span s);
void buf_put_byte(struct buf *b, uint8_t byte);
void buf_put_be16(struct buf *b, uint16_t v);
void buf_put_be32(struct buf *b, uint32_t v);
void buf_put_be64(struct buf *b, uint64_t v);
void buf_put_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends len bytes for the caller to fill in, and lends them; or NULL. */
uint8_t *buf_grow(struct buf *b, size_t len);

/* PROV_OK if every write so far worked. */
prov_status buf_done(const struct buf *b, prov_err *err);

/* Hands the bytes over, with a NUL behind them that len does not count. */
prov_status buf_take(struct buf *b, uint8_t **p, size_t *len, prov_err *err);
prov_status buf_take_str(struct buf *b, char **s, prov_err *err);

static inline bool
span_eq(prov_span a, prov_span b)
{
	return (a.len == b.len &&
	    (a.len == 0 || __builtin_memcmp(a.p, b.p, a.len) == 0));
}

static inline void
auto_buf(struct buf *b)
{
	buf_free(b);
}
/* struct buf whose bytes go when its scope ends. */
#define AUTO_BUF __attribute__((cleanup(auto_buf))) struct buf

/* A malloc'ed pointer that is freed when its scope ends. */
void auto_ptr(void *p);
#define AUTO_FREE __attribute__((cleanup(auto_ptr)))

#endif
