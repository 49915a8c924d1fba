/* SPDX-License-Identifier: ISC */
#include "essence/params.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

void
param_clear(struct param *s)
{
	free(s->p);
	*s = (struct param){ 0 };
}

prov_status
param_put(struct param *s, prov_span nal, bool container, enum param_news *news,
    prov_err *err)
{
	struct param new = { .len = nal.len, .container = container };
	prov_status st;

	*news = PARAM_SAME;
	if (s->p != NULL && span_eq(span(s->p, s->len), nal)) {
		s->container |= container;
		return (PROV_OK);
	}
	if (nal.len > PARAM_LEN_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: a parameter set of %zu bytes", nal.len));
	if ((st = sha256_of(new.digest, nal, err)) != PROV_OK)
		return (st);
	if ((new.p = malloc(nal.len + 1)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "parameter set"));
	if (nal.len > 0)
		memcpy(new.p, nal.p, nal.len);
	*news = s->container && !container   ? PARAM_CONFLICT
	        : s->p != NULL && !s->active ? PARAM_UNUSED
	                                     : PARAM_NEW;
	param_clear(s);
	*s = new;
	return (PROV_OK);
}

prov_status
param_log_open(struct param_log *l, prov_err *err)
{
	prov_status st = sha256_new(&l->h, err);

	if (st == PROV_OK)
		sha256_init(l->h);
	return (st);
}

void
param_log_clear(struct param_log *l)
{
	sha256_free(l->h);
	free(l->seen);
	*l = (struct param_log){ 0 };
}

static prov_status
grow(struct param_log *l, prov_err *err)
{
	size_t room = l->room == 0 ? 8 : 2 * l->room;
	uint8_t(*p)[32];

	if (l->n == PARAMS_SEEN_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.sets: more than %d parameter sets",
		    PARAMS_SEEN_MAX));
	if (l->n < l->room)
		return (PROV_OK);
	if ((p = realloc(l->seen, room * sizeof(*p))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "parameter sets"));
	l->seen = p;
	l->room = room;
	return (PROV_OK);
}

prov_status
param_activate(struct param_log *l, struct param *s, prov_err *err)
{
	prov_status st;
	uint8_t len[4];

	if (s->active)
		return (PROV_OK);
	s->active = true;
	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->seen[i], s->digest, 32) == 0)
			return (PROV_OK);
	if ((st = grow(l, err)) != PROV_OK)
		return (st);
	memcpy(l->seen[l->n++], s->digest, 32);
	put_be32(len, (uint32_t)s->len);
	sha256_add(l->h, len, sizeof(len));
	sha256_add(l->h, s->p, s->len);
	return (PROV_OK);
}

prov_status
param_log_done(struct param_log *l, struct track *t, const char *name,
    prov_err *err)
{
	uint8_t digest[32];
	prov_status st;

	if ((st = sha256_done(l->h, digest, err)) != PROV_OK)
		return (st);
	return (track_part(t, name, digest, err));
}
