/* SPDX-License-Identifier: ISC */
/*
 * A prov-demux that was taken over. How it lies is its name: tests link it to
 * one of the names below. "other" answers with what the real worker, beside it
 * as "real", finds in the file "signed" instead of the one that it was given.
 */
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/program.h"
#include "essence/worker.h"

struct job {
	struct worker_request request;
	int fds[2];
};

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(2 * sizeof(int))];
};

static struct msghdr
message(struct job *j, struct iovec *iov, union control *c)
{
	struct msghdr m = { .msg_iov = iov,
		.msg_iovlen = 1,
		.msg_control = c->space,
		.msg_controllen = sizeof(c->space) };

	*iov = (struct iovec){ &j->request, sizeof(j->request) };
	return (m);
}

static int
receive(struct job *j)
{
	union control c = { 0 };
	struct iovec iov;
	struct msghdr m = message(j, &iov, &c);
	struct cmsghdr *h;

	if (recvmsg(PROGRAM_SOCKET, &m, MSG_CMSG_CLOEXEC) <= 0 ||
	    (h = CMSG_FIRSTHDR(&m)) == NULL)
		return (0);
	memcpy(j->fds, CMSG_DATA(h), sizeof(j->fds));
	return (1);
}

static void
forward(int socket, struct job *j)
{
	union control c = { 0 };
	struct iovec iov;
	struct msghdr m = message(j, &iov, &c);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	if (h == NULL)
		exit(1);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(j->fds));
	memcpy(CMSG_DATA(h), j->fds, sizeof(j->fds));
	if (sendmsg(socket, &m, 0) < 0)
		exit(1);
}

static void
put(int out, const void *p, size_t len)
{
	if (write(out, p, len) != (ssize_t)len)
		exit(1);
}

static void
answer(int out, uint32_t status, uint64_t says, const char *body)
{
	struct worker_answer head = { WORKER_MAGIC, status, says };

	put(out, &head, sizeof(head));
	put(out, body, strlen(body));
}

static void
half(const struct job *j)
{
	put(j->fds[1], "1orp\0\0", 6);
}

static void
short_body(const struct job *j)
{
	answer(j->fds[1], WORKER_OK, 1000, "only this");
}

static void
nothing(const struct job *j)
{
	(void)j;
}

static void
ends(const struct job *j)
{
	(void)j;
	exit(0);
}

static void
too_large(const struct job *j)
{
	answer(j->fds[1], WORKER_OK, IDENTITY_MAX + 1, "x");
}

/* Memory must follow what comes, not what is said. */
static void
large_and_short(const struct job *j)
{
	answer(j->fds[1], WORKER_OK, IDENTITY_MAX, "x");
}

static void
magic(const struct job *j)
{
	struct worker_answer head = { ~WORKER_MAGIC, WORKER_OK, 0 };

	put(j->fds[1], &head, sizeof(head));
}

static void
status(const struct job *j)
{
	answer(j->fds[1], 99, 5, "hello");
}

static void
garbage(const struct job *j)
{
	answer(j->fds[1], WORKER_OK, 15, "\x8a\x01\x9a\x10not CBOR...");
}

static void
empty(const struct job *j)
{
	answer(j->fds[1], WORKER_OK, 0, "");
}

static void
escapes(const struct job *j)
{
	static const char text[] =
	    "limit.memory: \033[31m\nVERIFIED exact\xe2\x80\xae\x9b";

	answer(j->fds[1], WORKER_LIMIT, sizeof(text) - 1, text);
}

static void
trickle(const struct job *j)
{
	static const char text[] = "limit.memory: slowly";
	struct worker_answer head = { WORKER_MAGIC, WORKER_LIMIT,
		sizeof(text) - 1 };
	const char *p = (const char *)&head;

	for (size_t i = 0; i < sizeof(head); i++) {
		(void)usleep(50000);
		put(j->fds[1], p + i, 1);
	}
	put(j->fds[1], text, sizeof(text) - 1);
}

/* Holds the pipe open, and says nothing. */
static void
sleeps(const struct job *j)
{
	(void)j;
	(void)pause();
}

/* Another file's identity, as a worker has it that remembers that file. */
static void
other(const struct job *j)
{
	static int real = -1;
	struct job lie = *j;
	struct stat sb;
	int pair[2];

	if (real < 0) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0)
			exit(1);
		if (fork() == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			(void)dup2(pair[1], PROGRAM_SOCKET);
			(void)close_range(PROGRAM_SOCKET + 1, ~0U, 0);
			(void)execl("real", "real", (char *)NULL);
			_exit(1);
		}
		(void)close(pair[1]);
		real = pair[0];
	}
	lie.fds[0] = open("signed", O_RDONLY | O_CLOEXEC);
	if (lie.fds[0] < 0 || fstat(lie.fds[0], &sb) != 0)
		exit(1);
	lie.request.size = (uint64_t)sb.st_size;
	forward(real, &lie);
	(void)close(lie.fds[0]);
}

static const struct {
	const char *name;
	void (*lie)(const struct job *j);
} lies[] = {
	{ "half", half },
	{ "short-body", short_body },
	{ "nothing", nothing },
	{ "ends", ends },
	{ "too-large", too_large },
	{ "large-and-short", large_and_short },
	{ "magic", magic },
	{ "status", status },
	{ "garbage", garbage },
	{ "empty", empty },
	{ "escapes", escapes },
	{ "trickle", trickle },
	{ "sleeps", sleeps },
	{ "other", other },
};

int
main(int argc, char **argv)
{
	const char *name = argc > 0 ? basename(argv[0]) : "";
	struct job j;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		if (strcmp(lies[i].name, name) != 0)
			continue;
		while (receive(&j)) {
			lies[i].lie(&j);
			(void)close(j.fds[0]);
			(void)close(j.fds[1]);
		}
		return (0);
	}
	(void)fprintf(stderr, "liar: no such lie: %s\n", name);
	return (2);
}
