/* SPDX-License-Identifier: ISC */
#ifndef PROV_MONITOR_SIGHT_H
#define PROV_MONITOR_SIGHT_H

#include "monitor/feed.h"
#include "prov/trust.h"
#include "verify/trust.h"

/* What became of one place in one round. */
enum sight_state {
	SIGHT_UNREACHABLE,
	SIGHT_ABSENT,    /* a witness that never saw the log */
	SIGHT_UNTRUSTED, /* a log that trust does not name */
	SIGHT_INVALID,   /* signed by nobody, or tiles that are not its own */
	SIGHT_UNCHECKED, /* a head that could not be compared */
	SIGHT_FORK,
	SIGHT_GOOD
};

const char *sight_state_name(enum sight_state s);

/* The head of a log as one place has it. */
struct sight {
	struct feed *feed; /* NULL: what the monitor itself remembers */
	const char *where; /* for people */
	bool witness;
	const prov_pubkey *log; /* NULL: none that is trusted */
	enum sight_state state;
	struct checkpoint at;
	struct buf note;
	char why[256]; /* where the state is none of the good ones */
};

void sight_clear(struct sight *s);

/* Says what is wrong with it. */
void sight_blame(struct sight *s, enum sight_state state, const char *why);

/* Whether it has a head that its log signed. */
bool sight_has_head(const struct sight *s);

/*
 * Reads the head at name under s's feed and finds whose log it is; only is
 * the one that it has to be, or NULL. PROV_OK whatever becomes of it.
 */
prov_status sight_read(struct sight *s, const char *name,
    const prov_trust *trust, const prov_pubkey *only, prov_err *err);

#endif
