/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_SOURCE_H
#define PROV_LEDGER_SOURCE_H

#include "base/buf.h"

/*
 * Where a clone's files come from: a directory, or a server, of which many
 * files are asked for at once. Nothing that it says is believed.
 */
struct source;

#define SOURCE_NAME_MAX 80 /* "blobs/", two digits, a SHA-256 */

/* from is a path, or begins with http:// or https://. */
prov_status source_open(struct source **out, const char *from, const char *net,
    unsigned timeout_ms, prov_err *err);
void source_close(struct source *s);
void auto_source(struct source **s);
#define AUTO_SOURCE __attribute__((cleanup(auto_source))) struct source

/* How many more may be asked for now, and how many are. */
unsigned source_room(const struct source *s);
unsigned source_pending(const struct source *s);

/* Asks for a file by its name below the source. */
prov_status source_start(struct source *s, uint32_t tag, const char *name,
    size_t max, prov_err *err);

/* One that was asked for: body if st is PROV_OK, else why. */
struct source_file {
	uint32_t tag;
	prov_status st; /* PROV_ENOTFOUND: the source does not have it */
	prov_err why;
	struct buf body; /* the caller's */
};

prov_status source_next(struct source *s, struct source_file *f, prov_err *err);

/* One file, when no other is asked for. */
prov_status source_get(struct source *s, const char *name, size_t max,
    struct buf *body, prov_err *err);

#endif
