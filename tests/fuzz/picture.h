/* SPDX-License-Identifier: ISC */
#ifndef PROV_FUZZ_PICTURE_H
#define PROV_FUZZ_PICTURE_H

#include <stdlib.h>
#include <string.h>

#include "base/cbor.h"
#include "essence/image.h"

typedef prov_status (
    *identify_fn)(prov_identity **out, prov_span file, prov_err *err);

static inline void
check(bool holds)
{
	if (!holds)
		abort();
}

/* What a walker answers, encoded; empty where it refuses, with a reason. */
static inline void
answer(struct buf *out, int64_t *uncovered, identify_fn identify,
    prov_span file)
{
	prov_identity *id = NULL, *back = NULL;
	prov_err err = { 0 };

	if (identify(&id, file, &err) != PROV_OK) {
		check(id == NULL && err.msg[0] != '\0');
		return;
	}
	check(id->uncovered >= 0 && (size_t)id->uncovered < file.len);
	check(id->inner_len <= (uint64_t)id->uncovered);
	*uncovered = id->uncovered;
	id->uncovered = 0;
	check(identity_encode(out, id, &err) == PROV_OK);
	check(identity_decode(&back, buf_span(out), &err) == PROV_OK);
	prov_identity_free(back);
	prov_identity_free(id);
}

/* Bytes behind an image change only how many are uncovered. */
static inline void
check_picture(identify_fn identify, prov_span file)
{
	static const char behind[] = "\xff\xd8 IEND";
	AUTO_BUF one = { 0 };
	AUTO_BUF two = { 0 };
	AUTO_BUF longer = { 0 };
	int64_t uncovered = 0, more = 0;

	answer(&one, &uncovered, identify, file);
	if (one.len == 0)
		return;
	buf_put_span(&longer, file);
	buf_put(&longer, behind, sizeof(behind));
	answer(&two, &more, identify, buf_span(&longer));
	check(span_eq(buf_span(&one), buf_span(&two)));
	check(more == uncovered + (int64_t)sizeof(behind));
}

#endif
