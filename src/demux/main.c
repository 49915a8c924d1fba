/* SPDX-License-Identifier: ISC */
/*
 * prov-demux: a small process that forks one child for each file, because
 * loading FFmpeg costs ten times as much as forking. It never reads media
 * itself. What is said over its socket stands in essence/worker.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"
#include "demux/child.h"
#include "demux/sanitized.h"

/* Files at a time: callers have a few threads, and each asks for one. */
#define CHILDREN_MAX 256

struct kid {
	pid_t pid; /* 0: free */
	int out;   /* to say how it died, if it did */
};

struct zygote {
	pid_t pid;
	int died; /* a signalfd for SIGCHLD */
	struct sandbox sandbox;
	struct kid kids[CHILDREN_MAX];
};

struct job {
	struct worker_request request;
	int file, out;
};

static void
close_job(const struct job *j)
{
	if (j->file >= 0)
		(void)close(j->file);
	if (j->out >= 0)
		(void)close(j->out);
}

/* Takes the two descriptors, or closes whatever came. */
static bool
take_descriptors(struct msghdr *m, struct job *j)
{
	int fds[2] = { -1, -1 };
	bool ok = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	     c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		ok = c->cmsg_len == CMSG_LEN(sizeof(fds));
		memcpy(fds, CMSG_DATA(c),
		    ok ? sizeof(fds) : c->cmsg_len - CMSG_LEN(0));
	}
	j->file = fds[0];
	j->out = fds[1];
	return (ok && (m->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0);
}

/*
 * Nobody waits for the answer any more, because it took too long: a child that
 * only sleeps would be there for ever.
 */
static void
give_up(const struct kid *k, short events)
{
	if (k->pid != 0 && (events & (POLLERR | POLLNVAL)) != 0)
		(void)kill(k->pid, SIGKILL);
}

/* 1: a job; 0: the socket is closed; -1: not to be understood. */
static int
receive(struct job *j)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { &j->request, sizeof(j->request) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	ssize_t n;

	j->file = j->out = -1;
	do
		n = recvmsg(PROGRAM_SOCKET, &m, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (0);
	if (!take_descriptors(&m, j) || n != (ssize_t)sizeof(j->request) ||
	    j->request.magic != WORKER_MAGIC ||
	    (j->request.flags & ~WORKER_FRAMES) != 0)
		return (-1);
	return (1);
}

/* In the child: nothing of the other files may stay open. */
_Noreturn static void
become_child(const struct zygote *z, const struct job *j)
{
	sigset_t none;
	int file, out;

	/* A parent that ended before this was asked for sends nothing. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != z->pid)
		_exit(1);
	/* Out of the way of the two places that they move to. */
	file = fcntl(j->file, F_DUPFD, 10);
	out = fcntl(j->out, F_DUPFD, 10);
	if (file < 0 || out < 0 || dup2(file, SANDBOX_FILE) != SANDBOX_FILE ||
	    dup2(out, SANDBOX_ANSWER) != SANDBOX_ANSWER ||
	    close_range(SANDBOX_ANSWER + 1, ~0U, 0) != 0)
		_exit(1);
	/* Whatever a file makes of this process, it writes to no terminal. */
	if (!SANITIZED && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	child_run(&z->sandbox, &j->request);
}

static void
say(int out, enum worker_status status, const char *text)
{
	/* Only while the pipe has room: nobody waits for a dead reader. */
	(void)fcntl(out, F_SETFL, O_NONBLOCK);
	(void)answer_write(out, status, span(text, strlen(text)));
}

static void
start(struct zygote *z, struct job *j)
{
	struct kid *k = NULL;
	pid_t pid;

	for (size_t i = 0; i < CHILDREN_MAX && k == NULL; i++)
		if (z->kids[i].pid == 0)
			k = &z->kids[i];
	if (k == NULL) {
		say(j->out, WORKER_TROUBLE, "too many files at once");
		return;
	}
	if ((pid = fork()) == 0)
		become_child(z, j);
	if (pid < 0) {
		say(j->out, WORKER_TROUBLE, "no process to be had");
		return;
	}
	k->pid = pid;
	k->out = j->out;
	j->out = -1;
}

/* A child that could not answer any more is answered for. */
static void
bury(const struct kid *k, int status)
{
	char text[64];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_EXIT_NOMEM) {
		say(k->out, WORKER_LIMIT,
		    "limit.memory: more memory than the worker may use");
		return;
	}
	if (!WIFSIGNALED(status)) {
		say(k->out, WORKER_TROUBLE, "the worker gave up");
		return;
	}
	switch (WTERMSIG(status)) {
	case SIGXCPU:
		say(k->out, WORKER_LIMIT,
		    "limit.cpu: more processor time than the worker may use");
		return;
	case SIGSYS:
		say(k->out, WORKER_LIMIT,
		    "limit.sandbox: the file made the worker leave its rules");
		return;
	case SIGSEGV:
	case SIGBUS:
	case SIGABRT:
	case SIGILL:
	case SIGFPE:
		(void)snprintf(text, sizeof(text),
		    "limit.crash: the file broke the worker (signal %d)",
		    WTERMSIG(status));
		say(k->out, WORKER_LIMIT, text);
		return;
	default:
		(void)snprintf(text, sizeof(text),
		    "the worker was killed by signal %d", WTERMSIG(status));
		say(k->out, WORKER_TROUBLE, text);
	}
}

static void
reap(struct zygote *z)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	(void)!read(z->died, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN_MAX; i++)
			if (z->kids[i].pid == pid) {
				bury(&z->kids[i], status);
				(void)close(z->kids[i].out);
				z->kids[i].pid = 0;
			}
}

static bool
prepare(struct zygote *z)
{
	sigset_t child;
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(PROGRAM_SOCKET, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    type != SOCK_SEQPACKET)
		return (false);
	z->pid = getpid();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, NULL) != 0)
		return (false);
	z->died = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	return (z->died >= 0 && sandbox_prepare(&z->sandbox));
}

/* Both sources of events, and each child whose answer is awaited. */
static nfds_t
watch(const struct zygote *z, struct pollfd *p, size_t *who)
{
	nfds_t n = 2;

	p[0] = (struct pollfd){ .fd = PROGRAM_SOCKET, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = z->died, .events = POLLIN };
	/* No more of them than there are: poll(2) minds RLIMIT_NOFILE. */
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (z->kids[i].pid != 0) {
			who[n] = i;
			p[n++] = (struct pollfd){ .fd = z->kids[i].out };
		}
	return (n);
}

/* One turn; false when the socket is closed. */
static bool
serve(struct zygote *z)
{
	struct pollfd p[CHILDREN_MAX + 2];
	size_t who[CHILDREN_MAX + 2];
	nfds_t n = watch(z, p, who);
	struct job j;
	int got;

	if (poll(p, n, -1) < 0)
		return (errno == EINTR);
	for (nfds_t i = 2; i < n; i++)
		give_up(&z->kids[who[i]], p[i].revents);
	if (p[1].revents != 0)
		reap(z);
	if (p[0].revents == 0)
		return (true);
	if ((got = receive(&j)) > 0)
		start(z, &j);
	close_job(&j);
	return (got != 0);
}

int
main(void)
{
	struct zygote z = { 0 };

	if (!prepare(&z)) {
		(void)fprintf(stderr,
		    "prov-demux: started by prov and not by hand\n");
		return (2);
	}
	child_warm_up();
	while (serve(&z))
		;
	sandbox_clear(&z.sandbox);
	return (0);
}
