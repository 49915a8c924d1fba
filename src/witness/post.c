/* SPDX-License-Identifier: ISC */
#include "witness/post.h"

#include <stdlib.h>
#include <string.h>

#include "remote/remote.h"

_Static_assert(POSTS_MAX <= WIRE_REQUESTS_MAX, "as many as prov-net takes");

struct post {
	char *net;
	struct remote *remote; /* NULL: not running */
};

prov_status
post_new(void **out, const char *net, prov_err *err)
{
	AUTO_FREE struct post *p = calloc(1, sizeof(*p));

	if (p == NULL || (net != NULL && (p->net = strdup(net)) == NULL))
		return (prov_fail(err, PROV_ENOMEM, "witnesses"));
	*out = TAKE(p);
	return (PROV_OK);
}

static void
stop(void *arg)
{
	struct post *p = arg;

	remote_close(p->remote);
	p->remote = NULL;
}

static void
post_free(void *arg)
{
	struct post *p = arg;

	if (p == NULL)
		return;
	stop(p);
	free(p->net);
	free(p);
}

static prov_status
start(void *arg, uint32_t tag, const char *url, prov_span body,
    unsigned timeout_ms, prov_err *err)
{
	struct remote_request q = { .url = url,
		.type = "text/plain; charset=utf-8",
		.body = body,
		.max = COSIGNATURES_MAX,
		.timeout_ms = timeout_ms > 0 ? timeout_ms : 1 };
	struct post *p = arg;
	prov_status st;

	if (p->remote == NULL &&
	    (st = remote_open(&p->remote, p->net, err)) != PROV_OK)
		return (st);
	return (remote_start(p->remote, tag, &q, err));
}

static prov_status
next(void *arg, struct post_answer *a, prov_err *err)
{
	struct post *p = arg;
	struct remote_answer got = { 0 };
	prov_status st;

	if (p->remote == NULL)
		return (prov_fail(err, PROV_EINTERNAL, "nothing was asked"));
	if ((st = remote_next(p->remote, &got, err)) != PROV_OK)
		return (st);
	*a = (struct post_answer){ .tag = got.tag,
		.st = got.st,
		.why = got.why,
		.status = got.status,
		.body = got.body };
	return (PROV_OK);
}

const struct post_ops post_http = {
	.start = start,
	.next = next,
	.stop = stop,
	.free = post_free,
};
