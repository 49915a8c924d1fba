/* SPDX-License-Identifier: ISC */
#include "ledger/filter.h"

/* One bit in each 32-bit word of a block; the constants are Parquet's. */
#define WORDS 8

static const uint32_t salt[WORDS] = { 0x47b6137bU, 0x44974d91U, 0x8824ad5bU,
	0xa2b7289dU, 0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U };

/* The upper half of a key chooses the block, the lower one bits in it. */
static uint64_t
block_of(uint64_t len, uint64_t key)
{
	return (((key >> 32) * (len / FILTER_BLOCK) >> 32) * FILTER_BLOCK);
}

static unsigned
bit_of(unsigned word, uint64_t key)
{
	return (((uint32_t)key * salt[word]) >> 27);
}

void
filter_add(uint8_t *bits, uint64_t len, uint64_t key)
{
	uint8_t *at = bits + block_of(len, key);

	for (unsigned w = 0; w < WORDS; w++) {
		unsigned bit = bit_of(w, key);

		at[4 * w + bit / 8] |= (uint8_t)(1U << bit % 8);
	}
}

void
filter_fetch(const uint8_t *bits, uint64_t len, uint64_t key)
{
	if (len != 0)
		__builtin_prefetch(bits + block_of(len, key));
}

bool
filter_has(const uint8_t *bits, uint64_t len, uint64_t key)
{
	const uint8_t *at = bits + block_of(len, key);

	if (len == 0)
		return (false);
	for (unsigned w = 0; w < WORDS; w++) {
		unsigned bit = bit_of(w, key);

		if ((at[4 * w + bit / 8] & 1U << bit % 8) == 0)
			return (false);
	}
	return (true);
}
