/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "essence/identity.h"
#include "essence/worker.h"
#include "prov/media.h"

#define WORKER_FD 3 /* where prov-demux finds its socket */

/* A minute for any file, and a second for each 20 MB: ten times a slow disk. */
#define DEADLINE_MS(size) (60000 + (int64_t)((size) / 20000))

struct prov_media {
	char *path;
	int sock; /* -1: not started */
	pid_t pid;
};

prov_status
prov_media_new(prov_media **out, const char *path, prov_err *err)
{
	prov_media *m = calloc(1, sizeof(*m));

	if (m == NULL ||
	    (m->path = strdup(path != NULL ? path : PROV_DEMUX_PATH)) == NULL) {
		free(m);
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	}
	m->sock = -1;
	*out = m;
	return (PROV_OK);
}

/* Its socket closing ends prov-demux, which takes its children with it. */
static void
stop(prov_media *m, bool kill_it)
{
	if (m->sock < 0)
		return;
	(void)close(m->sock);
	m->sock = -1;
	if (kill_it)
		(void)kill(m->pid, SIGKILL);
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void
prov_media_free(prov_media *m)
{
	if (m == NULL)
		return;
	stop(m, false);
	free(m->path);
	free(m);
}

/* Nothing but the socket is inherited, and no environment. */
static int
spawn(prov_media *m, int sock)
{
	char *const argv[] = { m->path, NULL };
	char *const envp[] = { NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	if ((rc = posix_spawn_file_actions_init(&fa)) != 0)
		return (rc);
	if ((rc = posix_spawnattr_init(&attr)) != 0) {
		(void)posix_spawn_file_actions_destroy(&fa);
		return (rc);
	}
	(void)sigemptyset(&none);
	if ((rc = posix_spawnattr_setsigmask(&attr, &none)) == 0 &&
	    (rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK)) ==
		0 &&
	    (rc = posix_spawn_file_actions_adddup2(&fa, sock, WORKER_FD)) ==
		0 &&
	    (rc = posix_spawn_file_actions_addopen(&fa, STDIN_FILENO,
		 "/dev/null", O_RDWR, 0)) == 0 &&
	    (rc = posix_spawn_file_actions_adddup2(&fa, STDIN_FILENO,
		 STDOUT_FILENO)) == 0 &&
	    (rc = posix_spawn_file_actions_addclosefrom_np(&fa,
		 WORKER_FD + 1)) == 0)
		rc = posix_spawn(&m->pid, m->path, &fa, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&fa);
	return (rc);
}

static prov_status
start(prov_media *m, prov_err *err)
{
	int sv[2], rc;

	if (m->sock >= 0)
		return (PROV_OK);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return (prov_fail_errno(err, PROV_EINTERNAL, "socketpair"));
	rc = spawn(m, sv[1]);
	(void)close(sv[1]);
	if (rc != 0) {
		(void)close(sv[0]);
		errno = rc;
		return (prov_fail_errno(err, PROV_EOPEN, "%s cannot be started",
		    m->path));
	}
	m->sock = sv[0];
	return (PROV_OK);
}

/* False when prov-demux is not there any more. */
static bool
send_request(const prov_media *m, int fd, int answer, uint64_t size)
{
	struct worker_request req = { .magic = WORKER_MAGIC, .size = size };
	struct iovec iov = { .iov_base = &req, .iov_len = sizeof(req) };
	const int fds[2] = { fd, answer };
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;

	memset(&control, 0, sizeof(control));
	c = CMSG_FIRSTHDR(&msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	while ((n = sendmsg(m->sock, &msg, MSG_NOSIGNAL)) < 0 && errno == EINTR)
		;
	return (n == (ssize_t)sizeof(req));
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* Exactly len bytes of the pipe before the deadline. */
static prov_status
read_answer(int fd, void *p, size_t len, int64_t deadline, prov_err *err)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t at = 0;

	while (at < len) {
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0)
			return (prov_fail(err, PROV_ELIMIT,
			    "limit.time: reading its streams took too long"));
		if (poll(&pfd, 1, left > 60000 ? 60000 : (int)left) <= 0)
			continue;
		n = read(fd, (uint8_t *)p + at, len - at);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return (prov_fail(err, PROV_EIO,
			    "prov-demux ended without an answer; try again"));
		at += (size_t)n;
	}
	return (PROV_OK);
}

/* The body, in pieces, so that a lying length costs no memory. */
static prov_status
read_body(struct buf *b, int fd, uint64_t len, int64_t deadline, prov_err *err)
{
	prov_status st;

	if (len > IDENTITY_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.answer: %llu bytes from prov-demux",
		    (unsigned long long)len));
	b->max = IDENTITY_MAX;
	while (b->len < len) {
		size_t n = len - b->len < 65536 ? len - b->len : 65536;
		uint8_t piece[65536];

		if ((st = read_answer(fd, piece, n, deadline, err)) != PROV_OK)
			return (st);
		buf_put(b, piece, n);
		if ((st = buf_done(b, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* What prov-demux said instead of an identity: text, bounded. */
static prov_status
refused(uint32_t status, const struct buf *b, prov_err *err)
{
	int len = b->len > 300 ? 300 : (int)b->len;
	const char *text = b->len > 0 ? (const char *)b->p : "";

	switch (status) {
	case WORKER_UNSUPPORTED:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "demux.unsupported: %.*s", len, text));
	case WORKER_MALFORMED:
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "demux.malformed: %.*s", len, text));
	case WORKER_LIMIT:
		return (prov_fail(err, PROV_ELIMIT, "%s%.*s",
		    len >= 6 && memcmp(text, "limit.", 6) == 0 ? "" : "limit: ",
		    len, text));
	default:
		return (
		    prov_fail(err, PROV_EIO, "prov-demux: %.*s", len, text));
	}
}

static prov_status
receive(prov_identity **out, int fd, uint64_t size, prov_err *err)
{
	int64_t deadline = now_ms() + DEADLINE_MS(size);
	struct worker_answer a;
	AUTO_BUF body = { 0 };
	prov_status st;

	st = read_answer(fd, &a, sizeof(a), deadline, err);
	if (st == PROV_OK && a.magic != WORKER_MAGIC)
		st = prov_fail(err, PROV_EIO, "prov-demux: not its answer");
	if (st == PROV_OK)
		st = read_body(&body, fd, a.len, deadline, err);
	if (st != PROV_OK)
		return (st);
	if (a.status != WORKER_OK)
		return (refused(a.status, &body, err));
	st = identity_decode(out, buf_span(&body), err);
	return (st == PROV_OK || st == PROV_ENOMEM
		    ? st
		    : prov_wrap(err, PROV_EIO, "prov-demux: malformed answer"));
}

/* Sends the request, starting prov-demux again if it has gone. */
static prov_status
ask(prov_media *m, int fd, int answer, uint64_t size, prov_err *err)
{
	prov_status st;

	for (int tries = 0; tries < 2; tries++) {
		if ((st = start(m, err)) != PROV_OK)
			return (st);
		if (send_request(m, fd, answer, size))
			return (PROV_OK);
		stop(m, true);
	}
	return (prov_fail(err, PROV_EIO, "%s does not run", m->path));
}

prov_status
prov_media_identify(prov_media *m, int fd, prov_identity **out, prov_err *err)
{
	AUTO_FD int from = -1;
	struct stat sb;
	prov_status st;
	int pipes[2];

	if (fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode))
		return (prov_fail(err, PROV_EOPEN, "is not a regular file"));
	if (pipe2(pipes, O_CLOEXEC) != 0)
		return (prov_fail_errno(err, PROV_EINTERNAL, "pipe"));
	from = pipes[0];
	st = ask(m, fd, pipes[1], (uint64_t)sb.st_size, err);
	(void)close(pipes[1]);
	if (st != PROV_OK)
		return (st);
	st = receive(out, from, (uint64_t)sb.st_size, err);
	if (st != PROV_OK && st != PROV_EUNSUPPORTED)
		stop(m, true); /* whatever it is doing, it does no longer */
	return (st);
}
