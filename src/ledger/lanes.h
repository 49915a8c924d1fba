/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_LANES_H
#define PROV_LEDGER_LANES_H

#include "base/err.h"

/*
 * Work that threads do side by side and that is taken in order: item i is
 * worked on in slot i % slots, and its slot is free again when it was taken.
 * At most that many items are under way, which bounds what they hold.
 */
#define LANES_MAX 8

struct lanes {
	unsigned threads; /* at most LANES_MAX; below 2 the caller works */
	uint64_t n;       /* items */
	size_t slots;
	void *arg;
	void (*work)(void *arg, unsigned lane, uint64_t i, size_t slot);
	/* In the caller's thread; whatever it fails with ends the run. */
	prov_status (*take)(void *arg, uint64_t i, size_t slot, prov_err *err);
};

prov_status lanes_run(const struct lanes *how, prov_err *err);

/* As many as there are processors, where 0 are asked for. */
unsigned lanes_threads(unsigned asked);

#endif
