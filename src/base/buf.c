/* SPDX-License-Identifier: ISC */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"

#define CAP_MIN 64

/* Room for len more bytes, of which spare (a NUL) do not count as content. */
static bool
reserve(struct buf *b, size_t len, size_t spare)
{
	size_t max = b->max == 0 ? BUF_MAX : b->max, need, cap;
	uint8_t *p;

	if (b->failed)
		return (false);
	if (b->len > max || len > max - b->len) {
		b->failed = b->full = true;
		return (false);
	}
	need = b->len + len + spare;
	if (need <= b->cap)
		return (true);
	cap = b->cap > max / 2 ? max : b->cap * 2;
	if (cap < CAP_MIN)
		cap = CAP_MIN;
	if (cap < need)
		cap = need;
	if ((p = realloc(b->p, cap)) == NULL) {
		b->failed = true;
		return (false);
	}
	b->p = p;
	b->cap = cap;
	return (true);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->len = b->cap = 0;
	b->failed = b->full = false;
}

uint8_t *
buf_grow(struct buf *b, size_t len)
{
	uint8_t *p;

	if (!reserve(b, len, len == 0 ? 1 : 0))
		return (NULL);
	p = b->p + b->len;
	b->len += len;
	return (p);
}

void
buf_put(struct buf *b, const void *p, size_t len)
{
	uint8_t *to;

	if (len != 0 && (to = buf_grow(b, len)) != NULL)
		memcpy(to, p, len);
}

void
buf_put_span(struct buf *b, prov_span s)
{
	buf_put(b, s.p, s.len);
}

void
buf_put_byte(struct buf *b, uint8_t byte)
{
	/* Within what was asked for before, as most are. */
	if (!b->failed && b->len < b->cap &&
	    b->len < (b->max == 0 ? BUF_MAX : b->max))
		b->p[b->len++] = byte;
	else
		buf_put(b, &byte, 1);
}

void
buf_put_be16(struct buf *b, uint16_t v)
{
	uint8_t p[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	buf_put(b, p, sizeof(p));
}

void
buf_put_be32(struct buf *b, uint32_t v)
{
	uint8_t p[4];

	put_be32(p, v);
	buf_put(b, p, sizeof(p));
}

void
buf_put_be64(struct buf *b, uint64_t v)
{
	uint8_t p[8];

	put_be64(p, v);
	buf_put(b, p, sizeof(p));
}

void
buf_put_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	if (n <= 0 || !reserve(b, (size_t)n, 1))
		return;
	va_start(ap, fmt);
	n = vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		b->failed = true;
	else
		b->len += (size_t)n;
}

prov_status
buf_done(const struct buf *b, prov_err *err)
{
	if (b->full)
		return (prov_fail(err, PROV_ELIMIT, "more than %zu bytes",
		    b->max == 0 ? (size_t)BUF_MAX : b->max));
	if (b->failed)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (PROV_OK);
}

prov_status
buf_take(struct buf *b, uint8_t **p, size_t *len, prov_err *err)
{
	prov_status st;

	(void)reserve(b, 0, 1);
	if ((st = buf_done(b, err)) != PROV_OK)
		return (st);
	b->p[b->len] = '\0';
	*len = b->len;
	*p = TAKE(b->p);
	b->len = b->cap = 0;
	return (PROV_OK);
}

prov_status
buf_take_str(struct buf *b, char **s, prov_err *err)
{
	uint8_t *p = NULL;
	prov_status st;
	size_t len;

	if ((st = buf_take(b, &p, &len, err)) != PROV_OK)
		return (st);
	*s = (char *)p;
	return (PROV_OK);
}

void
auto_ptr(void *p)
{
	free(*(void **)p);
}
