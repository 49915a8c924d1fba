/* SPDX-License-Identifier: ISC */
#ifndef PROV_WITNESS_CLIENT_H
#define PROV_WITNESS_CLIENT_H

#include "ledger/ledger.h"
#include "prov/witness.h"
#include "witness/quorum.h"

DEFINE_AUTO(prov_witnesses, prov_witnesses_free)

/* Several signature lines, post-quantum ones too, or a reason. */
#define COSIGNATURES_MAX 32768

/* What came of one POST; st is not PROV_OK where nothing came. */
struct post_answer {
	uint32_t tag;
	prov_status st;
	prov_err why;
	unsigned status; /* of HTTP */
	struct buf body; /* the caller's */
};

/*
 * How witnesses are reached: several POSTs at once, each answered or given up
 * within its time. stop forgets what is still under way.
 */
struct post_ops {
	prov_status (*start)(void *arg, uint32_t tag, const char *url,
	    prov_span body, unsigned timeout_ms, prov_err *err);
	prov_status (*next)(void *arg, struct post_answer *a, prov_err *err);
	void (*stop)(void *arg);
	void (*free)(void *arg);
};

/* policy is borrowed; arg is taken over, also where this fails. */
prov_status witnesses_new(prov_witnesses **out, const struct tlogpolicy *policy,
    const struct post_ops *ops, void *arg, prov_err *err);

/* Whether a quorum is asked for. */
bool witnesses_needed(const prov_witnesses *w);

/* Who cosigned an earlier checkpoint need not be asked how far it got. */
prov_status witnesses_remember(prov_witnesses *w, prov_span note,
    prov_err *err);

/* Cosignatures are asked for again from those who gave one. */
#define COSIGN_RENEW 0x1U

/*
 * Asks the policy's witnesses to cosign the newest checkpoint, all at once,
 * until a quorum has or wait_ms are over, and puts what they said into the
 * ledger, which stands at it then. now is Unix seconds. out is filled in either
 * case. PROV_EBUSY where there is no quorum yet: err says who is missing. After
 * a wait in vain the same witnesses are not waited for again.
 */
prov_status witnesses_cosign(prov_witnesses *w, prov_ledger *l, unsigned flags,
    unsigned wait_ms, int64_t now, struct quorum *out, prov_err *err);

#endif
