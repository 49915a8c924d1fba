/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_TALLY_H
#define PROV_GATE_TALLY_H

#include <pthread.h>

#include "gate/cache.h"
#include "gate/gate.h"

#define TALLY_MAX     256 /* decision and reason; more are counted as "other" */
#define TALLY_BUCKETS 14

/* What was answered, for Prometheus. Any number of threads. */
struct tally {
	pthread_mutex_t lock;
	size_t n;
	struct {
		prov_decision decision;
		char reason[CODE_MAX + 1]; /* the first; "" none */
		uint64_t n;
	} at[TALLY_MAX];
	uint64_t by_decision[PROV_ALLOW + 1];
	uint64_t bytes, inflight;
	uint64_t buckets[TALLY_BUCKETS + 1]; /* by seconds that it took */
	uint64_t us;                         /* of all */
	bool has_head;
	uint64_t head_size;
	bool has_head_time;
	int64_t head_time;
};

void tally_init(struct tally *t);
void tally_clear(struct tally *t);

void tally_begin(struct tally *t);
void tally_end(struct tally *t, const prov_gate_answer *a);

uint64_t tally_count(struct tally *t, prov_decision d);

/* Prometheus text. cache may be NULL. */
void tally_put(struct tally *t, struct buf *b, const prov_policy *policy,
    const struct cache_stats *cache, int64_t now);

#endif
