/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "remote/remote.h"
#include "witness/witness.h"

#define WAKE_MS  250 /* between looks at stop */
#define LINE_MAX 200 /* of a request, for who runs this */

static void
server_close(struct remote_server **s)
{
	remote_server_close(*s);
}
#define AUTO_SERVER __attribute__((cleanup(server_close))) struct remote_server

/* Where to report to. */
struct watcher {
	prov_witness_fn event;
	void *arg;
};

/* "POST /add-checkpoint", made safe. */
static void
tell(const struct watcher *t, const struct remote_query *q, unsigned status,
    const char *why)
{
	AUTO_BUF b = { 0 };

	if (t->event == NULL)
		return;
	text_escape(&b, (const char *)q->method.p, q->method.len, 16);
	buf_put_byte(&b, ' ');
	text_escape(&b, (const char *)q->path.p, q->path.len, LINE_MAX);
	buf_put_byte(&b, '\0');
	if (!b.failed)
		t->event(t->arg, status, (const char *)b.p, why);
}

static prov_status
copy_word(char *out, size_t len, prov_span s)
{
	if (s.len >= len || memchr(s.p, '\0', s.len) != NULL)
		return (PROV_ELIMIT);
	memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return (PROV_OK);
}

/* One request, answered; PROV_EWRITE where what is on the disk is not known. */
static prov_status
serve_one(prov_witness *w, struct remote_server *s,
    const struct remote_query *q, const struct watcher *t, prov_err *err)
{
	char method[16], path[WIRE_TEXT_MAX + 1];
	prov_answer a = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (copy_word(method, sizeof(method), q->method) != PROV_OK ||
	    copy_word(path, sizeof(path), q->path) != PROV_OK) {
		tell(t, q, 400, "malformed");
		return (remote_reply(s, q->id, 400, "text/plain",
		    span("malformed\n", 10), err));
	}
	st = prov_witness_answer(w, method, path, q->body, (int64_t)time(NULL),
	    &a, &why);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	tell(t, q, a.status, why.msg);
	st = remote_reply(s, q->id, a.status, a.type, span(a.body, a.len), err);
	prov_free(a.body);
	if (st == PROV_OK && why.status == PROV_EWRITE)
		return (prov_fail(err, PROV_EWRITE, "%s", why.msg));
	return (st);
}

prov_status
prov_witness_serve(prov_witness *w, const char *net, const char *addr,
    const volatile int *stop, prov_witness_fn event, void *arg, prov_err *err)
{
	const struct watcher t = { event, arg };
	AUTO_SERVER *s = NULL;
	prov_status st;

	if ((st = remote_listen(&s, net, addr, err)) != PROV_OK)
		return (st);
	if (event != NULL)
		event(arg, 0, remote_server_address(s), "");
	while (*stop == 0) {
		struct remote_query q;
		prov_err why = { 0 };

		st = remote_accept(s, &q, WAKE_MS, &why);
		if (st == PROV_EBUSY)
			continue;
		if (st != PROV_OK)
			return (prov_fail(err, st, "%s", why.msg));
		if ((st = serve_one(w, s, &q, &t, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}
