/* SPDX-License-Identifier: ISC */
#ifndef PROV_BASE_PROGRAM_H
#define PROV_BASE_PROGRAM_H

#include <sys/types.h>

#include "base/err.h"

#define PROGRAM_SOCKET 3 /* what it has of the socket */

/* A program of ours that runs, and the socket to it. */
struct program {
	pid_t pid; /* 0: none */
	int socket;
};

/* What to run, and how. */
struct program_start {
	const char *name;  /* "the media worker" */
	char *const *argv; /* [0] is its path */
	char *const *envp; /* all of its environment: ours may hold secrets */
	int type;          /* of the socket: SOCK_STREAM, SOCK_SEQPACKET */
	bool own_group;    /* a terminal's interrupt is not for it */
};

/*
 * Starts it with /dev/null for input and output, our standard error and the
 * socket, no other descriptor, and signals as a fresh process has them.
 */
prov_status program_start(struct program *p, const struct program_start *how,
    prov_err *err);

/* Closes its socket, which ends it; waits for that, but not for ever. */
void program_stop(struct program *p);

#endif
