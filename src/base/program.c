/* SPDX-License-Identifier: ISC */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define STOP_MS 2000 /* to end by itself */

static int
set_signals(posix_spawnattr_t *a, bool own_group)
{
	short group = own_group ? POSIX_SPAWN_SETPGROUP : 0;
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGKILL);
	(void)sigdelset(&all, SIGSTOP);
	(void)sigemptyset(&none);
	if (posix_spawnattr_setsigdefault(a, &all) != 0 ||
	    posix_spawnattr_setsigmask(a, &none) != 0 ||
	    posix_spawnattr_setpgroup(a, 0) != 0)
		return (-1);
	return (posix_spawnattr_setflags(a,
	    (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group)));
}

/* Descriptors 0 to 3 and no others; of them only 2 is the caller's. */
static int
set_descriptors(posix_spawn_file_actions_t *f, int socket)
{
	if (posix_spawn_file_actions_adddup2(f, socket, PROGRAM_SOCKET) != 0 ||
	    posix_spawn_file_actions_addopen(f, 0, "/dev/null", O_RDONLY, 0) !=
		0 ||
	    posix_spawn_file_actions_addopen(f, 1, "/dev/null", O_WRONLY, 0) !=
		0)
		return (-1);
	return (
	    posix_spawn_file_actions_addclosefrom_np(f, PROGRAM_SOCKET + 1));
}

static prov_status
spawn(pid_t *pid, int socket, const struct program_start *how, prov_err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc = ENOMEM;

	if (posix_spawn_file_actions_init(&files) != 0)
		return (prov_fail(err, PROV_ENOMEM, "%s", how->name));
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return (prov_fail(err, PROV_ENOMEM, "%s", how->name));
	}
	if (set_signals(&attr, how->own_group) == 0 &&
	    set_descriptors(&files, socket) == 0)
		rc = posix_spawn(pid, how->argv[0], &files, &attr, how->argv,
		    how->envp);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&files);
	if (rc == 0)
		return (PROV_OK);
	errno = rc;
	return (prov_fail_errno(err, PROV_EOPEN, "%s: %s cannot be started",
	    how->argv[0], how->name));
}

prov_status
program_start(struct program *p, const struct program_start *how, prov_err *err)
{
	prov_status st;
	int pair[2];

	*p = (struct program){ .socket = -1 };
	if (socketpair(AF_UNIX, how->type | SOCK_CLOEXEC, 0, pair) != 0)
		return (prov_fail_errno(err, PROV_EIO, "%s", how->name));
	st = spawn(&p->pid, pair[1], how, err);
	(void)close(pair[1]);
	if (st != PROV_OK) {
		(void)close(pair[0]);
		p->pid = 0;
		return (st);
	}
	p->socket = pair[0];
	return (PROV_OK);
}

/* Whether it ends in time. */
static bool
ends(pid_t pid)
{
	AUTO_FD int fd = pidfd_open(pid, 0);
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int n;

	if (fd == -1)
		return (false);
	do
		n = poll(&poller, 1, STOP_MS);
	while (n == -1 && errno == EINTR);
	return (n == 1);
}

void
program_stop(struct program *p)
{
	if (p->pid == 0)
		return;
	(void)close(p->socket);
	p->socket = -1;
	/* One that somebody took over need not. */
	if (!ends(p->pid))
		(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
}
