/* SPDX-License-Identifier: ISC */
#ifndef PROV_LEDGER_DAMAGE_H
#define PROV_LEDGER_DAMAGE_H

#include <pthread.h>

#include "ledger/layout.h"
#include "prov/check.h"

/* What may be wrong; the code that is reported is in the table of damage.c. */
enum finding_kind {
	FOUND_TILE,
	FOUND_BUNDLE,
	FOUND_STRAY,
	FOUND_INDEX,
	FOUND_CHECKPOINT,
	FOUND_BLOB,
	FOUND_STATEMENT,
	FOUND_SIGNATURE,
	FOUND_ROOT,
	FOUND_STORE,
	FOUND_ENTRY,
	FOUND_EDGE,
	FOUND_STORED
};

/* As many are kept; the others are counted. */
#define DAMAGE_MAX 1000

#define FINDING_PATH_MAX 160
#define FINDING_TEXT_MAX 400
#define NO_ENTRY         UINT64_MAX

struct finding {
	enum finding_kind kind;
	char path[FINDING_PATH_MAX]; /* under the ledger */
	uint64_t entry;              /* or NO_ENTRY */
	bool unread;                 /* nothing is known of it */
	char what[FINDING_TEXT_MAX];
};

/* Threads add to it. */
struct damage {
	pthread_mutex_t lock;
	uint64_t total;  /* of what differs */
	uint64_t unread; /* files that could not be read, beside those */
	prov_status why; /* the worst that kept them from it */
	struct finding first_unread;
	uint64_t truth;  /* those of what nothing else is made from */
	uint64_t copied; /* those of what a copy has no store to make from */
	size_t n;
	struct finding *at;
};

prov_status damage_init(struct damage *f, prov_err *err);
void damage_clear(struct damage *f);

void damage_add(struct damage *f, enum finding_kind kind, const char *path,
    uint64_t entry, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * Why a file of the ledger was not compared: it differs where that says no or
 * that it is not there, else it could not be read, and may be right.
 */
void damage_read(struct damage *f, enum finding_kind kind, const char *path,
    prov_status st, const char *why);

/* Whether anything could not be read so far. */
bool damage_has_unread(struct damage *f);

/* What of these there is to say, in the order in which they were found. */
void damage_tell(const struct damage *f, bool store, bool truth,
    prov_difference_fn fn, void *arg);

/* Whether repairing can put right what can be put right at all. */
bool damage_is_sound(const struct damage *f, bool store);

/*
 * PROV_OK, or PROV_EUNTRUSTED with the first; where something could not be
 * read, why not.
 */
prov_status damage_status(const struct damage *f, prov_err *err);

#endif
