/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_SANDBOX_H
#define PROV_DEMUX_SANDBOX_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Address space of a child: FFmpeg's libraries map 190 MiB, and four hours of
 * 4K at 60 frames need under 150 MiB of index and timeline.
 */
#define SANDBOX_MEMORY (512UL << 20)

/*
 * Seconds of processor time: a slow disk's speed, and some to begin with. No
 * file may keep a worker for ten seconds more than its size asks for.
 */
#define SANDBOX_CPU_S     8U
#define SANDBOX_BYTES_A_S (8UL << 20)

/* The only descriptors that are of use inside: one is read, one written. */
#define SANDBOX_FILE   3
#define SANDBOX_ANSWER 4

/* A filter as the kernel takes it, compiled once for all children. */
struct sandbox {
	struct sock_filter *code;
	unsigned short n;
};

/* Compiles the filter, in the parent. sandbox_clear forgets it. */
bool sandbox_prepare(struct sandbox *s);
void sandbox_clear(struct sandbox *s);

/*
 * In the child: gives up everything that reading one open file of size bytes
 * does not need; there is no way back. false: something is missing, so do not
 * go on. The first step comes before threads are started, since Landlock binds
 * the thread that asks and those that it starts; the second binds all of them,
 * and after it there are no new ones.
 */
bool sandbox_confine(void);
bool sandbox_seal(const struct sandbox *s, uint64_t size);

#endif
