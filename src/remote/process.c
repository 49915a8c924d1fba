/* SPDX-License-Identifier: ISC */
#include "remote/process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
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

/* Who starts it promises not to write to them. */
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
process_start(struct program *p, const char *path, const char *mode,
    const char *addr, prov_err *err)
{
	char *argv[] = { unqual(path != NULL ? path : PROV_NET_PATH),
		unqual(mode), unqual(addr), NULL };
	char *envp[WANTED_N + 1];
	const struct program_start net = { .name = "the network program",
		.argv = argv,
		.envp = envp,
		.type = SOCK_STREAM,
		.own_group = true };

	choose_environment(envp);
	return (program_start(p, &net, err));
}

uint64_t
process_clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static prov_status
send_all(const struct program *p, prov_span s, prov_err *err)
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
process_send(const struct program *p, const struct wire *w, prov_err *err)
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
read_by(const struct program *p, uint8_t *to, size_t len, uint64_t until_ms,
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
read_into(const struct program *p, struct buf *b, size_t len, prov_err *err)
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
process_receive(const struct program *p, struct wire *w, struct buf *small,
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
