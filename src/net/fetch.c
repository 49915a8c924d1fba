/* SPDX-License-Identifier: ISC */
/* The client: curl, and what it must not do. */
#include "net/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prov/err.h"

/* To another page of the same host; what leads elsewhere is refused. */
#define REDIRECTS_MAX 3

#define CONNECT_MS 10000L

/* Slower than this for so long is no transfer. */
#define SLOW_BYTES_A_S 64L
#define SLOW_S         20L

#define CONNECTIONS_MAX 16L /* to one host */

/* Of one answer; servers send a few hundred bytes. */
#define HEADERS_MAX ((size_t)64 << 10)

/* All bodies that are held at once. */
#define MEMORY_MAX ((size_t)512 << 20)

struct transfer {
	CURL *easy; /* NULL: free */
	uint32_t id;
	struct fetch *of;
	struct curl_slist *headers;
	struct buf sent, body;
	char *url;
	size_t max, header_bytes;
	uint64_t until_ms;
	unsigned redirects;
	bool too_much;
	char error[CURL_ERROR_SIZE];
};

struct fetch {
	struct pipe *pipe;
	CURLM *multi;
	size_t held; /* bytes of bodies */
	struct transfer at[WIRE_REQUESTS_MAX];
};

static uint64_t
clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static void
transfer_free(struct transfer *t)
{
	if (t->easy != NULL) {
		(void)curl_multi_remove_handle(t->of->multi, t->easy);
		curl_easy_cleanup(t->easy);
	}
	if (t->of != NULL)
		t->of->held -= t->body.len;
	curl_slist_free_all(t->headers);
	buf_free(&t->sent);
	buf_free(&t->body);
	free(t->url);
	memset(t, 0, sizeof(*t));
}

static void
fail(struct transfer *t, enum wire_failure why, const char *text)
{
	struct wire w = { .kind = WIRE_FAILED,
		.id = t->id,
		.code = why,
		.text = span(text, strlen(text)) };

	pipe_send(t->of->pipe, &w);
	transfer_free(t);
}

/* The body as it is after Content-Encoding: a bomb stops here. */
static size_t
on_body(char *p, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;

	n *= one;
	if (n > t->max - t->body.len || n > MEMORY_MAX - t->of->held) {
		t->too_much = true;
		return (0);
	}
	buf_put(&t->body, p, n);
	if (t->body.failed)
		return (0);
	t->of->held += n;
	return (n);
}

static size_t
on_header(char *p, size_t one, size_t n, void *arg)
{
	struct transfer *t = arg;

	(void)p;
	t->header_bytes += n * one;
	return (t->header_bytes > HEADERS_MAX ? 0 : n * one);
}

/* What of a URL must stay the same on a redirect; NULL where it is none. */
static char *
part(CURLU *u, CURLUPart what)
{
	char *s = NULL;

	return (curl_url_get(u, what, &s, CURLU_DEFAULT_PORT) == CURLUE_OK
		    ? s
		    : NULL);
}

static bool
same_part(CURLU *a, CURLU *b, CURLUPart what)
{
	char *x = part(a, what), *y = part(b, what);
	bool same = x != NULL && y != NULL && strcmp(x, y) == 0;

	curl_free(x);
	curl_free(y);
	return (same);
}

/* http and https, without a name and password in it. */
static bool
url_parse(CURLU *u, const char *url)
{
	char *scheme = NULL;
	bool fine = false;

	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) ==
		CURLUE_OK &&
	    (scheme = part(u, CURLUPART_SCHEME)) != NULL)
		fine =
		    strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
	curl_free(scheme);
	return (fine);
}

/* Only where the same host says another path. */
static bool
may_go(const char *from, const char *to)
{
	CURLU *a = curl_url(), *b = curl_url();
	bool fine = a != NULL && b != NULL && url_parse(a, from) &&
	            url_parse(b, to) && same_part(a, b, CURLUPART_SCHEME) &&
	            same_part(a, b, CURLUPART_HOST) &&
	            same_part(a, b, CURLUPART_PORT);

	curl_url_cleanup(a);
	curl_url_cleanup(b);
	return (fine);
}

static bool
set_security(CURL *e)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	return (curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") ==
		    CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR,
		    "http,https") == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
		curl_easy_setopt(e, CURLOPT_SSLVERSION,
		    (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
		(file == NULL ||
		    curl_easy_setopt(e, CURLOPT_CAINFO, file) == CURLE_OK) &&
		(dir == NULL ||
		    curl_easy_setopt(e, CURLOPT_CAPATH, dir) == CURLE_OK));
}

/* Bundles may come compressed, asked for or not. */
static bool
set_transfer(CURL *e, struct transfer *t)
{
	return (
	    curl_easy_setopt(e, CURLOPT_URL, t->url) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_USERAGENT, "prov") == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
		CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_A_S) ==
		CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, SLOW_S) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) ==
		CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK);
}

static bool
set_post(CURL *e, struct transfer *t, const struct wire *w)
{
	struct curl_slist *more;
	char line[WIRE_TYPE_MAX + 32];

	(void)snprintf(line, sizeof(line), "Content-Type: %.*s",
	    (int)w->type.len, (const char *)w->type.p);
	if ((t->headers = curl_slist_append(NULL, line)) == NULL ||
	    (more = curl_slist_append(t->headers, "Expect:")) == NULL)
		return (false);
	t->headers = more;
	buf_put_span(&t->sent, w->body);
	/* Without a body NULL would make curl read one from its input. */
	buf_put_byte(&t->sent, 0);
	return (
	    !t->sent.failed &&
	    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		(curl_off_t)w->body.len) == CURLE_OK &&
	    curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->sent.p) == CURLE_OK);
}

/* Starts, or goes on after a redirect. */
static bool
go(struct transfer *t)
{
	uint64_t now = clock_ms();

	if (t->until_ms <= now)
		return (false);
	t->of->held -= t->body.len;
	t->body.len = 0;
	t->header_bytes = 0;
	return (curl_easy_setopt(t->easy, CURLOPT_URL, t->url) == CURLE_OK &&
		curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS,
		    (long)(t->until_ms - now)) == CURLE_OK &&
		curl_multi_add_handle(t->of->multi, t->easy) == CURLM_OK);
}

static bool
is_http(const char *url)
{
	CURLU *u = curl_url();
	bool fine = u != NULL && url_parse(u, url);

	curl_url_cleanup(u);
	return (fine);
}

static void
begin(struct fetch *f, struct transfer *t, const struct wire *w)
{
	t->of = f;
	t->id = w->id;
	t->max = (size_t)w->max;
	t->until_ms = clock_ms() + w->time_ms;
	t->url = strndup((const char *)w->text.p, w->text.len);
	if (t->url == NULL) {
		fail(t, WIRE_RETRY, "out of memory");
		return;
	}
	if (!is_http(t->url)) {
		fail(t, WIRE_REFUSED, "not a URL of http or https");
		return;
	}
	t->easy = curl_easy_init();
	if (t->easy == NULL || !set_security(t->easy) ||
	    !set_transfer(t->easy, t) ||
	    (w->kind == WIRE_POST && !set_post(t->easy, t, w)) || !go(t))
		fail(t, WIRE_RETRY, "cannot be requested");
}

static void
take_requests(struct fetch *f)
{
	struct wire w;

	while (pipe_next(f->pipe, &w)) {
		struct transfer *t = NULL;

		for (size_t i = 0; i < WIRE_REQUESTS_MAX && t == NULL; i++)
			if (f->at[i].of == NULL)
				t = &f->at[i];
		if (t == NULL || (w.kind != WIRE_GET && w.kind != WIRE_POST)) {
			f->pipe->closed = true;
			return;
		}
		begin(f, t, &w);
	}
}

static bool
is_redirect(long status)
{
	return (status == 301 || status == 302 || status == 303 ||
		status == 307 || status == 308);
}

/* PROV_OK and gone, or what the answer to it is. */
static bool
redirected(struct transfer *t)
{
	char *to = NULL, *url;

	if (t->sent.len != 0 ||
	    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &to) !=
		CURLE_OK ||
	    to == NULL || !may_go(t->url, to)) {
		fail(t, WIRE_REFUSED, "a redirect to elsewhere");
		return (true);
	}
	if (++t->redirects > REDIRECTS_MAX) {
		fail(t, WIRE_REFUSED, "too many redirects");
		return (true);
	}
	if ((url = strdup(to)) == NULL)
		return (false);
	free(t->url);
	t->url = url;
	(void)curl_multi_remove_handle(t->of->multi, t->easy);
	return (go(t));
}

static void
answer(struct transfer *t, long status)
{
	struct wire w = { .kind = WIRE_ANSWER,
		.id = t->id,
		.code = (uint32_t)status,
		.body = buf_span(&t->body) };

	pipe_send(t->of->pipe, &w);
	transfer_free(t);
}

/* A certificate that does not verify is no trouble that passes. */
static bool
is_certificate(CURLcode rc)
{
	return (rc == CURLE_PEER_FAILED_VERIFICATION ||
		rc == CURLE_SSL_ISSUER_ERROR ||
		rc == CURLE_SSL_INVALIDCERTSTATUS ||
		rc == CURLE_SSL_PINNEDPUBKEYNOTMATCH);
}

static void
finish(struct transfer *t, CURLcode rc)
{
	char why[CURL_ERROR_SIZE];
	long status = 0;

	if (t->too_much) {
		fail(t, WIRE_LIMIT, "more than may be there");
		return;
	}
	if (rc != CURLE_OK) {
		(void)snprintf(why, sizeof(why), "%s",
		    t->error[0] != '\0' ? t->error : curl_easy_strerror(rc));
		for (char *s = why; *s != '\0'; s++)
			if ((unsigned char)*s < 0x20 || *s == 0x7f)
				*s = ' ';
		fail(t, is_certificate(rc) ? WIRE_REFUSED : WIRE_RETRY, why);
		return;
	}
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	if (is_redirect(status)) {
		if (!redirected(t))
			fail(t, WIRE_RETRY, "the redirect took too long");
	} else if (status < 100 || status > 599) {
		fail(t, WIRE_RETRY, "no HTTP status");
	} else {
		answer(t, status);
	}
}

static void
take_results(struct fetch *f)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(f->multi, &left)) != NULL) {
		struct transfer *t = NULL;
		CURLcode rc = m->data.result;

		if (m->msg != CURLMSG_DONE ||
		    curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t) !=
			CURLE_OK ||
		    t == NULL)
			continue;
		finish(t, rc);
	}
}

static int
loop(struct fetch *f)
{
	struct curl_waitfd fd = { .fd = f->pipe->fd };
	int running;

	while (!f->pipe->closed) {
		fd.events =
		    CURL_WAIT_POLLIN |
		    (pipe_pending(f->pipe) != 0 ? CURL_WAIT_POLLOUT : 0);
		fd.revents = 0;
		if (curl_multi_poll(f->multi, &fd, 1, 60000, NULL) != CURLM_OK)
			return (1);
		pipe_run(f->pipe);
		take_requests(f);
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return (1);
		take_results(f);
		pipe_run(f->pipe);
		take_requests(f);
	}
	return (0);
}

int
fetch_run(struct pipe *p)
{
	struct fetch *f = calloc(1, sizeof(*f));
	int status = 1;

	if (f == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return (1);
	}
	f->pipe = p;
	if ((f->multi = curl_multi_init()) != NULL &&
	    curl_multi_setopt(f->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
		CONNECTIONS_MAX) == CURLM_OK)
		status = loop(f);
	for (size_t i = 0; i < WIRE_REQUESTS_MAX; i++)
		transfer_free(&f->at[i]);
	if (f->multi != NULL)
		(void)curl_multi_cleanup(f->multi);
	free(f);
	curl_global_cleanup();
	return (status);
}
