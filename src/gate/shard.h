/* SPDX-License-Identifier: ISC */
#ifndef PROV_GATE_SHARD_H
#define PROV_GATE_SHARD_H

#include "gate/member.h"

/* Members of one sample: a dozen is usual, more than this is refused. */
#define SAMPLE_MEMBERS_MAX 256

/*
 * What has to stay together: neighbouring members with one key. A member
 * without a key, and each that is odd, is a sample of its own.
 */
struct sample {
	size_t n;
	struct member at[SAMPLE_MEMBERS_MAX];
	const char *odd; /* why no part of it is let in; NULL: it may be */
	uint64_t held;   /* bytes in memory */
};

void sample_free(struct sample *s);

/* The sidecar of a media member: NAME.prov, else KEY.prov where it is alone. */
const struct member *sample_sidecar(const struct sample *s,
    const struct member *media);

/* A tar, plain or under gzip or zstd, read once from its beginning to its end.
 */
struct shard;

/*
 * fd is borrowed; spool_dir, borrowed too, takes what is too large to be held
 * in memory: of all samples not yet freed, HELD_MAX bytes are.
 */
#define HELD_MAX (32U << 20)
prov_status shard_open(struct shard **out, int fd, const char *spool_dir,
    prov_err *err);
void shard_close(struct shard *s);

/*
 * The next sample; NULL at the end. PROV_EFORMAT where the archive is damaged:
 * *out is then what had been read of the sample, which may not be whole, or
 * NULL. Nothing can be read after that. Samples may be freed by any thread.
 */
prov_status shard_next(struct shard *s, struct sample **out, prov_err *err);
void shard_done(struct shard *s, struct sample *sample);

/* The name of the compression, as read: "none", "gzip", "zstd". */
const char *shard_filter(const struct shard *s);

#endif
