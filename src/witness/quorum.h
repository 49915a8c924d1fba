/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_QUORUM_H
#define PROV_WITNESS_QUORUM_H

#include "witness/tlogpolicy.h"

/*
 * A cosignature of a time further ahead than this counts for nothing: clocks
 * differ by seconds, and who is ahead would make an old head look new.
 */
#define COSIGNED_AHEAD_S 300

/* What the cosignatures on a checkpoint come to under a policy. */
struct quorum {
	bool met;      /* or none is asked for */
	bool timed;    /* met by witnesses, so that there is a time */
	int64_t time;  /* the newest that a quorum vouches for */
	int64_t since; /* by when a quorum had cosigned it */
	size_t n;      /* witnesses of the policy that cosigned, */
	size_t of;     /* of so many */
};

/*
 * Weighs the cosignatures on a checkpoint, a signed note. A witness's time is
 * that of its newest cosignature; a group of k has the k-th newest time of its
 * members. For since it is the oldest cosignature, and the k-th oldest time: a
 * quorum less one that lie about the time make nothing look older. Lines of
 * keys that the policy does not name are passed over; PROV_EUNTRUSTED where a
 * witness's own line does not verify, and PROV_EFORMAT or PROV_ELIMIT where the
 * note is none.
 */
prov_status quorum_weigh(struct quorum *out, const struct tlogpolicy *p,
    prov_span note, int64_t now, prov_err *err);

/* What was weighed last, under one policy, so that it is not weighed again. */
struct scale {
	struct buf note;
	int64_t now;
	struct quorum q;
};

static inline void
scale_clear(struct scale *s)
{
	buf_free(&s->note);
}

/* quorum_weigh; s may be NULL. */
prov_status scale_weigh(struct scale *s, struct quorum *out,
    const struct tlogpolicy *p, prov_span note, int64_t now, prov_err *err);

#endif
