/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_FILTER_H
#define PROV_LEDGER_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A split block Bloom filter over keys that are digests: which of them a run
 * certainly has not, without reading it. 32 bytes for 16 keys; of those that it
 * has not, one in some thousand seems to be there. It is nothing but a short
 * cut: what it lets through is looked up.
 */
#define FILTER_BLOCK 32U

/* Bytes for n keys. */
static inline uint64_t
filter_len(uint64_t n)
{
	return ((n + 15) / 16 * FILTER_BLOCK);
}

/* Into len bytes that were zero at first. */
void filter_add(uint8_t *bits, uint64_t len, uint64_t key);

/* Has the memory that filter_has is to read fetched, without waiting. */
void filter_fetch(const uint8_t *bits, uint64_t len, uint64_t key);

bool filter_has(const uint8_t *bits, uint64_t len, uint64_t key);

#endif
