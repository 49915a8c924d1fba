/* SPDX-License-Identifier: ISC */
#include "gate/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/requested.h"

void
query_clear(struct query *a)
{
	free(a->bare);
	jsonin_free(a->in);
	buf_free(&a->sidecar);
	memset(a, 0, sizeof(*a));
	a->r.fd = -1;
}

/* A key whose value is null is a key that is not there. */
static const struct jsonin *
given(const struct jsonin *o, const char *key)
{
	const struct jsonin *v = jsonin_get(o, key);

	return (jsonin_is_null(v) ? NULL : v);
}

static prov_status
take_text(const char **out, const struct jsonin *o, const char *key, size_t max,
    prov_err *err)
{
	const struct jsonin *v = given(o, key);
	const char *s = jsonin_str(v);
	size_t len;

	if (v == NULL)
		return (PROV_OK);
	if (s == NULL || (len = strlen(s)) == 0 || len > max)
		return (prov_fail(err, PROV_EFORMAT,
		    "%s is no text of 1 to %zu bytes", key, max));
	*out = s;
	return (PROV_OK);
}

prov_status
request_signals_text(struct signals *out, const char *text, prov_err *err)
{
	AUTO_JSONIN *in = NULL;
	prov_status st;

	st = jsonin_parse(&in, span(text, strlen(text)), "signals", err);
	return (st == PROV_OK ? signals_requested(out, in, err) : st);
}

static prov_status
take_fd(struct request *r, const struct jsonin *v, const int *fds, size_t n,
    prov_err *err)
{
	int64_t fd;

	if (!jsonin_i64(v, &fd))
		return (prov_fail(err, PROV_EFORMAT, "fd is no number"));
	for (size_t i = 0; i < n; i++)
		if (fds[i] == fd) {
			r->fd = fds[i];
			return (PROV_OK);
		}
	return (prov_fail(err, PROV_EFORMAT,
	    "fd %lld was not handed over when the gate was started",
	    (long long)fd));
}

/* Exactly one of path, fd and sha256. */
static prov_status
take_source(struct query *a, const int *fds, size_t n_fds, prov_err *err)
{
	const struct jsonin *fd = given(a->in, "fd");
	const struct jsonin *sha256 = given(a->in, "sha256");
	struct request *r = &a->r;
	prov_status st;

	st = take_text(&r->path, a->in, "path", GATE_ID_MAX, err);
	if (st == PROV_OK && fd != NULL)
		st = take_fd(r, fd, fds, n_fds, err);
	if (st != PROV_OK)
		return (st);
	if (sha256 != NULL && !jsonin_hex(sha256, a->sha256, 32))
		return (prov_fail(err, PROV_EFORMAT,
		    "sha256 is not 64 lower-case hexadecimal digits"));
	if (sha256 != NULL)
		r->sha256 = a->sha256;
	if ((r->path != NULL) + (fd != NULL) + (sha256 != NULL) != 1)
		return (prov_fail(err, PROV_EFORMAT,
		    "not exactly one of path, fd and sha256"));
	return (PROV_OK);
}

static prov_status
take_sidecar(struct query *a, prov_err *err)
{
	const char *base64 = NULL;
	prov_status st;

	if ((st = take_text(&a->r.manifest, a->in, "manifest", GATE_ID_MAX,
		 err)) != PROV_OK ||
	    (st = take_text(&base64, a->in, "sidecar", PROV_GATE_LINE_MAX,
		 err)) != PROV_OK)
		return (st);
	if (base64 == NULL)
		return (PROV_OK);
	if (a->r.manifest != NULL)
		return (prov_fail(err, PROV_EFORMAT,
		    "both of manifest and sidecar"));
	if (!base64_decode(&a->sidecar, base64, strlen(base64)))
		return (prov_fail(err, PROV_EFORMAT, "sidecar is no base64"));
	a->r.sidecar = buf_span(&a->sidecar);
	return (PROV_OK);
}

static prov_status
take_all(struct query *a, const int *fds, size_t n_fds, prov_err *err)
{
	static const char *const keys[] = { "id", "path", "fd", "sha256",
		"manifest", "sidecar", "signals", "tenant" };
	const struct jsonin *signals;
	prov_status st;

	/* These two first: what is refused is answered by its id as well. */
	if ((st = take_text(&a->r.id, a->in, "id", GATE_ID_MAX, err)) !=
		PROV_OK ||
	    (st = take_text(&a->r.tenant, a->in, "tenant", GATE_TENANT_MAX,
		 err)) != PROV_OK ||
	    (st = jsonin_only(a->in, keys, sizeof(keys) / sizeof(keys[0]),
		 "request", err)) != PROV_OK ||
	    (st = take_source(a, fds, n_fds, err)) != PROV_OK ||
	    (st = take_sidecar(a, err)) != PROV_OK)
		return (st);
	if ((signals = given(a->in, "signals")) == NULL)
		return (PROV_OK);
	a->r.seen = &a->seen;
	return (signals_requested(&a->seen, signals, err));
}

static prov_status
take_bare(struct query *a, prov_span line, prov_err *err)
{
	if (line.len == 0)
		return (prov_fail(err, PROV_EFORMAT, "an empty line"));
	if (line.len > GATE_ID_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "a name of more than %d bytes", GATE_ID_MAX));
	if (memchr(line.p, '\0', line.len) != NULL)
		return (prov_fail(err, PROV_EFORMAT, "a name with a NUL"));
	if ((a->bare = strndup((const char *)line.p, line.len)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "request"));
	a->r.path = a->bare;
	return (PROV_OK);
}

prov_status
request_parse(struct query *out, prov_span line, const int *fds, size_t n_fds,
    prov_err *err)
{
	prov_status st;

	query_clear(out);
	if (line.len > PROV_GATE_LINE_MAX)
		return (prov_fail(err, PROV_EFORMAT,
		    "a line of more than %lu bytes", PROV_GATE_LINE_MAX));
	if (line.len == 0 || line.p[0] != '{')
		return (take_bare(out, line, err));
	if ((st = jsonin_parse(&out->in, line, "request", err)) != PROV_OK)
		return (st);
	if ((st = take_all(out, fds, n_fds, err)) == PROV_OK)
		return (PROV_OK);
	/* What is refused has no source: nobody opens it by mistake. */
	out->r = (struct request){ .id = out->r.id,
		.fd = -1,
		.tenant = out->r.tenant };
	return (st);
}
