/* SPDX-License-Identifier: ISC */
/* Tiles and bundles from a source, several at a time. */
#include "ledger/fetch.h"

#include <stdio.h>
#include <string.h>

#define SLOTS 32U /* more than a source has room for */

struct slot {
	bool used, full; /* full: asked for in place of the partial one */
	struct wanted w;
};

struct fetching {
	struct source *source;
	const struct fetch_ops *ops;
	void *arg;
	struct slot at[SLOTS];
};

void
fetch_name(char out[SOURCE_NAME_MAX], const struct wanted *w)
{
	char path[TILE_PATH_MAX];

	tile_path(path, w->level, w->n, w->width);
	(void)snprintf(out, SOURCE_NAME_MAX, "tlog/%s", path);
}

static prov_status
start(struct fetching *f, uint32_t i, prov_err *err)
{
	struct wanted w = f->at[i].w;
	char name[SOURCE_NAME_MAX];

	if (f->at[i].full)
		w.width = TILE_WIDTH;
	fetch_name(name, &w);
	return (source_start(f->source, i, name,
	    w.level == TILE_ENTRIES ? BUNDLE_MAX : (size_t)w.width * 32, err));
}

/* Asks for more while there is room. */
static prov_status
fill(struct fetching *f, bool *more, prov_err *err)
{
	prov_status st;

	while (*more && source_room(f->source) != 0) {
		uint32_t i = 0;

		while (i < SLOTS && f->at[i].used)
			i++;
		if (i == SLOTS)
			return (PROV_OK);
		st = f->ops->next(f->arg, &f->at[i].w, more, err);
		if (st != PROV_OK || !*more)
			return (st);
		f->at[i].used = true;
		f->at[i].full = false;
		if ((st = start(f, i, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
drain(struct fetching *f, prov_err *err)
{
	struct source_file file;
	struct slot *slot;
	prov_status st;

	if ((st = source_next(f->source, &file, err)) != PROV_OK)
		return (st);
	slot = &f->at[file.tag];
	if (file.st == PROV_ENOTFOUND && slot->w.width != TILE_WIDTH &&
	    !slot->full) {
		slot->full = true;
		return (start(f, file.tag, err));
	}
	slot->used = false;
	if (file.st == PROV_ELIMIT)
		st = prov_fail(err, PROV_EUNTRUSTED, "ledger.invalid: %s",
		    file.why.msg);
	else if (file.st != PROV_OK)
		st = prov_fail(err, file.st, "%s", file.why.msg);
	else
		st = f->ops->take(f->arg, &slot->w, buf_span(&file.body), err);
	buf_free(&file.body);
	return (st);
}

/* Answers to what is not wanted any more would come in the way later. */
static void
abandon(struct source *s)
{
	while (source_pending(s) != 0) {
		struct source_file file;

		if (source_next(s, &file, NULL) != PROV_OK)
			return;
		buf_free(&file.body);
	}
}

prov_status
fetch_tiles(struct source *s, const struct fetch_ops *ops, void *arg,
    prov_err *err)
{
	struct fetching f = { .source = s, .ops = ops, .arg = arg };
	prov_status st;
	bool more = true;

	while ((st = fill(&f, &more, err)) == PROV_OK && source_pending(s) != 0)
		if ((st = drain(&f, err)) != PROV_OK)
			break;
	if (st == PROV_ENOTFOUND)
		abandon(s);
	return (st);
}

struct one {
	struct wanted w;
	bool asked;
	uint8_t *hashes;
};

static prov_status
one_next(void *arg, struct wanted *w, bool *more, prov_err *err)
{
	struct one *one = arg;

	(void)err;
	*more = !one->asked;
	one->asked = true;
	*w = one->w;
	return (PROV_OK);
}

static prov_status
one_take(void *arg, const struct wanted *w, prov_span bytes, prov_err *err)
{
	struct one *one = arg;
	char name[SOURCE_NAME_MAX];

	fetch_name(name, w);
	if (bytes.len != TILE_WIDTH * 32 && bytes.len != (size_t)w->width * 32)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s has %zu bytes", name, bytes.len));
	memcpy(one->hashes, bytes.p, (size_t)w->width * 32);
	return (PROV_OK);
}

prov_status
fetch_tile(struct source *s, const struct wanted *w,
    uint8_t hashes[TILE_WIDTH * 32], prov_err *err)
{
	static const struct fetch_ops ops = { one_next, one_take };
	struct one one = { .w = *w, .hashes = hashes };

	return (fetch_tiles(s, &ops, &one, err));
}
