/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_LIMITS_H
#define PROV_BASE_LIMITS_H

/* Every bound on input that more than one file needs, with its reason. */

#define BUF_MAX (1UL << 30) /* no single buffer needs more; timelines are less */

/* A C2SP entry bundle frames entries with a uint16. */
#define STATEMENT_MAX 65535UL

/* Streams of one asset: broadcast multiplexes have up to 40. */
#define STREAMS_MAX 64

/* Two weeks at one segment each half second, times 32 bytes: 77 MB. */
#define SEGMENTS_MAX 2500000UL

/* Frames of one stream: two weeks at 60 a second. */
#define FRAMES_MAX 75000000UL

/* A timeline blob: 2.5 M leaves and the times of 75 M frames, run-length. */
#define TIMELINE_MAX (256UL << 20)

/* What prov-demux may answer for one file. */
#define IDENTITY_MAX (512UL << 20)

/* Times inlined in the manifest (DESIGN 3). */
#define INLINE_TIMES_MAX 4096UL

/* Sidecars hold one statement and the timelines of its streams. */
#define SIDECAR_MAX (512UL << 20)

/* A signed note: C2SP asks for 16 signatures; post-quantum ones are 5 kB. */
#define NOTE_MAX 131072UL

/* Configuration records of one stream: avcC with all its sets is under 64 kB. */
#define EXTRADATA_MAX (1UL << 20)

#endif
