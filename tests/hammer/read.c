/* SPDX-License-Identifier: ISC */
#include "board.h"
#include "hash/tree.h"
#include "ledger/ledger.h"

/* A reader and the head that it saw last: heads never go back. */
struct watch {
	struct hand *h;
	prov_ledger *l;
	uint64_t size;
	uint8_t root[32];
};

static bool
extends(struct watch *w, uint64_t size, const uint8_t root[32], prov_err *err)
{
	AUTO_FREE uint8_t *path = NULL;
	uint64_t start = board_now_us();
	size_t n;

	if (size == w->size)
		return (memcmp(root, w->root, 32) == 0);
	if (size < w->size ||
	    prov_ledger_consistency(w->l, w->size, size, &path, &n, err) !=
		PROV_OK ||
	    tree_consistency_verify(w->size, size, w->root, root, path, n,
		err) != PROV_OK)
		return (false);
	board_count(w->h->board, OP_GROWTH, start);
	return (true);
}

static bool
next_head(struct watch *w)
{
	uint64_t size, start = board_now_us();
	uint8_t root[32];
	prov_err err = { 0 };

	if (ledger_refresh(w->l, &err) == PROV_OK &&
	    prov_ledger_checkpoint(w->l, &size, root, NULL, &err) == PROV_OK) {
		board_count(w->h->board, OP_HEAD, start);
		if (w->size == 0 || extends(w, size, root, &err)) {
			w->size = size;
			memcpy(w->root, root, sizeof(root));
			return (true);
		}
	}
	(void)board_wrong(w->h->board, "the head after %llu entries: %s",
	    (unsigned long long)w->size, err.msg);
	return (false);
}

static bool
finds_entry(struct watch *w, uint64_t index, prov_span want, prov_err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	uint64_t start = board_now_us();
	size_t len;

	if (prov_ledger_entry(w->l, index, &bytes, &len, err) != PROV_OK)
		return (false);
	board_count(w->h->board, OP_ENTRY, start);
	return (span_eq(span(bytes, len), want));
}

static bool
looks_up(struct watch *w, uint64_t n, uint64_t index, prov_err *err)
{
	AUTO_FREE uint64_t *at = NULL;
	uint64_t start = board_now_us();
	uint8_t asset[32];
	size_t hits;

	logged_asset(asset, n);
	if (prov_ledger_lookup(w->l, PROV_BY_ASSET, asset, &at, &hits, err) !=
	    PROV_OK)
		return (false);
	board_count(w->h->board, OP_LOOKUP, start);
	return (hits == 1 && at[0] == index);
}

static bool
proves(struct watch *w, uint64_t index, prov_span entry, prov_err *err)
{
	AUTO_FREE char *proof = NULL;
	uint64_t start = board_now_us();

	if (prov_ledger_prove(w->l, index, &proof, err) != PROV_OK)
		return (false);
	board_count(w->h->board, OP_PROVE, start);
	return (proof_holds(w->h, span(proof, strlen(proof)), entry, index,
	    w->size, err));
}

/* What was told before the head was read is under it, in every way. */
static bool
look(struct watch *w)
{
	AUTO_BUF want = { 0 };
	uint64_t n, index;
	prov_err err = { 0 };
	bool told = board_pick(w->h, &n, &index);

	if (!next_head(w))
		return (false);
	if (!told)
		return (true);
	if (!logged_statement(&want, w->h->g->owner, n))
		abort();
	if (index < w->size && finds_entry(w, index, buf_span(&want), &err) &&
	    looks_up(w, n, index, &err) &&
	    proves(w, index, buf_span(&want), &err))
		return (true);
	(void)board_wrong(w->h->board,
	    "statement %llu, entry %llu, at %llu entries: %s",
	    (unsigned long long)n, (unsigned long long)index,
	    (unsigned long long)w->size, err.msg);
	return (false);
}

void *
read_hand(void *arg)
{
	struct watch w = { .h = arg };
	prov_err err = { 0 };

	if (prov_ledger_open(&w.l, w.h->g->path, prov_key_public(w.h->g->log),
		&err) != PROV_OK)
		return (board_wrong(w.h->board, "open: %s", err.msg));
	while (!w.h->board->stop && look(&w))
		;
	prov_ledger_close(w.l);
	return (NULL);
}

static bool
check_once(struct hand *h)
{
	AUTO(prov_ledger) *l = NULL;
	uint64_t start = board_now_us();
	prov_err err = { 0 };

	if (prov_ledger_open(&l, h->g->path, prov_key_public(h->g->log),
		&err) == PROV_OK &&
	    prov_ledger_check(l, NULL, NULL, NULL, &err) == PROV_OK) {
		board_count(h->board, OP_CHECK, start);
		return (true);
	}
	(void)board_wrong(h->board, "check: %s", err.msg);
	return (false);
}

void *
check_hand(void *arg)
{
	struct hand *h = arg;

	while (!h->board->stop && check_once(h))
		;
	return (NULL);
}
