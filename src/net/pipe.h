/* SPDX-License-Identifier: ISC */
#ifndef PROV_NET_PIPE_H
#define PROV_NET_PIPE_H

#include "remote/wire.h"

/*
 * The socket to libprov. Nothing here waits: what comes in is read as far as
 * there is any, what goes out is kept until the socket takes it. So neither
 * side can make the other wait for itself.
 */
struct pipe {
	int fd;
	struct buf in;
	size_t in_at; /* of in, what was taken */
	struct buf out;
	size_t out_at; /* of out, what was sent */
	bool closed;   /* libprov is gone, or makes no sense */
};

void pipe_init(struct pipe *p, int fd);
void pipe_free(struct pipe *p);

/* What poll is to look for. */
short pipe_events(const struct pipe *p);

/* Reads and writes what goes without waiting. */
void pipe_run(struct pipe *p);

/* The next frame that came, lent until pipe_run; false where none did. */
bool pipe_next(struct pipe *p, struct wire *w);

void pipe_send(struct pipe *p, const struct wire *w);

/* Bytes that libprov has not taken yet. */
size_t pipe_pending(const struct pipe *p);

#endif
