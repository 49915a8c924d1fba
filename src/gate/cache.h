/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_CACHE_H
#define PROV_GATE_CACHE_H

#include "verify/subject.h"

/*
 * Facts that were proven once, in a file that outlives the process. Rows carry
 * a MAC under a key in the state directory: so who can write to the file alone
 * can make this client forget, and nothing else. What is damaged, another's or
 * another process's to use is never an answer.
 */
struct cache;

#define CACHE_BYTES (1UL << 30) /* some 700,000 assets */

/*
 * path is the file, state a directory for "cache.key", made where it is not
 * there; max bounds the file, 0 is CACHE_BYTES. PROV_EBUSY where another
 * process has it open, PROV_EUNTRUSTED where the file or the key is somebody
 * else's, can be read by others, or is no cache of prov's.
 */
prov_status cache_open(struct cache **out, const char *path, const char *state,
    uint64_t max, prov_err *err);

/* Writes what was put last; NULL is fine. */
void cache_close(struct cache *c);

/* For verifier_recollect; any number of threads. Lives as long as c. */
const struct recollection *cache_recollection(const struct cache *c);

struct cache_stats {
	uint64_t hits, misses; /* of what was asked for */
	uint64_t forged;       /* rows whose MAC is not this client's */
	uint64_t lost;         /* that could not be written */
	uint64_t renewed;      /* times that the file was found damaged */
};
void cache_stats(struct cache *c, struct cache_stats *out);

#endif
