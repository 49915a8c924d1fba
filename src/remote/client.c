/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote/process.h"
#include "remote/remote.h"

/* Beyond what a request itself may take: prov-net keeps to that. */
#define GRACE_MS 10000U

struct remote {
	struct program net;
	unsigned under_way;
	uint64_t until_ms; /* by then an answer is there */
	struct buf small;
};

prov_status
remote_open(struct remote **out, const char *path, prov_err *err)
{
	struct remote *r = calloc(1, sizeof(*r));
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "prov-net"));
	st = process_start(&r->net, path, "fetch", NULL, err);
	if (st != PROV_OK) {
		free(r);
		return (st);
	}
	*out = r;
	return (PROV_OK);
}

void
remote_close(struct remote *r)
{
	if (r == NULL)
		return;
	program_stop(&r->net);
	buf_free(&r->small);
	free(r);
}

void
auto_remote(struct remote **r)
{
	remote_close(*r);
}

static prov_status
check_request(const struct remote *r, const struct remote_request *q,
    prov_err *err)
{
	if (r->under_way >= WIRE_REQUESTS_MAX)
		return (prov_fail(err, PROV_EINTERNAL,
		    "more than %u requests at once", WIRE_REQUESTS_MAX));
	if (strlen(q->url) > WIRE_TEXT_MAX ||
	    (q->type != NULL && strlen(q->type) > WIRE_TYPE_MAX) ||
	    q->body.len > WIRE_SENT_MAX || q->max > WIRE_BODY_MAX ||
	    q->timeout_ms > WIRE_TIME_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "a request past the limits: %.80s", q->url));
	return (PROV_OK);
}

prov_status
remote_start(struct remote *r, uint32_t tag, const struct remote_request *q,
    prov_err *err)
{
	unsigned timeout_ms =
	    q->timeout_ms != 0 ? q->timeout_ms : REMOTE_TIMEOUT_MS;
	struct wire w = { .kind = q->type == NULL ? WIRE_GET : WIRE_POST,
		.id = tag,
		.time_ms = timeout_ms,
		.max = q->max,
		.text = span(q->url, strlen(q->url)),
		.body = q->body };
	uint64_t until_ms = process_clock_ms() + timeout_ms + GRACE_MS;
	prov_status st;

	if ((st = check_request(r, q, err)) != PROV_OK)
		return (st);
	if (q->type != NULL)
		w.type = span(q->type, strlen(q->type));
	if ((st = process_send(&r->net, &w, err)) != PROV_OK)
		return (st);
	if (until_ms > r->until_ms)
		r->until_ms = until_ms;
	r->under_way++;
	return (PROV_OK);
}

static void
failed(struct remote_answer *a, const struct wire *w)
{
	int len = (int)(w->text.len < 400 ? w->text.len : 400);
	const char *text = (const char *)w->text.p;

	switch (w->code) {
	case WIRE_LIMIT:
		a->st = prov_fail(&a->why, PROV_ELIMIT, "%.*s", len, text);
		break;
	case WIRE_REFUSED:
		a->st = prov_fail(&a->why, PROV_EUNTRUSTED, "%.*s", len, text);
		break;
	default:
		a->st = prov_fail(&a->why, PROV_EIO, "%.*s", len, text);
	}
}

prov_status
remote_next(struct remote *r, struct remote_answer *a, prov_err *err)
{
	AUTO_BUF body = { .max = WIRE_BODY_MAX };
	struct wire w;
	prov_status st;

	memset(a, 0, sizeof(*a));
	if (r->under_way == 0)
		return (prov_fail(err, PROV_EINTERNAL, "no request"));
	do
		st = process_receive(&r->net, &w, &r->small, &body, r->until_ms,
		    err);
	while (st == PROV_EBUSY && process_clock_ms() < r->until_ms);
	if (st == PROV_EBUSY)
		return (prov_fail(err, PROV_EIO,
		    "the network program does not answer"));
	if (st != PROV_OK)
		return (st);
	if (w.kind != WIRE_ANSWER && w.kind != WIRE_FAILED)
		return (prov_fail(err, PROV_EIO,
		    "the network program's answer makes no sense"));
	r->under_way--;
	a->tag = w.id;
	if (w.kind == WIRE_FAILED) {
		failed(a, &w);
		return (PROV_OK);
	}
	a->status = w.code;
	a->body = body;
	memset(&body, 0, sizeof(body));
	return (PROV_OK);
}

prov_status
remote_post(struct remote *r, const struct remote_request *q, unsigned *status,
    struct buf *body, prov_err *err)
{
	struct remote_answer a;
	prov_status st;

	if (r->under_way != 0)
		return (prov_fail(err, PROV_EINTERNAL, "other requests"));
	if ((st = remote_start(r, 0, q, err)) != PROV_OK ||
	    (st = remote_next(r, &a, err)) != PROV_OK)
		return (st);
	if (a.st != PROV_OK)
		return (prov_fail(err, a.st, "%s: %s", q->url, a.why.msg));
	*status = a.status;
	buf_free(body);
	*body = a.body;
	return (PROV_OK);
}

prov_status
remote_status(unsigned status, prov_err *err)
{
	switch (status) {
	case 200:
		return (PROV_OK);
	case 403: /* what buckets say of what they do not have */
	case 404:
	case 410:
		return (
		    prov_fail(err, PROV_ENOTFOUND, "HTTP status %u", status));
	default:
		return (prov_fail(err, PROV_EIO, "HTTP status %u", status));
	}
}

prov_status
remote_get(struct remote *r, const char *url, size_t max, unsigned timeout_ms,
    struct buf *body, prov_err *err)
{
	struct remote_request q = { .url = url,
		.max = max,
		.timeout_ms = timeout_ms };
	AUTO_BUF got = { 0 };
	prov_err why = { 0 };
	unsigned status;
	prov_status st;

	if ((st = remote_post(r, &q, &status, &got, err)) != PROV_OK)
		return (st);
	if ((st = remote_status(status, &why)) != PROV_OK)
		return (prov_fail(err, st, "%s: %s", url, why.msg));
	buf_free(body);
	*body = got;
	memset(&got, 0, sizeof(got));
	return (PROV_OK);
}
