/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_NOTICES_H
#define PROV_LEDGER_NOTICES_H

#include "ledger/ledger.h"

/*
 * Where a log says who may do what: registration policies, revocations and
 * takedowns. They are few, and who verifies has to know all of them; so they
 * are listed once and then followed.
 */
#define NOTICES_MAX 1000000 /* more are no honest log's */

/* How they are found, and whether that can be relied on to leave none out. */
enum notices_by {
	NOTICES_FOREIGN, /* an index that somebody else built: it may hide some
	                  */
	NOTICES_OWN,     /* the index of this user's own writer or clone */
	NOTICES_SCAN     /* each entry was read, by this client */
};

struct notices {
	enum notices_by by;
	uint64_t position; /* those of the entries below are listed */
	struct buf at;     /* uint64_t, ascending */
};

void notices_clear(struct notices *n);

static inline size_t
notices_n(const struct notices *n)
{
	return (n->at.len / sizeof(uint64_t));
}

static inline uint64_t
notices_at(const struct notices *n, size_t i)
{
	return (((const uint64_t *)(const void *)n->at.p)[i]);
}

/* Lists what came since, up to the ledger's head. */
prov_status notices_follow(struct notices *n, prov_ledger *l, prov_err *err);

/*
 * What a client remembers of its scans, in dir/HASH, HASH being the SHA-256 of
 * the origin. Loading leaves n empty where nothing, or nothing whole, is there;
 * PROV_EUNTRUSTED where the ledger is not one that grew from what was scanned.
 *
 *	prov-notices/1
 *	ORIGIN
 *	SIZE ROOT COUNT
 *	INDEX
 *	...
 */
prov_status notices_load(struct notices *n, const char *dir, prov_ledger *l,
    prov_err *err);
prov_status notices_save(const struct notices *n, const char *dir,
    prov_ledger *l, prov_err *err);

/* The text; exposed for fuzzing. Fills *at with size and root. */
prov_status notices_parse(struct notices *n, struct checkpoint *at,
    prov_span text, prov_err *err);
prov_status notices_encode(struct buf *b, const struct notices *n,
    const struct checkpoint *at, prov_err *err);

#endif
