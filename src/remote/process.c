/* SPDX-License-Identifier: ISC */
#include "remote/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIECE    ((size_t)1 << 20) /* memory follows what really comes */
#define FRAME_MS 30000U            /* a frame that began ends within this */

/*
 * What prov-net gets of the environment: proxies and whom TLS trusts. The rest
 * may hold secrets, and it needs none of them.
 */
static const char *const wanted[] = { "http_proxy=", "https_proxy=",
	"HTTPS_PROXY=", "all_proxy=", "ALL_PROXY=", "no_proxy=", "NO_PROXY=",
	"SSL_CERT_FILE=", "SSL_CERT_DIR=" };
#define WANTED_N (sizeof(wanted) / sizeof(wanted[0]))

extern char **environ;

static void
choose_environment(char *envp[WANTED_N + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < WANTED_N; i++)
		for (char **e = environ; e != NULL && *e != NULL; e++)
			if (strncmp(*e, wanted[i], strlen(wanted[i])) == 0) {
				envp[n++] = *e;
				break;
			}
	envp[n] = NULL;
}

/*
 * Signals as a fresh process has them, and a group of its own: a terminal's
 * interrupt is for the parent, whose end of the socket ends prov-net.
 */
static int
set_signals(posix_spawnattr_t *a)
{
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGKILL);
	(void)sigdelset(&all, SIGSTOP);
	(void)sigemptyset(&none);
	if (posix_spawnattr_setsigdefault(a, &all) != 0 ||
	    posix_spawnattr_setsigmask(a, &none) != 0 ||
	    posix_spawnattr_setpgroup(a, 0) != 0)
		return (-1);
	return (posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETPGROUP));
}

/* Descriptors 0 to 3 and no others; of them only 2 is the caller's. */
static int
set_descriptors(posix_spawn_file_actions_t *f, int socket)
{
	if (posix_spawn_file_actions_adddup2(f, socket, WIRE_SOCKET) != 0 ||
	    posix_spawn_file_actions_addopen(f, 0, "/dev/null", O_RDONLY, 0) !=
		0 ||
	    posix_spawn_file_actions_addopen(f, 1, "/dev/null", O_WRONLY, 0) !=
		0)
		return (-1);
	return (posix_spawn_file_actions_addclosefrom_np(f, WIRE_SOCKET + 1));
}

static prov_status
spawn(pid_t *pid, int socket, char *const argv[], prov_err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char *envp[WANTED_N + 1];
	int rc = ENOMEM;

	choose_environment(envp);
	if (posix_spawn_file_actions_init(&files) != 0)
		return (prov_fail(err, PROV_ENOMEM, "prov-net"));
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return (prov_fail(err, PROV_ENOMEM, "prov-net"));
	}
	if (set_signals(&attr) == 0 && set_descriptors(&files, socket) == 0)
		rc = posix_spawn(pid, argv[0], &files, &attr, argv, envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	if (rc == 0)
		return (PROV_OK);
	errno = rc;
	return (prov_fail_errno(err, PROV_EOPEN,
	    "%s: the network program cannot be started", argv[0]));
}

/* posix_spawn promises not to write to them. */
static char *
unqual(const char *s)
{
	union {
		const char *from;
		char *to;
	} u = { s };

	return (u.to);
}

prov_status
process_start(struct process *p, const char *path, const char *mode,
    const char *addr, prov_err *err)
{
	char *argv[] = { unqual(path != NULL ? path : PROV_NET_PATH),
		unqual(mode), unqual(addr), NULL };
	prov_status st;
	int pair[2];

	p->pid = 0;
	p->socket = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return (prov_fail_errno(err, PROV_EIO, "prov-net's socket"));
	st = spawn(&p->pid, pair[1], argv, err);
	(void)close(pair[1]);
	if (st != PROV_OK) {
		(void)close(pair[0]);
		p->pid = 0;
		return (st);
	}
	p->socket = pair[0];
	return (PROV_OK);
}

/* Its socket closing ends it. */
void
process_stop(struct process *p)
{
	if (p->pid == 0)
		return;
	(void)close(p->socket);
	p->socket = -1;
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
}

uint64_t
process_clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static prov_status
send_all(const struct process *p, prov_span s, prov_err *err)
{
	for (size_t done = 0; done < s.len;) {
		ssize_t n =
		    send(p->socket, s.p + done, s.len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (prov_fail(err, PROV_EIO,
			    "the network program has ended"));
		done += (size_t)n;
	}
	return (PROV_OK);
}

prov_status
process_send(const struct process *p, const struct wire *w, prov_err *err)
{
	AUTO_BUF frame = { 0 };
	struct wire head = *w;
	prov_status st;

	/* The body is not copied for this. */
	wire_put(&frame, &head);
	if ((st = buf_done(&frame, err)) != PROV_OK)
		return (st);
	return (send_all(p, buf_span(&frame), err));
}

/* Reads exactly len bytes, of which the first may be waited for until. */
static prov_status
read_by(const struct process *p, uint8_t *to, size_t len, uint64_t until_ms,
    bool first, prov_err *err)
{
	for (size_t done = 0; done < len;) {
		struct pollfd poller = { .fd = p->socket, .events = POLLIN };
		uint64_t now = process_clock_ms();
		uint64_t left = until_ms > now ? until_ms - now : 0;
		bool none = first && done == 0;
		ssize_t n;
		int rc;

		rc = poll(&poller, 1, (int)(left < 60000 ? left : 60000));
		if (none && (rc == 0 ? left == 0 : rc < 0))
			return (PROV_EBUSY);
		if (rc == 0 && left == 0)
			return (prov_fail(err, PROV_EIO,
			    "the network program took too long"));
		if (rc <= 0)
			continue;
		n = read(p->socket, to + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (prov_fail(err, PROV_EIO,
			    "the network program has ended"));
		/* What has begun is not waited for like what has not. */
		if (none)
			until_ms = process_clock_ms() + FRAME_MS;
		done += (size_t)n;
	}
	return (PROV_OK);
}

static prov_status
read_into(const struct process *p, struct buf *b, size_t len, prov_err *err)
{
	uint64_t until_ms = process_clock_ms() + FRAME_MS;
	prov_status st;

	while (len > 0) {
		size_t n = len < PIECE ? len : PIECE;
		uint8_t *to = buf_grow(b, n);

		if (to == NULL)
			return (buf_done(b, err));
		if ((st = read_by(p, to, n, until_ms, false, err)) != PROV_OK)
			return (st);
		len -= n;
	}
	return (PROV_OK);
}

prov_status
process_receive(const struct process *p, struct wire *w, struct buf *small,
    struct buf *body, uint64_t until_ms, prov_err *err)
{
	uint8_t head[WIRE_HEAD];
	prov_err why = { 0 };
	prov_status st;

	st = read_by(p, head, sizeof(head), until_ms, true, err);
	if (st != PROV_OK)
		return (st);
	small->len = 0;
	if (wire_head(w, head, &why) != PROV_OK)
		return (prov_fail(err, PROV_EIO, "prov-net: %s", why.msg));
	st = read_into(p, small, w->text.len + w->type.len, err);
	if (st != PROV_OK ||
	    (st = read_into(p, body, w->body.len, err)) != PROV_OK)
		return (st);
	if (wire_point_text(w, small->p, &why) != PROV_OK)
		return (prov_fail(err, PROV_EIO, "prov-net: %s", why.msg));
	w->body = buf_span(body);
	return (PROV_OK);
}
