/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_BOARD_H
#define PROV_TESTS_BOARD_H

/* What all processes and threads of the hammer see: one shared mapping. */
#include <stdatomic.h>
#include <stdint.h>

#include "../unit/logged.h"

enum op {
	OP_APPEND,
	OP_AGAIN,
	OP_HEAD,
	OP_GROWTH,
	OP_ENTRY,
	OP_LOOKUP,
	OP_PROVE,
	OP_CHECK,
	OPS
};

/* Microseconds by their highest four bits: a quantile is 6% off at most. */
#define TALLY_SUB     16U
#define TALLY_BUCKETS (64U * TALLY_SUB)

#define ACKS_MAX  4000000U
#define BATCH_MAX 16U

/* Statement n is entry index; n is 0 until both are there. */
struct told {
	_Atomic uint64_t n;
	uint64_t index;
};

struct board {
	_Atomic bool stop;
	_Atomic bool wrong; /* the first to set it writes why */
	char why[600];
	_Atomic uint64_t next;   /* the next new statement */
	_Atomic uint64_t n_told; /* places taken; the last may lack their n */
	_Atomic uint64_t n_busy; /* appends that waited for the lock in vain */
	_Atomic uint64_t tally[OPS][TALLY_BUCKETS];
	struct told told[ACKS_MAX];
};

/* One thread and its place in the world. */
struct hand {
	struct board *board;
	const struct logged *g;
	uint64_t seed; /* of its random numbers, and never 0 */
};

/* Marsaglia's xorshift: any numbers will do. */
static inline uint64_t
hand_random(struct hand *h)
{
	h->seed ^= h->seed << 13;
	h->seed ^= h->seed >> 7;
	h->seed ^= h->seed << 17;
	return (h->seed);
}

/* Fatal: says what does not hold and stops everybody. Returns NULL. */
void *board_wrong(struct board *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

uint64_t board_now_us(void);

/* Counts an operation that began at start. */
void board_count(struct board *b, enum op op, uint64_t start);

/* Rates and quantiles of all operations over so many microseconds. */
void board_print(struct board *b, uint64_t us);

/* Tells that statement n is in the log. */
void board_tell(struct board *b, uint64_t n, uint64_t index);

/* Some statement that was told of; false when there is none yet. */
bool board_pick(struct hand *h, uint64_t *n, uint64_t *index);

/* Threads: each works until the board says stop. */
void *append_hand(void *hand);
void *read_hand(void *hand);
void *check_hand(void *hand);

/* Whether text proves at no smaller size than size that entry is at index. */
bool proof_holds(const struct hand *h, prov_span text, prov_span entry,
    uint64_t index, uint64_t size, prov_err *err);

#endif
