/* SPDX-License-Identifier: ISC */
#include "ledger/segment.h"

#include "ledger/blob.h"

static size_t
add_leaves(struct records *r, const struct timeline *tl, uint64_t index,
    size_t room)
{
	size_t n = 0;

	for (uint64_t k = 0; k < tl->n && n < room; k++) {
		const uint8_t *leaf = tl->leaves + k * 32;

		if (!segment_is_key(leaf, k))
			continue;
		records_add(r, INDEX_SEGMENT, leaf, index);
		n++;
	}
	return (n);
}

/*
 * One that is damaged or not there is lacking. Of one that cannot be read
 * nothing is known, and an index without its keys would hide the entry.
 */
static prov_status
read_timeline(struct timeline **out, const uint8_t name[32], const char *dir,
    prov_err *err)
{
	AUTO_BUF blob = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = blob_read(&blob, dir, name, &why);
	if (st == PROV_OK)
		st = timeline_decode(out, buf_span(&blob), &why);
	if (st == PROV_OK || st == PROV_ENOTFOUND || prov_is_no(st))
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

prov_status
segment_keys(struct records *r, const struct outline *o, const char *dir,
    uint64_t index, bool *lacking, prov_err *err)
{
	size_t room = SEGMENT_KEYS_MAX;
	prov_status st;

	*lacking = false;
	for (size_t i = 0; i < o->n; i++) {
		const struct stream_outline *s = &o->at[i];
		AUTO_TIMELINE *tl = NULL;

		if (s->kind != PROV_VIDEO && s->kind != PROV_AUDIO)
			continue;
		if (dir != NULL &&
		    (st = read_timeline(&tl, s->timeline, dir, err)) != PROV_OK)
			return (st);
		if (tl == NULL)
			*lacking = true;
		else
			room -= add_leaves(r, tl, index, room);
	}
	return (PROV_OK);
}
