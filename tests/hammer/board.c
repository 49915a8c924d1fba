/* SPDX-License-Identifier: ISC */
#include "board.h"

#include <stdarg.h>
#include <time.h>

#include "ledger/proof.h"

static const char *const names[OPS] = { "append a batch", "append again",
	"head", "consistency", "entry", "look-up", "proof", "check" };

void *
board_wrong(struct board *b, const char *fmt, ...)
{
	va_list ap;

	if (!atomic_exchange(&b->wrong, true)) {
		va_start(ap, fmt);
		(void)vsnprintf(b->why, sizeof(b->why), fmt, ap);
		va_end(ap);
	}
	b->stop = true;
	return (NULL);
}

uint64_t
board_now_us(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

static unsigned
bucket_of(uint64_t us)
{
	unsigned high;

	if (us < TALLY_SUB)
		return ((unsigned)us);
	high = 63U - (unsigned)__builtin_clzll(us);
	return ((high - 3) * TALLY_SUB +
		(unsigned)(us >> (high - 4) & (TALLY_SUB - 1)));
}

/* The most that a bucket stands for. */
static uint64_t
bucket_us(unsigned i)
{
	if (i < TALLY_SUB)
		return (i);
	return (
	    ((uint64_t)(TALLY_SUB + i % TALLY_SUB + 1) << (i / TALLY_SUB - 1)) -
	    1);
}

void
board_count(struct board *b, enum op op, uint64_t start)
{
	b->tally[op][bucket_of(board_now_us() - start)]++;
}

static double
quantile_ms(struct board *b, enum op op, uint64_t n, double q)
{
	uint64_t want = (uint64_t)((double)n * q), seen = 0;

	for (unsigned i = 0; i < TALLY_BUCKETS; i++)
		if ((seen += b->tally[op][i]) > want)
			return ((double)bucket_us(i) / 1000);
	return (0);
}

void
board_print(struct board *b, uint64_t us)
{
	for (unsigned op = 0; op < OPS; op++) {
		uint64_t n = 0;

		for (unsigned i = 0; i < TALLY_BUCKETS; i++)
			n += b->tally[op][i];
		printf("# %-14s %9llu  %8.1f/s  p50 %8.2f  p95 %8.2f  "
		       "p99 %8.2f ms\n",
		    names[op], (unsigned long long)n,
		    (double)n * 1e6 / (double)us, quantile_ms(b, op, n, 0.5),
		    quantile_ms(b, op, n, 0.95), quantile_ms(b, op, n, 0.99));
	}
	printf("# %llu statements acknowledged, %llu appends told to try "
	       "again\n",
	    (unsigned long long)b->n_told, (unsigned long long)b->n_busy);
}

void
board_tell(struct board *b, uint64_t n, uint64_t index)
{
	uint64_t at = atomic_fetch_add(&b->n_told, 1);

	if (at >= ACKS_MAX) {
		(void)board_wrong(b, "more than %u entries", ACKS_MAX);
		return;
	}
	b->told[at].index = index;
	b->told[at].n = n;
}

bool
board_pick(struct hand *h, uint64_t *n, uint64_t *index)
{
	struct board *b = h->board;
	uint64_t all = b->n_told;
	const struct told *t;

	if (all == 0)
		return (false);
	/* Half of the time something new. */
	t = &b->told[(hand_random(h) & 1) != 0 || all < 32
			 ? hand_random(h) % all
			 : all - 1 - hand_random(h) % 32];
	*n = t->n;
	*index = t->index;
	return (*n != 0);
}

bool
proof_holds(const struct hand *h, prov_span text, prov_span entry,
    uint64_t index, uint64_t size, prov_err *err)
{
	AUTO_FREE struct proof *p = calloc(1, sizeof(*p));
	struct checkpoint at;

	if (p == NULL)
		abort();
	return (proof_parse(p, text, err) == PROV_OK && p->index == index &&
		proof_verify(&at, p, entry, prov_key_public(h->g->log), err) ==
		    PROV_OK &&
		at.size >= size);
}
