/* SPDX-License-Identifier: ISC */
/*
 * prov-net: the only program of prov that speaks HTTP. libprov starts it and
 * talks to it over descriptor 3 (remote/wire.h); it ends when that closes.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/program.h"
#include "net/fetch.h"
#include "net/serve.h"

/* Two lists of connections and some more. */
#define FILES_MAX 1024

static bool
is_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		type == SOCK_STREAM);
}

static void
limit(void)
{
	const struct rlimit files = { FILES_MAX, FILES_MAX }, none = { 0, 0 };

	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct pipe pipe;
	int status = 2;

	if (!is_socket(PROGRAM_SOCKET))
		return (2);
	limit();
	pipe_init(&pipe, PROGRAM_SOCKET);
	if (argc == 2 && strcmp(argv[1], "fetch") == 0)
		status = fetch_run(&pipe);
	else if (argc == 3 && strcmp(argv[1], "serve") == 0)
		status = serve_run(&pipe, argv[2]);
	pipe_free(&pipe);
	return (status);
}
