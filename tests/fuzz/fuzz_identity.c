/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "essence/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
stream(prov_span in)
{
	struct stream s = { 0 };
	AUTO_BUF b = { 0 };
	struct cbor c;

	if (cbor_open(&c, in, NULL) != PROV_OK ||
	    stream_decode(&s, &c, NULL) != PROV_OK)
		return;
	stream_encode(&b, &s);
	check(span_eq(span(in.p, c.at), buf_span(&b)));
	stream_clear(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_identity) *id = NULL;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	stream(span(data, size));
	if (identity_decode(&id, span(data, size), &err) != PROV_OK) {
		check(id == NULL && err.msg[0] != '\0');
		return (0);
	}
	check(identity_encode(&b, id, &err) == PROV_OK);
	check(span_eq(span(data, size), buf_span(&b)));
	return (0);
}
