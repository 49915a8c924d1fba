/* SPDX-License-Identifier: ISC */
/* prov-net as libprov uses it, both ways: $PROV_NET is the one built. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "remote/remote.h"

static const char *
program(void)
{
	const char *path = getenv("PROV_NET");

	assert_non_null(path);
	return (path);
}

static struct remote *
client(void)
{
	struct remote *r = NULL;
	prov_err err = { 0 };

	assert_int_equal(remote_open(&r, program(), &err), PROV_OK);
	return (r);
}

/* A server that says a fixed thing, whatever it is asked. */
struct script {
	int fd;
	unsigned port;
	const char *first; /* sent at once */
	const char *again; /* then sent for ever, NULL: closes */
	unsigned pause_us; /* between those */
	size_t again_len;
	pthread_t thread;
	atomic_uint served;
};

static void
play(struct script *s, int fd)
{
	char in[4096];

	if (recv(fd, in, sizeof(in), 0) <= 0)
		return;
	if (send(fd, s->first, strlen(s->first), MSG_NOSIGNAL) < 0)
		return;
	while (s->again != NULL &&
	       send(fd, s->again, s->again_len, MSG_NOSIGNAL) > 0)
		if (s->pause_us != 0)
			(void)usleep(s->pause_us);
}

static void *
script_thread(void *arg)
{
	struct script *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		s->served++;
		play(s, fd);
		(void)shutdown(fd, SHUT_WR);
		(void)close(fd);
	}
	return (NULL);
}

static void
script_start(struct script *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sa);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->fd >= 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(s->fd, 16), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	s->port = ntohs(sa.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, script_thread, s), 0);
}

static void
script_stop(struct script *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
}

/* What remote_get says of such a server. */
static prov_status
get_from(struct script *s, size_t max, unsigned timeout_ms, struct buf *body,
    prov_err *err)
{
	AUTO_REMOTE *r = client();
	char url[64];
	prov_status st;

	script_start(s);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", s->port);
	st = remote_get(r, url, max, timeout_ms, body, err);
	script_stop(s);
	return (st);
}

static void
test_get(void **state)
{
	struct script s = {
		.first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
	};
	AUTO_BUF body = { 0 };
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(get_from(&s, 5, 0, &body, &err), PROV_OK);
	assert_true(span_eq(buf_span(&body), span("hello", 5)));
}

struct refused {
	struct script s;
	prov_status want;
	const char *why;
};

/* Each ends soon, and says why. */
static void
test_hostile(void **state)
{
	static const char gzip[] =
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	static char noise[1 << 16];
	static struct refused table[] = {
		{ { .first = "HTTP/1.1 404 No\r\n\r\n" }, PROV_ENOTFOUND,
		    "404" },
		{ { .first = "HTTP/1.1 503 No\r\n\r\n" }, PROV_EIO, "503" },
		{ { .first = "nonsense\r\n\r\n" }, PROV_EIO, "HTTP" },
		{ { .first = "" }, PROV_EIO, "" },
		{ { .first = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab" },
		    PROV_EIO, "" },
		/* more than asked for: announced, and not */
		{ { .first = "HTTP/1.1 200 OK\r\n\r\n0123456789012345678" },
		    PROV_ELIMIT, "more than" },
		{ { .first = "HTTP/1.1 200 OK\r\n\r\n",
		      .again = noise,
		      .again_len = sizeof(noise) },
		    PROV_ELIMIT, "more than" },
		/* headers without end, and one byte at a time */
		{ { .first = "HTTP/1.1 200 OK\r\n",
		      .again = "X: 01234567890123456789\r\n",
		      .again_len = 25 },
		    PROV_EIO, "" },
		{ { .first = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
		      .again = "a",
		      .again_len = 1,
		      .pause_us = 400000 },
		    PROV_EIO, "" },
		/* where it must not follow */
		{ { .first = "HTTP/1.1 302 F\r\nLocation: file:///etc/passwd"
			     "\r\nContent-Length: 0\r\n\r\n" },
		    PROV_EUNTRUSTED, "redirect" },
		{ { .first = "HTTP/1.1 302 F\r\nLocation: http://127.0.0.2/x"
			     "\r\nContent-Length: 0\r\n\r\n" },
		    PROV_EUNTRUSTED, "redirect" },
		{ { .first = "HTTP/1.1 302 F\r\nLocation: /x\r\n"
			     "Content-Length: 0\r\n\r\n" },
		    PROV_EUNTRUSTED, "too many redirects" },
		{ { .first = "HTTP/1.1 302 F\r\nContent-Length: 0\r\n\r\n" },
		    PROV_EUNTRUSTED, "redirect" },
		/* compressed, and no such thing */
		{ { .first = gzip, .again = "nonsense", .again_len = 8 },
		    PROV_EIO, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		AUTO_BUF body = { 0 };
		prov_err err = { 0 };
		prov_status st;

		st = get_from(&table[i].s, 16, 1500, &body, &err);
		if (st != table[i].want ||
		    strstr(err.msg, table[i].why) == NULL)
			fail_msg("case %zu: %d %s", i, st, err.msg);
		assert_null(body.p);
		/* Four requests at most, whatever it says. */
		assert_true(table[i].s.served <= 4);
	}
}

static void
test_no_url(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "ftp://a/b",
		"gopher://127.0.0.1/", "http://user:pass@127.0.0.1/", "", "x",
		"http://", "/etc/passwd", "http://a b/" };
	AUTO_REMOTE *r = client();

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		AUTO_BUF body = { 0 };
		prov_err err = { 0 };

		assert_int_equal(remote_get(r, urls[i], 9, 1000, &body, &err),
		    PROV_EUNTRUSTED);
	}
}

static void
test_no_program(void **state)
{
	struct remote *r = NULL;
	AUTO_REMOTE *liar = NULL;
	AUTO_BUF body = { 0 };
	prov_err err = { 0 };

	(void)state;
	assert_int_equal(remote_open(&r, "/nonexistent", &err), PROV_EOPEN);
	assert_null(r);
	/* It starts, and ends at once. */
	assert_int_equal(remote_open(&liar, "/bin/true", NULL), PROV_OK);
	assert_int_equal(remote_get(liar, "http://127.0.0.1/", 9, 1000, &body,
			     NULL),
	    PROV_EIO);
}

/* A server of ours, answering in a thread until told to stop. */
struct house {
	struct remote_server *server;
	pthread_t thread;
	atomic_bool stop;
	atomic_uint asked;
};

/* Says what it was asked; "/wait" only after the next request. */
static void *
house_thread(void *arg)
{
	struct house *h = arg;
	uint32_t waiting = 0;
	bool any = false;

	while (!h->stop) {
		AUTO_BUF out = { 0 };
		struct remote_query q;
		prov_status st = remote_accept(h->server, &q, 50, NULL);

		if (st == PROV_EBUSY)
			continue;
		if (st != PROV_OK)
			break;
		h->asked++;
		if (span_eq(q.path, span("/wait", 5)) && !any) {
			waiting = q.id;
			any = true;
			continue;
		}
		buf_put_span(&out, q.method);
		buf_put_byte(&out, ' ');
		buf_put_span(&out, q.path);
		buf_put_byte(&out, ' ');
		buf_put_span(&out, q.body);
		if (remote_reply(h->server, q.id, 200, "text/plain",
			buf_span(&out), NULL) != PROV_OK)
			break;
		if (any &&
		    remote_reply(h->server, waiting, 409, "text/x.tlog.size",
			span("7\n", 2), NULL) != PROV_OK)
			break;
		any = false;
	}
	return (NULL);
}

static void
house_open(struct house *h)
{
	prov_err err = { 0 };

	memset(h, 0, sizeof(*h));
	if (remote_listen(&h->server, program(), "127.0.0.1:0", &err) !=
	    PROV_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(pthread_create(&h->thread, NULL, house_thread, h), 0);
}

static void
house_close(struct house *h)
{
	h->stop = true;
	(void)pthread_join(h->thread, NULL);
	remote_server_close(h->server);
}

static void
url_of(char url[128], const struct house *h, const char *path)
{
	(void)snprintf(url, 128, "http://%s%s",
	    remote_server_address(h->server), path);
}

static void
test_serve(void **state)
{
	AUTO_REMOTE *r = client();
	AUTO_BUF body = { 0 };
	prov_err err = { 0 };
	struct house h;
	char url[128];
	struct remote_request q = { .url = url,
		.type = "text/plain",
		.body = span("old 0\n", 6),
		.max = 100 };
	unsigned status = 0;

	(void)state;
	house_open(&h);
	url_of(url, &h, "/a%20b?c=d");
	assert_int_equal(remote_get(r, url, 100, 0, &body, &err), PROV_OK);
	assert_true(span_eq(buf_span(&body), span("GET /a b ", 9)));
	url_of(url, &h, "/add-checkpoint");
	assert_int_equal(remote_post(r, &q, &status, &body, &err), PROV_OK);
	assert_int_equal(status, 200);
	assert_true(
	    span_eq(buf_span(&body), span("POST /add-checkpoint old 0\n", 27)));
	/* A path that would end a line is turned away at the door. */
	url_of(url, &h, "/a%0Ab");
	assert_int_equal(remote_post(r, &q, &status, &body, &err), PROV_OK);
	assert_int_equal(status, 400);
	assert_int_equal(h.asked, 2);
	house_close(&h);
}

/* Many requests under way; the first is answered behind the second. */
static void
test_many(void **state)
{
	AUTO_REMOTE *r = client();
	struct house h;
	char url[128];
	struct remote_request q = { .url = url, .max = 100 };
	bool seen[WIRE_REQUESTS_MAX] = { false };

	(void)state;
	house_open(&h);
	for (uint32_t i = 0; i < WIRE_REQUESTS_MAX; i++) {
		url_of(url, &h, i == 0 ? "/wait" : "/go");
		assert_int_equal(remote_start(r, i, &q, NULL), PROV_OK);
	}
	assert_int_equal(remote_start(r, 99, &q, NULL), PROV_EINTERNAL);
	for (uint32_t i = 0; i < WIRE_REQUESTS_MAX; i++) {
		struct remote_answer a;

		assert_int_equal(remote_next(r, &a, NULL), PROV_OK);
		assert_int_equal(a.st, PROV_OK);
		assert_true(a.tag < WIRE_REQUESTS_MAX && !seen[a.tag]);
		assert_int_equal(a.status, a.tag == 0 ? 409 : 200);
		seen[a.tag] = true;
		buf_free(&a.body);
	}
	house_close(&h);
}

static int
call(const struct house *h)
{
	const char *port = strrchr(remote_server_address(h->server), ':') + 1;
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return (fd);
}

/* What it answers to these bytes, as far as the status. */
static unsigned
answer_to(const struct house *h, const char *bytes)
{
	char in[64] = "";
	unsigned status = 0;
	int fd = call(h);

	assert_true(send(fd, bytes, strlen(bytes), MSG_NOSIGNAL) > 0);
	if (recv(fd, in, 12, MSG_WAITALL) == 12)
		status = (unsigned)strtoul(in + 9, NULL, 10);
	(void)close(fd);
	return (status);
}

static void
test_bad_clients(void **state)
{
	AUTO_REMOTE *r = client();
	AUTO_BUF body = { 0 };
	struct house h;
	char url[128];
	int silent[8];

	(void)state;
	house_open(&h);
	assert_int_equal(answer_to(&h, "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"),
	    405);
	assert_int_equal(answer_to(&h, "POST / HTTP/1.1\r\nHost: a\r\n"
				       "Content-Length: 99999999\r\n\r\n"),
	    413);
	assert_int_equal(answer_to(&h, "POST / HTTP/1.1\r\nHost: a\r\n"
				       "Content-Length: 1x\r\n\r\n"),
	    400);
	assert_true(answer_to(&h, "\1\2\3\r\n\r\n") != 200);
	/* Gone before the end of what they began, and silent ones. */
	assert_int_equal(close(call(&h)), 0);
	for (size_t i = 0; i < 8; i++) {
		silent[i] = call(&h);
		assert_true(send(silent[i], "GET / HT", 8, MSG_NOSIGNAL) > 0);
	}
	url_of(url, &h, "/still");
	assert_int_equal(remote_get(r, url, 100, 0, &body, NULL), PROV_OK);
	assert_int_equal(h.asked, 1);
	for (size_t i = 0; i < 8; i++)
		(void)close(silent[i]);
	house_close(&h);
}

#define DRIPPERS 100

/* A byte now and then is no silence; a minute is enough for any request. */
static void
test_drippers(void **state)
{
	AUTO_REMOTE *r = client();
	struct house h;
	char url[128], byte;
	int fd[DRIPPERS];
	unsigned left = DRIPPERS, seconds = 0;

	(void)state;
	if (getenv("PROV_SLOW") == NULL) {
		printf("# without PROV_SLOW, a minute of slow clients: not "
		       "tried\n");
		return;
	}
	house_open(&h);
	for (size_t i = 0; i < DRIPPERS; i++) {
		fd[i] = call(&h);
		assert_true(send(fd[i], "GET /", 5, MSG_NOSIGNAL) > 0);
	}
	for (; left > 0 && seconds < 90; seconds++) {
		AUTO_BUF body = { 0 };

		url_of(url, &h, "/still");
		assert_int_equal(remote_get(r, url, 100, 5000, &body, NULL),
		    PROV_OK);
		(void)sleep(1);
		for (size_t i = 0; i < DRIPPERS; i++) {
			if (fd[i] < 0 ||
			    (send(fd[i], "a", 1, MSG_NOSIGNAL) == 1 &&
				recv(fd[i], &byte, 1, MSG_DONTWAIT) != 0))
				continue;
			(void)close(fd[i]);
			fd[i] = -1;
			left--;
		}
	}
	assert_int_equal(left, 0);
	assert_true(seconds > 50);
	house_close(&h);
}

static void
test_no_address(void **state)
{
	static const char *const bad[] = { "", "127.0.0.1", ":80", "a:b:c",
		"127.0.0.1:", "127.0.0.1:99999999", "256.0.0.1:0" };
	struct remote_server *s = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (remote_listen(&s, program(), bad[i], NULL) == PROV_OK)
			fail_msg("%s: listens", bad[i]);
	assert_null(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_no_url),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_serve),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_bad_clients),
		cmocka_unit_test(test_drippers),
		cmocka_unit_test(test_no_address),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
