/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_JUDGE_H
#define PROV_LEDGER_JUDGE_H

#include "base/buf.h"
#include "ledger/damage.h"

/*
 * Verifies each statement below size: that its signer's registration was in
 * force at its place, and his signature. turns (uint64_t, ascending) are the
 * entries that changed who may write.
 */
struct judge {
	const char *dir;
	const prov_pubkey *log;
	uint64_t size;
	unsigned threads;
	const struct buf *turns;
	struct damage *found;
	void (*progress)(void *arg, const char *phase, uint64_t done,
	    uint64_t total);
	void *arg;
};

prov_status judge_all(const struct judge *j, uint64_t *verified, prov_err *err);

#endif
