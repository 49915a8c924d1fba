/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_SANDBOX_H
#define PROV_DEMUX_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Address space of a child: FFmpeg's libraries map 190 MiB, and four hours of
 * 4K at 60 frames need under 150 MiB of index and timeline.
 */
#define SANDBOX_MEMORY (512UL << 20)

/* Seconds of processor time: a slow disk's speed, and some to begin with. */
#define SANDBOX_CPU_S     20U
#define SANDBOX_BYTES_A_S (8UL << 20)

/*
 * Gives up everything that reading one open file of size bytes does not need;
 * there is no way back. false: something is missing, so do not go on.
 */
bool sandbox_enter(uint64_t size);

#endif
