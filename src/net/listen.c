/* SPDX-License-Identifier: ISC */
#include "net/listen.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

#define BACKLOG 128

/* Splits at the last colon, which no host has but in brackets. */
static prov_status
split(char host[LISTEN_NAME_MAX], const char **port, const char *addr,
    prov_err *err)
{
	const char *colon = strrchr(addr, ':');
	size_t len = colon != NULL ? (size_t)(colon - addr) : 0;
	uint64_t number;
	bool brackets = len >= 2 && addr[0] == '[' && addr[len - 1] == ']';

	if (len == 0 || len >= LISTEN_NAME_MAX ||
	    !u64_decode(&number, colon + 1, strlen(colon + 1)) ||
	    number > UINT16_MAX ||
	    (!brackets && memchr(addr, ':', len) != NULL))
		return (prov_fail(err, PROV_EARG,
		    "%s: an address is HOST:PORT, or [HOST]:PORT", addr));
	memcpy(host, addr + (brackets ? 1 : 0), len);
	host[brackets ? len - 2 : len] = '\0';
	*port = colon + 1;
	return (PROV_OK);
}

static int
try_one(const struct addrinfo *a)
{
	int on = 1;
	int fd = socket(a->ai_family,
	    a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	if (fd < 0)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return (fd);
	(void)close(fd);
	return (-1);
}

static prov_status
name_of(int fd, char name[LISTEN_NAME_MAX], prov_err *err)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char host[64], port[16];

	if (getsockname(fd, (struct sockaddr *)&sa, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return (prov_fail_errno(err, PROV_EIO, "getsockname"));
	(void)snprintf(name, LISTEN_NAME_MAX,
	    strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host, port);
	return (PROV_OK);
}

prov_status
listen_on(int *fd, char name[LISTEN_NAME_MAX], const char *addr, prov_err *err)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE };
	struct addrinfo *list = NULL;
	char host[LISTEN_NAME_MAX];
	const char *port;
	prov_status st;
	int rc;

	if ((st = split(host, &port, addr, err)) != PROV_OK)
		return (st);
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return (prov_fail(err, PROV_EOPEN, "%s: %s", addr,
		    gai_strerror(rc)));
	*fd = -1;
	for (const struct addrinfo *a = list; a != NULL && *fd < 0;
	     a = a->ai_next)
		*fd = try_one(a);
	if (*fd < 0)
		st = prov_fail_errno(err, PROV_EOPEN, "%s: listen", addr);
	else
		st = name_of(*fd, name, err);
	freeaddrinfo(list);
	return (st);
}
