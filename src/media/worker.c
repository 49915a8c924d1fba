/* SPDX-License-Identifier: ISC */
/* The parent half of prov-demux: see essence/worker.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/program.h"
#include "essence/identity.h"
#include "essence/worker.h"
#include "media/media.h"

/* Longer than its processor time allows, so that this is only for stalls. */
#define WAIT_S         60
#define WAIT_BYTES_A_S (4UL << 20)

#define TEXT_MAX 400       /* of a reason; prov_err holds 511 */
#define PIECE    (1 << 20) /* read at once */

struct prov_media {
	char *path;
	pthread_mutex_t lock;  /* of worker */
	struct program worker; /* whose children end with its socket, too */
};

prov_status
prov_media_new(prov_media **out, const char *path, prov_err *err)
{
	AUTO_FREE prov_media *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (prov_fail(err, PROV_ENOMEM, "worker"));
	m->path = strdup(path != NULL ? path : PROV_DEMUX_PATH);
	if (m->path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "worker"));
	if (pthread_mutex_init(&m->lock, NULL) != 0) {
		free(m->path);
		return (prov_fail(err, PROV_ENOMEM, "worker"));
	}
	*out = TAKE(m);
	return (PROV_OK);
}

void
prov_media_free(prov_media *m)
{
	if (m == NULL)
		return;
	program_stop(&m->worker);
	(void)pthread_mutex_destroy(&m->lock);
	free(m->path);
	free(m);
}

/* With no environment: it needs none of it. */
static prov_status
ensure(prov_media *m, prov_err *err)
{
	char *argv[] = { m->path, NULL };
	char *envp[] = { NULL };
	const struct program_start how = { .name = "the media worker",
		.argv = argv,
		.envp = envp,
		.type = SOCK_SEQPACKET };

	return (m->worker.pid != 0 ? PROV_OK
				   : program_start(&m->worker, &how, err));
}

bool
media_runs(prov_media *m)
{
	bool runs;

	(void)pthread_mutex_lock(&m->lock);
	runs = m->worker.pid != 0;
	(void)pthread_mutex_unlock(&m->lock);
	return (runs);
}

/* The request and both descriptors; -1 when the worker is not there. */
static int
post(int socket, int file, int answer, uint64_t size, uint32_t flags)
{
	struct worker_request request = { .magic = WORKER_MAGIC,
		.flags = flags,
		.size = size };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { &request, sizeof(request) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fds[2] = { file, answer };
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	do
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return (n == (ssize_t)sizeof(request) ? 0 : -1);
}

/* A worker that died between two files is started again, once. */
static prov_status
ask(prov_media *m, int file, int answer, uint64_t size, uint32_t flags,
    prov_err *err)
{
	prov_status st = PROV_OK;
	bool sent = false;

	(void)pthread_mutex_lock(&m->lock);
	for (unsigned tries = 0; tries < 2 && !sent; tries++) {
		if ((st = ensure(m, err)) != PROV_OK)
			break;
		sent = post(m->worker.socket, file, answer, size, flags) == 0;
		if (!sent)
			program_stop(&m->worker);
	}
	(void)pthread_mutex_unlock(&m->lock);
	if (st == PROV_OK && !sent)
		return (prov_fail(err, PROV_EIO,
		    "%s: the media worker does not answer", m->path));
	return (st);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* Reads exactly len bytes before the deadline. */
static prov_status
read_by(int fd, uint8_t *p, size_t len, int64_t deadline_ms, prov_err *err)
{
	while (len > 0) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_ms - now_ms();
		ssize_t n;

		if (left <= 0)
			return (prov_fail(err, PROV_EIO,
			    "the media worker took too long; try again"));
		if (poll(&poller, 1, (int)(left < 60000 ? left : 60000)) <= 0)
			continue;
		n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (prov_fail(err, PROV_EIO,
			    "the media worker ended without an answer"));
		p += n;
		len -= (size_t)n;
	}
	return (PROV_OK);
}

/* The answer's body, in pieces: memory follows what really comes. */
static prov_status
read_body(struct buf *body, int fd, uint64_t len, int64_t deadline_ms,
    prov_err *err)
{
	prov_status st;

	while (len > 0) {
		size_t n = len < PIECE ? (size_t)len : PIECE;
		uint8_t *p = buf_grow(body, n);

		if (p == NULL)
			return (buf_done(body, err));
		if ((st = read_by(fd, p, n, deadline_ms, err)) != PROV_OK)
			return (st);
		len -= n;
	}
	return (PROV_OK);
}

static prov_status
refused(uint32_t status, const struct buf *body, prov_err *err)
{
	int len = (int)(body->len < TEXT_MAX ? body->len : TEXT_MAX);
	const char *text = len > 0 ? (const char *)body->p : "";

	switch (status) {
	case WORKER_UNSUPPORTED:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "demux.unsupported: %.*s", len, text));
	case WORKER_MALFORMED:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "demux.malformed: %.*s", len, text));
	case WORKER_LIMIT:
		if (len < 6 || memcmp(text, "limit.", 6) != 0)
			return (prov_fail(err, PROV_ELIMIT,
			    "limit.worker: %.*s", len, text));
		return (prov_fail(err, PROV_ELIMIT, "%.*s", len, text));
	case WORKER_TROUBLE:
		return (
		    prov_fail(err, PROV_EIO, "media worker: %.*s", len, text));
	default:
		return (prov_fail(err, PROV_EIO,
		    "the media worker's answer makes no sense"));
	}
}

static prov_status
read_answer(int fd, uint64_t size, prov_identity **out, prov_err *err)
{
	int64_t deadline_ms =
	    now_ms() + (int64_t)(WAIT_S + size / WAIT_BYTES_A_S) * 1000;
	AUTO_BUF body = { .max = IDENTITY_MAX };
	struct worker_answer head;
	prov_err why = { 0 };
	prov_status st;

	st = read_by(fd, (uint8_t *)&head, sizeof(head), deadline_ms, err);
	if (st != PROV_OK)
		return (st);
	if (head.magic != WORKER_MAGIC || head.len > IDENTITY_MAX)
		return (refused(UINT32_MAX, &body, err));
	st = read_body(&body, fd, head.len, deadline_ms, err);
	if (st != PROV_OK)
		return (st);
	if (head.status != WORKER_OK)
		return (refused(head.status, &body, err));
	st = identity_decode(out, buf_span(&body), &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "the media worker's answer"));
	if (st != PROV_OK)
		return (prov_fail(err, PROV_EIO,
		    "the media worker's answer makes no sense: %s", why.msg));
	return (PROV_OK);
}

static prov_status
identify(prov_media *m, int fd, uint32_t flags, prov_identity **out,
    prov_err *err)
{
	AUTO_FD int answer = -1;
	AUTO_FD int theirs = -1;
	struct stat sb;
	prov_status st;
	int ends[2];

	if (fstat(fd, &sb) != 0)
		return (prov_fail_errno(err, PROV_EIO, "media"));
	if (!S_ISREG(sb.st_mode))
		return (prov_fail(err, PROV_EOPEN, "not a regular file"));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return (prov_fail_errno(err, PROV_EIO, "worker's pipe"));
	answer = ends[0];
	theirs = ends[1];
	st = ask(m, fd, theirs, (uint64_t)sb.st_size, flags, err);
	if (st != PROV_OK)
		return (st);
	/* So that the pipe ends when the worker's end does. */
	(void)close(theirs);
	theirs = -1;
	return (read_answer(answer, (uint64_t)sb.st_size, out, err));
}

prov_status
prov_media_identify(prov_media *m, int fd, prov_identity **out, prov_err *err)
{
	return (identify(m, fd, 0, out, err));
}

prov_status
prov_media_identify_frames(prov_media *m, int fd, prov_identity **out,
    prov_err *err)
{
	return (identify(m, fd, WORKER_FRAMES, out, err));
}
