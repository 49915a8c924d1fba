/* SPDX-License-Identifier: ISC */
#ifndef PROV_HASH_POOL_H
#define PROV_HASH_POOL_H

#include <stdatomic.h>

#include "hash/sha256.h"

/*
 * Threads that make SHA-256 digests while the thread that feeds them goes on.
 * That thread, the pool's owner, makes every call here.
 */
struct pool;

#define POOL_THREADS_MAX 8

/* What a message may begin with that lies somewhere else. */
#define POOL_HEAD_MAX 16

/*
 * One message: head || data. The digest goes to out, and then *waited and
 * *held, which counted this job, count one less; held may be NULL. Until
 * then all that is pointed to has to stay. *failed becomes true where there is
 * no digest.
 */
struct pool_job {
	prov_span data;
	uint8_t head[POOL_HEAD_MAX];
	size_t head_len;
	uint8_t *out;
	atomic_uint *waited, *held;
	atomic_bool *failed;
};

/*
 * With as many threads as can be had, up to n; none is slower, and no worse.
 * When this returns they wait for work, and from then on they allocate nothing
 * and ask the kernel for nothing but futex(2). An owner that ends with _exit
 * needs no pool_free.
 */
prov_status pool_new(struct pool **out, unsigned n, prov_err *err);
void pool_free(struct pool *p); /* all jobs are done, NULL is fine */
unsigned pool_threads(const struct pool *p);

/* Counts a job into *waited and *held and has it done. */
void pool_add(struct pool *p, const struct pool_job *job);

/* Until *count is 0; helps meanwhile. */
void pool_wait(struct pool *p, atomic_uint *count);

#endif
