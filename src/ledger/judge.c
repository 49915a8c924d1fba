/* SPDX-License-Identifier: ISC */
#include "ledger/judge.h"

#include <stdlib.h>
#include <string.h>

#include "hash/sha256.h"
#include "ledger/lanes.h"
#include "ledger/registry.h"
#include "ledger/tile.h"

#define SLOTS (2 * LANES_MAX)

/* One thread's: who may write at the entry that it comes to next. */
struct bench {
	struct registry registry;
	size_t turn; /* of turns, the first that was not applied */
};

struct court {
	const struct judge *how;
	uint8_t origin[32];
	struct bench bench[LANES_MAX];
	struct done {
		uint64_t verified;
		prov_status st;
		prov_err err;
	} done[SLOTS];
};

static uint64_t
turn_at(const struct judge *j, size_t i)
{
	uint64_t turn = UINT64_MAX;

	if (i < j->turns->len / sizeof(turn))
		memcpy(&turn, j->turns->p + i * sizeof(turn), sizeof(turn));
	return (turn);
}

static unsigned
width(const struct judge *j, uint64_t tile)
{
	uint64_t left = j->size - tile * TILE_WIDTH;

	return (left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH);
}

/* Goes through a tile's entries, as far as they can be read. */
typedef prov_status (
    *entry_fn)(void *arg, uint64_t i, prov_span entry, prov_err *err);

static prov_status
each_entry(const struct judge *j, uint64_t tile, entry_fn fn, void *arg,
    prov_err *err)
{
	AUTO_BUNDLE b;
	prov_span entry;
	prov_err why = { 0 };
	prov_status st;

	bundle_init(&b);
	st = bundle_open(&b, j->dir, tile, width(j, tile), &why);
	for (unsigned i = 0; st == PROV_OK && i < width(j, tile); i++) {
		if ((st = bundle_next(&b, &entry, &why)) != PROV_OK)
			break;
		st = fn(arg, tile * TILE_WIDTH + i, entry, err);
		if (st != PROV_OK)
			return (st);
	}
	/* What is damaged is reported with the tree. */
	if (st == PROV_OK || st == PROV_ENOTFOUND || prov_is_no(st))
		return (PROV_OK);
	return (prov_fail(err, st, "%s", why.msg));
}

struct applying {
	struct registry *to;
	uint64_t turn;
};

static prov_status
apply_turn(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct applying *a = arg;
	struct statement s;
	prov_err why = { 0 };
	prov_status st;

	if (i != a->turn || statement_parse(&s, entry, NULL) != PROV_OK)
		return (PROV_OK);
	st = registry_apply(a->to, &s, &why);
	return (
	    st == PROV_ENOMEM ? prov_fail(err, st, "out of memory") : PROV_OK);
}

/* Applies what comes before entry i. */
static prov_status
catch_up(const struct court *c, struct bench *b, uint64_t i, prov_err *err)
{
	const struct judge *j = c->how;
	prov_status st;

	/* Entry 0 is its own authority. */
	for (; turn_at(j, b->turn) < i || turn_at(j, b->turn) == 0; b->turn++) {
		struct applying a = { &b->registry, turn_at(j, b->turn) };

		st = each_entry(j, a.turn / TILE_WIDTH, apply_turn, &a, err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
verify(const struct court *c, struct registry *r, uint64_t i, prov_span entry,
    prov_err *why)
{
	const struct place place = { c->how->log->name, c->origin, i };
	struct statement s;
	prov_status st;

	if ((st = statement_parse(&s, entry, why)) != PROV_OK)
		return (st);
	if (memcmp(s.kid, c->how->log->kid, sizeof(s.kid)) == 0)
		return (prov_fail(why, PROV_EUNTRUSTED,
		    "is signed by the log's key, which signs no statements"));
	if ((st = registry_admit(r, &s, &place, why)) != PROV_OK)
		return (st);
	return (statement_verify(&s, registry_key(r, s.kid), why));
}

struct hearing {
	struct court *court;
	struct bench *bench;
	struct done *done;
};

static prov_status
hear(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct hearing *h = arg;
	prov_err why = { 0 };
	char path[TILE_PATH_MAX + 8] = "tlog/";
	prov_status st;

	if ((st = catch_up(h->court, h->bench, i, err)) != PROV_OK)
		return (st);
	st = verify(h->court, &h->bench->registry, i, entry, &why);
	if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (prov_fail(err, st, "%s", why.msg));
	h->done->verified += st == PROV_OK;
	if (st == PROV_OK)
		return (PROV_OK);
	tile_path(path + 5, TILE_ENTRIES, i / TILE_WIDTH,
	    width(h->court->how, i / TILE_WIDTH));
	damage_add(h->court->how->found, FOUND_SIGNATURE, path, i,
	    "entry %llu: %s", (unsigned long long)i, why.msg);
	return (PROV_OK);
}

static void
work(void *arg, unsigned lane, uint64_t tile, size_t slot)
{
	struct court *c = arg;
	struct hearing h = { c, &c->bench[lane], &c->done[slot] };

	memset(h.done, 0, sizeof(*h.done));
	h.done->st = each_entry(c->how, tile, hear, &h, &h.done->err);
}

struct counted {
	struct court court;
	uint64_t *verified;
};

static prov_status
take(void *arg, uint64_t tile, size_t slot, prov_err *err)
{
	struct counted *t = arg;
	const struct judge *j = t->court.how;
	const struct done *d = &t->court.done[slot];

	if (d->st != PROV_OK)
		return (prov_fail(err, d->st, "%s", d->err.msg));
	*t->verified += d->verified;
	if (j->progress != NULL)
		j->progress(j->arg, "signatures",
		    tile * TILE_WIDTH + width(j, tile), j->size);
	return (PROV_OK);
}

prov_status
judge_all(const struct judge *j, uint64_t *verified, prov_err *err)
{
	AUTO_FREE struct counted *t = calloc(1, sizeof(*t));
	struct lanes lanes = { .threads = j->threads,
		.n = (j->size + TILE_WIDTH - 1) / TILE_WIDTH,
		.slots = SLOTS,
		.arg = t,
		.work = work,
		.take = take };
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	t->court.how = j;
	t->verified = verified;
	*verified = 0;
	st = sha256_of(t->court.origin,
	    span(j->log->name, strlen(j->log->name)), err);
	if (st == PROV_OK)
		st = lanes_run(&lanes, err);
	for (unsigned i = 0; i < LANES_MAX; i++)
		registry_clear(&t->court.bench[i].registry);
	return (st);
}
