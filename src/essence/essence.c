/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "essence/feed.h"
#include "essence/track.h"

struct prov_essence {
	prov_identity *id;
	bool frames;       /* a digest for each */
	struct pool *pool; /* NULL: none */
	size_t n;
	struct track *tracks[STREAMS_MAX];
	prov_status broken; /* the first failure: nothing is identified after */
};
DEFINE_AUTO(prov_essence, prov_essence_free)

prov_status
prov_essence_new(prov_essence **out, const char *format, prov_err *err)
{
	AUTO(prov_essence) *e = calloc(1, sizeof(*e));
	prov_status st;

	if (e == NULL)
		return (prov_fail(err, PROV_ENOMEM, "essence"));
	if ((st = identity_new(&e->id, format, err)) != PROV_OK)
		return (st);
	*out = TAKE(e);
	return (PROV_OK);
}

void
prov_essence_free(prov_essence *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < e->n; i++)
		track_free(e->tracks[i]);
	prov_identity_free(e->id);
	free(e);
}

void
essence_want_frames(prov_essence *e)
{
	e->frames = true;
}

void
essence_use_pool(prov_essence *e, struct pool *pool)
{
	e->pool = pool;
}

/* Once something failed, a later call must not make an identity of the rest. */
static prov_status
usable(const prov_essence *e, prov_err *err)
{
	if (e->broken != PROV_OK)
		return (
		    prov_fail(err, e->broken, "the essence failed before: %s",
			prov_strstatus(e->broken)));
	if (e->id == NULL)
		return (prov_fail(err, PROV_EARG, "the essence is finished"));
	return (PROV_OK);
}

prov_status
prov_essence_stream(prov_essence *e, const prov_config *config, unsigned *index,
    prov_err *err)
{
	prov_status st;

	if ((st = usable(e, err)) != PROV_OK)
		return (st);
	if (e->n == STREAMS_MAX)
		st = prov_fail(err, PROV_ELIMIT,
		    "limit.streams: more than %d streams", STREAMS_MAX);
	else
		st = track_new(&e->tracks[e->n], config, e->frames, err);
	if (st != PROV_OK)
		return (e->broken = st);
	track_use_pool(e->tracks[e->n], e->pool);
	*index = (unsigned)e->n++;
	return (PROV_OK);
}

prov_status
prov_essence_packet(prov_essence *e, unsigned index, const prov_packet *packet,
    prov_err *err)
{
	prov_status st;

	if ((st = usable(e, err)) != PROV_OK)
		return (st);
	if (index >= e->n)
		st = prov_fail(err, PROV_EARG, "no stream %u of %zu", index,
		    e->n);
	else
		st = track_packet(e->tracks[index], packet, err);
	return (e->broken = st);
}

prov_status
essence_packet_held(prov_essence *e, unsigned index, const prov_packet *packet,
    atomic_uint *held, prov_err *err)
{
	prov_status st;

	if (index < e->n)
		track_hold(e->tracks[index], packet->data, held);
	st = prov_essence_packet(e, index, packet, err);
	if (index < e->n)
		track_hold(e->tracks[index], span(NULL, 0), NULL);
	return (st);
}

prov_status
prov_essence_refuse(prov_essence *e, const char *code, prov_err *err)
{
	char name[CODE_MAX + 1];
	prov_status st;

	if ((st = usable(e, err)) != PROV_OK)
		return (st);
	if (!name_set(name, sizeof(name), code))
		return (prov_fail(err, PROV_EARG,
		    "a reason code is 1 to %d printable characters", CODE_MAX));
	if (e->id->refused[0] == '\0')
		memcpy(e->id->refused, name, sizeof(name));
	return (PROV_OK);
}

/* Earliest of the tracks of one kind; PROV_NO_TIME if none has a say. */
static int64_t
origin_of(const prov_essence *e, prov_kind kind)
{
	int64_t first = PROV_NO_TIME;

	for (size_t i = 0; i < e->n; i++) {
		int64_t ns;

		if (track_config_of(e->tracks[i])->kind != kind)
			continue;
		ns = track_origin(e->tracks[i]);
		if (ns != PROV_NO_TIME && (first == PROV_NO_TIME || ns < first))
			first = ns;
	}
	return (first);
}

/* Where the common clock is 0: the first picture, else the first sound. */
static int64_t
origin(const prov_essence *e)
{
	static const prov_kind kinds[] = { PROV_VIDEO, PROV_AUDIO,
		PROV_SUBTITLE };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int64_t ns = origin_of(e, kinds[i]);

		if (ns != PROV_NO_TIME)
			return (ns);
	}
	return (0);
}

static prov_status
finish(prov_essence *e, prov_err *err)
{
	struct stream *s;
	prov_status st;
	int64_t zero;

	for (size_t i = 0; i < e->n; i++)
		if ((st = track_end(e->tracks[i], err)) != PROV_OK)
			return (st);
	zero = origin(e);
	for (size_t i = 0; i < e->n; i++)
		if ((st = identity_add(e->id, &s, err)) != PROV_OK ||
		    (st = track_seal(e->tracks[i], zero, s, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
prov_essence_finish(prov_essence *e, prov_identity **out, prov_err *err)
{
	prov_status st;

	if ((st = usable(e, err)) != PROV_OK)
		return (st);
	if ((st = finish(e, err)) != PROV_OK)
		return (e->broken = st);
	*out = TAKE(e->id);
	return (PROV_OK);
}
