/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_WORKER_H
#define PROV_ESSENCE_WORKER_H

#include <stdint.h>

/*
 * What libprov (media) and prov-demux (demux) say to each other over a
 * SOCK_SEQPACKET socket that prov-demux has as PROGRAM_SOCKET.
 *
 * libprov sends one worker_request with two descriptors by SCM_RIGHTS: the
 * media file, and the writing end of a pipe. prov-demux forks a child, which
 * writes one worker_answer and len bytes to the pipe and exits: an
 * identity_encode'd identity when status is WORKER_OK, otherwise text that
 * says why. For a child that dies prov-demux answers itself: WORKER_LIMIT
 * where a limit or the sandbox ended it. A pipe that stays short is PROV_EIO.
 * The parent's socket closing ends prov-demux.
 */
#define WORKER_MAGIC 0x70726f31U /* "pro1" */

#define WORKER_FRAMES 0x1U /* flags: a digest for each picture, too */

enum worker_status {
	WORKER_OK = 0,
	WORKER_UNSUPPORTED = 1, /* no demuxer or form: exact only */
	WORKER_MALFORMED = 2,   /* cannot be demuxed: exact only */
	WORKER_LIMIT = 3,       /* text begins with "limit.*" */
	WORKER_TROUBLE = 4      /* read error or internal: try again */
};

struct worker_request {
	uint32_t magic;
	uint32_t flags;
	uint64_t size; /* of the file, by fstat */
};

struct worker_answer {
	uint32_t magic;
	uint32_t status;
	uint64_t len;
};

/* The exit status of a child that could not allocate. */
#define WORKER_EXIT_NOMEM 77

#endif
