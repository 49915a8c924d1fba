/* SPDX-License-Identifier: ISC */
#ifndef PROV_REMOTE_REMOTE_H
#define PROV_REMOTE_REMOTE_H

#include "base/buf.h"
#include "remote/wire.h"

/*
 * HTTP, by prov-net: a process of its own, so that nothing that holds keys or
 * decides links a network library. It speaks http and https, checks
 * certificates, and follows few redirects and none to another host.
 */
struct remote;

/* path: the program; NULL is the one that was installed. Starts it. */
prov_status remote_open(struct remote **out, const char *path, prov_err *err);
void remote_close(struct remote *r); /* NULL is fine */
void auto_remote(struct remote **r);
#define AUTO_REMOTE __attribute__((cleanup(auto_remote))) struct remote

/* What a peer gets by default; a slower one is PROV_EIO. */
#define REMOTE_TIMEOUT_MS 60000U

/*
 * The body at a URL, in an empty buf. PROV_ENOTFOUND where it is not there
 * (HTTP 403, 404, 410), PROV_EIO what may be better later, PROV_ELIMIT more
 * than max bytes, PROV_EUNTRUSTED what is refused.
 */
prov_status remote_get(struct remote *r, const char *url, size_t max,
    unsigned timeout_ms, struct buf *body, prov_err *err);

/* One request. A POST has a type; all of it is copied when it starts. */
struct remote_request {
	const char *url;
	const char *type; /* NULL: GET */
	prov_span body;
	size_t max;
	unsigned timeout_ms; /* 0: REMOTE_TIMEOUT_MS */
};

/* PROV_OK whatever the HTTP status is. */
prov_status remote_post(struct remote *r, const struct remote_request *q,
    unsigned *status, struct buf *body, prov_err *err);

/*
 * Several at once, WIRE_REQUESTS_MAX at most: each answer has the tag of its
 * request; they come in any order. Not to be mixed with the calls above while
 * answers are outstanding.
 */
struct remote_answer {
	uint32_t tag;
	prov_status
	    st; /* not PROV_OK: why.msg says why, and there is no more */
	prov_err why;
	unsigned status;
	struct buf body; /* the caller's */
};

prov_status remote_start(struct remote *r, uint32_t tag,
    const struct remote_request *q, prov_err *err);
prov_status remote_next(struct remote *r, struct remote_answer *a,
    prov_err *err);

/* What remote_get makes of an HTTP status. */
prov_status remote_status(unsigned status, prov_err *err);

/*
 * The front of a server: prov-net listens, and each request comes here. So
 * the process that holds a key never reads HTTP.
 */
struct remote_server;

/* addr is HOST:PORT; port 0 is one that the kernel picks. */
prov_status remote_listen(struct remote_server **out, const char *path,
    const char *addr, prov_err *err);
void remote_server_close(struct remote_server *s);

/* Where it listens: HOST:PORT. */
const char *remote_server_address(const struct remote_server *s);

struct remote_query {
	uint32_t id;
	prov_span method; /* "GET" or "POST" */
	prov_span path;   /* decoded, without a query */
	prov_span body;   /* at most WIRE_SENT_MAX */
};

/*
 * The next request, lent until the next call. PROV_EBUSY if none came within
 * wait_ms, or a signal did.
 */
prov_status remote_accept(struct remote_server *s, struct remote_query *q,
    unsigned wait_ms, prov_err *err);

/* Answers one; every request is to be answered, in any order. */
prov_status remote_reply(struct remote_server *s, uint32_t id, unsigned status,
    const char *type, prov_span body, prov_err *err);

#endif
