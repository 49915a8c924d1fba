/* SPDX-License-Identifier: ISC */
/* The front: libmicrohttpd, with bounds on what each client may cost. */
#include "net/serve.h"

#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/listen.h"

#define CLIENTS_MAX 128

/* The body of a request; what witnesses take is at most half of this. */
#define BODY_MAX ((size_t)1 << 20)

/* Request line and headers, and what is read and written at once. */
#define CLIENT_MEMORY ((size_t)32 << 10)

#define SILENCE_S  15U    /* without a byte */
#define REQUEST_MS 60000U /* from its first byte to the last of the answer */
#define SWEEP_MS   1000

enum progress {
	READING,
	TOO_LARGE,
	WAITING, /* for libprov */
	REPLIED
};

/* One request. */
struct query {
	struct query *next;
	uint32_t id;
	enum progress progress;
	struct MHD_Connection *connection;
	struct MHD_Response *response;
	unsigned status;
	struct buf body;
};

/* One connection, and when it has had enough time. */
struct client {
	struct client *next;
	int fd;
	uint64_t until_ms;
	bool waiting; /* for libprov: no fault of the client */
};

struct front {
	struct pipe *pipe;
	struct MHD_Daemon *daemon;
	struct query *queries;
	struct client *clients;
	uint32_t next_id;
};

static uint64_t
clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static void
on_connection(void *arg, struct MHD_Connection *connection, void **of,
    enum MHD_ConnectionNotificationCode code)
{
	struct front *f = arg;
	struct client *c = *of;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(connection,
			MHD_CONNECTION_INFO_CONNECTION_FD);

		if (info == NULL || (c = calloc(1, sizeof(*c))) == NULL)
			return;
		c->fd = info->connect_fd;
		c->until_ms = clock_ms() + REQUEST_MS;
		c->next = f->clients;
		f->clients = c;
		*of = c;
		return;
	}
	for (struct client **at = &f->clients; *at != NULL; at = &(*at)->next)
		if (*at == c) {
			*at = c->next;
			free(c);
			break;
		}
	*of = NULL;
}

static struct client *
client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection,
		MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return (info != NULL ? info->socket_context : NULL);
}

static void
query_free(struct front *f, struct query *q)
{
	for (struct query **at = &f->queries; *at != NULL; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	if (q->response != NULL)
		MHD_destroy_response(q->response);
	buf_free(&q->body);
	free(q);
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **of,
    enum MHD_RequestTerminationCode code)
{
	struct client *c = client_of(connection);

	(void)code;
	if (*of != NULL)
		query_free(arg, *of);
	*of = NULL;
	if (c != NULL) {
		c->waiting = false;
		c->until_ms = clock_ms() + REQUEST_MS;
	}
}

static enum MHD_Result
say(struct MHD_Connection *connection, unsigned status)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result rc;

	if (r == NULL)
		return (MHD_NO);
	rc = MHD_queue_response(connection, status, r);
	MHD_destroy_response(r);
	return (rc);
}

/* 0, or the status of a request that is answered here. */
static unsigned
refusal(struct MHD_Connection *connection, const char *url, const char *method)
{
	const char *len = MHD_lookup_connection_value(connection,
	    MHD_HEADER_KIND, "Content-Length");

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
	    strcmp(method, "POST") != 0)
		return (MHD_HTTP_METHOD_NOT_ALLOWED);
	if (strlen(url) > WIRE_TEXT_MAX)
		return (MHD_HTTP_URI_TOO_LONG);
	for (const char *s = url; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return (MHD_HTTP_BAD_REQUEST);
	/* libmicrohttpd has checked that it is a number. */
	if (len != NULL && strtoull(len, NULL, 10) > BODY_MAX)
		return (MHD_HTTP_CONTENT_TOO_LARGE);
	return (0);
}

static enum MHD_Result
first_call(struct front *f, struct MHD_Connection *connection, const char *url,
    const char *method, void **of)
{
	unsigned status = refusal(connection, url, method);
	struct query *q;

	if (status != 0)
		return (say(connection, status));
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return (MHD_NO);
	q->connection = connection;
	q->id = f->next_id++;
	q->next = f->queries;
	f->queries = q;
	*of = q;
	return (MHD_YES);
}

static void
keep(struct query *q, const char *data, size_t len)
{
	if (len > BODY_MAX - q->body.len)
		q->progress = TOO_LARGE;
	if (q->progress == READING)
		buf_put(&q->body, data, len);
}

/* All of it is here: asks libprov, and waits. */
static enum MHD_Result
ask(struct front *f, struct query *q, const char *url, const char *method)
{
	const char *m = strcmp(method, "POST") == 0 ? "POST" : "GET";
	struct wire w = { .kind = WIRE_QUERY,
		.id = q->id,
		.text = span(url, strlen(url)),
		.type = span(m, strlen(m)),
		.body = buf_span(&q->body) };
	struct client *c = client_of(q->connection);

	if (q->body.failed)
		return (MHD_NO);
	pipe_send(f->pipe, &w);
	buf_free(&q->body);
	q->progress = WAITING;
	if (c != NULL)
		c->waiting = true;
	MHD_suspend_connection(q->connection);
	return (MHD_YES);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **of)
{
	struct front *f = arg;
	struct query *q = *of;

	(void)version;
	if (q == NULL)
		return (first_call(f, connection, url, method, of));
	if (*len != 0) {
		keep(q, data, *len);
		*len = 0;
		return (MHD_YES);
	}
	switch (q->progress) {
	case TOO_LARGE:
		return (say(connection, MHD_HTTP_CONTENT_TOO_LARGE));
	case READING:
		return (ask(f, q, url, method));
	case REPLIED:
		return (MHD_queue_response(connection, q->status, q->response));
	case WAITING:
	default:
		return (MHD_NO);
	}
}

static bool
make_response(struct query *q, const struct wire *w)
{
	char type[WIRE_TYPE_MAX + 1];

	union {
		const uint8_t *from;
		void *to;
	} body = { w->body.p };

	/* It is copied: the parameter is no const for other modes' sake. */
	q->response = MHD_create_response_from_buffer(w->body.len, body.to,
	    MHD_RESPMEM_MUST_COPY);
	if (q->response == NULL)
		return (false);
	memcpy(type, w->type.p, w->type.len);
	type[w->type.len] = '\0';
	q->status = w->code;
	return (w->type.len == 0 || MHD_add_response_header(q->response,
					"Content-Type", type) == MHD_YES);
}

static void
take_replies(struct front *f)
{
	struct wire w;

	while (pipe_next(f->pipe, &w)) {
		struct query *q = f->queries;
		struct client *c;

		while (q != NULL && (q->id != w.id || q->progress != WAITING))
			q = q->next;
		if (w.kind != WIRE_REPLY || q == NULL ||
		    !make_response(q, &w)) {
			f->pipe->closed = true;
			return;
		}
		q->progress = REPLIED;
		if ((c = client_of(q->connection)) != NULL) {
			c->waiting = false;
			c->until_ms = clock_ms() + REQUEST_MS;
		}
		MHD_resume_connection(q->connection);
	}
}

/* Who sends or reads a byte now and then keeps others out. */
static void
sweep(struct front *f)
{
	uint64_t now = clock_ms();

	for (struct client *c = f->clients; c != NULL; c = c->next)
		if (!c->waiting && c->until_ms < now)
			(void)shutdown(c->fd, SHUT_RDWR);
}

static int
loop(struct front *f, int epoll)
{
	struct pollfd fds[2] = { { .fd = f->pipe->fd },
		{ .fd = epoll, .events = POLLIN } };
	MHD_UNSIGNED_LONG_LONG wait;

	while (!f->pipe->closed) {
		if (MHD_get_timeout(f->daemon, &wait) != MHD_YES ||
		    wait > SWEEP_MS)
			wait = SWEEP_MS;
		fds[0].events = pipe_events(f->pipe);
		(void)poll(fds, 2, (int)wait);
		pipe_run(f->pipe);
		take_replies(f);
		if (MHD_run(f->daemon) != MHD_YES)
			return (1);
		sweep(f);
		pipe_run(f->pipe);
		take_replies(f);
	}
	return (0);
}

static struct MHD_Daemon *
start(struct front *f, int fd)
{
	return (MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
	    NULL, NULL, on_request, f, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS_MAX,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CLIENT_MEMORY,
	    MHD_OPTION_CONNECTION_TIMEOUT, SILENCE_S,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, f,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, f, MHD_OPTION_END));
}

static void
tell(struct front *f, const char *address, const char *why)
{
	const char *text = why != NULL ? why : address;
	struct wire w = { .kind = why != NULL ? WIRE_FAILED : WIRE_READY,
		.code = why != NULL ? WIRE_REFUSED : 0,
		.text = span(text, strlen(text)) };

	pipe_send(f->pipe, &w);
	pipe_run(f->pipe);
}

/* Waiting requests are let go first: their connections cannot be closed. */
static void
stop(struct front *f)
{
	for (struct query *q = f->queries; q != NULL; q = q->next)
		if (q->progress == WAITING) {
			q->progress = TOO_LARGE;
			MHD_resume_connection(q->connection);
		}
	MHD_stop_daemon(f->daemon);
}

int
serve_run(struct pipe *p, const char *addr)
{
	struct front f = { .pipe = p };
	const union MHD_DaemonInfo *info;
	char name[LISTEN_NAME_MAX];
	prov_err err = { 0 };
	int fd = -1, status;

	if (listen_on(&fd, name, addr, &err) != PROV_OK) {
		tell(&f, NULL, err.msg);
		return (1);
	}
	f.daemon = start(&f, fd);
	if (f.daemon == NULL || (info = MHD_get_daemon_info(f.daemon,
				     MHD_DAEMON_INFO_EPOLL_FD)) == NULL) {
		tell(&f, NULL, "the HTTP server does not start");
		return (1);
	}
	tell(&f, name, NULL);
	status = loop(&f, info->epoll_fd);
	stop(&f);
	return (status);
}
