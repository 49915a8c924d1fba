/* SPDX-License-Identifier: ISC */
#ifndef PROV_REMOTE_WIRE_H
#define PROV_REMOTE_WIRE_H

#include "base/buf.h"
#include "base/limits.h"

/*
 * What libprov and prov-net say to each other over a stream socket that is
 * prov-net's PROGRAM_SOCKET. Frames have a head of big-endian numbers, then
 * text, type and body:
 *
 *	u32 magic, kind, id, code, time_ms; u64 max; u32 text, type; u64 body
 *
 * Neither side believes the other: each number has a bound of its kind.
 */
#define WIRE_MAGIC  0x70726e31U /* "prn1": the version is in it */
#define WIRE_HEAD   44U

#define WIRE_TEXT_MAX 4096U /* URLs and paths; longer ones are nobody's */
#define WIRE_TYPE_MAX 128U
#define WIRE_SENT_MAX ((size_t)4 << 20) /* bodies of requests, either way */
#define WIRE_BODY_MAX TIMELINE_MAX      /* the largest thing that is fetched */
#define WIRE_TIME_MAX 3600000U          /* an hour for one request */

/* Requests that may be under way at once. */
#define WIRE_REQUESTS_MAX 32U

enum wire_kind {
	WIRE_GET = 1,    /* to prov-net: text is the URL */
	WIRE_POST = 2,   /* and type and body are what is sent */
	WIRE_ANSWER = 3, /* from it: code is the HTTP status */
	WIRE_FAILED = 4, /* from it: code is a wire_failure, text says why */
	WIRE_READY = 5,  /* from a front: text is the address it listens on */
	WIRE_QUERY = 6,  /* from a front: type is the method, text the path */
	WIRE_REPLY = 7   /* to a front: code is the HTTP status */
};

enum wire_failure {
	WIRE_RETRY = 1,  /* not reached, cut off, too slow: try again */
	WIRE_LIMIT = 2,  /* more than max */
	WIRE_REFUSED = 3 /* nothing that prov-net does: scheme, redirect */
};

struct wire {
	enum wire_kind kind;
	uint32_t id;
	uint32_t code;
	uint32_t time_ms; /* of GET and POST: for all of it */
	uint64_t max;     /* of GET and POST: bytes of body wanted at most */
	prov_span text, type, body;
};

/* Appends a frame. */
void wire_put(struct buf *b, const struct wire *w);

/* Reads a head; the spans have lengths, and no bytes yet. */
prov_status wire_head(struct wire *out, const uint8_t head[WIRE_HEAD],
    prov_err *err);

/* How many bytes follow a head. */
size_t wire_rest(const struct wire *w);

/* Points the spans at what follows the head, and checks the text in it. */
prov_status wire_point(struct wire *w, const uint8_t *rest, prov_err *err);

/* The same of text and type alone, where the body comes later. */
prov_status wire_point_text(struct wire *w, const uint8_t *rest, prov_err *err);

#endif
