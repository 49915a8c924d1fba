/* SPDX-License-Identifier: ISC */
#include "board.h"

/* Time for other writers' batches, on a machine that does much else. */
#define WAIT_MS 60000

/* A batch of new statements: each has to be new, in order, and proven. */
struct lot {
	size_t n;
	uint64_t first; /* its first statement */
	struct buf bytes[BATCH_MAX];
	struct buf proofs[BATCH_MAX];
	struct ledger_item items[BATCH_MAX];
	prov_entry entries[BATCH_MAX];
};

static void
lot_fill(struct hand *h, struct lot *lot)
{
	lot->n = hand_random(h) % BATCH_MAX + 1;
	lot->first = atomic_fetch_add(&h->board->next, lot->n);
	for (size_t i = 0; i < lot->n; i++) {
		if (!logged_statement(&lot->bytes[i], h->g->owner,
			lot->first + i))
			abort();
		lot->items[i] = (struct ledger_item){ .statement = buf_span(
							  &lot->bytes[i]) };
		buf_free(&lot->proofs[i]);
	}
}

static void
lot_clear(struct lot *lot)
{
	for (size_t i = 0; i < BATCH_MAX; i++) {
		buf_free(&lot->bytes[i]);
		buf_free(&lot->proofs[i]);
	}
	free(lot);
}

/* What the caller was told holds at once, before anybody else is told. */
static bool
lot_holds(struct hand *h, const struct lot *lot)
{
	prov_err err = { 0 };

	for (size_t i = 0; i < lot->n; i++) {
		uint64_t index = lot->entries[i].index;

		if (lot->entries[i].existed ||
		    index != lot->entries[0].index + i ||
		    !proof_holds(h, buf_span(&lot->proofs[i]),
			buf_span(&lot->bytes[i]), index, index + 1, &err)) {
			(void)board_wrong(h->board,
			    "statement %llu, told to be entry %llu: %s",
			    (unsigned long long)(lot->first + i),
			    (unsigned long long)index, err.msg);
			return (false);
		}
	}
	return (true);
}

/* PROV_EBUSY is an answer; anything else is not. */
static bool
lot_append(struct hand *h, prov_ledger *l, struct lot *lot)
{
	uint64_t start = board_now_us();
	prov_err err = { 0 };
	prov_status st;

	do {
		prov_err_clear(&err);
		st = ledger_append_items(l, lot->items, lot->n, WAIT_MS,
		    lot->entries, lot->proofs, &err);
		h->board->n_busy += st == PROV_EBUSY;
	} while (st == PROV_EBUSY);
	if (st != PROV_OK) {
		(void)board_wrong(h->board, "append: %s", err.msg);
		return (false);
	}
	board_count(h->board, OP_APPEND, start);
	if (!lot_holds(h, lot))
		return (false);
	for (size_t i = 0; i < lot->n; i++)
		board_tell(h->board, lot->first + i, lot->entries[i].index);
	return (true);
}

/* What somebody was told of existed, and at the same place. */
static bool
again(struct hand *h, prov_ledger *l)
{
	uint64_t n, index, start = board_now_us();
	AUTO_BUF bytes = { 0 };
	prov_err err = { 0 };
	prov_entry e;
	prov_span s;
	prov_status st;

	if (!board_pick(h, &n, &index))
		return (true);
	if (!logged_statement(&bytes, h->g->owner, n))
		abort();
	s = buf_span(&bytes);
	st = prov_ledger_append(l, &s, 1, WAIT_MS, &e, &err);
	if (st == PROV_EBUSY) {
		h->board->n_busy++;
		return (true);
	}
	if (st == PROV_OK && e.existed && e.index == index) {
		board_count(h->board, OP_AGAIN, start);
		return (true);
	}
	(void)board_wrong(h->board, "statement %llu, entry %llu, again: %s",
	    (unsigned long long)n, (unsigned long long)index, err.msg);
	return (false);
}

void *
append_hand(void *arg)
{
	struct hand *h = arg;
	AUTO(prov_ledger) *l = NULL;
	struct lot *lot = calloc(1, sizeof(*lot));
	prov_err err = { 0 };
	bool fine = true;

	if (lot == NULL)
		abort();
	if (prov_ledger_open_writer(&l, h->g->path, h->g->log, &err) != PROV_OK)
		(void)board_wrong(h->board, "open: %s", err.msg);
	while (fine && !h->board->stop) {
		lot_fill(h, lot);
		fine = lot_append(h, l, lot) &&
		       (hand_random(h) % 8 != 0 || again(h, l));
		/* A process that ends well in between, and another begins. */
		if (fine && hand_random(h) % 64 == 0) {
			prov_ledger_close(TAKE(l));
			fine =
			    prov_ledger_open_writer(&l, h->g->path, h->g->log,
				&err) == PROV_OK ||
			    board_wrong(h->board, "open: %s", err.msg) != NULL;
		}
	}
	lot_clear(lot);
	return (NULL);
}
