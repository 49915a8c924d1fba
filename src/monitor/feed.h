/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_FEED_H
#define PROV_MONITOR_FEED_H

#include "ledger/view.h"

/*
 * A place where a log is published: a directory, or a URL under which there
 * is tlog/; or what a witness serves. Of a URL the tiles that are needed are
 * fetched to a directory of its own, where a view finds them as in any other.
 */
struct feed;

/* from is lent; scratch is made where tiles are fetched, and emptied. */
prov_status feed_open(struct feed **out, const char *from, const char *scratch,
    const char *net, unsigned timeout_ms, prov_err *err);
void feed_close(struct feed *f);

const char *feed_from(const struct feed *f);

/* Where view finds tlog/. */
const char *feed_dir(const struct feed *f);

/* A file below it, in an empty buf. */
prov_status feed_get(struct feed *f, const char *name, size_t max,
    struct buf *body, prov_err *err);

/*
 * Makes the tiles there that a view of size needs: at its edge, along the
 * path to an older size, and over entries from from to to - 1, with those.
 * Nothing of them is believed.
 */
prov_status feed_edge(struct feed *f, uint64_t size, prov_err *err);
prov_status feed_older(struct feed *f, uint64_t size, uint64_t old,
    prov_err *err);
prov_status feed_entries(struct feed *f, uint64_t size, uint64_t from,
    uint64_t to, prov_err *err);

/* Drops what was fetched. */
void feed_forget(struct feed *f);

#endif
