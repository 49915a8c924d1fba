/* SPDX-License-Identifier: ISC */
#include "base/field.h"

#include <inttypes.h>

prov_status
field_map(struct cbor *c, uint64_t n, const char *what, prov_err *err)
{
	prov_status st;
	uint64_t got;

	if ((st = cbor_get_map(c, &got, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	if (got != n)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: %" PRIu64 " fields, not %" PRIu64, what, got, n));
	return (PROV_OK);
}

prov_status
field_array(struct cbor *c, uint64_t n, const char *what, prov_err *err)
{
	prov_status st;
	uint64_t got;

	if ((st = cbor_get_array(c, &got, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	if (got != n)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: %" PRIu64 " items, not %" PRIu64, what, got, n));
	return (PROV_OK);
}

prov_status
field_list(struct cbor *c, uint64_t max, size_t *n, const char *what,
    prov_err *err)
{
	prov_status st;
	uint64_t got;

	if ((st = cbor_get_array(c, &got, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	if (got > max)
		return (prov_fail(err, PROV_ELIMIT,
		    "%s: %" PRIu64 " items, at most %" PRIu64 " are allowed",
		    what, got, max));
	*n = (size_t)got;
	return (PROV_OK);
}

prov_status
field_key(struct cbor *c, uint64_t key, const char *what, prov_err *err)
{
	prov_status st;
	uint64_t got;

	if ((st = cbor_get_uint(c, &got, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	if (got != key)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s: field %" PRIu64 " where %" PRIu64 " belongs", what,
		    got, key));
	return (PROV_OK);
}

bool
field_next(struct cbor *c, uint64_t key)
{
	struct cbor look = *c;
	uint64_t got;

	if (cbor_peek(c) != CBOR_UINT ||
	    cbor_get_uint(&look, &got, NULL) != PROV_OK || got != key)
		return (false);
	*c = look;
	return (true);
}

prov_status
field_version(struct cbor *c, uint64_t known, const char *what, prov_err *err)
{
	prov_status st;
	uint64_t got;

	if ((st = cbor_get_uint(c, &got, err)) != PROV_OK)
		return (prov_wrap(err, st, what));
	if (got != known)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "%s: version %" PRIu64 ", this prov knows %" PRIu64, what,
		    got, known));
	return (PROV_OK);
}

prov_status
field_end(const struct cbor *c, const char *what, prov_err *err)
{
	if (cbor_peek(c) != CBOR_END)
		return (prov_fail(err, PROV_EFORMAT, "%s: more at byte %zu",
		    what, c->at));
	return (PROV_OK);
}
