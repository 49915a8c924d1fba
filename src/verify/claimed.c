/* SPDX-License-Identifier: ISC */
#include "verify/claimed.h"

#include "verify/known.h"
#include "verify/mediatype.h"

prov_status
claimed_signals(struct signals *out, const struct evidence *e, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if (e->known != NULL) {
		*out = e->known->claimed;
		return (PROV_OK);
	}
	st = signals_claimed(out, &e->m, &why);
	if (st == PROV_OK || st == PROV_EFORMAT)
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

bool
claimed_captions(const struct evidence *e)
{
	if (e->known != NULL)
		return (e->known->captions);
	for (size_t i = 0; i < e->m.n_streams; i++) {
		const struct stream *s = &e->m.streams[i];

		if (s->kind == PROV_SUBTITLE ||
		    ((s->present.known >> PROV_CAPTIONS & 1) != 0 &&
			s->present.v[PROV_CAPTIONS] != 0))
			return (true);
	}
	return (false);
}

const char *
claimed_media_type(const struct evidence *e)
{
	if (e->known != NULL)
		return (e->known->media_type);
	return (media_type(e->m.format, e->m.streams, e->m.n_streams));
}
