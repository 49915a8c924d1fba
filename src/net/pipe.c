/* SPDX-License-Identifier: ISC */
#include "net/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_STEP ((size_t)64 << 10)

/* One frame may wait for its end; what else has come stays in the socket. */
#define IN_MAX (WIRE_HEAD + WIRE_TEXT_MAX + WIRE_TYPE_MAX + WIRE_SENT_MAX)

void
pipe_init(struct pipe *p, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	memset(p, 0, sizeof(*p));
	p->fd = fd;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		p->closed = true;
}

void
pipe_free(struct pipe *p)
{
	buf_free(&p->in);
	buf_free(&p->out);
}

size_t
pipe_pending(const struct pipe *p)
{
	return (p->out.len - p->out_at);
}

short
pipe_events(const struct pipe *p)
{
	return ((short)(POLLIN | (pipe_pending(p) != 0 ? POLLOUT : 0)));
}

/* Moves what is left to the front. */
static void
shift(struct buf *b, size_t *at)
{
	if (*at == 0)
		return;
	b->len -= *at;
	memmove(b->p, b->p + *at, b->len);
	*at = 0;
}

static void
receive(struct pipe *p)
{
	shift(&p->in, &p->in_at);
	while (!p->closed && p->in.len < IN_MAX) {
		uint8_t *to = buf_grow(&p->in, READ_STEP);
		ssize_t n;

		if (to == NULL) {
			p->closed = true;
			return;
		}
		n = read(p->fd, to, READ_STEP);
		p->in.len -= READ_STEP - (n > 0 ? (size_t)n : 0);
		if (n > 0 || (n < 0 && errno == EINTR))
			continue;
		if (n == 0 || errno != EAGAIN)
			p->closed = true;
		return;
	}
}

static void
transmit(struct pipe *p)
{
	while (!p->closed && pipe_pending(p) != 0) {
		ssize_t n = send(p->fd, p->out.p + p->out_at, pipe_pending(p),
		    MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			p->closed = true;
		if (n <= 0)
			return;
		p->out_at += (size_t)n;
	}
	if (pipe_pending(p) == 0) {
		/* Large answers are rare: their memory is not kept. */
		buf_free(&p->out);
		p->out_at = 0;
	}
}

void
pipe_run(struct pipe *p)
{
	receive(p);
	transmit(p);
}

bool
pipe_next(struct pipe *p, struct wire *w)
{
	size_t left = p->in.len - p->in_at;

	if (p->closed || left < WIRE_HEAD)
		return (false);
	if (wire_head(w, p->in.p + p->in_at, NULL) != PROV_OK ||
	    w->body.len > WIRE_SENT_MAX) {
		p->closed = true;
		return (false);
	}
	if (left - WIRE_HEAD < wire_rest(w))
		return (false);
	if (wire_point(w, p->in.p + p->in_at + WIRE_HEAD, NULL) != PROV_OK) {
		p->closed = true;
		return (false);
	}
	p->in_at += WIRE_HEAD + wire_rest(w);
	return (true);
}

void
pipe_send(struct pipe *p, const struct wire *w)
{
	if (p->out_at > p->out.len / 2)
		shift(&p->out, &p->out_at);
	wire_put(&p->out, w);
	if (p->out.failed)
		p->closed = true;
}
