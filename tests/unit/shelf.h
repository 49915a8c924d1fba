/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SHELF_H
#define PROV_TESTS_SHELF_H

/* What a verifier recollects with: it has room for one thing, the last put. */
#include <string.h>

#include "base/buf.h"
#include "verify/subject.h"

struct shelf {
	struct buf bytes; /* freed by whoever made it */
	uint8_t key[32];
	size_t n_put;
	prov_status st; /* what both fail with, or PROV_OK */
};

static inline prov_status
shelf_get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	struct shelf *s = arg;

	if (s->st != PROV_OK)
		return (prov_fail(err, s->st, "the shelf is gone"));
	if (memcmp(key, s->key, 32) == 0)
		buf_put_span(out, buf_span(&s->bytes));
	return (buf_done(out, err));
}

static inline prov_status
shelf_put(void *arg, const uint8_t key[32], prov_span bytes, prov_err *err)
{
	struct shelf *s = arg;

	if (s->st != PROV_OK)
		return (prov_fail(err, s->st, "the shelf is gone"));
	s->n_put++;
	memcpy(s->key, key, 32);
	s->bytes.len = 0;
	s->bytes.failed = false;
	buf_put_span(&s->bytes, bytes);
	return (buf_done(&s->bytes, err));
}

static inline struct recollection
shelf_recollection(struct shelf *s)
{
	return ((struct recollection){ s, shelf_get, shelf_put });
}

#endif
